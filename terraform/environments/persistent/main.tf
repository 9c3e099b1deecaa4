# What stays between sessions: bucket, identities, passwords, network. It costs cents a month.
locals {
  contract = jsondecode(file("${path.module}/../../../dags/fraud_cloud/contract.json"))
  prefixes = local.contract.bucket_prefixes

  labels = {
    (local.contract.labels.project) = local.contract.project
    (local.contract.labels.run)     = local.contract.standing_run
    (local.contract.labels.expires) = local.contract.never_expires
  }

  # Passwords that the cloud makes; nobody types them.
  passwords = {
    airflow_admin   = { name = local.contract.lockbox.airflow_admin, punctuation = true }
    kafka_benchmark = { name = local.contract.lockbox.kafka_benchmark, punctuation = false }
    kafka_faust     = { name = local.contract.lockbox.kafka_faust, punctuation = false }
    mlflow_database = { name = local.contract.lockbox.mlflow_database, punctuation = false }
  }

  # Which account reads which secret itself; what else uses them is told by Terraform.
  secret_readers = {
    kafka_faust     = "faust"
    mlflow_database = "mlflow"
  }
}

module "iam" {
  source = "../../modules/iam"

  folder_id = var.folder_id
  name      = var.name
  labels    = local.labels
}

module "network" {
  source = "../../modules/network"

  folder_id    = var.folder_id
  name         = var.name
  labels       = local.labels
  subnet_cidr  = var.subnet_cidr
  allowed_cidr = var.allowed_cidr
  ports        = local.contract.ports
}

module "storage" {
  source = "../../modules/storage"

  folder_id      = var.folder_id
  name           = var.name
  labels         = local.labels
  bucket         = var.bucket
  max_size_bytes = var.bucket_max_gb * 1073741824
  keep_runs_days = var.keep_runs_days
  force_destroy  = var.force_destroy
  owner_ids      = var.owner_ids
  prefixes       = local.prefixes

  readers = {
    airflow = { id = local.accounts.airflow, prefixes = [local.prefixes.dags, local.prefixes.code, local.prefixes.data] }
    faust   = { id = local.accounts.faust, prefixes = [local.prefixes.code, local.prefixes.runs] }
    # Below secrets/ is the password of Kafka's user that may administer topics: jobs need it, Faust hosts do not.
    spark  = { id = local.accounts.spark, prefixes = [local.prefixes.code, local.prefixes.runs, local.prefixes.secrets] }
    mlflow = { id = local.accounts.mlflow, prefixes = [local.prefixes.code] }
  }
  writers = {
    # A cell's checkpoint is deleted with its topics.
    airflow = { id = local.accounts.airflow, prefixes = [local.prefixes.runs, local.prefixes.checkpoints, local.prefixes.secrets] }
    spark   = { id = local.accounts.spark, prefixes = [local.prefixes.checkpoints] }
    mlflow  = { id = local.accounts.mlflow, prefixes = [local.prefixes.mlflow] }
  }
}

locals {
  accounts = module.iam.service_account_ids
}

resource "yandex_lockbox_secret" "password" {
  for_each = local.passwords

  folder_id   = var.folder_id
  name        = each.value.name
  description = "Made by the cloud; the session reads it."
  labels      = local.labels

  password_payload_specification {
    password_key        = local.contract.lockbox_entries.password
    length              = 32
    include_uppercase   = true
    include_lowercase   = true
    include_digits      = true
    include_punctuation = each.value.punctuation
  }
}

# Without entries the cloud makes the password. Not confirmed by an apply.
resource "yandex_lockbox_secret_version" "password" {
  for_each = yandex_lockbox_secret.password

  secret_id = each.value.id
}

resource "yandex_lockbox_secret" "mlflow_bucket" {
  folder_id   = var.folder_id
  name        = local.contract.lockbox.mlflow_bucket
  description = "Key with which the MLflow server keeps artifacts in the bucket."
  labels      = local.labels
}

resource "yandex_iam_service_account_static_access_key" "mlflow" {
  service_account_id = local.accounts.mlflow
  description        = "artifacts of MLflow"

  # So the key is in no state file.
  output_to_lockbox {
    secret_id            = yandex_lockbox_secret.mlflow_bucket.id
    entry_for_access_key = local.contract.lockbox_entries.access_key
    entry_for_secret_key = local.contract.lockbox_entries.secret_key
  }
}

resource "yandex_lockbox_secret_iam_member" "password" {
  for_each = local.secret_readers

  secret_id = yandex_lockbox_secret.password[each.key].id
  role      = "lockbox.payloadViewer"
  member    = "serviceAccount:${local.accounts[each.value]}"
}

resource "yandex_lockbox_secret_iam_member" "mlflow_bucket" {
  secret_id = yandex_lockbox_secret.mlflow_bucket.id
  role      = "lockbox.payloadViewer"
  member    = "serviceAccount:${local.accounts.mlflow}"
}
