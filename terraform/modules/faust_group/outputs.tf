output "group_id" {
  description = "The instance group."
  value       = yandex_compute_instance_group.this.id
}
