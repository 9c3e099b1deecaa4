# The session root reads these; none is a secret.
output "bucket" {
  description = "Name of the bucket."
  value       = module.storage.bucket
}

output "service_account_ids" {
  description = "Account of each kind of process."
  value       = module.iam.service_account_ids
}

output "network_id" {
  description = "The network."
  value       = module.network.network_id
}

output "security_group_ids" {
  description = "Security group of each service."
  value       = module.network.security_group_ids
}

output "subnet_cidr" {
  description = "Addresses of the session's subnet."
  value       = var.subnet_cidr
}

output "allowed_cidr" {
  description = "Addresses from which a tunnel to MLflow may be opened."
  value       = var.allowed_cidr
}

output "secret_ids" {
  description = "Lockbox secrets by their names in contract.json."
  value = merge(
    { for key, secret in yandex_lockbox_secret.password : key => secret.id },
    { mlflow_bucket = yandex_lockbox_secret.mlflow_bucket.id },
  )
  depends_on = [
    yandex_lockbox_secret_version.password,
    yandex_lockbox_secret_iam_member.password,
    yandex_lockbox_secret_iam_member.mlflow_bucket,
    yandex_iam_service_account_static_access_key.mlflow,
  ]
}
