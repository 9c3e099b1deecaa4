mock_provider "yandex" {}

variables {
  cloud_id  = "b1g00000000000000000"
  folder_id = "b1g00000000000000001"
  bucket    = "streamgauge-test"
  owner_ids = ["aje00000000000000000"]
}

run "everything_that_stays_can_be_applied" {
  command = apply

  assert {
    condition     = output.bucket == "streamgauge-test"
    error_message = "The session finds the bucket by this output."
  }

  assert {
    condition     = length(distinct(values(output.service_account_ids))) == 5
    error_message = "Each kind of process has an account of its own."
  }

  assert {
    condition     = length(output.secret_ids) == 5
    error_message = "The session finds five secrets."
  }
}

run "it_can_be_planned_again_with_a_tunnel" {
  command = plan

  variables {
    allowed_cidr = ["203.0.113.7/32"]
  }

  assert {
    condition     = output.allowed_cidr == tolist(["203.0.113.7/32"])
    error_message = "The session makes the host public where somebody may reach it."
  }
}
