mock_provider "yandex" {}

run "each_variable_refuses_what_cannot_work" {
  command = plan

  variables {
    cloud_id                 = "Not An Id"
    folder_id                = "Not An Id"
    zone                     = "moon"
    name                     = "Not a name"
    run                      = "standing"
    expires                  = 5
    persistent_backend       = "remote"
    persistent_config        = {}
    kafka_version            = "3.9"
    kafka_preset_id          = "big"
    kafka_brokers            = 2
    postgresql_version       = "9.6"
    airflow_version          = "2.8"
    airflow_worker_preset_id = "big"
    image_family             = "no such"
    ssh_public_key           = "-----BEGIN OPENSSH PRIVATE KEY-----"
    faust_workers            = 0
    faust_size               = 2
    instance_cpu             = 0.5
    instance_memory_mb       = 1024
    spark_version            = "4.0.0"
  }

  expect_failures = [
    var.cloud_id,
    var.folder_id,
    var.zone,
    var.name,
    var.run,
    var.expires,
    var.persistent_backend,
    var.persistent_config,
    var.kafka_version,
    var.kafka_preset_id,
    var.kafka_brokers,
    var.postgresql_version,
    var.airflow_version,
    var.airflow_worker_preset_id,
    var.image_family,
    var.ssh_public_key,
    var.faust_workers,
    var.faust_size,
    var.instance_cpu,
    var.instance_memory_mb,
    var.spark_version,
  ]
}
