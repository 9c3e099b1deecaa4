output "cluster_id" {
  description = "The cluster."
  value       = yandex_mdb_postgresql_cluster_v2.this.id
}

output "host" {
  description = "Name of the host, once the database exists."
  value       = yandex_mdb_postgresql_cluster_v2.this.hosts["main"].fqdn
  depends_on  = [yandex_mdb_postgresql_database.this]
}

output "database" {
  description = "Name of the database and of its owner."
  value       = yandex_mdb_postgresql_database.this.name
}
