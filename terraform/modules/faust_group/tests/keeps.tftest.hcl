mock_provider "yandex" {}

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
  faust_workers      = 4
  partitions         = 12
  worker_cpu         = 1
  worker_memory_mb   = 3072
  health_port        = 6066
  kafka              = { bootstrap_servers = "h:9091", user = "u" }
  password_secret    = { id = "s", entry = "password" }
}

run "a_group_is_made_with_no_host_of_the_newest_image" {
  command = apply

  override_data {
    target = data.yandex_compute_image.this
    values = { id = "image-of-monday" }
  }

  assert {
    condition     = yandex_compute_instance_group.this.scale_policy[0].fixed_scale[0].size == 0
    error_message = "Runs ask for hosts."
  }
}

run "neither_a_newer_image_nor_another_size_touches_it" {
  command = apply

  variables {
    size = 1
  }

  override_data {
    target = data.yandex_compute_image.this
    values = { id = "image-of-tuesday" }
  }

  assert {
    condition     = yandex_compute_instance_group.this.instance_template[0].boot_disk[0].initialize_params[0].image_id == "image-of-monday"
    error_message = "Hosts are not replaced while a run measures with them."
  }

  assert {
    condition     = yandex_compute_instance_group.this.scale_policy[0].fixed_scale[0].size == 0
    error_message = "The size is the runs', also when the session is applied again."
  }
}
