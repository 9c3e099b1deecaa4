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

variable "cores" {
  description = "Cores of the host."
  type        = number

  validation {
    condition     = contains([2, 4, 6, 8], var.cores)
    error_message = "cores is 2, 4, 6 or 8."
  }
}

variable "memory_gb" {
  description = "Memory of the host, GiB."
  type        = number

  validation {
    condition     = var.memory_gb >= 2 && var.memory_gb <= 64
    error_message = "memory_gb is between 2 and 64: the server takes about 1."
  }
}

variable "port" {
  description = "Port of the server, from contract.json."
  type        = number

  validation {
    condition     = var.port >= 1024 && var.port <= 65535
    error_message = "port is between 1024 and 65535."
  }
}

variable "artifacts_prefix" {
  description = "Prefix of the bucket below which artifacts are kept, from contract.json."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+/$", var.artifacts_prefix))
    error_message = "artifacts_prefix is a word that ends in a slash, such as mlflow/."
  }
}

variable "database" {
  description = "Host, port and name of the database; its owner has the same name."
  type        = object({ host = string, port = number, name = string })

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database.name))
    error_message = "database.name is a name of lower-case letters, digits and underscores, such as mlflow."
  }
}

variable "secret_ids" {
  description = "Lockbox secrets with the database's password and with the key for the bucket; the host reads them itself."
  type        = object({ database = string, bucket = string })
}

variable "secret_entries" {
  description = "Names of the entries in these secrets, from contract.json."
  type        = object({ password = string, access_key = string, secret_key = string })
}

variable "public" {
  description = "Whether the host gets a public address, for the SSH tunnel."
  type        = bool
}

variable "ssh_public_key" {
  description = "Key that may open the tunnel; empty for none."
  type        = string
  default     = ""

  validation {
    condition     = var.ssh_public_key == "" || can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp256) [A-Za-z0-9+/=]+( .*)?$", var.ssh_public_key))
    error_message = "ssh_public_key is one line of a .pub file, such as that of ~/.ssh/id_ed25519.pub; never a private key."
  }
}
