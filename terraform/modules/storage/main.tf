# One bucket for code, transactions, results and MLflow's artifacts. Two checks stand before an object:
# the access list says who may read or write in this bucket at all, the policy says below which prefix.
# Not confirmed by an apply: that both together behave so (docs/cloud.md, "Assumptions").
locals {
  objects = "arn:aws:s3:::${var.bucket}"
  # What is below a prefix, and its name without the slash: before it makes the first folder there, Spark's
  # S3 client asks whether a file has that name, and a refusal would end the job.
  below = {
    for prefix in values(var.prefixes) :
    prefix => ["${local.objects}/${prefix}*", "${local.objects}/${trimsuffix(prefix, "/")}"]
  }
  keep_days = {
    (var.prefixes.runs)        = var.keep_runs_days
    (var.prefixes.checkpoints) = var.keep_runs_days
    # A run lasts half a day at most and deletes its own; this is for one that could not.
    (var.prefixes.secrets) = 1
  }
  # An account may read here and write there; the access list names it once.
  accounts = merge(
    { for name, one in var.readers : name => { id = one.id, permissions = ["READ"] } },
    { for name, one in var.writers : name => { id = one.id, permissions = ["READ", "WRITE"] } },
  )
}

resource "yandex_storage_bucket" "this" {
  # checkov:skip=CKV_YC_3: a key of our own bills by itself; the service encrypts what it stores.
  folder_id     = var.folder_id
  bucket        = var.bucket
  max_size      = var.max_size_bytes
  force_destroy = var.force_destroy
  tags          = var.labels

  anonymous_access_flags {
    read        = false
    list        = false
    config_read = false
  }

  dynamic "lifecycle_rule" {
    for_each = local.keep_days
    content {
      id                                     = trimsuffix(lifecycle_rule.key, "/")
      enabled                                = true
      abort_incomplete_multipart_upload_days = 1

      filter {
        prefix = lifecycle_rule.key
      }
      expiration {
        days = lifecycle_rule.value
      }
    }
  }
}

resource "yandex_storage_bucket_grant" "this" {
  bucket = yandex_storage_bucket.this.bucket

  dynamic "grant" {
    for_each = local.accounts
    content {
      id          = grant.value.id
      type        = "CanonicalUser"
      permissions = grant.value.permissions
    }
  }

  dynamic "grant" {
    for_each = var.owner_ids
    content {
      id          = grant.value
      type        = "CanonicalUser"
      permissions = ["FULL_CONTROL"]
    }
  }
}

resource "yandex_storage_bucket_policy" "this" {
  bucket = yandex_storage_bucket.this.bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "owners"
        Effect    = "Allow"
        Principal = { CanonicalUser = var.owner_ids }
        Action    = ["s3:*"]
        Resource  = [local.objects, "${local.objects}/*"]
      }],
      [for name, one in local.accounts : {
        Sid       = "${name}-lists"
        Effect    = "Allow"
        Principal = { CanonicalUser = [one.id] }
        Action    = ["s3:ListBucket"]
        Resource  = [local.objects]
      }],
      [for name, one in var.readers : {
        Sid       = "${name}-reads"
        Effect    = "Allow"
        Principal = { CanonicalUser = [one.id] }
        Action    = ["s3:GetObject"]
        Resource  = flatten([for prefix in one.prefixes : local.below[prefix]])
      }],
      [for name, one in var.writers : {
        Sid       = "${name}-writes"
        Effect    = "Allow"
        Principal = { CanonicalUser = [one.id] }
        Action    = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        Resource  = flatten([for prefix in one.prefixes : local.below[prefix]])
      }],
    )
  })
}
