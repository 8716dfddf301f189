# Alarms of a metric, of an expression and of other alarms, a dashboard, and a metric stream.

variable "threshold" { default = 5 }

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "errors"
  alarm_description   = "Too many errors"
  namespace           = "Shop"
  metric_name         = "Errors"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = var.threshold
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = ["arn:aws:sns:us-east-1:111122223333:alarms"]
  dimensions          = { Till = "1" }
  tags                = { Team = "blue" }
}

resource "aws_cloudwatch_metric_alarm" "slow" {
  alarm_name                            = "slow"
  namespace                             = "Shop"
  metric_name                           = "Latency"
  extended_statistic                    = "p99"
  period                                = 60
  evaluation_periods                    = 1
  threshold                             = 0.5
  comparison_operator                   = "GreaterThanOrEqualToThreshold"
  evaluate_low_sample_count_percentiles = "ignore"
}

resource "aws_cloudwatch_metric_alarm" "rate" {
  alarm_name          = "rate"
  evaluation_periods  = 1
  threshold           = 10
  comparison_operator = "GreaterThanThreshold"

  metric_query {
    id          = "e1"
    expression  = "100 * m1 / m2"
    label       = "Error rate"
    return_data = true
  }
  metric_query {
    id = "m1"
    metric {
      namespace   = "Shop"
      metric_name = "Errors"
      period      = 60
      stat        = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace   = "Shop"
      metric_name = "Orders"
      period      = 60
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "trouble" {
  alarm_name = "trouble"
  alarm_rule = "ALARM(${aws_cloudwatch_metric_alarm.errors.alarm_name}) AND NOT OK(\"${aws_cloudwatch_metric_alarm.slow.alarm_name}\")"
  actions_suppressor {
    alarm            = aws_cloudwatch_metric_alarm.rate.alarm_name
    extension_period = 10
    wait_period      = 20
  }
}

resource "aws_cloudwatch_dashboard" "shop" {
  dashboard_name = "shop"
  dashboard_body = jsonencode({
    widgets = [{
      type = "metric", x = 0, y = 0, width = 12, height = 6
      properties = { metrics = [["Shop", "Errors"]], period = 300, stat = "Sum", region = "us-east-1", title = "Errors" }
    }]
  })
}

resource "aws_iam_role" "streams" {
  name = "streams"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "streams.metrics.cloudwatch.amazonaws.com" } }]
  })
}

resource "aws_cloudwatch_metric_stream" "shop" {
  name          = "shop"
  role_arn      = aws_iam_role.streams.arn
  firehose_arn  = "arn:aws:firehose:us-east-1:111122223333:deliverystream/metrics"
  output_format = "json"
  tags          = { Team = "blue" }

  include_filter {
    namespace    = "Shop"
    metric_names = ["Errors", "Orders"]
  }
  include_filter {
    namespace = "AWS/KMS"
  }
  statistics_configuration {
    additional_statistics = ["p${90 + var.threshold}", "tm90"]
    include_metric {
      namespace   = "Shop"
      metric_name = "Latency"
    }
  }
}
