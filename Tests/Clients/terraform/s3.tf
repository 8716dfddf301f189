variable "days" { default = 30 }

data "aws_caller_identity" "me" {}

resource "aws_kms_key" "orders" {
  deletion_window_in_days = 7
}

resource "aws_s3_bucket" "orders" {
  bucket              = "orders"
  force_destroy       = true
  object_lock_enabled = true
  tags                = { team = "blue" }
}

resource "aws_s3_bucket_versioning" "orders" {
  bucket = aws_s3_bucket.orders.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_object_lock_configuration" "orders" {
  bucket = aws_s3_bucket.orders.id
  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = 1
    }
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "orders" {
  bucket = aws_s3_bucket.orders.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.orders.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "orders" {
  bucket                  = aws_s3_bucket.orders.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "orders" {
  bucket = aws_s3_bucket.orders.id
  rule { object_ownership = "BucketOwnerEnforced" }
}

resource "aws_s3_bucket_policy" "orders" {
  bucket = aws_s3_bucket.orders.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Others"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.orders.arn, "${aws_s3_bucket.orders.arn}/*"]
      Condition = { StringNotEquals = { "aws:PrincipalAccount" = data.aws_caller_identity.me.account_id } }
    }]
  })
}

resource "aws_s3_bucket_lifecycle_configuration" "orders" {
  bucket = aws_s3_bucket.orders.id
  rule {
    id     = "old"
    status = "Enabled"
    filter { prefix = "old/" }
    expiration { days = var.days }
    noncurrent_version_expiration { noncurrent_days = 10 }
    abort_incomplete_multipart_upload { days_after_initiation = 3 }
  }
}

resource "aws_s3_bucket_cors_configuration" "orders" {
  bucket = aws_s3_bucket.orders.id
  cors_rule {
    allowed_methods = ["GET", "PUT"]
    allowed_origins = ["https://shop.test"]
    allowed_headers = ["*"]
    expose_headers  = ["ETag"]
    max_age_seconds = 60
  }
}

resource "aws_s3_bucket_logging" "orders" {
  bucket        = aws_s3_bucket.orders.id
  target_bucket = aws_s3_bucket.site.id
  target_prefix = "log/"
}

resource "aws_s3_bucket_metric" "orders" {
  bucket = aws_s3_bucket.orders.id
  name   = "all"
}

resource "aws_s3_bucket_analytics_configuration" "orders" {
  bucket = aws_s3_bucket.orders.id
  name   = "all"
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "orders" {
  bucket = aws_s3_bucket.orders.id
  name   = "all"
  tiering {
    access_tier = "DEEP_ARCHIVE_ACCESS"
    days        = 180
  }
}

resource "aws_s3_bucket_inventory" "orders" {
  bucket                   = aws_s3_bucket.orders.id
  name                     = "all"
  included_object_versions = "All"
  schedule { frequency = "Daily" }
  destination {
    bucket {
      format     = "CSV"
      bucket_arn = aws_s3_bucket.site.arn
    }
  }
}

resource "aws_s3_bucket_notification" "orders" {
  bucket      = aws_s3_bucket.orders.id
  eventbridge = true
}

resource "aws_s3_object" "order" {
  bucket       = aws_s3_bucket.orders.id
  key          = "in/17.txt"
  content      = "four lamps, one chair"
  content_type = "text/plain"
  tags         = { level = "public" }
  depends_on   = [aws_s3_bucket_server_side_encryption_configuration.orders, aws_s3_bucket_versioning.orders]
  # Locked as it is, it goes only with s3:BypassGovernanceRetention, which this asks for.
  force_destroy = true
  # The bucket's default retention gives it these, which the provider takes for a drift.
  lifecycle { ignore_changes = [object_lock_mode, object_lock_retain_until_date] }
}

resource "aws_s3_object_copy" "copy" {
  bucket = aws_s3_bucket.site.id
  key    = "copy.txt"
  source = "${aws_s3_bucket.orders.id}/${aws_s3_object.order.key}"
  # Copied tags, too, would be a drift.
  tagging_directive = "REPLACE"
}

resource "aws_s3_bucket" "site" {
  bucket        = "site"
  force_destroy = true
}

resource "aws_s3_bucket_website_configuration" "site" {
  bucket = aws_s3_bucket.site.id
  index_document { suffix = "index.html" }
  error_document { key = "error.html" }
}

resource "aws_s3_bucket_request_payment_configuration" "site" {
  bucket = aws_s3_bucket.site.id
  payer  = "Requester"
}

resource "aws_s3_bucket_accelerate_configuration" "site" {
  bucket = aws_s3_bucket.site.id
  status = "Enabled"
}

data "aws_s3_object" "order" {
  bucket = aws_s3_bucket.orders.id
  key    = aws_s3_object.order.key
}

output "read" { value = data.aws_s3_object.order.body }
output "key" { value = aws_kms_key.orders.arn }
