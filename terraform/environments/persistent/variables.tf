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

variable "bucket" {
  description = "Name of the bucket; names are shared by all customers of the cloud."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket is 3 to 63 lower-case letters, digits and hyphens, such as streamgauge-ivanov."
  }
}

variable "bucket_max_gb" {
  description = "The bucket takes no more than this, GiB."
  type        = number
  default     = 20

  validation {
    condition     = var.bucket_max_gb >= 1 && var.bucket_max_gb <= 1024 && floor(var.bucket_max_gb) == var.bucket_max_gb
    error_message = "bucket_max_gb is a whole number from 1 to 1024."
  }
}

variable "keep_runs_days" {
  description = "Days after which results of runs and checkpoints are deleted from the bucket."
  type        = number
  default     = 30

  validation {
    condition     = var.keep_runs_days >= 1 && var.keep_runs_days <= 3650
    error_message = "keep_runs_days is between 1 and 3650."
  }
}

variable "force_destroy" {
  description = "Whether destroying this root deletes what is in the bucket."
  type        = bool
  default     = true
}

variable "owner_ids" {
  description = "Accounts that own the bucket: your own, `yc iam whoami --format json` prints its id."
  type        = list(string)

  validation {
    condition     = length(var.owner_ids) > 0 && alltrue([for id in var.owner_ids : can(regex("^[a-z0-9]{20}$", id))])
    error_message = "owner_ids lists at least one account id of 20 characters: without yours you could not open the bucket."
  }
}

variable "allowed_cidr" {
  description = "Addresses from which you open an SSH tunnel to MLflow; with none the host is not public."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.allowed_cidr : can(cidrhost(cidr, 0)) && try(tonumber(split("/", cidr)[1]) >= 16, false)])
    error_message = "allowed_cidr lists ranges of at most a /16, such as 203.0.113.7/32: your own address, not the whole internet."
  }
}

variable "subnet_cidr" {
  description = "Addresses of the session's subnet."
  type        = string
  default     = "10.20.0.0/24"

  validation {
    condition = alltrue([
      can(cidrhost(var.subnet_cidr, 0)),
      can(regex("^(10|172[.](1[6-9]|2[0-9]|3[01])|192[.]168)[.].*/(1[6-9]|2[0-5])$", var.subnet_cidr)),
      # Where Managed Airflow and Spark keep their own hosts (documentation).
      !can(regex("^10[.](24[89]|25[0-5])[.]", var.subnet_cidr)),
    ])
    error_message = "subnet_cidr is a private range from a /16 to a /25, such as 10.20.0.0/24, and outside 10.248.0.0/13, which the services use."
  }
}
