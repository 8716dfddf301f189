variable "team" { default = "blue" }

# Gatehouse validates names that are kept for tests at once: no record has to be made.
resource "aws_acm_certificate" "public" {
  domain_name               = "example.com"
  subject_alternative_names = ["*.example.com", "www.example.org"]
  validation_method         = "DNS"
  key_algorithm             = "EC_prime256v1"
  options {
    certificate_transparency_logging_preference = "DISABLED"
  }
  tags = { team = var.team }
  lifecycle { create_before_destroy = true }
}

resource "aws_acm_certificate_validation" "public" {
  certificate_arn         = aws_acm_certificate.public.arn
  validation_record_fqdns = [for one in aws_acm_certificate.public.domain_validation_options : one.resource_record_name]
}

resource "aws_acm_certificate" "mail" {
  domain_name       = "www.shop.internal"
  validation_method = "EMAIL"
  validation_option {
    domain_name       = "www.shop.internal"
    validation_domain = "shop.internal"
  }
}

# Somebody else's, whose files the test has written.
resource "aws_acm_certificate" "imported" {
  private_key       = file("${path.module}/key.pem")
  certificate_body  = file("${path.module}/${var.team}.pem")
  certificate_chain = file("${path.module}/chain.pem")
  tags              = { team = var.team }
}

data "aws_acm_certificate" "found" {
  domain      = "example.com"
  statuses    = ["ISSUED"]
  key_types   = ["EC_prime256v1"]
  most_recent = true
  depends_on  = [aws_acm_certificate_validation.public]
}

output "public" { value = aws_acm_certificate_validation.public.certificate_arn }
output "imported" { value = aws_acm_certificate.imported.arn }
output "found" { value = data.aws_acm_certificate.found.arn }
output "records" { value = [for one in aws_acm_certificate.public.domain_validation_options : one.resource_record_value] }
output "emails" { value = aws_acm_certificate.mail.validation_emails }
