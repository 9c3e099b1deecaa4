# N hosts with one Faust worker each. A run writes what to do into the bucket and then changes the size.
locals {
  bootstrap = "${path.module}/../../bootstrap"
  # A host has 2 cores and what the worker and the system need.
  memory_gb = max(2, ceil((var.worker_memory_mb + 768) / 1024))

  settings = {
    BUCKET                  = var.bucket
    CHECKSUMS_KEY           = var.bucket_keys.checksums
    LOCK_KEY                = var.bucket_keys.faust_lock
    CA_KEY                  = var.bucket_keys.kafka_ca
    POINTER_KEY             = var.bucket_keys.faust_pointer
    KAFKA_BOOTSTRAP_SERVERS = var.kafka.bootstrap_servers
    KAFKA_SASL_USERNAME     = var.kafka.user
    KAFKA_PASSWORD_SECRET   = "${var.password_secret.id}:${var.password_secret.entry}"
  }

  files = {
    "/etc/streamgauge/settings.env"   = join("", [for key, value in local.settings : "${key}=${value}\n"])
    "/opt/streamgauge/cloud_fetch.py" = file("${local.bootstrap}/cloud_fetch.py")
    "/opt/streamgauge/install.sh"     = file("${local.bootstrap}/install.sh")
    "/opt/streamgauge/faust.sh"       = file("${local.bootstrap}/faust.sh")
    "/opt/streamgauge/faust-run.sh"   = file("${local.bootstrap}/faust-run.sh")
    "/etc/systemd/system/streamgauge-faust.service" = templatefile("${local.bootstrap}/streamgauge-faust.service.tftpl", {
      cpu_percent = floor(var.worker_cpu * 100)
      memory_mb   = var.worker_memory_mb
      health_port = var.health_port
    })
  }
}

data "yandex_compute_image" "this" {
  family = var.image_family
}

resource "yandex_compute_instance_group" "this" {
  folder_id           = var.folder_id
  name                = "${var.name}-faust"
  service_account_id  = var.manager_account_id
  deletion_protection = false
  labels              = var.labels
  # Packages are installed at the first start.
  max_checking_health_duration = 900

  instance_template {
    name               = "${var.name}-faust-{instance.index}"
    platform_id        = "standard-v3"
    service_account_id = var.service_account_id
    labels             = var.labels

    resources {
      cores  = 2
      memory = local.memory_gb
    }

    boot_disk {
      initialize_params {
        image_id = data.yandex_compute_image.this.id
        size     = 20
        type     = "network-ssd"
      }
    }

    network_interface {
      network_id         = var.network_id
      subnet_ids         = [var.subnet_id]
      security_group_ids = [var.security_group_id]
      nat                = false
    }

    metadata = {
      serial-port-enable = "0"
      user-data          = templatefile("${local.bootstrap}/cloud-init.yaml.tftpl", { files = local.files, users = [], run = [["/opt/streamgauge/faust.sh"]] })
    }

    scheduling_policy {
      preemptible = var.preemptible
    }
  }

  scale_policy {
    fixed_scale {
      # Not confirmed by an apply: that a group may have no host. Where it may not, set 1 and stop it.
      size = var.size
    }
  }

  allocation_policy {
    zones = [var.zone]
  }

  deploy_policy {
    max_unavailable = 1
    max_expansion   = 0
  }

  health_check {
    interval            = 10
    timeout             = 5
    unhealthy_threshold = 6
    healthy_threshold   = 1

    http_options {
      path = "/live"
      port = var.health_port
    }
  }

  lifecycle {
    # Runs change the size. A newer image of the family is for the next session: hosts would be replaced in a run.
    ignore_changes = [scale_policy, instance_template[0].boot_disk[0].initialize_params[0].image_id]

    precondition {
      condition     = var.faust_workers <= var.partitions
      error_message = "faust_workers is ${var.faust_workers} and the input topic has ${var.partitions} partitions: what is more would idle. Lower faust_workers to ${var.partitions}."
    }

    precondition {
      condition     = var.size <= var.faust_workers
      error_message = "The group starts with ${var.size} hosts and a run may ask for ${var.faust_workers} at most: lower the size."
    }
  }
}
