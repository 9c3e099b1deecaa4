mock_provider "yandex" {}

run "each_variable_refuses_what_cannot_work" {
  command = plan

  variables {
    folder_id          = "Not An Id"
    name               = "Not a name"
    labels             = { project = "streamgauge", run = "first" }
    spark_version      = "4.0.0"
    driver_preset_id   = "big"
    executor_preset_id = "big"
    executors          = 0
    pip_packages       = ["numpy"]
    subnet_id          = "subnet"
    security_group_id  = "sg"
    service_account_id = "sa"
    log_group_id       = "log"
  }

  expect_failures = [
    var.folder_id,
    var.name,
    var.labels,
    var.spark_version,
    var.driver_preset_id,
    var.executor_preset_id,
    var.executors,
    var.pip_packages,
  ]
}
