# Every aws_iam_* resource that stands by itself; test_terraform_iam.py writes the files that are read here.

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
  read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

data "aws_iam_policy_document" "list" {
  statement {
    actions   = ["s3:ListAllMyBuckets"]
    resources = ["*"]
  }
}

# The account

resource "aws_iam_account_alias" "this" {
  account_alias = "everything"
}

resource "aws_iam_account_password_policy" "this" {
  minimum_password_length        = 14
  require_lowercase_characters   = true
  require_uppercase_characters   = true
  require_numbers                = true
  require_symbols                = true
  allow_users_to_change_password = true
  hard_expiry                    = true
  max_password_age               = 90
  password_reuse_prevention      = 24
}

resource "aws_iam_security_token_service_preferences" "this" {
  global_endpoint_token_version = "v2Token"
}

# Users, groups, roles

resource "aws_iam_user" "ada" {
  name = "ada"
  path = "/staff/"
  tags = { team = "a" }
}

resource "aws_iam_user" "grace" {
  name                 = "grace"
  permissions_boundary = aws_iam_policy.list.arn
}

resource "aws_iam_group" "staff" {
  name = "staff"
  path = "/staff/"
}

resource "aws_iam_group" "others" {
  name = "others"
}

resource "aws_iam_role" "app" {
  name                 = "app"
  path                 = "/service/"
  description          = "Of the app"
  assume_role_policy   = local.trust
  max_session_duration = 7200
  permissions_boundary = aws_iam_policy.list.arn
  tags                 = { team = "a" }
}

resource "aws_iam_instance_profile" "app" {
  name = "app"
  path = "/service/"
  role = aws_iam_role.app.name
  tags = { team = "a" }
}

resource "aws_iam_service_linked_role" "ecs" {
  aws_service_name = "ecs.amazonaws.com"
  description      = "Of ECS"
  tags             = { team = "a" }
}

resource "aws_iam_service_linked_role" "scaling" {
  aws_service_name = "autoscaling.amazonaws.com"
  custom_suffix    = "web"
}

resource "aws_iam_group_membership" "staff" {
  name  = "staff"
  group = aws_iam_group.staff.name
  users = [aws_iam_user.ada.name]
}

resource "aws_iam_user_group_membership" "grace" {
  user   = aws_iam_user.grace.name
  groups = [aws_iam_group.others.name]
}

# Policies

resource "aws_iam_policy" "list" {
  name        = "list"
  path        = "/service/"
  description = "Lists buckets"
  policy      = data.aws_iam_policy_document.list.json
  tags        = { team = "a" }
}

resource "aws_iam_policy" "shared" {
  name   = "shared"
  policy = data.aws_iam_policy_document.list.json
}

resource "aws_iam_policy_attachment" "shared" {
  name       = "shared"
  policy_arn = aws_iam_policy.shared.arn
  users      = [aws_iam_user.ada.name]
  groups     = [aws_iam_group.others.name]
  roles      = [aws_iam_role.app.name]
}

resource "aws_iam_user_policy" "grace" {
  name   = "own"
  user   = aws_iam_user.grace.name
  policy = data.aws_iam_policy_document.list.json
}

resource "aws_iam_group_policy" "staff" {
  name   = "own"
  group  = aws_iam_group.staff.name
  policy = data.aws_iam_policy_document.list.json
}

resource "aws_iam_role_policy" "app" {
  name   = "own"
  role   = aws_iam_role.app.name
  policy = data.aws_iam_policy_document.list.json
}

resource "aws_iam_user_policy_attachment" "grace" {
  user       = aws_iam_user.grace.name
  policy_arn = local.read_only
}

resource "aws_iam_group_policy_attachment" "staff" {
  group      = aws_iam_group.staff.name
  policy_arn = local.read_only
}

resource "aws_iam_role" "exclusive" {
  name               = "exclusive"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy_attachment" "exclusive" {
  role       = aws_iam_role.exclusive.name
  policy_arn = local.read_only
}

resource "aws_iam_user_policies_exclusive" "grace" {
  user_name    = aws_iam_user.grace.name
  policy_names = [aws_iam_user_policy.grace.name]
}

resource "aws_iam_group_policies_exclusive" "staff" {
  group_name   = aws_iam_group.staff.name
  policy_names = [aws_iam_group_policy.staff.name]
}

resource "aws_iam_role_policies_exclusive" "app" {
  role_name    = aws_iam_role.app.name
  policy_names = [aws_iam_role_policy.app.name]
}

resource "aws_iam_user_policy_attachments_exclusive" "grace" {
  user_name   = aws_iam_user.grace.name
  policy_arns = [aws_iam_user_policy_attachment.grace.policy_arn]
}

resource "aws_iam_group_policy_attachments_exclusive" "staff" {
  group_name  = aws_iam_group.staff.name
  policy_arns = [aws_iam_group_policy_attachment.staff.policy_arn]
}

resource "aws_iam_role_policy_attachments_exclusive" "exclusive" {
  role_name   = aws_iam_role.exclusive.name
  policy_arns = [aws_iam_role_policy_attachment.exclusive.policy_arn]
}

# Credentials

resource "aws_iam_access_key" "ada" {
  user   = aws_iam_user.ada.name
  status = "Inactive"
}

resource "aws_iam_user_login_profile" "ada" {
  user                    = aws_iam_user.ada.name
  password_length         = 20
  password_reset_required = true
  depends_on              = [aws_iam_account_password_policy.this]

  lifecycle {
    # Known to the one who made the password only.
    ignore_changes = [password_length, password_reset_required, pgp_key]
  }
}

resource "aws_iam_virtual_mfa_device" "phone" {
  virtual_mfa_device_name = "phone"
  path                    = "/staff/"
  tags                    = { team = "a" }
}

resource "aws_iam_user_ssh_key" "ssh" {
  username   = aws_iam_user.ada.name
  encoding   = "SSH"
  public_key = file("${path.module}/ssh.pub")
  status     = "Inactive"
}

resource "aws_iam_user_ssh_key" "pem" {
  username   = aws_iam_user.ada.name
  encoding   = "PEM"
  public_key = file("${path.module}/ssh.pem")
}

resource "aws_iam_signing_certificate" "ada" {
  user_name        = aws_iam_user.ada.name
  certificate_body = file("${path.module}/leaf.pem")
  status           = "Inactive"
}

resource "aws_iam_server_certificate" "web" {
  name              = "web"
  path              = "/cloudfront/web/"
  certificate_body  = file("${path.module}/leaf.pem")
  certificate_chain = file("${path.module}/issuer.pem")
  private_key       = file("${path.module}/leaf.key")
  tags              = { team = "a" }

  lifecycle {
    # No answer ever has it.
    ignore_changes = [private_key]
  }
}

resource "aws_iam_service_specific_credential" "commits" {
  service_name = "codecommit.amazonaws.com"
  user_name    = aws_iam_user.ada.name
  status       = "Inactive"
}

# What is there, read again

data "aws_iam_users" "staff" {
  path_prefix = "/staff/"
  depends_on  = [aws_iam_user.ada]
}

data "aws_iam_roles" "service_linked" {
  path_prefix = "/aws-service-role/"
  depends_on  = [aws_iam_service_linked_role.ecs, aws_iam_service_linked_role.scaling]
}

data "aws_iam_user" "ada" { user_name = aws_iam_user.ada.name }

data "aws_iam_group" "staff" {
  group_name = aws_iam_group_membership.staff.group
}

data "aws_iam_role" "ecs" { name = aws_iam_service_linked_role.ecs.name }

data "aws_iam_policy" "list" { arn = aws_iam_policy.list.arn }

data "aws_iam_instance_profile" "app" { name = aws_iam_instance_profile.app.name }

data "aws_iam_instance_profiles" "app" {
  role_name  = aws_iam_role.app.name
  depends_on = [aws_iam_instance_profile.app]
}

data "aws_iam_access_keys" "ada" {
  user       = aws_iam_user.ada.name
  depends_on = [aws_iam_access_key.ada]
}

data "aws_iam_account_alias" "this" {
  depends_on = [aws_iam_account_alias.this]
}

data "aws_iam_server_certificate" "web" {
  name        = aws_iam_server_certificate.web.name
  path_prefix = "/cloudfront/"
}

data "aws_iam_user_ssh_key" "pem" {
  username          = aws_iam_user.ada.name
  ssh_public_key_id = aws_iam_user_ssh_key.pem.ssh_public_key_id
  encoding          = "SSH"
}

data "aws_iam_session_context" "role" {
  arn = "arn:aws:sts::${split(":", aws_iam_role.exclusive.arn)[4]}:assumed-role/exclusive/session"
}

data "aws_iam_principal_policy_simulation" "grace" {
  action_names      = ["s3:ListAllMyBuckets", "s3:DeleteBucket"]
  policy_source_arn = aws_iam_user.grace.arn
  depends_on        = [aws_iam_user_policy.grace]
}

output "read" {
  value = {
    staff        = data.aws_iam_users.staff.names
    roles        = sort(data.aws_iam_roles.service_linked.names)
    ada          = data.aws_iam_user.ada.user_id
    members      = [for user in data.aws_iam_group.staff.users : user.user_name]
    ecs          = data.aws_iam_role.ecs.arn
    policy       = data.aws_iam_policy.list.description
    profile      = data.aws_iam_instance_profile.app.role_arn
    profiles     = data.aws_iam_instance_profiles.app.names
    keys         = [for key in data.aws_iam_access_keys.ada.access_keys : key.status]
    alias        = data.aws_iam_account_alias.this.account_alias
    certificate  = data.aws_iam_server_certificate.web.arn
    ssh          = data.aws_iam_user_ssh_key.pem.public_key
    fingerprint  = aws_iam_user_ssh_key.pem.fingerprint
    issuer       = data.aws_iam_session_context.role.issuer_arn
    decisions    = { for one in data.aws_iam_principal_policy_simulation.grace.results : one.action_name => one.allowed }
    all          = data.aws_iam_principal_policy_simulation.grace.all_allowed
    service_user = aws_iam_service_specific_credential.commits.service_user_name
  }
}

output "password" {
  value     = aws_iam_user_login_profile.ada.password
  sensitive = true
}

output "imports" {
  value = {
    "aws_iam_account_alias.this"                          = aws_iam_account_alias.this.id
    "aws_iam_account_password_policy.this"                = "iam-account-password-policy"
    "aws_iam_user.ada"                                    = "ada"
    "aws_iam_group.staff"                                 = "staff"
    "aws_iam_role.app"                                    = "app"
    "aws_iam_instance_profile.app"                        = "app"
    "aws_iam_service_linked_role.ecs"                     = aws_iam_service_linked_role.ecs.arn
    "aws_iam_service_linked_role.scaling"                 = aws_iam_service_linked_role.scaling.arn
    "aws_iam_user_group_membership.grace"                 = "grace/others"
    "aws_iam_policy.list"                                 = aws_iam_policy.list.arn
    "aws_iam_user_policy.grace"                           = "grace:own"
    "aws_iam_group_policy.staff"                          = "staff:own"
    "aws_iam_role_policy.app"                             = "app:own"
    "aws_iam_user_policy_attachment.grace"                = "grace/${local.read_only}"
    "aws_iam_group_policy_attachment.staff"               = "staff/${local.read_only}"
    "aws_iam_role_policy_attachment.exclusive"            = "exclusive/${local.read_only}"
    "aws_iam_user_policies_exclusive.grace"               = "grace"
    "aws_iam_group_policies_exclusive.staff"              = "staff"
    "aws_iam_role_policies_exclusive.app"                 = "app"
    "aws_iam_user_policy_attachments_exclusive.grace"     = "grace"
    "aws_iam_group_policy_attachments_exclusive.staff"    = "staff"
    "aws_iam_role_policy_attachments_exclusive.exclusive" = "exclusive"
    "aws_iam_access_key.ada"                              = aws_iam_access_key.ada.id
    "aws_iam_user_login_profile.ada"                      = "ada"
    "aws_iam_virtual_mfa_device.phone"                    = aws_iam_virtual_mfa_device.phone.arn
    "aws_iam_user_ssh_key.ssh"                            = "ada:${aws_iam_user_ssh_key.ssh.ssh_public_key_id}:SSH"
    "aws_iam_user_ssh_key.pem"                            = "ada:${aws_iam_user_ssh_key.pem.ssh_public_key_id}:PEM"
    "aws_iam_signing_certificate.ada"                     = "${aws_iam_signing_certificate.ada.certificate_id}:ada"
    "aws_iam_server_certificate.web"                      = "web"
    "aws_iam_service_specific_credential.commits"         = aws_iam_service_specific_credential.commits.id
  }
}
