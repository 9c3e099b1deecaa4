output "cluster_id" {
  description = "The cluster, once its users exist."
  value       = yandex_mdb_kafka_cluster.this.id
  depends_on  = [yandex_mdb_kafka_user.this]
}

output "broker_names" {
  description = "Host names of the brokers, sorted."
  value       = sort([for host in yandex_mdb_kafka_cluster.this.host : host.name if host.role == "KAFKA"])
}
