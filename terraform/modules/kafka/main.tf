locals {
  mib = 1048576
  # As in fraud_core/topics.py; a test compares them.
  topics = {
    transactions = { partitions = var.partitions, max_mib = 4, log_append_time = false, keep_forever = true }
    labels       = { partitions = 1, max_mib = 4, log_append_time = false, keep_forever = true }
    predictions  = { partitions = var.partitions, max_mib = 1, log_append_time = true, keep_forever = false }
    dead-letters = { partitions = var.partitions, max_mib = 5, log_append_time = true, keep_forever = false }
  }
  largest_record_bytes = max([for topic in values(local.topics) : topic.max_mib]...) * local.mib
}

resource "yandex_mdb_kafka_cluster" "this" {
  folder_id           = var.folder_id
  name                = "${var.name}-kafka"
  environment         = "PRODUCTION"
  network_id          = var.network_id
  subnet_ids          = [var.subnet_id]
  security_group_ids  = [var.security_group_id]
  deletion_protection = false
  labels              = var.labels

  config {
    # Not confirmed by an apply: that this version is offered, and that one broker needs no controllers of its own.
    version          = var.kafka_version
    zones            = [var.zone]
    brokers_count    = var.brokers_count
    assign_public_ip = var.assign_public_ip
    schema_registry  = false

    kafka {
      resources {
        resource_preset_id = var.resource_preset_id
        disk_type_id       = "network-ssd"
        disk_size          = var.disk_size_gb
      }
      kafka_config {
        auto_create_topics_enable = false
        sasl_enabled_mechanisms   = ["SASL_MECHANISM_SCRAM_SHA_512"]
        # A dead letter is the original and its headers; brokers must take and copy it.
        message_max_bytes       = tostring(local.largest_record_bytes)
        replica_fetch_max_bytes = tostring(local.largest_record_bytes + local.mib)
        num_partitions          = tostring(var.partitions)

        # Campaigns make their topics with as many copies as the cluster says.
        default_replication_factor = tostring(var.brokers_count)
      }
    }
  }

  timeouts {
    create = "60m"
    delete = "30m"
  }
}

resource "yandex_mdb_kafka_topic" "standing" {
  for_each = local.topics

  cluster_id         = yandex_mdb_kafka_cluster.this.id
  name               = "${var.standing_prefix}${each.key}"
  partitions         = each.value.partitions
  replication_factor = var.brokers_count

  topic_config {
    cleanup_policy         = "CLEANUP_POLICY_DELETE"
    max_message_bytes      = tostring(each.value.max_mib * local.mib)
    message_timestamp_type = each.value.log_append_time ? "MESSAGE_TIMESTAMP_TYPE_LOG_APPEND_TIME" : "MESSAGE_TIMESTAMP_TYPE_CREATE_TIME"
    # Event times of years ago must not make a record expire.
    retention_ms    = each.value.keep_forever ? "-1" : null
    retention_bytes = each.value.keep_forever ? "-1" : null
  }
}

resource "yandex_mdb_kafka_user" "this" {
  for_each = nonsensitive(toset(keys(var.users)))

  cluster_id = yandex_mdb_kafka_cluster.this.id
  name       = nonsensitive(var.users[each.key].name)
  password   = var.users[each.key].password

  # Not confirmed by an apply: that rights on a prefix of topics also let a user join any consumer group and delete
  # its own, and that ACCESS_ROLE_TOPIC_ADMIN takes a prefix.
  dynamic "permission" {
    for_each = nonsensitive(var.users[each.key].roles)
    content {
      topic_name = "${var.topic_prefix}*"
      role       = permission.value
    }
  }
}
