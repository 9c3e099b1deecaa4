output "network_id" {
  description = "The network."
  value       = yandex_vpc_network.this.id
}

output "security_group_ids" {
  description = "Security group of each service."
  value = {
    airflow    = yandex_vpc_security_group.airflow.id
    faust      = yandex_vpc_security_group.faust.id
    kafka      = yandex_vpc_security_group.kafka.id
    mlflow     = yandex_vpc_security_group.mlflow.id
    postgresql = yandex_vpc_security_group.postgresql.id
    spark      = yandex_vpc_security_group.spark.id
  }
}
