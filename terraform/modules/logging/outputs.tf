output "log_group_id" {
  description = "The log group."
  value       = yandex_logging_group.this.id
}
