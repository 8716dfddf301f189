variable "team" { default = "blue" }

data "aws_caller_identity" "me" {}
data "aws_partition" "current" {}

resource "aws_s3_bucket" "lists" {
  bucket        = "terraform-lists"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "lists" {
  bucket = aws_s3_bucket.lists.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"]
      Resource  = [aws_s3_bucket.lists.arn, "${aws_s3_bucket.lists.arn}/*"]
      Principal = { Service = "acm-pca.amazonaws.com" }
    }]
  })
}

resource "aws_acmpca_certificate_authority" "root" {
  type = "ROOT"
  certificate_authority_configuration {
    key_algorithm     = "EC_prime256v1"
    signing_algorithm = "SHA256WITHECDSA"
    subject {
      common_name  = "Terraform Root"
      organization = "Analytical Engines"
    }
  }
  permanent_deletion_time_in_days = 7
  tags                            = { team = var.team }
}

resource "aws_acmpca_certificate" "root" {
  certificate_authority_arn   = aws_acmpca_certificate_authority.root.arn
  certificate_signing_request = aws_acmpca_certificate_authority.root.certificate_signing_request
  signing_algorithm           = "SHA256WITHECDSA"
  template_arn                = "arn:${data.aws_partition.current.partition}:acm-pca:::template/RootCACertificate/V1"
  validity {
    type  = "YEARS"
    value = 10
  }
}

resource "aws_acmpca_certificate_authority_certificate" "root" {
  certificate_authority_arn = aws_acmpca_certificate_authority.root.arn
  certificate               = aws_acmpca_certificate.root.certificate
  certificate_chain         = aws_acmpca_certificate.root.certificate_chain
}

resource "aws_acmpca_certificate_authority" "issuing" {
  type = "SUBORDINATE"
  certificate_authority_configuration {
    key_algorithm     = "RSA_2048"
    signing_algorithm = "SHA256WITHRSA"
    subject { common_name = "Terraform Issuing" }
  }
  revocation_configuration {
    crl_configuration {
      enabled            = true
      expiration_in_days = 7
      s3_bucket_name     = aws_s3_bucket.lists.id
      s3_object_acl      = "BUCKET_OWNER_FULL_CONTROL"
    }
    ocsp_configuration { enabled = true }
  }
  permanent_deletion_time_in_days = 7
  depends_on                      = [aws_s3_bucket_policy.lists]
}

resource "aws_acmpca_certificate" "issuing" {
  certificate_authority_arn   = aws_acmpca_certificate_authority.root.arn
  certificate_signing_request = aws_acmpca_certificate_authority.issuing.certificate_signing_request
  signing_algorithm           = "SHA256WITHECDSA"
  template_arn                = "arn:${data.aws_partition.current.partition}:acm-pca:::template/SubordinateCACertificate_PathLen0/V1"
  validity {
    type  = "YEARS"
    value = 5
  }
  depends_on = [aws_acmpca_certificate_authority_certificate.root]
}

resource "aws_acmpca_certificate_authority_certificate" "issuing" {
  certificate_authority_arn = aws_acmpca_certificate_authority.issuing.arn
  certificate               = aws_acmpca_certificate.issuing.certificate
  certificate_chain         = aws_acmpca_certificate.issuing.certificate_chain
}

resource "aws_acmpca_permission" "acm" {
  certificate_authority_arn = aws_acmpca_certificate_authority.issuing.arn
  actions                   = ["IssueCertificate", "GetCertificate", "ListPermissions"]
  principal                 = "acm.amazonaws.com"
}

resource "aws_acmpca_policy" "issuing" {
  resource_arn = aws_acmpca_certificate_authority.issuing.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "1"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
      Action    = ["acm-pca:DescribeCertificateAuthority", "acm-pca:GetCertificate", "acm-pca:ListTags"]
      Resource  = aws_acmpca_certificate_authority.issuing.arn
    }]
  })
}

# Of somebody else's key, whose request the test has written.
resource "aws_acmpca_certificate" "own" {
  certificate_authority_arn   = aws_acmpca_certificate_authority.issuing.arn
  certificate_signing_request = file("${path.module}/own.csr")
  signing_algorithm           = "SHA256WITHRSA"
  template_arn                = "arn:${data.aws_partition.current.partition}:acm-pca:::template/EndEntityClientAuthCertificate/V1"
  validity {
    type  = "DAYS"
    value = 30
  }
  depends_on = [aws_acmpca_certificate_authority_certificate.issuing]
}

data "aws_acmpca_certificate" "own" {
  arn                       = aws_acmpca_certificate.own.arn
  certificate_authority_arn = aws_acmpca_certificate_authority.issuing.arn
}

data "aws_acmpca_certificate_authority" "again" {
  arn        = aws_acmpca_certificate_authority.issuing.arn
  depends_on = [aws_acmpca_certificate_authority_certificate.issuing]
}

resource "aws_acm_certificate" "private" {
  domain_name               = "www.example.com"
  certificate_authority_arn = aws_acmpca_certificate_authority.issuing.arn
  depends_on                = [aws_acmpca_certificate_authority_certificate.issuing]
}

output "own" { value = data.aws_acmpca_certificate.own.certificate }
output "private" { value = aws_acm_certificate.private.arn }
output "issuing" { value = aws_acmpca_certificate_authority.issuing.arn }
output "root" { value = aws_acmpca_certificate_authority.root.arn }
output "status" { value = data.aws_acmpca_certificate_authority.again.status }
