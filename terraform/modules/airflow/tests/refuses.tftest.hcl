mock_provider "yandex" {}

run "each_variable_refuses_what_cannot_work" {
  command = plan

  variables {
    folder_id          = "Not An Id"
    name               = "Not a name"
    labels             = { project = "streamgauge", run = "first" }
    airflow_version    = "2.8"
    python_version     = "3.8"
    admin_password     = "short"
    pip_packages       = ["mlflow"]
    worker_preset_id   = "big"
    subnet_id          = "subnet"
    security_group_id  = "sg"
    service_account_id = "sa"
    bucket             = "b"
    log_group_id       = "log"
  }

  expect_failures = [
    var.folder_id,
    var.name,
    var.labels,
    var.airflow_version,
    var.python_version,
    var.admin_password,
    var.pip_packages,
    var.worker_preset_id,
  ]
}

run "airflow_3_has_the_python_that_its_locks_are_checked_for" {
  command = plan

  variables {
    folder_id          = "b1g00000000000000001"
    name               = "test"
    labels             = { project = "streamgauge", run = "first", expires = "1900000000" }
    subnet_id          = "subnet"
    security_group_id  = "sg"
    service_account_id = "sa"

    airflow_version  = "3.1"
    python_version   = "3.11"
    admin_password   = "Long-enough-1"
    pip_packages     = ["yandexcloud>=0.413"]
    worker_preset_id = "c4-m8"
    bucket           = "b"
    log_group_id     = "log"
  }

  expect_failures = [yandex_airflow_cluster.this]
}
