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

variable "spark_version" {
  description = "Spark's version: 3.5.x, for which requirements/spark35.txt is compiled."
  type        = string

  validation {
    condition     = can(regex("^3[.]5[.][0-9]+$", var.spark_version))
    error_message = "spark_version is 3.5.x, such as 3.5.7."
  }
}

variable "driver_preset_id" {
  description = "Size of the driver."
  type        = string

  validation {
    condition     = can(regex("^c[0-9]+-m[0-9]+$", var.driver_preset_id))
    error_message = "driver_preset_id is a name such as c2-m8."
  }
}

variable "executor_preset_id" {
  description = "Size of each executor's host."
  type        = string

  validation {
    condition     = can(regex("^c[0-9]+-m[0-9]+$", var.executor_preset_id))
    error_message = "executor_preset_id is a name such as c2-m8."
  }
}

variable "executors" {
  description = "Hosts for executors."
  type        = number

  validation {
    condition     = var.executors >= 1 && var.executors <= 32
    error_message = "executors is between 1 and 32."
  }
}

variable "pip_packages" {
  description = "Packages of the job, pinned as in requirements/spark35.txt."
  type        = set(string)

  validation {
    condition     = alltrue([for package in var.pip_packages : can(regex("^[a-z0-9-]+==[0-9.]+$", package))])
    error_message = "pip_packages are pinned, such as orjson==3.11.4: what runs there must be what was tested."
  }
}

variable "log_group_id" {
  description = "Where Spark logs to."
  type        = string
}
