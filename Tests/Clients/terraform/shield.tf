# A subscription, what it protects, who is told, and who gets in.

variable "aggregation" { default = "MEAN" }

locals {
  address = "arn:aws:ec2:us-east-1:111122223333:eip-allocation/eipalloc-0123456789abcdef0"
  shop    = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/shop/50dc6c495c0c9188"
}

resource "aws_shield_subscription" "this" {
  skip_destroy = true
}

resource "aws_shield_protection" "address" {
  name         = "address"
  resource_arn = local.address
  tags         = { Team = "blue" }
  depends_on   = [aws_shield_subscription.this]
}

resource "aws_shield_protection" "shop" {
  name         = "shop"
  resource_arn = local.shop
  depends_on   = [aws_shield_subscription.this]
}

resource "aws_shield_protection_group" "some" {
  protection_group_id = "some"
  aggregation         = var.aggregation
  pattern             = "ARBITRARY"
  members             = [aws_shield_protection.address.resource_arn]
}

resource "aws_shield_protection_health_check_association" "shop" {
  health_check_arn     = "arn:aws:route53:::healthcheck/00000000-0000-4000-8000-000000000001"
  shield_protection_id = aws_shield_protection.shop.id
}

resource "aws_wafv2_web_acl" "shop" {
  name  = "shop"
  scope = "REGIONAL"
  default_action {
    allow {}
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "shop"
    sampled_requests_enabled   = true
  }
  # Shield adds its own.
  lifecycle {
    ignore_changes = [rule]
  }
}

resource "aws_wafv2_web_acl_association" "shop" {
  resource_arn = local.shop
  web_acl_arn  = aws_wafv2_web_acl.shop.arn
}

resource "aws_shield_application_layer_automatic_response" "shop" {
  resource_arn = aws_shield_protection.shop.resource_arn
  action       = "COUNT"
  depends_on   = [aws_wafv2_web_acl_association.shop]
}

resource "aws_iam_role" "team" {
  name = "team"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Principal = { Service = "drt.shield.amazonaws.com" }, Action = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "team" {
  role       = aws_iam_role.team.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSShieldDRTAccessPolicy"
}

resource "aws_shield_drt_access_role_arn_association" "team" {
  role_arn   = aws_iam_role.team.arn
  depends_on = [aws_iam_role_policy_attachment.team, aws_shield_subscription.this]
}

resource "aws_s3_bucket" "logs" {
  bucket        = "shop-logs"
  force_destroy = true
}

resource "aws_shield_drt_access_log_bucket_association" "logs" {
  log_bucket              = aws_s3_bucket.logs.id
  role_arn_association_id = aws_shield_drt_access_role_arn_association.team.id
}

resource "aws_shield_proactive_engagement" "ops" {
  enabled = true
  emergency_contact {
    email_address = "ops@example.com"
    phone_number  = "+15555550100"
  }
  depends_on = [aws_shield_subscription.this]
}

data "aws_shield_protection" "shop" {
  resource_arn = aws_shield_protection.shop.resource_arn
}

output "found" { value = data.aws_shield_protection.shop.name }
output "shop" { value = aws_shield_protection.shop.id }
