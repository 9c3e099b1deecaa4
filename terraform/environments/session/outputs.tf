output "airflow_cluster_id" {
  description = "The Airflow cluster."
  value       = module.airflow.cluster_id
}

# The address is the one of the service's documentation. Not confirmed by an apply.
output "airflow_url" {
  description = "Airflow's page and REST API; both ask for a person of the cloud first."
  value       = "https://c-${module.airflow.cluster_id}.airflow.yandexcloud.net"
}

output "airflow_version" {
  description = "Airflow's version, by which `make cloud-run` knows its REST API."
  value       = var.airflow_version
}

output "airflow_password_secret" {
  description = "Lockbox secret with the password of Airflow's user admin: `yc lockbox payload get <id>`."
  value       = local.standing.secret_ids.airflow_admin
}

output "bootstrap_servers" {
  description = "Kafka's brokers inside the network."
  value       = local.bootstrap_servers
}

output "mlflow_uri" {
  description = "MLflow inside the network."
  value       = module.mlflow.tracking_uri
}

output "mlflow_tunnel_host" {
  description = "Where the tunnel to MLflow is opened to; empty where nothing is public."
  value       = module.mlflow.public_address
}

output "faust_group_id" {
  description = "The Faust instance group."
  value       = module.faust_group.group_id
}

output "run" {
  description = "Label by which everything of this session is found."
  value       = var.run
}
