mock_provider "yandex" {}

run "each_variable_refuses_what_cannot_work" {
  command = plan

  variables {
    folder_id    = "Not An Id"
    name         = "Not a name"
    labels       = { project = "streamgauge", run = "first" }
    subnet_cidr  = "8.8.8.0/24"
    allowed_cidr = ["0.0.0.0/0"]
    ports        = { kafka = 80, postgresql = 6432, mlflow = 5000, faust_health = 6066 }
  }

  expect_failures = [
    var.folder_id,
    var.name,
    var.labels,
    var.subnet_cidr,
    var.allowed_cidr,
    var.ports,
  ]
}
