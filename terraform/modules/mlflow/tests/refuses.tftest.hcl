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
    cores              = 3
    memory_gb          = 1
    port               = 80
    artifacts_prefix   = "../"
    database           = { host = "h", port = 1, name = "a;b" }
    ssh_public_key     = "-----BEGIN OPENSSH PRIVATE KEY-----"
    subnet_id          = "subnet"
    security_group_id  = "sg"
    service_account_id = "sa"
    bucket             = "b"
    secret_ids         = { database = "a", bucket = "b" }
    secret_entries     = { password = "p", access_key = "a", secret_key = "s" }
    public             = false
  }

  expect_failures = [
    var.folder_id,
    var.name,
    var.labels,
    var.zone,
    var.image_family,
    var.bucket_keys,
    var.cores,
    var.memory_gb,
    var.port,
    var.artifacts_prefix,
    var.database,
    var.ssh_public_key,
  ]
}

run "a_public_host_needs_a_key" {
  command = plan

  variables {
    folder_id          = "b1g00000000000000001"
    name               = "test"
    labels             = { project = "streamgauge", run = "first", expires = "1900000000" }
    zone               = "ru-central1-d"
    subnet_id          = "subnet"
    security_group_id  = "sg"
    service_account_id = "sa"

    image_family     = "ubuntu-2404-lts"
    bucket           = "b"
    bucket_keys      = { checksums = "code/SHA256SUMS", mlflow_lock = "code/mlflow.txt", kafka_ca = "code/ca.pem" }
    cores            = 2
    memory_gb        = 4
    port             = 5000
    artifacts_prefix = "mlflow/"
    database         = { host = "h", port = 6432, name = "mlflow" }
    secret_ids       = { database = "a", bucket = "b" }
    secret_entries   = { password = "p", access_key = "a", secret_key = "s" }
    public           = true
  }

  expect_failures = [yandex_compute_instance.this]
}
