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

variable "airflow_version" {
  description = "Airflow's version: 2.10 or 3.x."
  type        = string

  validation {
    condition     = can(regex("^(2[.]10|3[.][0-9]{1,2})$", var.airflow_version))
    error_message = "airflow_version is 2.10 or 3.x, such as 3.1: the DAGs run on these."
  }
}

variable "python_version" {
  description = "Python of Airflow's hosts."
  type        = string

  validation {
    condition     = contains(["3.10", "3.11", "3.12"], var.python_version)
    error_message = "python_version is 3.10, 3.11 or 3.12."
  }
}

variable "bucket" {
  description = "Bucket with the DAGs."
  type        = string
}

variable "admin_password" {
  description = "Password of Airflow's web user admin."
  type        = string
  sensitive   = true

  validation {
    condition     = length(var.admin_password) >= 8
    error_message = "admin_password has at least 8 characters, with upper and lower case, a digit and a special character."
  }
}

variable "pip_packages" {
  description = "What the DAG files import, with floors: without them a resolver goes back to a provider of 2022."
  type        = set(string)

  validation {
    condition     = length(var.pip_packages) > 0 && alltrue([for package in var.pip_packages : can(regex("^[a-z0-9-]+(==|>=)[0-9.]+$", package))])
    error_message = "pip_packages are names with a floor or a pin, such as yandexcloud>=0.413."
  }
}

variable "worker_preset_id" {
  description = "Size of the worker, on which the benchmark's load generator runs too."
  type        = string

  validation {
    condition     = can(regex("^c[1-8]-m[0-9]+$", var.worker_preset_id))
    error_message = "worker_preset_id is one of c1-m2 c1-m4 c2-m4 c2-m8 c4-m8 c4-m16 c8-m16 c8-m32."
  }
}

variable "log_group_id" {
  description = "Where Airflow logs to."
  type        = string
}
