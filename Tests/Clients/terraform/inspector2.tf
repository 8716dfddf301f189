# What is scanned, and what nobody has to look at.

variable "reason" { default = "nobody reaches it" }

resource "aws_inspector2_enabler" "this" {
  account_ids    = ["111122223333"]
  resource_types = ["EC2", "ECR", "LAMBDA"]
}

resource "aws_inspector2_filter" "quiet" {
  name        = "quiet"
  action      = "NONE"
  description = "What can wait"
  reason      = var.reason
  tags        = { Team = "blue" }

  filter_criteria {
    severity {
      comparison = "EQUALS"
      value      = "LOW"
    }
    resource_tags {
      comparison = "EQUALS"
      key        = "stage"
      value      = "test"
    }
    inspector_score {
      lower_inclusive = 0
      upper_inclusive = 3.9
    }
  }

  depends_on = [aws_inspector2_enabler.this]
}
