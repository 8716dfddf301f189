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
    resources = ["${aws_cloudwatch_log_group.app.arn}:*"]

    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com"]
    }
  }
}

resource "aws_cloudwatch_log_resource_policy" "delivery" {
  policy_name     = "delivery"
  policy_document = data.aws_iam_policy_document.delivery.json
}
