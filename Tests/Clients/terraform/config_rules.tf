resource "aws_iam_role" "recorder" {
  name = "recorder"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "config.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role" "mender" {
  name = "mender"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ssm.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_config_configuration_recorder" "main" {
  name     = "main"
  role_arn = aws_iam_role.recorder.arn
}

resource "aws_config_config_rule" "tagged" {
  name             = "tagged"
  description      = "Who owns it?"
  input_parameters = jsonencode({ tag1Key = var.tag })
  source {
    owner             = "AWS"
    source_identifier = "REQUIRED_TAGS"
  }
  scope {
    compliance_resource_types = ["AWS::S3::Bucket"]
  }
  tags       = { team = "audit" }
  depends_on = [aws_config_configuration_recorder.main]
}

resource "aws_config_config_rule" "guarded" {
  name = "guarded"
  source {
    owner = "CUSTOM_POLICY"
    source_detail {
      message_type = "ConfigurationItemChangeNotification"
    }
    custom_policy_details {
      policy_runtime = "guard-2.x.x"
      policy_text    = "rule owned when resourceType == 'AWS::S3::Bucket' { tags.owner exists }"
    }
  }
  depends_on = [aws_config_configuration_recorder.main]
}

resource "aws_config_remediation_configuration" "block" {
  config_rule_name = aws_config_config_rule.tagged.name
  resource_type    = "AWS::S3::Bucket"
  target_type      = "SSM_DOCUMENT"
  target_id        = "AWS-EnableS3BucketEncryption"
  parameter {
    name         = "AutomationAssumeRole"
    static_value = aws_iam_role.mender.arn
  }
  parameter {
    name           = "BucketName"
    resource_value = "RESOURCE_ID"
  }
  parameter {
    name         = "SSEAlgorithm"
    static_value = "AES256"
  }
  automatic                  = true
  maximum_automatic_attempts = 3
  retry_attempt_seconds      = 120
  execution_controls {
    ssm_controls {
      concurrent_execution_rate_percentage = 25
      error_percentage                     = 20
    }
  }
}

resource "aws_config_conformance_pack" "basic" {
  name = "basic"
  input_parameter {
    parameter_name  = "Age"
    parameter_value = "60"
  }
  template_body = <<-EOT
    Parameters:
      Age:
        Type: String
    Resources:
      Rotated:
        Type: AWS::Config::ConfigRule
        Properties:
          ConfigRuleName: rotated
          InputParameters: {maxAccessKeyAge: !Ref Age}
          Source: {Owner: AWS, SourceIdentifier: ACCESS_KEYS_ROTATED}
  EOT
  depends_on    = [aws_config_configuration_recorder.main]
}

variable "tag" {
  default = "owner"
}
