#!/usr/bin/env bash
# Makes a Faust host of a fresh one. Run again it repairs what is missing.
set -euo pipefail
# shellcheck source=install.sh
. "${BOOTSTRAP_ROOT:-}/opt/streamgauge/install.sh"

install_lock "$LOCK_KEY"
wheel=$(awk '$2 ~ /\.whl$/ {print $2}' "$opt/SHA256SUMS")
fetch_checked "${CHECKSUMS_KEY%/*}/$wheel" "$opt/$wheel"
"$opt/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$opt/$wheel"
make_account

fetch environment "$etc/secrets.env" \
  "KAFKA_BOOTSTRAP_SERVERS=$KAFKA_BOOTSTRAP_SERVERS" \
  "KAFKA_SECURITY_PROTOCOL=SASL_SSL" \
  "KAFKA_SASL_MECHANISM=SCRAM-SHA-512" \
  "KAFKA_SASL_USERNAME=$KAFKA_SASL_USERNAME" \
  "KAFKA_SASL_PASSWORD={{$KAFKA_PASSWORD_SECRET}}" \
  "KAFKA_SSL_CA_LOCATION=$etc/ca.pem"

systemctl daemon-reload
systemctl enable streamgauge-faust.service
systemctl restart streamgauge-faust.service
