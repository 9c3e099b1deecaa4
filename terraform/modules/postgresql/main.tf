# MLflow's database: one host, reached inside the network only.
resource "yandex_mdb_postgresql_cluster_v2" "this" {
  folder_id           = var.folder_id
  name                = "${var.name}-postgresql"
  environment         = "PRODUCTION"
  network_id          = var.network_id
  security_group_ids  = [var.security_group_id]
  deletion_protection = false
  labels              = var.labels

  config {
    # Not confirmed by an apply: that this version and preset are offered.
    version = var.postgresql_version
    resources {
      resource_preset_id = var.resource_preset_id
      disk_type_id       = "network-ssd"
      disk_size          = var.disk_size_gb
    }
  }

  hosts = {
    main = { zone = var.zone, subnet_id = var.subnet_id, assign_public_ip = false }
  }

  # The provider gives up after half an hour and forgets what it has begun: the next try would find the name taken.
  timeouts = { create = "60m", delete = "30m" }
}

resource "yandex_mdb_postgresql_user" "this" {
  cluster_id = yandex_mdb_postgresql_cluster_v2.this.id
  name       = var.database
  password   = var.password
  conn_limit = 40
}

resource "yandex_mdb_postgresql_database" "this" {
  cluster_id = yandex_mdb_postgresql_cluster_v2.this.id
  name       = var.database
  owner      = yandex_mdb_postgresql_user.this.name
}
