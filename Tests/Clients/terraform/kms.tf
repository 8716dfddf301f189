variable "description" { default = "made by Terraform" }

data "aws_caller_identity" "me" {}

resource "aws_iam_role" "reader" {
  name = "reader"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = data.aws_caller_identity.me.account_id } }]
  })
}

resource "aws_kms_key" "main" {
  description             = var.description
  enable_key_rotation     = true
  rotation_period_in_days = 180
  deletion_window_in_days = 7
  tags                    = { team = "blue" }
}

resource "aws_kms_key_policy" "main" {
  key_id = aws_kms_key.main.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Account", Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" } },
      { Sid = "Reader", Effect = "Allow", Action = "kms:Decrypt", Resource = "*", Principal = { AWS = aws_iam_role.reader.arn } },
    ]
  })
}

resource "aws_kms_alias" "main" {
  name          = "alias/main"
  target_key_id = aws_kms_key.main.key_id
}

resource "aws_kms_grant" "reader" {
  name              = "reader"
  key_id            = aws_kms_key.main.key_id
  grantee_principal = aws_iam_role.reader.arn
  operations        = ["Encrypt", "Decrypt"]
  constraints { encryption_context_subset = { stage = "test" } }
}

resource "aws_kms_ciphertext" "secret" {
  key_id    = aws_kms_key.main.key_id
  plaintext = "from Terraform"
  context   = { stage = "test" }
}

resource "aws_kms_key" "signer" {
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "SIGN_VERIFY"
  deletion_window_in_days  = 7
}

data "aws_kms_public_key" "signer" { key_id = aws_kms_key.signer.key_id }

data "aws_kms_alias" "managed" { name = "alias/aws/s3" }

resource "aws_kms_external_key" "imported" {
  description             = "imported"
  key_material_base64     = base64encode("0123456789abcdef0123456789abcdef")
  enabled                 = true
  deletion_window_in_days = 7
}

resource "aws_kms_key" "everywhere" {
  multi_region            = true
  deletion_window_in_days = 7
}

provider "aws" {
  alias  = "europe"
  region = "eu-west-1"
}

resource "aws_kms_replica_key" "everywhere" {
  provider                = aws.europe
  primary_key_arn         = aws_kms_key.everywhere.arn
  deletion_window_in_days = 7
}

output "key" { value = aws_kms_key.main.key_id }
output "ciphertext" { value = aws_kms_ciphertext.secret.ciphertext_blob }
output "managed" { value = data.aws_kms_alias.managed.target_key_arn }
output "replica" { value = aws_kms_replica_key.everywhere.arn }
