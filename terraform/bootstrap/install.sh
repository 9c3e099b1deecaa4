# Sourced by mlflow.sh and faust.sh: settings, the checked objects of code/, the virtual environment.
# BOOTSTRAP_ROOT puts every path below another folder, so that the scripts can be tried anywhere.

root=${BOOTSTRAP_ROOT:-}
etc=$root/etc/streamgauge
opt=$root/opt/streamgauge
# shellcheck source=/dev/null
. "$etc/settings.env"

fetch() {
  # Only the standard library, and nothing that somebody left in the folder or the environment.
  python3 -IS "$opt/cloud_fetch.py" "$@"
}

# The SHA-256 that the upload wrote down for an object; the list has lines as sha256sum writes them.
expected() {
  local sum
  sum=$(awk -v name="${1##*/}" '$2 == name {print $1}' "$opt/SHA256SUMS")
  if [ -z "$sum" ]; then
    echo "error: s3://$BUCKET/$CHECKSUMS_KEY does not name ${1##*/}: upload the code again" >&2
    return 1
  fi
  echo "$sum"
}

# Object of code/ to a file, checked.
fetch_checked() {
  local sum
  sum=$(expected "$1")
  fetch object "$BUCKET" "$1" "$2" "$sum"
}

# Virtual environment with exactly what the lock names, every package checked against its hash.
install_lock() {
  fetch object "$BUCKET" "$CHECKSUMS_KEY" "$opt/SHA256SUMS"
  fetch_checked "$CA_KEY" "$etc/ca.pem"
  fetch_checked "$1" "$opt/lock.txt"
  # Not whether Python is there: an environment that was made half has one without pip.
  if ! "$opt/venv/bin/python" -m pip --version > /dev/null 2>&1; then
    # cloud-init asked for it once, and a mirror may not have answered.
    if ! python3 -c 'import ensurepip' 2> /dev/null; then
      apt-get update --quiet
      DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes python3-venv
    fi
    python3 -m venv --clear "$opt/venv"
  fi
  "$opt/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --require-hashes --requirement "$opt/lock.txt"
}

# The account as which services run: no shell, no home.
make_account() {
  if ! id streamgauge > /dev/null 2>&1; then
    useradd --system --no-create-home --shell /usr/sbin/nologin streamgauge
  fi
}
