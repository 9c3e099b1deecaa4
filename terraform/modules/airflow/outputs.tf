output "cluster_id" {
  description = "The cluster."
  value       = yandex_airflow_cluster.this.id
}
