# A web ACL with everything that it refers to, what it protects and where its log goes.

variable "limit" { default = 100 }

resource "aws_wafv2_ip_set" "office" {
  name               = "office"
  scope              = "REGIONAL"
  description        = "the office"
  ip_address_version = "IPV4"
  addresses          = ["192.0.2.0/24", "198.51.100.1/32"]
  tags               = { Team = "blue" }
}

resource "aws_wafv2_regex_pattern_set" "bots" {
  name  = "bots"
  scope = "REGIONAL"
  regular_expression { regex_string = "(?i)bot$" }
  regular_expression { regex_string = "^curl/" }
}

resource "aws_wafv2_rule_group" "attacks" {
  name     = "attacks"
  scope    = "REGIONAL"
  capacity = 100
  rule {
    name     = "agents"
    priority = 1
    action {
      block {
        custom_response {
          response_code            = 429
          custom_response_body_key = "slow"
        }
      }
    }
    statement {
      regex_pattern_set_reference_statement {
        arn = aws_wafv2_regex_pattern_set.bots.arn
        field_to_match {
          single_header { name = "user-agent" }
        }
        text_transformation {
          priority = 0
          type     = "NONE"
        }
      }
    }
    rule_label { name = "agent:bot" }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "agents"
      sampled_requests_enabled   = true
    }
  }
  custom_response_body {
    key          = "slow"
    content      = "{}"
    content_type = "APPLICATION_JSON"
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "attacks"
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl" "shop" {
  name  = "shop"
  scope = "REGIONAL"
  default_action {
    allow {
      custom_request_handling {
        insert_header {
          name  = "seen"
          value = "yes"
        }
      }
    }
  }
  rule {
    name     = "office"
    priority = 0
    action {
      allow {}
    }
    statement {
      and_statement {
        statement {
          ip_set_reference_statement {
            arn = aws_wafv2_ip_set.office.arn
            ip_set_forwarded_ip_config {
              header_name       = "X-Forwarded-For"
              fallback_behavior = "NO_MATCH"
              position          = "ANY"
            }
          }
        }
        statement {
          not_statement {
            statement {
              byte_match_statement {
                search_string         = "/admin"
                positional_constraint = "STARTS_WITH"
                field_to_match {
                  uri_path {}
                }
                text_transformation {
                  priority = 0
                  type     = "URL_DECODE"
                }
                text_transformation {
                  priority = 1
                  type     = "LOWERCASE"
                }
              }
            }
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "office"
      sampled_requests_enabled   = true
    }
  }
  rule {
    name     = "attacks"
    priority = 1
    override_action {
      none {}
    }
    statement {
      rule_group_reference_statement {
        arn = aws_wafv2_rule_group.attacks.arn
        rule_action_override {
          name = "agents"
          action_to_use {
            count {}
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "attacks"
      sampled_requests_enabled   = true
    }
  }
  rule {
    name     = "common"
    priority = 2
    override_action {
      count {}
    }
    statement {
      managed_rule_group_statement {
        name        = "AWSManagedRulesCommonRuleSet"
        vendor_name = "AWS"
        scope_down_statement {
          geo_match_statement { country_codes = ["DE", "FR"] }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "common"
      sampled_requests_enabled   = true
    }
  }
  rule {
    name     = "rate"
    priority = 3
    action {
      block {}
    }
    statement {
      rate_based_statement {
        limit                 = var.limit
        evaluation_window_sec = 120
        aggregate_key_type    = "CUSTOM_KEYS"
        custom_key {
          ip {}
        }
        custom_key {
          header {
            name = "x-user"
            text_transformation {
              priority = 0
              type     = "LOWERCASE"
            }
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "rate"
      sampled_requests_enabled   = true
    }
  }
  rule {
    name     = "json"
    priority = 4
    action {
      captcha {}
    }
    statement {
      or_statement {
        statement {
          sqli_match_statement {
            sensitivity_level = "HIGH"
            field_to_match {
              json_body {
                match_scope               = "VALUE"
                invalid_fallback_behavior = "EVALUATE_AS_STRING"
                match_pattern { included_paths = ["/dogs/0/name"] }
              }
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
        statement {
          xss_match_statement {
            field_to_match {
              body { oversize_handling = "CONTINUE" }
            }
            text_transformation {
              priority = 0
              type     = "HTML_ENTITY_DECODE"
            }
          }
        }
        statement {
          size_constraint_statement {
            comparison_operator = "GT"
            size                = 8192
            field_to_match {
              headers {
                match_scope       = "ALL"
                oversize_handling = "MATCH"
                match_pattern {
                  excluded_headers = ["cookie"]
                }
              }
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
        statement {
          label_match_statement {
            scope = "LABEL"
            key   = "agent:bot"
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "json"
      sampled_requests_enabled   = true
    }
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "shop"
    sampled_requests_enabled   = true
  }
  tags = { Team = "blue" }
}

resource "aws_cognito_user_pool" "people" { name = "people" }

resource "aws_wafv2_web_acl_association" "people" {
  resource_arn = aws_cognito_user_pool.people.arn
  web_acl_arn  = aws_wafv2_web_acl.shop.arn
}

resource "aws_wafv2_web_acl_logging_configuration" "shop" {
  log_destination_configs = ["arn:aws:s3:::aws-waf-logs-shop"]
  resource_arn            = aws_wafv2_web_acl.shop.arn
  redacted_fields {
    single_header { name = "authorization" }
  }
  logging_filter {
    default_behavior = "DROP"
    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"
      condition {
        action_condition { action = "BLOCK" }
      }
    }
  }
}

data "aws_wafv2_web_acl" "shop" {
  name       = aws_wafv2_web_acl.shop.name
  scope      = "REGIONAL"
  depends_on = [aws_wafv2_web_acl.shop]
}

output "acl" { value = aws_wafv2_web_acl.shop.id }
output "acl_arn" { value = aws_wafv2_web_acl.shop.arn }
output "found" { value = data.aws_wafv2_web_acl.shop.arn }
output "group" { value = aws_wafv2_rule_group.attacks.id }
output "ip_set" { value = aws_wafv2_ip_set.office.id }
output "regex_set" { value = aws_wafv2_regex_pattern_set.bots.id }
output "pool" { value = aws_cognito_user_pool.people.arn }
