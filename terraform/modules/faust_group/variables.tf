variable "folder_id" {
  description = "Folder in which everything is created."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]{4,50}$", var.folder_id))
    error_message = "folder_id is an id such as b1g0000000000000000, not a name: take it from the address bar of the console."
  }
}

variable "name" {
  description = "Start of every name but those of secrets; a folder takes one set, whose things are found by their labels."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}[a-z0-9]$", var.name))
    error_message = "name is 3 to 22 lower-case letters, digits and hyphens, begins with a letter and ends with none of the hyphens."
  }
}

variable "labels" {
  description = "Labels project, run and expires, by which everything is found again and deleted."
  type        = map(string)

  validation {
    condition     = alltrue([for key in ["project", "run", "expires"] : can(regex("^[a-z0-9_-]{1,63}$", var.labels[key]))])
    error_message = "labels needs project, run and expires, each of 1 to 63 lower-case letters, digits, hyphens and underscores."
  }
}

variable "zone" {
  description = "Availability zone of the hosts."
  type        = string

  validation {
    condition     = can(regex("^ru-central1-[abd]$", var.zone))
    error_message = "zone is ru-central1-a, ru-central1-b or ru-central1-d."
  }
}

variable "network_id" {
  description = "Network of the hosts."
  type        = string
}

variable "subnet_id" {
  description = "Subnet of the hosts."
  type        = string
}

variable "security_group_id" {
  description = "Security group of the hosts."
  type        = string
}

variable "service_account_id" {
  description = "Account as which the hosts act."
  type        = string
}

variable "image_family" {
  description = "Image of the boot disk: an Ubuntu with Python 3.11 or newer."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+$", var.image_family))
    error_message = "image_family is a name such as ubuntu-2404-lts."
  }
}

variable "bucket" {
  description = "Bucket with the code."
  type        = string
}

variable "bucket_keys" {
  description = "Keys of the objects that are fetched, from contract.json."
  type        = map(string)

  validation {
    condition     = alltrue([for key in values(var.bucket_keys) : can(regex("^[A-Za-z0-9._/-]+$", key))])
    error_message = "bucket_keys holds letters, digits, dots, slashes and hyphens only: they become part of an address."
  }
}

variable "manager_account_id" {
  description = "Account as which the group creates and deletes hosts."
  type        = string
}

variable "size" {
  description = "Hosts at the start; afterwards runs change it and Terraform leaves it alone."
  type        = number

  validation {
    condition     = var.size >= 0 && var.size <= 100 && floor(var.size) == var.size
    error_message = "size is a whole number from 0 to 100."
  }
}

variable "faust_workers" {
  description = "The most workers that a run may ask for."
  type        = number

  validation {
    condition     = var.faust_workers >= 1 && floor(var.faust_workers) == var.faust_workers
    error_message = "faust_workers is a whole number from 1 up."
  }
}

variable "partitions" {
  description = "Partitions of the input topic, from contract.json."
  type        = number

  validation {
    condition     = var.partitions >= 1
    error_message = "partitions is at least 1."
  }
}

variable "worker_cpu" {
  description = "CPU of one worker, cores; the same as of a Spark executor."
  type        = number

  validation {
    condition     = var.worker_cpu >= 0.05 && var.worker_cpu <= 2
    error_message = "worker_cpu is between 0.05 and the 2 cores of a host."
  }
}

variable "worker_memory_mb" {
  description = "Memory of one worker, MB; the same as of a Spark executor."
  type        = number

  validation {
    condition     = var.worker_memory_mb >= 256 && var.worker_memory_mb <= 14336 && floor(var.worker_memory_mb) == var.worker_memory_mb
    error_message = "worker_memory_mb is a whole number between 256 and 14336."
  }
}

variable "health_port" {
  description = "Port of /live, from contract.json."
  type        = number

  validation {
    condition     = var.health_port >= 1024 && var.health_port <= 65535
    error_message = "health_port is between 1024 and 65535."
  }
}

variable "kafka" {
  description = "Brokers as host:port, and the user's name."
  type        = object({ bootstrap_servers = string, user = string })
}

variable "password_secret" {
  description = "Lockbox secret with that user's password and the name of its entry; the host reads it itself."
  type        = object({ id = string, entry = string })
}

variable "preemptible" {
  description = "Whether hosts may be taken away at any time, for a third of the price."
  type        = bool
  default     = false
}
