# What is up while measuring and costs money: Kafka, PostgreSQL, MLflow, Airflow, the Faust group, NAT.
data "terraform_remote_state" "persistent" {
  backend = var.persistent_backend
  config  = merge(local.of_backend[var.persistent_backend], var.persistent_config)
}

locals {
  # What the cloud's bucket service needs besides bucket and key: as in backend.tf.example.
  of_backend = {
    local = {}
    s3 = {
      region    = "ru-central1"
      endpoints = { s3 = "https://storage.yandexcloud.net" }

      skip_credentials_validation = true
      skip_region_validation      = true
      skip_requesting_account_id  = true
      skip_s3_checksum            = true
      use_path_style              = true
    }
  }

  contract = jsondecode(file("${path.module}/../../../dags/fraud_cloud/contract.json"))
  standing = data.terraform_remote_state.persistent.outputs
  groups   = local.standing.security_group_ids
  accounts = local.standing.service_account_ids
  entries  = local.contract.lockbox_entries
  secrets  = local.contract.lockbox
  ports    = local.contract.ports

  labels = {
    (local.contract.labels.project) = local.contract.project
    (local.contract.labels.run)     = var.run
    (local.contract.labels.expires) = tostring(var.expires)
  }

  spark_packages = [
    for line in split("\n", file("${path.module}/../../../requirements/spark35.txt")) :
    regex("^[a-z0-9-]+==[0-9.]+", line)
    if can(regex("^(pandas|pyarrow|numpy|onnxruntime|confluent-kafka|orjson|pydantic)==[0-9.]+", line)) && !can(regex("python_full_version (==|>=)", line))
  ]
}

module "subnet" {
  source = "../../modules/subnet"

  folder_id   = var.folder_id
  name        = var.name
  labels      = local.labels
  zone        = var.zone
  network_id  = local.standing.network_id
  subnet_cidr = local.standing.subnet_cidr
}

module "logging" {
  source = "../../modules/logging"

  folder_id = var.folder_id
  name      = var.name
  labels    = local.labels
  keep_days = 3
}

# The passwords that this root hands to services. They are in its state file.
data "yandex_lockbox_secret_version" "password" {
  for_each = toset(["airflow_admin", "kafka_benchmark", "kafka_faust", "mlflow_database"])

  secret_id = local.standing.secret_ids[each.key]
}

locals {
  passwords = {
    for key, version in data.yandex_lockbox_secret_version.password :
    key => sensitive(one([for entry in version.entries : entry.text_value if entry.key == local.entries.password]))
  }
}

module "kafka" {
  source = "../../modules/kafka"

  folder_id          = var.folder_id
  name               = var.name
  labels             = local.labels
  zone               = var.zone
  network_id         = local.standing.network_id
  subnet_id          = module.subnet.subnet_id
  security_group_id  = local.groups.kafka
  kafka_version      = var.kafka_version
  resource_preset_id = var.kafka_preset_id
  disk_size_gb       = 32
  brokers_count      = var.kafka_brokers
  topic_prefix       = local.contract.kafka.topic_prefix
  standing_prefix    = local.contract.kafka.standing_prefix
  partitions         = local.contract.kafka.partitions

  users = {
    # Makes and deletes the topics of its campaigns; Spark logs in as this user too.
    benchmark = {
      name     = local.contract.kafka.users.benchmark
      password = local.passwords.kafka_benchmark
      roles    = ["ACCESS_ROLE_TOPIC_ADMIN", "ACCESS_ROLE_PRODUCER", "ACCESS_ROLE_CONSUMER"]
    }
    faust = {
      name     = local.contract.kafka.users.faust
      password = local.passwords.kafka_faust
      roles    = ["ACCESS_ROLE_PRODUCER", "ACCESS_ROLE_CONSUMER"]
    }
  }
}

module "postgresql" {
  source = "../../modules/postgresql"

  folder_id          = var.folder_id
  name               = var.name
  labels             = local.labels
  zone               = var.zone
  network_id         = local.standing.network_id
  subnet_id          = module.subnet.subnet_id
  security_group_id  = local.groups.postgresql
  resource_preset_id = "s3-c2-m8"
  disk_size_gb       = 10
  postgresql_version = var.postgresql_version
  database           = "mlflow"
  password           = local.passwords.mlflow_database
}

module "mlflow" {
  source = "../../modules/mlflow"

  folder_id          = var.folder_id
  name               = var.name
  labels             = local.labels
  zone               = var.zone
  subnet_id          = module.subnet.subnet_id
  security_group_id  = local.groups.mlflow
  service_account_id = local.accounts.mlflow
  image_family       = var.image_family
  cores              = 2
  memory_gb          = 4
  port               = local.ports.mlflow
  bucket             = local.standing.bucket
  bucket_keys        = local.contract.bucket_keys
  artifacts_prefix   = local.contract.bucket_prefixes.mlflow
  secret_entries     = { for key in ["password", "access_key", "secret_key"] : key => local.entries[key] }
  secret_ids         = { database = local.standing.secret_ids.mlflow_database, bucket = local.standing.secret_ids.mlflow_bucket }
  public             = length(local.standing.allowed_cidr) > 0
  ssh_public_key     = var.ssh_public_key

  database = {
    host = module.postgresql.host
    port = local.ports.postgresql
    name = module.postgresql.database
  }
}

module "faust_group" {
  source = "../../modules/faust_group"

  folder_id          = var.folder_id
  name               = var.name
  labels             = local.labels
  zone               = var.zone
  network_id         = local.standing.network_id
  subnet_id          = module.subnet.subnet_id
  security_group_id  = local.groups.faust
  service_account_id = local.accounts.faust
  manager_account_id = local.accounts["faust-manager"]
  image_family       = var.image_family
  bucket             = local.standing.bucket
  bucket_keys        = local.contract.bucket_keys
  size               = var.faust_size
  faust_workers      = var.faust_workers
  partitions         = local.contract.kafka.partitions
  worker_cpu         = var.instance_cpu
  worker_memory_mb   = var.instance_memory_mb
  health_port        = local.ports.faust_health
  kafka              = { bootstrap_servers = local.bootstrap_servers, user = local.contract.kafka.users.faust }
  password_secret    = { id = local.standing.secret_ids.kafka_faust, entry = local.entries.password }
  preemptible        = var.preemptible
}

locals {
  bootstrap_servers = join(",", [for host in module.kafka.broker_names : "${host}:${local.ports.kafka}"])
}

module "airflow" {
  source = "../../modules/airflow"

  folder_id          = var.folder_id
  name               = var.name
  labels             = local.labels
  subnet_id          = module.subnet.subnet_id
  security_group_id  = local.groups.airflow
  service_account_id = local.accounts.airflow
  airflow_version    = var.airflow_version
  python_version     = "3.12"
  bucket             = local.standing.bucket
  admin_password     = local.passwords.airflow_admin
  worker_preset_id   = var.airflow_worker_preset_id
  log_group_id       = module.logging.log_group_id
  # What the DAG files import and nothing of the benchmark: that runs in an environment of its own.
  pip_packages = ["apache-airflow-providers-yandex>=4.2", "yandexcloud>=0.413"]
}

module "spark" {
  source = "../../modules/spark"
  count  = var.standing_spark ? 1 : 0

  folder_id          = var.folder_id
  name               = var.name
  labels             = local.labels
  subnet_id          = module.subnet.subnet_id
  security_group_id  = local.groups.spark
  service_account_id = local.accounts.spark
  spark_version      = var.spark_version
  driver_preset_id   = "c2-m8"
  executor_preset_id = "c2-m8"
  executors          = 1
  pip_packages       = local.spark_packages
  log_group_id       = module.logging.log_group_id
}
