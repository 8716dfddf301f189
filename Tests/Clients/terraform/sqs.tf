# Terraform waits half a minute for each queue and each policy that it makes, and longer for a queue that it deletes. So nothing here
# waits for another thing: the policies are those of queues that are there before.
variable "shop" {}

data "aws_caller_identity" "own" {}

data "aws_kms_key" "orders" {
  key_id = "alias/orders"
}

data "aws_sqs_queue" "kept" {
  name = "${var.shop}-kept.fifo"
}

data "aws_sqs_queue" "kept_dead" {
  name = "${var.shop}-kept-dead.fifo"
}

resource "aws_sqs_queue" "dead" {
  name                      = "${var.shop}-dead.fifo"
  fifo_queue                = true
  message_retention_seconds = 1209600
  tags                      = { team = "books" }
}

resource "aws_sqs_queue" "orders" {
  name                              = "${var.shop}-orders.fifo"
  fifo_queue                        = true
  content_based_deduplication       = true
  deduplication_scope               = "messageGroup"
  fifo_throughput_limit             = "perMessageGroupId"
  visibility_timeout_seconds        = 60
  delay_seconds                     = 5
  receive_wait_time_seconds         = 10
  max_message_size                  = 2048
  kms_master_key_id                 = data.aws_kms_key.orders.arn
  kms_data_key_reuse_period_seconds = 600
}

resource "aws_sqs_queue_redrive_policy" "kept" {
  queue_url = data.aws_sqs_queue.kept.url
  redrive_policy = jsonencode({
    deadLetterTargetArn = data.aws_sqs_queue.kept_dead.arn
    maxReceiveCount     = 4
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "kept_dead" {
  queue_url = data.aws_sqs_queue.kept_dead.url
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [data.aws_sqs_queue.kept.arn]
  })
}

data "aws_iam_policy_document" "kept" {
  statement {
    sid       = "own"
    actions   = ["sqs:SendMessage"]
    resources = [data.aws_sqs_queue.kept.arn]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.own.account_id}:root"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["true"]
    }
  }
}

resource "aws_sqs_queue_policy" "kept" {
  queue_url = data.aws_sqs_queue.kept.url
  policy    = data.aws_iam_policy_document.kept.json
}

output "orders" {
  value = aws_sqs_queue.orders.id
}
