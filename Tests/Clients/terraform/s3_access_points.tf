# Access points, and what an account blocks of public access.

data "aws_caller_identity" "current" {}

resource "aws_s3_account_public_access_block" "own" {
  block_public_acls       = true
  block_public_policy     = var.strict
  ignore_public_acls      = true
  restrict_public_buckets = false
}

variable "strict" {
  default = false
}

resource "aws_s3_bucket" "shelf" {
  bucket = "shelf"
}

resource "aws_s3_bucket_policy" "delegation" {
  bucket = aws_s3_bucket.shelf.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = "*"
      Resource  = [aws_s3_bucket.shelf.arn, "${aws_s3_bucket.shelf.arn}/*"]
      Condition = { StringEquals = { "s3:DataAccessPointAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_user" "clerk" {
  name = "clerk"
}

resource "aws_s3_access_point" "clerks" {
  bucket = aws_s3_bucket.shelf.id
  name   = "clerks"

  public_access_block_configuration {
    block_public_acls       = true
    block_public_policy     = false
    ignore_public_acls      = true
    restrict_public_buckets = false
  }

  lifecycle {
    ignore_changes = [policy]
  }
}

resource "aws_s3control_access_point_policy" "clerks" {
  access_point_arn = aws_s3_access_point.clerks.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ClerksRead"
      Effect    = "Allow"
      Principal = { AWS = aws_iam_user.clerk.arn }
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_access_point.clerks.arn}/object/*"
    }]
  })
}

resource "aws_s3_access_point" "inside" {
  bucket = aws_s3_bucket.shelf.id
  name   = "inside"

  vpc_configuration {
    vpc_id = "vpc-1a2b3c"
  }
}

output "alias" {
  value = aws_s3_access_point.clerks.alias
}

output "arn" {
  value = aws_s3_access_point.clerks.arn
}
