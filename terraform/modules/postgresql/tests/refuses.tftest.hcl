mock_provider "yandex" {}

run "each_variable_refuses_what_cannot_work" {
  command = plan

  variables {
    folder_id          = "Not An Id"
    name               = "Not a name"
    labels             = { project = "streamgauge", run = "first" }
    zone               = "moon"
    resource_preset_id = "big"
    disk_size_gb       = 1
    postgresql_version = "9.6"
    database           = "a;b"
    password           = "short"
    network_id         = "net"
    subnet_id          = "subnet"
    security_group_id  = "sg"
  }

  expect_failures = [
    var.folder_id,
    var.name,
    var.labels,
    var.zone,
    var.resource_preset_id,
    var.disk_size_gb,
    var.postgresql_version,
    var.database,
    var.password,
  ]
}
