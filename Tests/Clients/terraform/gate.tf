variable "suffix" { type = string }

resource "aws_dynamodb_table" "notes" {
  name         = "notes-${var.suffix}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "owner"
  attribute {
    name = "owner"
    type = "S"
  }
  tags = { team = "data" }
}

resource "aws_sqs_queue" "jobs" {
  name = "jobs-${var.suffix}"
}

resource "aws_sqs_queue_policy" "jobs" {
  queue_url = aws_sqs_queue.jobs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.jobs.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_sns_topic.news.arn } }
    }]
  })
}

resource "aws_sns_topic" "news" {
  name = "news-${var.suffix}"
}

resource "aws_sns_topic_subscription" "jobs" {
  topic_arn = aws_sns_topic.news.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.jobs.arn
}

resource "aws_secretsmanager_secret" "password" {
  name                    = "password-${var.suffix}"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "password" {
  secret_id     = aws_secretsmanager_secret.password.id
  secret_string = "from Terraform"
}

resource "aws_ssm_parameter" "color" {
  name  = "/${var.suffix}/color"
  type  = "String"
  value = "blue"
}

output "secret" { value = aws_secretsmanager_secret.password.arn }
