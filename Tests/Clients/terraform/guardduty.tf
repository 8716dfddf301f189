variable "action" { default = "ARCHIVE" }

resource "aws_guardduty_detector" "main" {
  enable                       = true
  finding_publishing_frequency = "FIFTEEN_MINUTES"
  tags                         = { Team = "blue" }
}

resource "aws_guardduty_detector_feature" "data" {
  detector_id = aws_guardduty_detector.main.id
  name        = "S3_DATA_EVENTS"
  status      = "ENABLED"
}

resource "aws_guardduty_filter" "quiet" {
  name        = "quiet"
  description = "nobody minds"
  action      = var.action
  detector_id = aws_guardduty_detector.main.id
  rank        = 1
  tags        = { Team = "blue" }

  finding_criteria {
    criterion {
      field  = "region"
      equals = ["us-east-1"]
    }
    criterion {
      field      = "resource.accessKeyDetails.userName"
      not_equals = ["alice"]
    }
    criterion {
      field        = "severity"
      greater_than = "4"
    }
  }
}

resource "aws_s3_bucket" "lists" {
  bucket = "guardduty-lists"
}

resource "aws_s3_object" "list" {
  bucket  = aws_s3_bucket.lists.id
  key     = "list"
  content = "192.0.2.0/24\n"
}

resource "aws_guardduty_ipset" "mine" {
  activate    = true
  detector_id = aws_guardduty_detector.main.id
  format      = "TXT"
  location    = "https://s3.amazonaws.com/${aws_s3_object.list.bucket}/${aws_s3_object.list.key}"
  name        = "mine"
  tags        = { Team = "blue" }
}

resource "aws_guardduty_threatintelset" "bad" {
  activate    = false
  detector_id = aws_guardduty_detector.main.id
  format      = "TXT"
  location    = "https://s3.amazonaws.com/${aws_s3_object.list.bucket}/${aws_s3_object.list.key}"
  name        = "bad"
}
