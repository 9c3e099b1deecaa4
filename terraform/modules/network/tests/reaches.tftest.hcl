mock_provider "yandex" {}

variables {
  folder_id    = "b1g00000000000000001"
  name         = "test"
  labels       = { project = "streamgauge", run = "standing", expires = "never" }
  subnet_cidr  = "10.20.0.0/24"
  allowed_cidr = []
  ports        = { kafka = 9091, postgresql = 6432, mlflow = 5000, faust_health = 6066 }
}

run "each_service_is_reached_by_who_uses_it_and_by_nobody_else" {
  command = apply

  assert {
    condition = toset([for rule in yandex_vpc_security_group.kafka.ingress : "${rule.port} ${rule.security_group_id}"]) == toset([
      "9091 ${yandex_vpc_security_group.airflow.id}",
      "9091 ${yandex_vpc_security_group.faust.id}",
      "9091 ${yandex_vpc_security_group.spark.id}",
    ])
    error_message = "Kafka is read and written by the load generator, Faust and Spark, encrypted."
  }

  assert {
    condition = toset([for rule in yandex_vpc_security_group.mlflow.ingress : "${rule.port} ${rule.security_group_id}"]) == toset([
      "5000 ${yandex_vpc_security_group.airflow.id}",
      "5000 ${yandex_vpc_security_group.faust.id}",
      "5000 ${yandex_vpc_security_group.spark.id}",
    ])
    error_message = "MLflow is reached from Airflow, Faust and Spark; without allowed_cidr from nowhere outside."
  }

  assert {
    condition     = [for rule in yandex_vpc_security_group.postgresql.ingress : "${rule.port} ${rule.security_group_id}"] == ["6432 ${yandex_vpc_security_group.mlflow.id}"]
    error_message = "The database is MLflow's alone."
  }
}

run "ssh_is_open_to_the_addresses_that_were_given" {
  command = apply

  variables {
    allowed_cidr = ["203.0.113.7/32"]
  }

  assert {
    condition = [for rule in yandex_vpc_security_group.mlflow.ingress : "${rule.port} ${join(",", rule.v4_cidr_blocks)}" if length(coalesce(rule.v4_cidr_blocks, [])) > 0] == [
      "22 203.0.113.7/32",
    ]
    error_message = "The tunnel is opened by SSH, from there only."
  }
}

run "the_services_own_range_is_refused" {
  command = plan

  variables {
    subnet_cidr = "10.250.0.0/24"
  }

  expect_failures = [var.subnet_cidr]
}

run "a_range_too_small_for_airflows_and_sparks_hosts_is_refused" {
  command = plan

  variables {
    subnet_cidr = "10.20.0.0/27"
  }

  expect_failures = [var.subnet_cidr]
}
