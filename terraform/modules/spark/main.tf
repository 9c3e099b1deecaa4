# A standing cluster, for trying out by hand. A comparison makes one of its own and deletes it.
resource "yandex_spark_cluster" "this" {
  folder_id           = var.folder_id
  name                = "${var.name}-spark"
  service_account_id  = var.service_account_id
  deletion_protection = false
  labels              = var.labels

  config = {
    # Not confirmed by an apply: that this version and these presets are offered, that Python there is 3.10 or 3.11 and
    # that the packages are installed from an index.
    spark_version = var.spark_version
    dependencies  = { pip_packages = var.pip_packages }
    resource_pools = {
      driver   = { resource_preset_id = var.driver_preset_id, size = 1 }
      executor = { resource_preset_id = var.executor_preset_id, size = var.executors }
    }
    history_server = { enabled = false }
  }

  network = {
    subnet_ids         = [var.subnet_id]
    security_group_ids = [var.security_group_id]
  }

  logging = { enabled = true, log_group_id = var.log_group_id }

  # The provider gives up after half an hour and forgets what it has begun: the next try would find the name taken.
  timeouts {
    create = "60m"
    delete = "30m"
  }
}
