mock_provider "yandex" {}

run "each_variable_refuses_what_cannot_work" {
  command = plan

  variables {
    folder_id      = "Not An Id"
    name           = "Not a name"
    labels         = { project = "streamgauge", run = "first" }
    bucket         = "Dots.are.bad"
    max_size_bytes = 1
    keep_runs_days = 0
    owner_ids      = []
    prefixes       = { runs = "runs", checkpoints = "checkpoints/" }
    readers        = { airflow = { id = "a", prefixes = [] } }
    writers        = { airflow = { id = "a", prefixes = [] } }
    force_destroy  = true
  }

  expect_failures = [
    var.folder_id,
    var.name,
    var.labels,
    var.bucket,
    var.max_size_bytes,
    var.keep_runs_days,
    var.owner_ids,
    var.prefixes,
    var.readers,
    var.writers,
  ]
}
