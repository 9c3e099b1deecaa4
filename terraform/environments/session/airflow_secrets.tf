# What Airflow finds in Lockbox by name: two connections and one variable. They are made and deleted with
# the session, because they name its hosts.
locals {
  airflow_values = {
    (local.secrets.kafka_connection) = {
      conn_type = "generic"
      host      = local.bootstrap_servers
      login     = local.contract.kafka.users.benchmark
      password  = local.passwords.kafka_benchmark
      extra = {
        security_protocol = "SASL_SSL"
        sasl_mechanism    = "SCRAM-SHA-512"
        ca_key            = local.contract.bucket_keys.kafka_ca
      }
    }
    (local.secrets.mlflow_connection) = {
      conn_type = "generic"
      host      = module.mlflow.tracking_uri
    }
    (local.secrets.variable) = local.cloud
  }

  # No secret: the DAGs print it.
  cloud = {
    folder_id          = var.folder_id
    zone               = var.zone
    labels             = local.labels
    bucket             = local.standing.bucket
    subnet_id          = module.subnet.subnet_id
    log_group_id       = module.logging.log_group_id
    kafka_cluster      = module.kafka.cluster_id
    postgresql_cluster = module.postgresql.cluster_id
    faust_group        = module.faust_group.group_id
    faust_workers      = var.faust_workers
    instance           = { cpu = var.instance_cpu, memory_mb = var.instance_memory_mb }
    spark = {
      service_account_id = local.accounts.spark
      security_group_id  = local.groups.spark
      version            = var.spark_version
      pip_packages       = local.spark_packages
    }
  }
}

resource "yandex_lockbox_secret" "airflow" {
  for_each = toset([local.secrets.kafka_connection, local.secrets.mlflow_connection, local.secrets.variable])

  folder_id   = var.folder_id
  name        = each.key
  description = "Read by Airflow's Lockbox backend."
  labels      = local.labels
}

resource "yandex_lockbox_secret_version" "airflow" {
  for_each = yandex_lockbox_secret.airflow

  secret_id = each.value.id

  entries {
    key        = local.entries.airflow
    text_value = jsonencode(local.airflow_values[each.key])
  }
}

resource "yandex_lockbox_secret_iam_member" "airflow" {
  for_each = yandex_lockbox_secret.airflow

  secret_id = each.value.id
  role      = "lockbox.payloadViewer"
  member    = "serviceAccount:${local.accounts.airflow}"
}
