output "tracking_uri" {
  description = "Address of the server inside the network."
  value       = "http://${local.internal_name}:${var.port}"
}

output "public_address" {
  description = "Where the tunnel is opened to; empty where the host is not public."
  value       = var.public ? yandex_compute_instance.this.network_interface[0].nat_ip_address : ""
}

output "instance_id" {
  description = "The host."
  value       = yandex_compute_instance.this.id
}
