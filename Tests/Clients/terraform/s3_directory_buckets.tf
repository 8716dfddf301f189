variable "days" { default = 30 }

resource "aws_kms_key" "own" {}

resource "aws_s3_directory_bucket" "own" {
  bucket = "orders--use1-az4--x-s3"
  location {
    name = "use1-az4"
  }
}

resource "aws_s3_bucket_policy" "own" {
  bucket = aws_s3_directory_bucket.own.bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lifecycle.s3.amazonaws.com" }
      Action    = "s3express:CreateSession"
      Resource  = aws_s3_directory_bucket.own.arn
    }]
  })
}

resource "aws_s3_bucket_server_side_encryption_configuration" "own" {
  bucket = aws_s3_directory_bucket.own.bucket
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.own.arn
    }
    bucket_key_enabled = true
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "own" {
  bucket = aws_s3_directory_bucket.own.bucket
  rule {
    id     = "logs"
    status = "Enabled"
    filter { prefix = "logs/" }
    expiration { days = var.days }
  }
}

resource "aws_s3_object" "own" {
  depends_on = [aws_s3_bucket_server_side_encryption_configuration.own]
  bucket     = aws_s3_directory_bucket.own.bucket
  key        = "in/17.txt"
  content    = "four lamps"
}

data "aws_s3_directory_buckets" "all" {
  depends_on = [aws_s3_directory_bucket.own]
}

output "all" { value = data.aws_s3_directory_buckets.all.buckets }
