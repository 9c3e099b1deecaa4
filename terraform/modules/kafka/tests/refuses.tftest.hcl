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
    kafka_version      = "3.9"
    brokers_count      = 2
    topic_prefix       = "*"
    standing_prefix    = "other-"
    partitions         = 0
    users              = { admin = { name = "a", password = "p", roles = ["ACCESS_ROLE_ADMIN"] } }
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
    var.kafka_version,
    var.brokers_count,
    var.topic_prefix,
    var.partitions,
    var.users,
  ]
}

run "topics_lie_where_users_have_rights" {
  command = plan

  variables {
    folder_id          = "b1g00000000000000001"
    name               = "test"
    labels             = { project = "streamgauge", run = "first", expires = "1900000000" }
    zone               = "ru-central1-d"
    resource_preset_id = "s3-c2-m8"
    disk_size_gb       = 32
    kafka_version      = "4.0"
    brokers_count      = 1
    topic_prefix       = "fraud-"
    standing_prefix    = "other-"
    partitions         = 12
    users              = {}
    network_id         = "net"
    subnet_id          = "subnet"
    security_group_id  = "sg"
  }

  expect_failures = [var.standing_prefix]
}
