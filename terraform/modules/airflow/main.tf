locals {
  is_airflow_3 = startswith(var.airflow_version, "3.")
}

# Not confirmed by an apply: that this version with this Python and these presets are offered, that DAGs are read from
# the prefix dags/ of the bucket, and that the Lockbox backend finds secrets by their names.
resource "yandex_airflow_cluster" "this" {
  folder_id           = var.folder_id
  name                = "${var.name}-airflow"
  service_account_id  = var.service_account_id
  subnet_ids          = [var.subnet_id]
  security_group_ids  = [var.security_group_id]
  airflow_version     = var.airflow_version
  python_version      = var.python_version
  admin_password      = var.admin_password
  pip_packages        = var.pip_packages
  deletion_protection = false
  labels              = var.labels

  code_sync = { s3 = { bucket = var.bucket } }

  webserver = { count = 1, resource_preset_id = "c1-m4" }
  scheduler = { count = 1, resource_preset_id = "c1-m4" }
  triggerer = { count = 1, resource_preset_id = "c1-m2" }
  # Airflow 3 reads DAG files in a process of its own; 2.x refuses the setting.
  dag_processor = local.is_airflow_3 ? { count = 1, resource_preset_id = "c1-m4" } : null
  # One worker: cells run one at a time, and each measures with the whole of it.
  worker = { min_count = 1, max_count = 1, resource_preset_id = var.worker_preset_id }

  lockbox_secrets_backend = { enabled = true }
  logging                 = { enabled = true, log_group_id = var.log_group_id, min_level = "INFO" }

  airflow_config = merge(
    { core = { load_examples = "False", dags_are_paused_at_creation = "False" } },
    # `make cloud-run` logs in with the password; 3.x gives a token for it and has no such setting.
    { for section in local.is_airflow_3 ? [] : ["api"] : section => {
      auth_backends = "airflow.api.auth.backend.basic_auth,airflow.api.auth.backend.session"
    } },
  )

  # The provider gives up after half an hour and forgets what it has begun: the next try would find the name taken.
  timeouts {
    create = "60m"
    delete = "30m"
  }

  lifecycle {
    precondition {
      condition     = !local.is_airflow_3 || var.python_version == "3.12"
      error_message = "python_version is ${var.python_version}; with Airflow 3 the locks are checked for Python 3.12: set python_version to it."
    }
  }
}
