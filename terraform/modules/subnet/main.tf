# One subnet whose hosts have no public address and reach packages and the cloud's API through NAT. The
# gateway bills by the hour, so it lives with the session.
resource "yandex_vpc_gateway" "nat" {
  folder_id = var.folder_id
  name      = "${var.name}-nat"
  labels    = var.labels

  shared_egress_gateway {}
}

resource "yandex_vpc_route_table" "this" {
  folder_id  = var.folder_id
  name       = "${var.name}-nat"
  network_id = var.network_id
  labels     = var.labels

  static_route {
    destination_prefix = "0.0.0.0/0"
    gateway_id         = yandex_vpc_gateway.nat.id
  }
}

resource "yandex_vpc_subnet" "this" {
  folder_id      = var.folder_id
  name           = "${var.name}-${var.zone}"
  network_id     = var.network_id
  zone           = var.zone
  v4_cidr_blocks = [var.subnet_cidr]
  route_table_id = yandex_vpc_route_table.this.id
  labels         = var.labels
}
