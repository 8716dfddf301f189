# What lab 7 makes and takes away again.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

# Endpoint and credentials come from the environment: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.
provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = { ManagedBy = "terraform" }
  }
}

data "aws_caller_identity" "current" {}

# People

resource "aws_iam_user" "staff" {
  force_destroy = true
  for_each      = toset(["ada", "grace", "edsger"])
  name          = each.key
  path          = "/staff/"
  tags          = { Team = "compilers" }
}

resource "aws_iam_user" "bounded" {
  name                 = "bounded"
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_group" "developers" {
  name = "developers"
  path = "/teams/"
}

resource "aws_iam_group" "auditors" {
  name = "auditors"
}

resource "aws_iam_group_membership" "developers" {
  name  = "developers"
  group = aws_iam_group.developers.name
  users = [for user in aws_iam_user.staff : user.name]
}

resource "aws_iam_user_group_membership" "bounded" {
  user   = aws_iam_user.bounded.name
  groups = [aws_iam_group.auditors.name]
}

# What they may

data "aws_iam_policy_document" "own_user" {
  statement {
    sid       = "OwnUser"
    actions   = ["iam:GetUser", "iam:ListAccessKeys"]
    resources = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:user/staff/$${aws:username}"]
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["true", "false"]
    }
  }
}

resource "aws_iam_policy" "own_user" {
  name        = "own-user"
  path        = "/teams/"
  description = "Reading one's own user"
  policy      = data.aws_iam_policy_document.own_user.json
  tags        = { Purpose = "lab" }
}

resource "aws_iam_policy" "boundary" {
  name = "boundary"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["iam:Get*", "s3:*"], Resource = "*" }]
  })
}

resource "aws_iam_group_policy_attachment" "developers" {
  group      = aws_iam_group.developers.name
  policy_arn = aws_iam_policy.own_user.arn
}

resource "aws_iam_group_policy_attachment" "auditors" {
  group      = aws_iam_group.auditors.name
  policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
}

resource "aws_iam_group_policy" "auditors" {
  name  = "inline"
  group = aws_iam_group.auditors.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = { Effect = "Allow", Action = "cloudtrail:LookupEvents", Resource = "*" }
  })
}

resource "aws_iam_user_policy_attachment" "ada" {
  user       = aws_iam_user.staff["ada"].name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
}

resource "aws_iam_user_policy" "grace" {
  name   = "inline"
  user   = aws_iam_user.staff["grace"].name
  policy = data.aws_iam_policy_document.own_user.json
}

# Roles

data "aws_iam_policy_document" "ec2_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "app" {
  name                 = "app"
  path                 = "/service/"
  description          = "Reads its bucket"
  assume_role_policy   = data.aws_iam_policy_document.ec2_trust.json
  max_session_duration = 7200
  permissions_boundary = aws_iam_policy.boundary.arn
  tags                 = { Service = "app" }
}

resource "aws_iam_role" "auditor" {
  name = "auditor"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = aws_iam_user.staff["ada"].arn }
      Condition = { StringEquals = { "sts:ExternalId" = "lab" }, Bool = { "aws:MultiFactorAuthPresent" = "true" } }
    }]
  })
  force_detach_policies = true
}

resource "aws_iam_role_policy" "app" {
  name = "bucket"
  role = aws_iam_role.app.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:ListBucket", Resource = "arn:aws:s3:::example-bucket" },
      { Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "arn:aws:s3:::example-bucket/*" },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "auditor" {
  role       = aws_iam_role.auditor.name
  policy_arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
}

resource "aws_iam_instance_profile" "app" {
  name = "app"
  role = aws_iam_role.app.name
  tags = { Service = "app" }
}

# Credentials

resource "aws_iam_access_key" "ada" {
  user = aws_iam_user.staff["ada"].name
}

resource "aws_iam_access_key" "resting" {
  user   = aws_iam_user.staff["edsger"].name
  status = "Inactive"
}

resource "aws_iam_user_login_profile" "grace" {
  user                    = aws_iam_user.staff["grace"].name
  password_reset_required = true
  lifecycle {
    ignore_changes = [password_reset_required]
  }
}

resource "aws_iam_virtual_mfa_device" "ada" {
  virtual_mfa_device_name = "ada"
  path                    = "/staff/"
}

resource "aws_iam_account_alias" "this" {
  account_alias = "gatehouse-lab"
}

# Data sources read what the resources made.

data "aws_iam_policy" "managed" {
  name = "AdministratorAccess"
}

data "aws_iam_group" "developers" {
  group_name = aws_iam_group.developers.name
  depends_on = [aws_iam_group_membership.developers]
}

output "members" {
  value = sort([for user in data.aws_iam_group.developers.users : user.user_name])
}

output "administrator_access" {
  value = data.aws_iam_policy.managed.arn
}

output "access_key" {
  value = { id = aws_iam_access_key.ada.id, secret = aws_iam_access_key.ada.secret }

  sensitive = true
}
