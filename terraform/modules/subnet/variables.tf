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

variable "subnet_cidr" {
  description = "Addresses of the subnet."
  type        = string

  validation {
    condition     = can(cidrhost(var.subnet_cidr, 0))
    error_message = "subnet_cidr is a range such as 10.20.0.0/24."
  }
}
