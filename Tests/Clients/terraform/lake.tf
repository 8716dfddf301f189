variable "days" { default = 90 }

resource "aws_cloudtrail_event_data_store" "main" {
  name                           = "main"
  multi_region_enabled           = true
  organization_enabled           = false
  retention_period               = var.days
  termination_protection_enabled = false

  advanced_event_selector {
    name = "What changes something"
    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
    field_selector {
      field  = "readOnly"
      equals = ["false"]
    }
  }

  tags = { team = "audit" }
}

output "arn" { value = aws_cloudtrail_event_data_store.main.arn }
