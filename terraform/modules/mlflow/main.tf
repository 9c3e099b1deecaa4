# The MLflow server on a host of its own. User-data holds no secret: the host takes a token from its
# metadata service, reads its two secrets with it, and keeps them in a file that only root can read.
locals {
  bootstrap = "${path.module}/../../bootstrap"
  hostname  = "${var.name}-mlflow"
  # Names inside the network end so. Not confirmed by an apply.
  internal_name = "${local.hostname}.ru-central1.internal"

  settings = {
    BUCKET           = var.bucket
    CHECKSUMS_KEY    = var.bucket_keys.checksums
    LOCK_KEY         = var.bucket_keys.mlflow_lock
    CA_KEY           = var.bucket_keys.kafka_ca
    ARTIFACTS_PREFIX = var.artifacts_prefix
    INTERNAL_NAME    = local.internal_name
    PORT             = tostring(var.port)
    DATABASE_HOST    = var.database.host
    DATABASE_PORT    = tostring(var.database.port)
    DATABASE_NAME    = var.database.name
    DATABASE_SECRET  = "${var.secret_ids.database}:${var.secret_entries.password}"
    ACCESS_KEY       = "${var.secret_ids.bucket}:${var.secret_entries.access_key}"
    SECRET_KEY       = "${var.secret_ids.bucket}:${var.secret_entries.secret_key}"
  }

  files = {
    "/etc/streamgauge/settings.env"                          = join("", [for key, value in local.settings : "${key}=${value}\n"])
    "/opt/streamgauge/cloud_fetch.py"                        = file("${local.bootstrap}/cloud_fetch.py")
    "/opt/streamgauge/install.sh"                            = file("${local.bootstrap}/install.sh")
    "/opt/streamgauge/mlflow.sh"                             = file("${local.bootstrap}/mlflow.sh")
    "/etc/systemd/system/streamgauge-mlflow.service"         = file("${local.bootstrap}/streamgauge-mlflow.service")
    "/etc/systemd/system/streamgauge-mlflow-install.service" = file("${local.bootstrap}/streamgauge-mlflow-install.service")
  }

  users = var.ssh_public_key == "" ? [] : [{
    name                = "tunnel"
    shell               = "/usr/sbin/nologin"
    ssh_authorized_keys = ["restrict,port-forwarding,permitopen=\"localhost:${var.port}\" ${var.ssh_public_key}"]
  }]

  # A command of cloud-init runs once in the life of a host; the unit is repeated until it works, and at each boot.
  run = [
    ["systemctl", "daemon-reload"],
    ["systemctl", "enable", "--now", "--no-block", "streamgauge-mlflow-install.service"],
  ]
  user_data = templatefile("${local.bootstrap}/cloud-init.yaml.tftpl", { files = local.files, users = local.users, run = local.run })
}

# cloud-init reads user-data at the first boot alone: a key that is given later, or a repaired script, needs a new
# host. Nothing is lost with the old one: runs are in PostgreSQL, artifacts in the bucket.
resource "terraform_data" "user_data" {
  input = sha256(local.user_data)
}

data "yandex_compute_image" "this" {
  family = var.image_family
}

resource "yandex_compute_instance" "this" {
  # checkov:skip=CKV_YC_2: public only where `allowed_cidr` names somebody; its security group lets in SSH from there.
  folder_id                 = var.folder_id
  name                      = local.hostname
  hostname                  = local.hostname
  platform_id               = "standard-v3"
  zone                      = var.zone
  service_account_id        = var.service_account_id
  allow_stopping_for_update = true
  labels                    = var.labels

  resources {
    cores  = var.cores
    memory = var.memory_gb
  }

  boot_disk {
    initialize_params {
      image_id = data.yandex_compute_image.this.id
      size     = 20
      type     = "network-ssd"
    }
  }

  network_interface {
    subnet_id          = var.subnet_id
    nat                = var.public
    security_group_ids = [var.security_group_id]
  }

  metadata = {
    serial-port-enable = "0"
    user-data          = local.user_data
  }

  lifecycle {
    # A newer image of the family is for the next session: this host would be made anew, under another address.
    ignore_changes = [boot_disk[0].initialize_params[0].image_id]

    replace_triggered_by = [terraform_data.user_data]

    precondition {
      condition     = !var.public || var.ssh_public_key != ""
      error_message = "The MLflow host is public so that you can open a tunnel to it, and no key may: set ssh_public_key, or leave allowed_cidr empty."
    }
  }
}
