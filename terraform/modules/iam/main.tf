# One account for each kind of process, with the roles that it needs and no other. Rights on objects of
# the bucket are in the module `storage`, on secrets beside each secret.
# Not confirmed by an apply: that these roles suffice (docs/cloud.md, "Assumptions").
locals {
  accounts = {
    airflow       = "Managed Airflow: runs DAGs, creates Spark clusters, scales the Faust group, stops what is forgotten."
    faust         = "Faust hosts: read their password, the code and the run's settings."
    faust-manager = "The Faust instance group: creates and deletes hosts."
    mlflow        = "MLflow host: reads its two secrets, keeps artifacts."
    spark         = "Managed Spark: reads code and runs, writes its checkpoints."
  }

  # In the whole folder; the services ask for these there.
  folder_roles = {
    airflow = [
      # With it Airflow may read every bucket of the folder; the policy in `storage` leaves it our prefixes.
      "managed-airflow.integrationProvider",
      "managed-spark.editor",
      "compute.editor",
      "vpc.user",
      # The Lockbox backend finds secrets by listing names; values need payloadViewer on each.
      "lockbox.viewer",
      # The reaper stops a forgotten session's databases. The next smaller role, viewer, may not stop, and
      # the services give roles for a folder at least, not for a cluster: a DAG could delete both, too.
      # What they hold is a session's; results are in the bucket. Not confirmed by an apply: that
      # stopping needs these roles and no other.
      "managed-kafka.editor",
      "managed-postgresql.editor",
    ]
    faust-manager = ["compute.editor", "vpc.user"]
    spark         = ["managed-spark.integrationProvider"]
  }

  grants = merge([
    for account, roles in local.folder_roles : {
      for role in roles : "${account}/${role}" => { account = account, role = role }
    }
  ]...)

  # Who may start something that acts as another account: user -> account. Whoever changes the size of an
  # instance group needs it for the group's own account and for its hosts' one.
  may_use = {
    "airflow/spark"         = { user = "airflow", account = "spark" }
    "airflow/faust"         = { user = "airflow", account = "faust" }
    "airflow/faust-manager" = { user = "airflow", account = "faust-manager" }
    "faust-manager/faust"   = { user = "faust-manager", account = "faust" }
  }
}

resource "yandex_iam_service_account" "this" {
  for_each = local.accounts

  folder_id   = var.folder_id
  name        = "${var.name}-${each.key}"
  description = each.value
  labels      = var.labels
}

# `_member` adds one grant; `_binding` would remove those of others.
resource "yandex_resourcemanager_folder_iam_member" "this" {
  for_each = local.grants

  folder_id = var.folder_id
  role      = each.value.role
  member    = "serviceAccount:${yandex_iam_service_account.this[each.value.account].id}"
}

resource "yandex_iam_service_account_iam_member" "this" {
  for_each = local.may_use

  service_account_id = yandex_iam_service_account.this[each.value.account].id
  role               = "iam.serviceAccounts.user"
  member             = "serviceAccount:${yandex_iam_service_account.this[each.value.user].id}"
}
