#!/usr/bin/env bash
# Makes an MLflow server of a fresh host. Run again it repairs what is missing.
set -euo pipefail
# shellcheck source=install.sh
. "${BOOTSTRAP_ROOT:-}/opt/streamgauge/install.sh"

install_lock "$LOCK_KEY"
make_account

# MLflow 3 refuses requests that name another host: these are the names and addresses that clients use.
address=$(fetch address)
hosts="$INTERNAL_NAME:$PORT,$address:$PORT,localhost:$PORT,127.0.0.1:$PORT"

# In the environment, not on the command line: anybody on a host can read command lines.
fetch environment "$etc/secrets.env" \
  "MLFLOW_BACKEND_STORE_URI=postgresql+psycopg2://$DATABASE_NAME:{{$DATABASE_SECRET:url}}@$DATABASE_HOST:$DATABASE_PORT/$DATABASE_NAME?sslmode=verify-full&sslrootcert=$etc/ca.pem" \
  "AWS_ACCESS_KEY_ID={{$ACCESS_KEY}}" \
  "AWS_SECRET_ACCESS_KEY={{$SECRET_KEY}}" \
  "MLFLOW_S3_ENDPOINT_URL=${CLOUD_STORAGE:-https://storage.yandexcloud.net}" \
  "AWS_DEFAULT_REGION=ru-central1" \
  "MLFLOW_ARTIFACTS_DESTINATION=s3://$BUCKET/${ARTIFACTS_PREFIX%/}" \
  "MLFLOW_SERVER_ALLOWED_HOSTS=$hosts" \
  "MLFLOW_HOST=0.0.0.0" \
  "MLFLOW_PORT=$PORT" \
  "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false" \
  "MLFLOW_DISABLE_TELEMETRY=true"

systemctl daemon-reload
systemctl enable streamgauge-mlflow.service
systemctl restart streamgauge-mlflow.service
