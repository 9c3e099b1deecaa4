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
  description = "Size of the database host."
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

variable "postgresql_version" {
  description = "PostgreSQL's major version."
  type        = string

  validation {
    condition     = can(regex("^1[5-8]$", var.postgresql_version))
    error_message = "postgresql_version is a major version from 15 to 18."
  }
}

variable "database" {
  description = "Name of the database and of the user that owns it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database))
    error_message = "database is a name of lower-case letters, digits and underscores, such as mlflow."
  }
}

variable "password" {
  description = "Password of that user."
  type        = string
  sensitive   = true

  validation {
    condition     = length(var.password) >= 8 && length(var.password) <= 128
    error_message = "password has 8 to 128 characters."
  }
}
