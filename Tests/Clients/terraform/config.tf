resource "aws_iam_role" "recorder" {
  name = "recorder"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "config.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "deliver" {
  name = "deliver"
  role = aws_iam_role.recorder.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }]
  })
}

resource "aws_s3_bucket" "history" {
  bucket        = "config-history"
  force_destroy = true
}

resource "aws_config_configuration_recorder" "main" {
  name     = "main"
  role_arn = aws_iam_role.recorder.arn
  recording_group {
    all_supported                 = false
    include_global_resource_types = false
    exclusion_by_resource_types {
      resource_types = ["AWS::EC2::Instance"]
    }
    recording_strategy {
      use_only = "EXCLUSION_BY_RESOURCE_TYPES"
    }
  }
  recording_mode {
    recording_frequency = "CONTINUOUS"
    recording_mode_override {
      description         = "Seldom"
      resource_types      = ["AWS::IAM::User"]
      recording_frequency = "DAILY"
    }
  }
}

resource "aws_config_delivery_channel" "main" {
  name           = "main"
  s3_bucket_name = aws_s3_bucket.history.bucket
  s3_key_prefix  = "audit"
  snapshot_delivery_properties {
    delivery_frequency = var.frequency
  }
  depends_on = [aws_config_configuration_recorder.main, aws_iam_role_policy.deliver]
}

variable "frequency" {
  default = "Six_Hours"
}

resource "aws_config_configuration_recorder_status" "main" {
  name       = aws_config_configuration_recorder.main.name
  is_enabled = true
  depends_on = [aws_config_delivery_channel.main]
}

resource "aws_config_retention_configuration" "main" {
  retention_period_in_days = 90
}

resource "aws_config_configuration_aggregator" "main" {
  name = "main"
  account_aggregation_source {
    account_ids = ["444455556666"]
    all_regions = true
  }
  tags = { team = "audit" }
}

resource "aws_config_aggregate_authorization" "main" {
  account_id = "444455556666"
  region     = "us-east-1"
  tags       = { team = "audit" }
}
