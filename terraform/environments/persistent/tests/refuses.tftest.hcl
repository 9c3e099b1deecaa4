mock_provider "yandex" {}

run "each_variable_refuses_what_cannot_work" {
  command = plan

  variables {
    cloud_id       = "Not An Id"
    folder_id      = "Not An Id"
    zone           = "moon"
    name           = "Not a name"
    bucket         = "Dots.are.bad"
    bucket_max_gb  = 0
    keep_runs_days = 0
    owner_ids      = []
    allowed_cidr   = ["0.0.0.0/0"]
    subnet_cidr    = "8.8.8.0/24"
  }

  expect_failures = [
    var.cloud_id,
    var.folder_id,
    var.zone,
    var.name,
    var.bucket,
    var.bucket_max_gb,
    var.keep_runs_days,
    var.owner_ids,
    var.allowed_cidr,
    var.subnet_cidr,
  ]
}
