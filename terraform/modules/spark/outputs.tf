output "cluster_id" {
  description = "The cluster."
  value       = yandex_spark_cluster.this.id
}
