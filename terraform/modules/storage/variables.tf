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

variable "bucket" {
  description = "Name of the bucket; names are shared by all customers of the cloud."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket is 3 to 63 lower-case letters, digits and hyphens, such as streamgauge-ivanov; dots would break its certificate."
  }
}

variable "max_size_bytes" {
  description = "The bucket takes no more than this."
  type        = number

  validation {
    condition     = var.max_size_bytes >= 1073741824 && floor(var.max_size_bytes) == var.max_size_bytes
    error_message = "max_size_bytes is a whole number of at least 1 GiB (1073741824)."
  }
}

variable "keep_runs_days" {
  description = "Days after which results of runs and checkpoints are deleted."
  type        = number

  validation {
    condition     = var.keep_runs_days >= 1 && var.keep_runs_days <= 3650
    error_message = "keep_runs_days is between 1 and 3650."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket deletes what is in it."
  type        = bool
}

variable "owner_ids" {
  description = "Accounts of people (or of a pipeline) that own the bucket; a policy shuts out whoever it does not name."
  type        = list(string)

  validation {
    condition     = length(var.owner_ids) > 0 && alltrue([for id in var.owner_ids : can(regex("^[a-z0-9]{20}$", id))])
    error_message = "owner_ids lists at least one account id of 20 characters, such as the one that `yc iam whoami` prints: without it nobody could open the bucket."
  }
}

variable "prefixes" {
  description = "Prefixes by their meaning, from contract.json."
  type        = map(string)

  validation {
    condition     = alltrue([for prefix in values(var.prefixes) : can(regex("^[a-z]+/$", prefix))])
    error_message = "prefixes are words that end in a slash, such as runs/."
  }
}

variable "readers" {
  description = "Account id and prefixes that it may read, by name."
  type        = map(object({ id = string, prefixes = list(string) }))

  validation {
    condition     = alltrue([for one in values(var.readers) : length(one.prefixes) > 0])
    error_message = "readers names at least one prefix for each account."
  }
}

variable "writers" {
  description = "Account id and prefixes that it may read, write and delete, by name."
  type        = map(object({ id = string, prefixes = list(string) }))

  validation {
    condition     = alltrue([for one in values(var.writers) : length(one.prefixes) > 0])
    error_message = "writers names at least one prefix for each account."
  }
}
