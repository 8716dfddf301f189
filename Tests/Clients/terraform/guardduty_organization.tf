# What the administrator of an organization has: members, what new ones get, and where findings are written to.

variable "security" {}
variable "shop" {}
variable "shop_email" {}

resource "aws_guardduty_detector" "security" {
  enable   = true
}

resource "aws_guardduty_organization_configuration" "all" {
  detector_id                      = aws_guardduty_detector.security.id
  auto_enable_organization_members = "NEW"
}

resource "aws_guardduty_organization_configuration_feature" "data" {
  detector_id = aws_guardduty_detector.security.id
  name        = "S3_DATA_EVENTS"
  auto_enable = "ALL"
  depends_on  = [aws_guardduty_organization_configuration.all]
}

resource "aws_guardduty_member" "shop" {
  account_id  = var.shop
  email       = var.shop_email
  detector_id = aws_guardduty_detector.security.id

  lifecycle { ignore_changes = [email, invite] }
}

resource "aws_s3_bucket" "findings" {
  bucket        = "guardduty-findings"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "findings" {
  bucket   = aws_s3_bucket.findings.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "guardduty.amazonaws.com" }
      Action    = ["s3:GetBucketLocation", "s3:PutObject"]
      Resource  = [aws_s3_bucket.findings.arn, "${aws_s3_bucket.findings.arn}/*"]
    }]
  })
}

resource "aws_kms_key" "findings" {
  deletion_window_in_days = 7
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.security}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Effect    = "Allow"
        Principal = { Service = "guardduty.amazonaws.com" }
        Action    = "kms:GenerateDataKey"
        Resource  = "*"
      },
    ]
  })
}

resource "aws_guardduty_publishing_destination" "findings" {
  detector_id     = aws_guardduty_detector.security.id
  destination_arn = aws_s3_bucket.findings.arn
  kms_key_arn     = aws_kms_key.findings.arn
  depends_on      = [aws_s3_bucket_policy.findings]
}
