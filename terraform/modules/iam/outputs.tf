output "service_account_ids" {
  description = "Account of each kind of process."
  # Whoever uses an account waits until it has its roles.
  value      = { for key, account in yandex_iam_service_account.this : key => account.id }
  depends_on = [yandex_resourcemanager_folder_iam_member.this, yandex_iam_service_account_iam_member.this]
}
