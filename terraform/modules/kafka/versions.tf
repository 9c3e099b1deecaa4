terraform {
  required_version = ">= 1.9"

  required_providers {
    yandex = {
      source = "yandex-cloud/yandex"
      # Kafka 4 and what Airflow 3 needs; the schema that the checks use is of 0.218.
      version = ">= 0.176"
    }
  }
}
