# A log group with a stream, a metric filter, and who may write to it.

variable "days" { default = 30 }

resource "aws_cloudwatch_log_group" "app" {
  name              = "app"
  retention_in_days = var.days
  tags              = { Team = "blue" }
}

resource "aws_cloudwatch_log_stream" "web" {
  name           = "web"
  log_group_name = aws_cloudwatch_log_group.app.name
}

resource "aws_cloudwatch_log_metric_filter" "denials" {
  name           = "denials"
  log_group_name = aws_cloudwatch_log_group.app.name
  pattern        = "{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") }"

  metric_transformation {
    name      = "Denials"
    namespace = "Shop"
    value     = "1"
  }
}

data "aws_iam_policy_document" "delivery" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.app.arn}:*", "${aws_cloudwatch_log_group.all.arn}:*"]

    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com", "logs.amazonaws.com"]
    }
  }
}

resource "aws_cloudwatch_log_resource_policy" "delivery" {
  policy_name     = "delivery"
  policy_document = data.aws_iam_policy_document.delivery.json
}

# What is sent on: of one group, of all others, and of other accounts.

resource "aws_cloudwatch_log_group" "all" {
  name = "all"
}

resource "aws_cloudwatch_log_subscription_filter" "errors" {
  name            = "errors"
  log_group_name  = aws_cloudwatch_log_group.app.name
  filter_pattern  = "ERROR"
  destination_arn = aws_cloudwatch_log_group.all.arn
  depends_on      = [aws_cloudwatch_log_resource_policy.delivery]
}

resource "aws_cloudwatch_log_account_policy" "all" {
  policy_name        = "all"
  policy_type        = "SUBSCRIPTION_FILTER_POLICY"
  selection_criteria = "LogGroupName NOT IN [\"all\"]"
  policy_document    = jsonencode({ DestinationArn = aws_cloudwatch_log_group.all.arn, FilterPattern = "WARN" })
  depends_on         = [aws_cloudwatch_log_resource_policy.delivery]
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["logs.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "sender" {
  name               = "sender"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "sender" {
  role = aws_iam_role.sender.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "logs:PutLogEvents", Resource = "${aws_cloudwatch_log_group.all.arn}:*" }]
  })
}

resource "aws_cloudwatch_log_destination" "central" {
  name       = "central"
  role_arn   = aws_iam_role.sender.arn
  target_arn = aws_cloudwatch_log_group.all.arn
  tags       = { Team = "blue" }
  depends_on = [aws_iam_role_policy.sender]
}

data "aws_iam_policy_document" "central" {
  statement {
    actions   = ["logs:PutSubscriptionFilter"]
    resources = [aws_cloudwatch_log_destination.central.arn]

    principals {
      type        = "AWS"
      identifiers = ["444455556666"]
    }
  }
}

resource "aws_cloudwatch_log_destination_policy" "central" {
  destination_name = aws_cloudwatch_log_destination.central.name
  access_policy    = data.aws_iam_policy_document.central.json
}

data "aws_cloudwatch_log_data_protection_policy_document" "masks" {
  name    = "masks"
  version = "2021-06-01"

  statement {
    sid              = "Audit"
    data_identifiers = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]

    operation {
      audit {
        findings_destination {}
      }
    }
  }

  statement {
    sid              = "Deidentify"
    data_identifiers = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]

    operation {
      deidentify {
        mask_config {}
      }
    }
  }
}

resource "aws_cloudwatch_log_data_protection_policy" "masks" {
  log_group_name  = aws_cloudwatch_log_group.app.name
  policy_document = data.aws_cloudwatch_log_data_protection_policy_document.masks.json
}

resource "aws_cloudwatch_query_definition" "failures" {
  name            = "failures"
  log_group_names = [aws_cloudwatch_log_group.app.name]
  query_string    = "filter status >= 500 | stats count(*) by bin(5m)"
}
