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

variable "resource_preset_id" {
  description = "Size of each broker."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+[0-9]+[a-z]?-(c[0-9]+-m[0-9]+|[a-z0-9]+)$", var.resource_preset_id))
    error_message = "resource_preset_id is a name such as s3-c2-m8."
  }
}

variable "disk_size_gb" {
  description = "Disk of each host, GiB."
  type        = number

  validation {
    condition     = var.disk_size_gb >= 10 && var.disk_size_gb <= 4096
    error_message = "disk_size_gb is between 10 and 4096."
  }
}

variable "kafka_version" {
  description = "Kafka's version, 4.0 or newer: without ZooKeeper."
  type        = string

  validation {
    condition     = can(regex("^4[.][0-9]{1,2}$", var.kafka_version))
    error_message = "kafka_version is 4.0 or newer (such as 4.0): the service makes no new clusters of 3.x. The console lists what it offers."
  }
}

variable "brokers_count" {
  description = "Brokers: one, or three that keep three copies."
  type        = number

  validation {
    condition     = contains([1, 3], var.brokers_count)
    error_message = "brokers_count is 1, or 3 for three copies of each record."
  }
}

variable "assign_public_ip" {
  description = "Whether brokers get public addresses; the security group lets nobody in from outside in any case."
  type        = bool
  default     = false
}

variable "topic_prefix" {
  description = "Prefix to which every user's rights are limited, from contract.json."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-$", var.topic_prefix))
    error_message = "topic_prefix is a word and a hyphen, such as fraud-."
  }
}

variable "standing_prefix" {
  description = "Prefix of the topics made here; campaigns make their own."
  type        = string

  validation {
    condition     = startswith(var.standing_prefix, var.topic_prefix)
    error_message = "standing_prefix begins with topic_prefix, or nobody has rights on these topics."
  }
}

variable "partitions" {
  description = "Partitions of each topic but labels, which has one."
  type        = number

  validation {
    condition     = var.partitions >= 1 && var.partitions <= 96 && floor(var.partitions) == var.partitions
    error_message = "partitions is a whole number from 1 to 96; 12 divides by 1, 2, 3, 4 and 6 instances."
  }
}

variable "users" {
  description = "Name, password and roles on the prefix of each user."
  type = map(object({
    name     = string
    password = string
    roles    = set(string)
  }))
  # The name of a user is no secret; its password is marked where it is used.
  sensitive = true

  validation {
    condition = alltrue(flatten([
      for user in values(var.users) : [
        for role in user.roles : contains(["ACCESS_ROLE_PRODUCER", "ACCESS_ROLE_CONSUMER", "ACCESS_ROLE_TOPIC_ADMIN"], role)
      ]
    ]))
    error_message = "roles of users are ACCESS_ROLE_PRODUCER, ACCESS_ROLE_CONSUMER and ACCESS_ROLE_TOPIC_ADMIN; ACCESS_ROLE_ADMIN works on all topics only and is not given."
  }
}
