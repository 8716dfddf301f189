# A bus with its policy, rules with targets of several kinds, an archive, an API destination with its connection.

variable "description" { default = "orders" }

data "aws_caller_identity" "current" {}

resource "aws_cloudwatch_event_bus" "shop" {
  name = "shop"
  tags = { Team = "blue" }
}

resource "aws_cloudwatch_event_bus_policy" "shop" {
  event_bus_name = aws_cloudwatch_event_bus.shop.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "own"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "events:PutEvents"
      Resource  = aws_cloudwatch_event_bus.shop.arn
    }]
  })
}

resource "aws_cloudwatch_event_permission" "default" {
  principal    = "444455556666"
  statement_id = "them"
}

resource "aws_cloudwatch_event_rule" "orders" {
  name           = "orders"
  event_bus_name = aws_cloudwatch_event_bus.shop.name
  description    = var.description
  event_pattern  = jsonencode({ source = ["shop"], detail = { id = [{ numeric = [">", 5] }] } })
  tags           = { Team = "blue" }
}

resource "aws_cloudwatch_event_rule" "often" {
  name                = "often"
  schedule_expression = "rate(5 minutes)"
  state               = "DISABLED"
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_cloudwatch_event_target" "queue" {
  rule           = aws_cloudwatch_event_rule.orders.name
  event_bus_name = aws_cloudwatch_event_bus.shop.name
  target_id      = "queue"
  arn            = aws_sqs_queue.orders.arn
  input_transformer {
    input_paths    = { id = "$.detail.id" }
    input_template = "{\"order\": <id>}"
  }
  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 5
  }
  dead_letter_config {
    arn = aws_sqs_queue.orders.arn
  }
}

resource "aws_cloudwatch_event_target" "destination" {
  rule           = aws_cloudwatch_event_rule.orders.name
  event_bus_name = aws_cloudwatch_event_bus.shop.name
  target_id      = "destination"
  arn            = aws_cloudwatch_event_api_destination.orders.arn
  role_arn       = aws_iam_role.caller.arn
}

resource "aws_iam_role" "caller" {
  name = "caller"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "events.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_cloudwatch_event_connection" "orders" {
  name               = "orders"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = "X-Key"
      value = "s3cret"
    }
  }
}

resource "aws_cloudwatch_event_api_destination" "orders" {
  name                             = "orders"
  connection_arn                   = aws_cloudwatch_event_connection.orders.arn
  invocation_endpoint              = "https://api.example.com/orders"
  http_method                      = "POST"
  invocation_rate_limit_per_second = 20
}

resource "aws_cloudwatch_event_archive" "orders" {
  name             = "orders"
  event_source_arn = aws_cloudwatch_event_bus.shop.arn
  retention_days   = 7
  event_pattern    = jsonencode({ source = ["shop"] })
}
