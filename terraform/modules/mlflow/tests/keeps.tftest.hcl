mock_provider "yandex" {}

variables {
  folder_id          = "b1g00000000000000001"
  name               = "test"
  labels             = { project = "streamgauge", run = "first", expires = "1900000000" }
  zone               = "ru-central1-d"
  subnet_id          = "subnet"
  security_group_id  = "sg"
  service_account_id = "sa"
  image_family       = "ubuntu-2404-lts"
  bucket             = "b"
  bucket_keys        = { checksums = "code/SHA256SUMS", mlflow_lock = "code/mlflow.txt", kafka_ca = "code/ca.pem" }
  cores              = 2
  memory_gb          = 4
  port               = 5000
  artifacts_prefix   = "mlflow/"
  database           = { host = "h", port = 6432, name = "mlflow" }
  secret_ids         = { database = "a", bucket = "b" }
  secret_entries     = { password = "p", access_key = "a", secret_key = "s" }
  public             = false
}

run "a_host_is_made_of_the_newest_image" {
  command = apply

  override_data {
    target = data.yandex_compute_image.this
    values = { id = "image-of-monday" }
  }

  assert {
    condition     = yandex_compute_instance.this.boot_disk[0].initialize_params[0].image_id == "image-of-monday"
    error_message = "The family's newest image is taken."
  }
}

run "a_newer_image_does_not_replace_it" {
  command = apply

  override_data {
    target = data.yandex_compute_image.this
    values = { id = "image-of-tuesday" }
  }

  assert {
    condition     = yandex_compute_instance.this.boot_disk[0].initialize_params[0].image_id == "image-of-monday"
    error_message = "The host of a session stays while the session is up."
  }
}

run "applied_again_it_is_the_same_host" {
  command = apply

  assert {
    condition     = output.instance_id == run.a_host_is_made_of_the_newest_image.instance_id
    error_message = "Neither a newer image nor a repetition makes another host."
  }
}

run "a_key_that_is_given_later_makes_another_host" {
  command = apply

  variables {
    public         = true
    ssh_public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA test"
  }

  assert {
    condition     = output.instance_id != run.a_host_is_made_of_the_newest_image.instance_id
    error_message = "cloud-init makes the tunnel's user at the first boot only."
  }
}
