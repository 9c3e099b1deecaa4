output "bucket" {
  description = "Name of the bucket, once accounts have their rights on it."
  value       = yandex_storage_bucket.this.bucket
  depends_on  = [yandex_storage_bucket_grant.this, yandex_storage_bucket_policy.this]
}
