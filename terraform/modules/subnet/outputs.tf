output "subnet_id" {
  description = "The subnet."
  value       = yandex_vpc_subnet.this.id
}
