variable "cloud_id" {
  description = "The cloud: `yc config get cloud-id`."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]{4,50}$", var.cloud_id))
    error_message = "cloud_id is an id such as b1g0000000000000000, not a name."
  }
}

variable "folder_id" {
  description = "The folder: `yc config get folder-id`. Take an empty one: then everything in it is ours."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]{4,50}$", var.folder_id))
    error_message = "folder_id is an id such as b1g0000000000000000, not a name."
  }
}

variable "zone" {
  description = "Availability zone of everything."
  type        = string
  default     = "ru-central1-d"

  validation {
    condition     = can(regex("^ru-central1-[abd]$", var.zone))
    error_message = "zone is ru-central1-a, ru-central1-b or ru-central1-d."
  }
}

variable "name" {
  description = "Start of every name but those of secrets; a folder takes one set, whose things are found by their labels."
  type        = string
  default     = "streamgauge"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}[a-z0-9]$", var.name))
    error_message = "name is 3 to 22 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "run" {
  description = "Label of everything in this session, by which it is found and deleted."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,39}$", var.run)) && var.run != "standing"
    error_message = "run is up to 40 lower-case letters, digits and hyphens and begins with a letter; standing is the label of what outlives sessions."
  }
}

variable "expires" {
  description = "Unix seconds after which the session may be deleted."
  type        = number

  validation {
    condition     = var.expires >= 1600000000 && var.expires < 10000000000 && floor(var.expires) == var.expires
    error_message = "expires is a time in Unix seconds, such as `date -d '+4 hours' +%s` prints."
  }
}

variable "persistent_backend" {
  description = "Where the state of the persistent root is: local, or s3 as in backend.tf.example."
  type        = string
  default     = "local"

  validation {
    condition     = contains(["local", "s3"], var.persistent_backend)
    error_message = "persistent_backend is local or s3."
  }
}

variable "persistent_config" {
  description = "Settings of that backend: path for local, bucket and key for s3."
  type        = map(string)
  default     = { path = "../persistent/terraform.tfstate" }

  validation {
    condition     = length(var.persistent_config) > 0
    error_message = "persistent_config is empty: give path for local, or bucket and key for s3."
  }
}

variable "kafka_version" {
  description = "Kafka's version, 4.0 or newer."
  type        = string
  default     = "4.0"

  validation {
    condition     = can(regex("^4[.][0-9]{1,2}$", var.kafka_version))
    error_message = "kafka_version is 4.0 or newer: the service makes no new clusters of 3.x. The console lists what it offers."
  }
}

variable "kafka_preset_id" {
  description = "Size of each broker."
  type        = string
  default     = "s3-c2-m8"

  validation {
    condition     = can(regex("^[a-z]+[0-9]+-c[0-9]+-m[0-9]+$", var.kafka_preset_id))
    error_message = "kafka_preset_id is a name such as s3-c2-m8."
  }
}

variable "kafka_brokers" {
  description = "Brokers: one, or three that keep three copies, where the service makes no cluster of one without ZooKeeper."
  type        = number
  default     = 1

  validation {
    condition     = contains([1, 3], var.kafka_brokers)
    error_message = "kafka_brokers is 1 or 3."
  }
}

variable "postgresql_version" {
  description = "Major version of MLflow's database."
  type        = string
  default     = "17"

  validation {
    condition     = can(regex("^1[5-8]$", var.postgresql_version))
    error_message = "postgresql_version is a major version from 15 to 18."
  }
}

variable "airflow_version" {
  description = "Airflow's version: 2.10 or 3.x."
  type        = string
  default     = "3.1"

  validation {
    condition     = can(regex("^(2[.]10|3[.][0-9]{1,2})$", var.airflow_version))
    error_message = "airflow_version is 2.10 or 3.x, such as 3.1."
  }
}

variable "airflow_worker_preset_id" {
  description = "Size of Airflow's worker, on which the load generator runs too."
  type        = string
  default     = "c4-m8"

  validation {
    condition     = can(regex("^c[1-8]-m[0-9]+$", var.airflow_worker_preset_id))
    error_message = "airflow_worker_preset_id is one of c1-m2 c1-m4 c2-m4 c2-m8 c4-m8 c4-m16 c8-m16 c8-m32."
  }
}

variable "image_family" {
  description = "Image of the MLflow and Faust hosts."
  type        = string
  default     = "ubuntu-2404-lts"

  validation {
    condition     = can(regex("^[a-z0-9-]+$", var.image_family))
    error_message = "image_family is a name such as ubuntu-2404-lts."
  }
}

variable "ssh_public_key" {
  description = "Key that may open the tunnel to MLflow; needed with allowed_cidr of the persistent root."
  type        = string
  default     = ""

  validation {
    condition     = var.ssh_public_key == "" || can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp256) [A-Za-z0-9+/=]+( .*)?$", var.ssh_public_key))
    error_message = "ssh_public_key is one line of a .pub file; never a private key."
  }
}

variable "faust_workers" {
  description = "The most Faust workers that a run may ask for; at most the input topic's partitions."
  type        = number
  default     = 4

  validation {
    condition     = var.faust_workers >= 1 && var.faust_workers <= 100 && floor(var.faust_workers) == var.faust_workers
    error_message = "faust_workers is a whole number from 1 to 100."
  }
}

variable "faust_size" {
  description = "Faust hosts at the start: 0, or 1 where the service refuses an empty group."
  type        = number
  default     = 0

  validation {
    condition     = contains([0, 1], var.faust_size)
    error_message = "faust_size is 0 or 1; runs change it."
  }
}

variable "preemptible" {
  description = "Whether Faust hosts may be taken away at any time, for a third of the price; a run in which one is, is invalid."
  type        = bool
  default     = false
}

variable "instance_cpu" {
  description = "CPU of one instance of either engine, cores: what a Spark executor has."
  type        = number
  default     = 1

  validation {
    condition     = var.instance_cpu == 1
    error_message = "instance_cpu is 1: a Spark executor always has one whole core here, and both engines are of one size. Compare parts of a core on one machine, with instance.cpu in a plan."
  }
}

variable "instance_memory_mb" {
  description = "Memory of one instance of either engine, MB: MemoryMax of a Faust worker, heap and overhead of a Spark executor."
  type        = number
  default     = 3072

  validation {
    # Spark's heap is a third of it and Spark refuses one below 450 MB; its hosts have 8 GB and keep some for themselves.
    condition     = var.instance_memory_mb >= 1536 && var.instance_memory_mb <= 6144 && floor(var.instance_memory_mb) == var.instance_memory_mb
    error_message = "instance_memory_mb is a whole number between 1536 and 6144: a Spark executor starts with no less, and its host has room for no more."
  }
}

variable "spark_version" {
  description = "Version of the Spark clusters that runs make: 3.5.x."
  type        = string
  default     = "3.5.7"

  validation {
    condition     = can(regex("^3[.]5[.][0-9]+$", var.spark_version))
    error_message = "spark_version is 3.5.x, such as 3.5.7."
  }
}

variable "standing_spark" {
  description = "Whether a Spark cluster is made beside those of the runs, for trying out by hand; it bills until it is deleted."
  type        = bool
  default     = false
}
