mock_provider "yandex" {}

run "each_variable_refuses_what_cannot_work" {
  command = plan

  variables {
    folder_id   = "Not An Id"
    name        = "Not a name"
    labels      = { project = "streamgauge", run = "first" }
    zone        = "moon"
    subnet_cidr = "all"
    network_id  = "net"
  }

  expect_failures = [
    var.folder_id,
    var.name,
    var.labels,
    var.zone,
    var.subnet_cidr,
  ]
}
