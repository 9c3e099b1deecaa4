#!/usr/bin/env bash
# Before each start of the worker: which run it works for, and that run's artifact.
#
# The object POINTER_KEY holds the key of the run's settings, which have these lines and no other:
#   TOPIC_PREFIX=fraud-...  GROUP_ID=fraud-...  ARTIFACT_KEY=runs/.../artifact.tar.gz  ARTIFACT_SHA256=...
# They are data: each is compared with what it may look like, and nothing of them is executed.
set -euo pipefail
# shellcheck source=install.sh
. "${BOOTSTRAP_ROOT:-}/opt/streamgauge/install.sh"

work=$root/var/lib/streamgauge
mkdir -p "$work"

fetch object "$BUCKET" "$POINTER_KEY" "$work/pointer"
settings_key=$(head -n 1 "$work/pointer")
if [[ ! $settings_key =~ ^runs/[A-Za-z0-9._-]+/faust\.env$ ]]; then
  echo "error: s3://$BUCKET/$POINTER_KEY says '$settings_key': it must be runs/<run>/faust.env" >&2
  exit 1
fi
fetch object "$BUCKET" "$settings_key" "$work/run.env"

# value NAME PATTERN
value() {
  local found
  found=$(sed -n "s/^$1=//p" "$work/run.env")
  if [[ ! $found =~ ^($2)$ ]]; then
    echo "error: s3://$BUCKET/$settings_key: $1 is '$found' and must look like $2" >&2
    exit 1
  fi
  echo "$found"
}
topic_prefix=$(value TOPIC_PREFIX 'fraud-[A-Za-z0-9._-]+')
group_id=$(value GROUP_ID 'fraud-[A-Za-z0-9._-]+')
artifact_key=$(value ARTIFACT_KEY 'runs/[A-Za-z0-9._/-]+\.tar\.gz')
artifact_sha256=$(value ARTIFACT_SHA256 '[0-9a-f]{64}')

if [ "$(cat "$work/artifact.sha256" 2> /dev/null || true)" != "$artifact_sha256" ]; then
  fetch object "$BUCKET" "$artifact_key" "$work/artifact.tar.gz" "$artifact_sha256"
  rm -rf "$work/artifact" "$work/artifact.sha256"
  mkdir "$work/artifact"
  tar --extract --gzip --no-same-owner --file "$work/artifact.tar.gz" --directory "$work/artifact"
  echo "$artifact_sha256" > "$work/artifact.sha256"
fi

printf 'TOPIC_PREFIX=%s\nGROUP_ID=%s\n' "$topic_prefix" "$group_id" > "$work/worker.env.part"
mv "$work/worker.env.part" "$work/worker.env"
