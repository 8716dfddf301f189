# An identity pool with everything that Terraform knows of one. The user pool need not be there for it.

variable "classic" { default = false }

locals { user_pool = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI" }

resource "aws_iam_saml_provider" "idp" {
  name                   = "idp"
  saml_metadata_document = file("metadata.xml")
}

resource "aws_cognito_identity_pool" "main" {
  identity_pool_name               = "people"
  allow_unauthenticated_identities = true
  allow_classic_flow               = var.classic
  developer_provider_name          = "login.example"
  openid_connect_provider_arns     = ["arn:aws:iam::111122223333:oidc-provider/server.example"]
  saml_provider_arns               = [aws_iam_saml_provider.idp.arn]
  supported_login_providers = {
    "accounts.google.com" = "123456789012.apps.googleusercontent.com"
    "graph.facebook.com"  = "7346241598935552"
  }
  cognito_identity_providers {
    client_id               = "6lhlkkfbfb4q5kpp90urffae"
    provider_name           = local.user_pool
    server_side_token_check = true
  }
  cognito_identity_providers {
    client_id     = "7kodkvfqfb4qfkp39eurffae"
    provider_name = local.user_pool
  }
  tags = { Team = "blue" }
}

data "aws_iam_policy_document" "trust" {
  for_each = toset(["authenticated", "unauthenticated"])
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    principals {
      type        = "Federated"
      identifiers = ["cognito-identity.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "cognito-identity.amazonaws.com:aud"
      values   = [aws_cognito_identity_pool.main.id]
    }
    condition {
      test     = "ForAnyValue:StringLike"
      variable = "cognito-identity.amazonaws.com:amr"
      values   = [each.key]
    }
  }
}

resource "aws_iam_role" "of" {
  for_each           = data.aws_iam_policy_document.trust
  name               = each.key
  assume_role_policy = each.value.json
}

resource "aws_cognito_identity_pool_roles_attachment" "main" {
  identity_pool_id = aws_cognito_identity_pool.main.id
  roles            = { for kind, role in aws_iam_role.of : kind => role.arn }

  role_mapping {
    identity_provider         = "graph.facebook.com"
    ambiguous_role_resolution = "AuthenticatedRole"
    type                      = "Rules"
    mapping_rule {
      claim      = "isAdmin"
      match_type = "Equals"
      role_arn   = aws_iam_role.of["authenticated"].arn
      value      = "paid"
    }
    mapping_rule {
      claim      = "isFoo"
      match_type = "NotEqual"
      role_arn   = aws_iam_role.of["authenticated"].arn
      value      = "anything"
    }
  }
  role_mapping {
    identity_provider         = "${local.user_pool}:6lhlkkfbfb4q5kpp90urffae"
    ambiguous_role_resolution = "Deny"
    type                      = "Token"
  }
}

resource "aws_cognito_identity_pool_provider_principal_tag" "custom" {
  identity_pool_id       = aws_cognito_identity_pool.main.id
  identity_provider_name = local.user_pool
  use_defaults           = false
  principal_tags         = { department = "custom:department" }
}

resource "aws_cognito_identity_pool_provider_principal_tag" "usual" {
  identity_pool_id       = aws_cognito_identity_pool.main.id
  identity_provider_name = "graph.facebook.com"
  use_defaults           = true
}

data "aws_cognito_identity_pool" "found" {
  identity_pool_name = aws_cognito_identity_pool.main.identity_pool_name
}

output "pool" { value = aws_cognito_identity_pool.main.id }
output "found" { value = data.aws_cognito_identity_pool.found.id }
