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

variable "subnet_cidr" {
  description = "Addresses of the subnet that the session makes; what is inside may talk to what is inside."
  type        = string

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

variable "allowed_cidr" {
  description = "Addresses from which SSH to the MLflow host is allowed; with none nothing is reached from outside."
  type        = list(string)

  validation {
    condition     = alltrue([for cidr in var.allowed_cidr : can(cidrhost(cidr, 0)) && try(tonumber(split("/", cidr)[1]) >= 16, false)])
    error_message = "allowed_cidr lists ranges of at most a /16, such as 203.0.113.7/32: your own address, not the whole internet."
  }
}

variable "ports" {
  description = "Ports on which the services listen, from contract.json."
  type = object({
    kafka        = number
    postgresql   = number
    mlflow       = number
    faust_health = number
  })

  validation {
    condition     = alltrue([for port in values(var.ports) : port >= 1024 && port <= 65535])
    error_message = "ports are between 1024 and 65535."
  }
}
