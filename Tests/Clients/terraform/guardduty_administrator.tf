# Who looks after an organization.

variable "security" {}

resource "aws_guardduty_organization_admin_account" "security" {
  admin_account_id = var.security
}
