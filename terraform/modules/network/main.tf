# The network and who may talk to whom. All of it is free, so it outlives the session; what bills by the
# hour (the NAT gateway) is in the module `subnet`.
resource "yandex_vpc_network" "this" {
  folder_id = var.folder_id
  name      = var.name
  labels    = var.labels
}

locals {
  # Who has to reach Kafka and MLflow.
  clients = {
    airflow = yandex_vpc_security_group.airflow.id
    faust   = yandex_vpc_security_group.faust.id
    spark   = yandex_vpc_security_group.spark.id
  }
  # Two groups that name each other cannot be created, so the way out is given by addresses: services
  # of the subnet, name resolution, the metadata service, and packages and the cloud's API.
  egress = {
    subnet   = { protocol = "ANY", cidr = var.subnet_cidr, from = 0, to = 65535 }
    metadata = { protocol = "TCP", cidr = "169.254.169.254/32", from = 80, to = 80 }
    https    = { protocol = "TCP", cidr = "0.0.0.0/0", from = 443, to = 443 }
    ntp      = { protocol = "UDP", cidr = "0.0.0.0/0", from = 123, to = 123 }
  }
  # Our own hosts install a package of Ubuntu at their first start, and the mirror that the cloud's images
  # name speaks HTTP; its packages are signed. Clusters install none.
  egress_of_hosts = merge(local.egress, {
    mirror = { protocol = "TCP", cidr = "0.0.0.0/0", from = 80, to = 80 }
  })
}

resource "yandex_vpc_security_group" "kafka" {
  folder_id   = var.folder_id
  name        = "${var.name}-kafka"
  description = "Brokers: SASL_SSL from those who read and write."
  network_id  = yandex_vpc_network.this.id
  labels      = var.labels

  dynamic "ingress" {
    for_each = local.clients
    content {
      description       = "SASL_SSL from ${ingress.key}"
      protocol          = "TCP"
      port              = var.ports.kafka
      security_group_id = ingress.value
    }
  }
}

resource "yandex_vpc_security_group" "postgresql" {
  folder_id   = var.folder_id
  name        = "${var.name}-postgresql"
  description = "MLflow's database: from the MLflow host only."
  network_id  = yandex_vpc_network.this.id
  labels      = var.labels

  ingress {
    description       = "PostgreSQL from the MLflow host"
    protocol          = "TCP"
    port              = var.ports.postgresql
    security_group_id = yandex_vpc_security_group.mlflow.id
  }
}

resource "yandex_vpc_security_group" "mlflow" {
  folder_id   = var.folder_id
  name        = "${var.name}-mlflow"
  description = "MLflow server: HTTP from those who log, SSH from the addresses that were given."
  network_id  = yandex_vpc_network.this.id
  labels      = var.labels

  dynamic "ingress" {
    for_each = local.clients
    content {
      description       = "HTTP from ${ingress.key}"
      protocol          = "TCP"
      port              = var.ports.mlflow
      security_group_id = ingress.value
    }
  }

  dynamic "ingress" {
    for_each = length(var.allowed_cidr) > 0 ? [var.allowed_cidr] : []
    content {
      description    = "SSH for the tunnel"
      protocol       = "TCP"
      port           = 22
      v4_cidr_blocks = ingress.value
    }
  }

  dynamic "egress" {
    for_each = local.egress_of_hosts
    content {
      description    = egress.key
      protocol       = egress.value.protocol
      from_port      = egress.value.from
      to_port        = egress.value.to
      v4_cidr_blocks = [egress.value.cidr]
    }
  }
}

resource "yandex_vpc_security_group" "airflow" {
  folder_id   = var.folder_id
  name        = "${var.name}-airflow"
  description = "Managed Airflow: its hosts among themselves."
  network_id  = yandex_vpc_network.this.id
  labels      = var.labels

  ingress {
    description       = "Airflow's own hosts"
    protocol          = "ANY"
    from_port         = 0
    to_port           = 65535
    predefined_target = "self_security_group"
  }

  dynamic "egress" {
    for_each = local.egress
    content {
      description    = egress.key
      protocol       = egress.value.protocol
      from_port      = egress.value.from
      to_port        = egress.value.to
      v4_cidr_blocks = [egress.value.cidr]
    }
  }
}

resource "yandex_vpc_security_group" "spark" {
  folder_id   = var.folder_id
  name        = "${var.name}-spark"
  description = "Managed Spark: driver and executors among themselves."
  network_id  = yandex_vpc_network.this.id
  labels      = var.labels

  ingress {
    description       = "driver and executors"
    protocol          = "ANY"
    from_port         = 0
    to_port           = 65535
    predefined_target = "self_security_group"
  }

  dynamic "egress" {
    for_each = local.egress
    content {
      description    = egress.key
      protocol       = egress.value.protocol
      from_port      = egress.value.from
      to_port        = egress.value.to
      v4_cidr_blocks = [egress.value.cidr]
    }
  }
}

resource "yandex_vpc_security_group" "faust" {
  folder_id   = var.folder_id
  name        = "${var.name}-faust"
  description = "Faust workers: health checks in, Kafka and the cloud's API out."
  network_id  = yandex_vpc_network.this.id
  labels      = var.labels

  # Not confirmed by an apply: that these addresses are also those from which a group without a balancer is checked.
  ingress {
    description       = "health checks of the instance group"
    protocol          = "TCP"
    port              = var.ports.faust_health
    predefined_target = "loadbalancer_healthchecks"
  }

  dynamic "egress" {
    for_each = local.egress_of_hosts
    content {
      description    = egress.key
      protocol       = egress.value.protocol
      from_port      = egress.value.from
      to_port        = egress.value.to
      v4_cidr_blocks = [egress.value.cidr]
    }
  }
}
