# Where Airflow and Spark log to; hosts of ours log to their journal and to the serial console.
resource "yandex_logging_group" "this" {
  folder_id        = var.folder_id
  name             = var.name
  retention_period = "${var.keep_days * 24}h"
  labels           = var.labels
}
