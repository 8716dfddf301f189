# Who looks after whom.

variable "admin" {}

resource "aws_inspector2_delegated_admin_account" "security" {
  account_id = var.admin
}
