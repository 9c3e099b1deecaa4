mock_provider "yandex" {
  mock_data "yandex_lockbox_secret_version" {
    defaults = {
      entries = [{ key = "password", text_value = "A-mocked-secret-1" }]
    }
  }

  mock_resource "yandex_mdb_kafka_cluster" {
    defaults = {
      host = [
        { name = "b.mdb", role = "KAFKA", health = "ALIVE", subnet_id = "", zone_id = "", assign_public_ip = false },
        { name = "a.mdb", role = "KAFKA", health = "ALIVE", subnet_id = "", zone_id = "", assign_public_ip = false },
        { name = "z.mdb", role = "KRAFT", health = "ALIVE", subnet_id = "", zone_id = "", assign_public_ip = false },
      ]
    }
  }
}

override_data {
  target = data.terraform_remote_state.persistent
  values = {
    outputs = {
      bucket              = "streamgauge-test"
      network_id          = "net"
      subnet_cidr         = "10.20.0.0/24"
      allowed_cidr        = []
      service_account_ids = { airflow = "sa1", faust = "sa2", faust-manager = "sa3", mlflow = "sa4", spark = "sa5" }
      security_group_ids  = { airflow = "sg1", faust = "sg2", kafka = "sg3", mlflow = "sg4", postgresql = "sg5", spark = "sg6" }
      secret_ids          = { airflow_admin = "s1", kafka_benchmark = "s2", kafka_faust = "s3", mlflow_database = "s4", mlflow_bucket = "s5" }
    }
  }
}

# The postgresql cluster's hosts are named by the service.
override_resource {
  target = module.postgresql.yandex_mdb_postgresql_cluster_v2.this
  values = { hosts = { main = { fqdn = "db.mdb" } } }
}

variables {
  cloud_id  = "b1g00000000000000000"
  folder_id = "b1g00000000000000001"
  run       = "first"
  expires   = 1900000000
}

run "a_session_can_be_applied" {
  command = apply

  assert {
    condition     = output.bootstrap_servers == "a.mdb:9091,b.mdb:9091"
    error_message = "Clients are given the brokers, sorted, and no controller."
  }

  assert {
    condition     = output.mlflow_uri == "http://streamgauge-mlflow.ru-central1.internal:5000"
    error_message = "MLflow is reached by its name inside the network."
  }

  assert {
    condition     = output.mlflow_tunnel_host == ""
    error_message = "Without allowed_cidr nothing is public."
  }
}

run "airflow_2_has_no_dag_processor_and_a_spark_cluster_may_stand" {
  command = plan

  variables {
    airflow_version = "2.10"
    standing_spark  = true
  }

  assert {
    condition     = length(module.spark) == 1
    error_message = "standing_spark makes a cluster."
  }
}

run "sizes_stay_with_the_runs" {
  command = plan

  variables {
    faust_size = 1
  }

  assert {
    condition     = module.faust_group.group_id == run.a_session_can_be_applied.faust_group_id
    error_message = "Another size at the start does not touch the group."
  }
}
