mock_provider "yandex" {}

run "each_variable_refuses_what_cannot_work" {
  command = plan

  variables {
    folder_id          = "Not An Id"
    name               = "Not a name"
    labels             = { project = "streamgauge", run = "first" }
    zone               = "moon"
    image_family       = "no such"
    bucket_keys        = { a = "$(reboot)" }
    size               = -1
    faust_workers      = 0
    partitions         = 0
    worker_cpu         = 3
    worker_memory_mb   = 1
    health_port        = 80
    network_id         = "net"
    subnet_id          = "subnet"
    security_group_id  = "sg"
    service_account_id = "sa"
    manager_account_id = "sa"
    bucket             = "b"
    kafka              = { bootstrap_servers = "h:9091", user = "u" }
    password_secret    = { id = "s", entry = "password" }
  }

  expect_failures = [
    var.folder_id,
    var.name,
    var.labels,
    var.zone,
    var.image_family,
    var.bucket_keys,
    var.size,
    var.faust_workers,
    var.partitions,
    var.worker_cpu,
    var.worker_memory_mb,
    var.health_port,
  ]
}

run "more_workers_than_partitions_would_idle" {
  command = plan

  variables {
    folder_id          = "b1g00000000000000001"
    name               = "test"
    labels             = { project = "streamgauge", run = "first", expires = "1900000000" }
    zone               = "ru-central1-d"
    network_id         = "net"
    subnet_id          = "subnet"
    security_group_id  = "sg"
    service_account_id = "sa"

    manager_account_id = "sa"
    image_family       = "ubuntu-2404-lts"
    bucket             = "b"
    bucket_keys        = { checksums = "code/SHA256SUMS", faust_lock = "code/faust.txt", kafka_ca = "code/ca.pem", faust_pointer = "runs/faust.current" }
    size               = 0
    faust_workers      = 13
    partitions         = 12
    worker_cpu         = 1
    worker_memory_mb   = 3072
    health_port        = 6066
    kafka              = { bootstrap_servers = "h:9091", user = "u" }
    password_secret    = { id = "s", entry = "password" }
  }

  expect_failures = [yandex_compute_instance_group.this]
}

run "it_does_not_start_larger_than_a_run_may_ask_for" {
  command = plan

  variables {
    folder_id          = "b1g00000000000000001"
    name               = "test"
    labels             = { project = "streamgauge", run = "first", expires = "1900000000" }
    zone               = "ru-central1-d"
    network_id         = "net"
    subnet_id          = "subnet"
    security_group_id  = "sg"
    service_account_id = "sa"

    manager_account_id = "sa"
    image_family       = "ubuntu-2404-lts"
    bucket             = "b"
    bucket_keys        = { checksums = "code/SHA256SUMS", faust_lock = "code/faust.txt", kafka_ca = "code/ca.pem", faust_pointer = "runs/faust.current" }
    size               = 5
    faust_workers      = 4
    partitions         = 12
    worker_cpu         = 1
    worker_memory_mb   = 3072
    health_port        = 6066
    kafka              = { bootstrap_servers = "h:9091", user = "u" }
    password_secret    = { id = "s", entry = "password" }
  }

  expect_failures = [yandex_compute_instance_group.this]
}
