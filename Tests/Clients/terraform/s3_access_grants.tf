# S3 Access Grants: the instance, a location of it, grants, and another account that may ask.
# Without its account_id the provider makes a location anew for each change.

data "aws_caller_identity" "current" {}

resource "aws_s3_bucket" "lake" {
  bucket = "lake"
}

resource "aws_s3_object" "sales" {
  bucket  = aws_s3_bucket.lake.id
  key     = "sales/2026.csv"
  content = "lamps,4"
}

resource "aws_iam_user" "analyst" {
  name = "analyst"
}

resource "aws_iam_role" "lender" {
  for_each = toset(["lender", "other-lender"])
  name     = each.key

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "access-grants.s3.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    }]
  })
}

resource "aws_iam_role_policy" "lender" {
  for_each = aws_iam_role.lender
  name     = "lake"
  role     = each.value.name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = [aws_s3_bucket.lake.arn, "${aws_s3_bucket.lake.arn}/*"] }]
  })
}

variable "lender" {
  default = "lender"
}

resource "aws_s3control_access_grants_instance" "own" {
  tags = { purpose = "lake" }
}

resource "aws_s3control_access_grants_instance_resource_policy" "own" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OthersAsk"
      Effect    = "Allow"
      Principal = { AWS = "123456789456" }
      Action    = ["s3:ListAccessGrants", "s3:ListAccessGrantsLocations", "s3:GetDataAccess"]
      Resource  = aws_s3control_access_grants_instance.own.access_grants_instance_arn
    }]
  })
}

resource "aws_s3control_access_grants_location" "all" {
  depends_on     = [aws_iam_role_policy.lender, aws_s3control_access_grants_instance.own]
  account_id     = data.aws_caller_identity.current.account_id
  iam_role_arn   = aws_iam_role.lender[var.lender].arn
  location_scope = "s3://"
}

resource "aws_s3control_access_grants_location" "sales" {
  depends_on     = [aws_iam_role_policy.lender, aws_s3control_access_grants_instance.own]
  account_id     = data.aws_caller_identity.current.account_id
  iam_role_arn   = aws_iam_role.lender["lender"].arn
  location_scope = "s3://${aws_s3_bucket.lake.bucket}/sales*"
  tags           = { team = var.lender }
}

resource "aws_s3control_access_grant" "sales" {
  access_grants_location_id = aws_s3control_access_grants_location.sales.access_grants_location_id
  permission                = "READ"

  grantee {
    grantee_type       = "IAM"
    grantee_identifier = aws_iam_user.analyst.arn
  }

  tags = { team = "sales" }
}

resource "aws_s3control_access_grant" "one" {
  access_grants_location_id = aws_s3control_access_grants_location.all.access_grants_location_id
  permission                = "READWRITE"

  access_grants_location_configuration {
    s3_sub_prefix = "${aws_s3_bucket.lake.bucket}/notes.txt"
  }
  s3_prefix_type = "Object"

  grantee {
    grantee_type       = "IAM"
    grantee_identifier = aws_iam_user.analyst.arn
  }
}

output "scopes" {
  value = [aws_s3control_access_grant.sales.grant_scope, aws_s3control_access_grant.one.grant_scope]
}

output "instance" {
  value = aws_s3control_access_grants_instance.own.access_grants_instance_arn
}

output "location" {
  value = aws_s3control_access_grants_location.sales.access_grants_location_id
}

output "grant" {
  value = aws_s3control_access_grant.sales.access_grant_id
}
