variable "display_name" { default = "Made by Terraform" }

# Terraform waits half a minute for each queue that it makes.
variable "queue" {}
variable "dead" {}

data "aws_caller_identity" "me" {}

resource "aws_sns_topic" "news" {
  name              = "news"
  display_name      = var.display_name
  signature_version = 2
  kms_master_key_id = "alias/aws/sns"
  tags              = { team = "blue" }
  delivery_policy = jsonencode({
    http = {
      defaultHealthyRetryPolicy = {
        minDelayTarget = 10, maxDelayTarget = 20, numRetries = 5, numMaxDelayRetries = 0, numNoDelayRetries = 1, numMinDelayRetries = 1
        backoffFunction = "exponential"
      }
      disableSubscriptionOverrides = false
    }
  })
}

resource "aws_sns_topic" "ordered" {
  name                        = "ordered.fifo"
  fifo_topic                  = true
  content_based_deduplication = true
  fifo_throughput_scope       = "MessageGroup"
}

resource "aws_sns_topic_policy" "news" {
  arn = aws_sns_topic.news.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Id      = "news"
    Statement = [
      { Sid = "Owner", Effect = "Allow", Action = ["SNS:Publish", "SNS:Subscribe"], Resource = aws_sns_topic.news.arn,
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" } },
      { Sid = "Trail", Effect = "Allow", Action = "SNS:Publish", Resource = aws_sns_topic.news.arn,
      Principal = { Service = "cloudtrail.amazonaws.com" } },
    ]
  })
}

resource "aws_sns_topic_subscription" "orders" {
  topic_arn            = aws_sns_topic.news.arn
  protocol             = "sqs"
  endpoint             = var.queue
  raw_message_delivery = true
  filter_policy        = jsonencode({ store = ["books"], price = [{ numeric = [">", 10] }] })
  filter_policy_scope  = "MessageBody"
  redrive_policy       = jsonencode({ deadLetterTargetArn = var.dead })
}

data "aws_sns_topic" "news" {
  name       = "news"
  depends_on = [aws_sns_topic.news]
}

output "topic" { value = aws_sns_topic.news.arn }
output "found" { value = data.aws_sns_topic.news.arn }
