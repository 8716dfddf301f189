variable "age" { default = 90 }

resource "aws_accessanalyzer_analyzer" "outside" {
  analyzer_name = "outside"
  tags          = { team = "security" }
}

resource "aws_accessanalyzer_analyzer" "unused" {
  analyzer_name = "unused"
  type          = "ACCOUNT_UNUSED_ACCESS"

  configuration {
    unused_access {
      unused_access_age = var.age
      analysis_rule {
        exclusion {
          resource_tags = [{ keep = "yes" }]
        }
      }
    }
  }
}

resource "aws_accessanalyzer_archive_rule" "trusted" {
  analyzer_name = aws_accessanalyzer_analyzer.outside.analyzer_name
  rule_name     = "trusted"

  filter {
    criteria = "principal.AWS"
    contains = ["444455556666"]
  }

  filter {
    criteria = "isPublic"
    eq       = ["false"]
  }

  filter {
    criteria = "error"
    exists   = false
  }
}
