data "aws_caller_identity" "own" {}

resource "aws_iam_user" "spender" {
  name = "spender"
}

resource "aws_iam_role" "stop" {
  name = "stop"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "budgets.amazonaws.com" }
    }]
  })
}

resource "aws_sns_topic" "costs" {
  name = "costs"
}

resource "aws_budgets_budget" "monthly" {
  name         = "monthly"
  budget_type  = "COST"
  limit_amount = "100.0"
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  tags         = { team = "books" }

  cost_filter {
    name   = "Service"
    values = ["AWS Key Management Service", "Amazon Simple Storage Service"]
  }

  notification {
    comparison_operator        = "GREATER_THAN"
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
    notification_type          = "ACTUAL"
    subscriber_email_addresses = ["a@example.com", "b@example.com"]
    subscriber_sns_topic_arns  = [aws_sns_topic.costs.arn]
  }

  notification {
    comparison_operator        = "GREATER_THAN"
    threshold                  = 120
    threshold_type             = "ABSOLUTE_VALUE"
    notification_type          = "FORECASTED"
    subscriber_email_addresses = ["a@example.com"]
  }
}

resource "aws_budgets_budget" "calls" {
  name              = "calls"
  budget_type       = "USAGE"
  limit_amount      = "1000000.0"
  limit_unit        = "Requests"
  time_unit         = "QUARTERLY"
  time_period_start = "2026-01-01_00:00"
}

resource "aws_budgets_budget_action" "stop" {
  budget_name        = aws_budgets_budget.monthly.name
  action_type        = "APPLY_IAM_POLICY"
  approval_model     = "MANUAL"
  notification_type  = "ACTUAL"
  execution_role_arn = aws_iam_role.stop.arn

  action_threshold {
    action_threshold_type  = "ABSOLUTE_VALUE"
    action_threshold_value = 100
  }

  definition {
    iam_action_definition {
      policy_arn = "arn:aws:iam::aws:policy/AWSDenyAll"
      users      = [aws_iam_user.spender.name]
    }
  }

  subscriber {
    address           = "a@example.com"
    subscription_type = "EMAIL"
  }
}

resource "aws_s3_bucket" "bills" {
  bucket        = "terraformed-bills"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "bills" {
  bucket = aws_s3_bucket.bills.bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "billingreports.amazonaws.com" }
        Action    = ["s3:GetBucketAcl", "s3:GetBucketPolicy"]
        Resource  = aws_s3_bucket.bills.arn
      },
      {
        Effect    = "Allow"
        Principal = { Service = "billingreports.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.bills.arn}/*"
      },
    ]
  })
}

resource "aws_cur_report_definition" "daily" {
  depends_on                 = [aws_s3_bucket_policy.bills]
  report_name                = "daily"
  time_unit                  = "DAILY"
  format                     = "textORcsv"
  compression                = "GZIP"
  additional_schema_elements = ["RESOURCES"]
  s3_bucket                  = aws_s3_bucket.bills.bucket
  s3_prefix                  = "cur"
  s3_region                  = "us-east-1"
}

output "budget" {
  value = aws_budgets_budget.monthly.arn
}

output "action" {
  value = aws_budgets_budget_action.stop.id
}
