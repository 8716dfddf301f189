variable "minimum_length" { default = 10 }

data "aws_caller_identity" "me" {}

resource "aws_iam_role" "staff" {
  name = "staff"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = data.aws_caller_identity.me.account_id } }]
  })
}

resource "aws_iam_role" "messages" {
  name = "messages"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "cognito-idp.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "messages" {
  name = "publish"
  role = aws_iam_role.messages.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sns:Publish", Resource = "*" }]
  })
}

resource "aws_cognito_user_pool" "plain" {
  name = "plain"
}

resource "aws_cognito_user_pool" "main" {
  name                     = "main"
  depends_on               = [aws_iam_role_policy.messages]
  alias_attributes         = ["email", "preferred_username"]
  auto_verified_attributes = ["email"]
  deletion_protection      = "INACTIVE"
  mfa_configuration        = "OPTIONAL"
  user_pool_tier           = "PLUS"
  tags                     = { team = "blue" }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }
  admin_create_user_config {
    allow_admin_create_user_only = true
    invite_message_template {
      email_message = "You are {username}, by {####}."
      email_subject = "Welcome"
      sms_message   = "You are {username}, by {####}."
    }
  }
  device_configuration {
    challenge_required_on_new_device      = true
    device_only_remembered_on_user_prompt = true
  }
  email_configuration {
    email_sending_account = "COGNITO_DEFAULT"
  }
  lambda_config {
    pre_sign_up = "arn:aws:lambda:us-east-1:${data.aws_caller_identity.me.account_id}:function:sign-up"
    pre_token_generation_config {
      lambda_arn     = "arn:aws:lambda:us-east-1:${data.aws_caller_identity.me.account_id}:function:tokens"
      lambda_version = "V2_0"
    }
  }
  password_policy {
    minimum_length                   = var.minimum_length
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = false
    require_uppercase                = true
    password_history_size            = 2
    temporary_password_validity_days = 3
  }
  schema {
    name                = "email"
    attribute_data_type = "String"
    required            = true
    mutable             = true
    string_attribute_constraints {
      min_length = 0
      max_length = 2048
    }
  }
  schema {
    name                = "team"
    attribute_data_type = "String"
    mutable             = true
    string_attribute_constraints {
      min_length = 1
      max_length = 20
    }
  }
  schema {
    name                = "level"
    attribute_data_type = "Number"
    mutable             = true
    number_attribute_constraints {
      min_value = 0
      max_value = 9
    }
  }
  sign_in_policy {
    allowed_first_auth_factors = ["PASSWORD", "WEB_AUTHN"]
  }
  sms_configuration {
    external_id    = "main"
    sns_caller_arn = aws_iam_role.messages.arn
    sns_region     = "us-east-1"
  }
  software_token_mfa_configuration {
    enabled = true
  }
  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }
  user_pool_add_ons {
    advanced_security_mode = "ENFORCED"
  }
  username_configuration {
    case_sensitive = false
  }
  verification_message_template {
    default_email_option = "CONFIRM_WITH_CODE"
    email_message        = "It is {####}."
    email_subject        = "Your code"
  }
  web_authn_configuration {
    relying_party_id  = "auth.example.com"
    user_verification = "required"
  }
}

resource "aws_cognito_user_pool_domain" "prefix" {
  domain                = "terraform-pages"
  managed_login_version = 2
  user_pool_id          = aws_cognito_user_pool.main.id
}

resource "aws_cognito_user_pool_domain" "custom" {
  domain          = "auth.example.com"
  certificate_arn = "arn:aws:acm:us-east-1:${data.aws_caller_identity.me.account_id}:certificate/11111111-2222-3333-4444-555555555555"
  user_pool_id    = aws_cognito_user_pool.main.id
}

resource "aws_cognito_resource_server" "solar" {
  identifier   = "solar"
  name         = "Solar system"
  user_pool_id = aws_cognito_user_pool.main.id
  scope {
    scope_name        = "sun.read"
    scope_description = "How far it is"
  }
}

resource "aws_cognito_identity_provider" "google" {
  user_pool_id  = aws_cognito_user_pool.main.id
  provider_name = "Google"
  provider_type = "Google"
  provider_details = {
    authorize_scopes = "openid email"
    client_id        = "id.apps.googleusercontent.com"
    client_secret    = "hush"
  }
  attribute_mapping = {
    email    = "email"
    username = "sub"
  }
  idp_identifiers = ["gmail.com"]
  lifecycle { ignore_changes = [provider_details] }
}

resource "aws_cognito_identity_provider" "login" {
  user_pool_id  = aws_cognito_user_pool.main.id
  provider_name = "Login"
  provider_type = "OIDC"
  provider_details = {
    attributes_request_method     = "GET"
    attributes_url                = "https://login.example.com/me"
    attributes_url_add_attributes = "false"
    authorize_scopes              = "openid email"
    authorize_url                 = "https://login.example.com/authorize"
    client_id                     = "id"
    client_secret                 = "hush"
    jwks_uri                      = "https://login.example.com/keys"
    oidc_issuer                   = "https://login.example.com"
    token_url                     = "https://login.example.com/token"
  }
  attribute_mapping = {
    email    = "email"
    username = "sub"
  }
}

resource "aws_cognito_identity_provider" "corp" {
  user_pool_id  = aws_cognito_user_pool.main.id
  provider_name = "Corp"
  provider_type = "SAML"
  provider_details = {
    EncryptedResponses      = "true"
    IDPInit                 = "false"
    IDPSignout              = "false"
    MetadataFile            = file("${path.module}/saml.xml")
    RequestSigningAlgorithm = "rsa-sha256"
  }
  attribute_mapping = {
    email = "mail"
  }
  idp_identifiers = ["corp.example.com"]
  # What the pool tells besides, on AWS as here.
  lifecycle {
    ignore_changes = [provider_details["ActiveEncryptionCertificate"], provider_details["SSORedirectBindingURI"]]
  }
}

resource "aws_cognito_user_pool_client" "plain" {
  name         = "plain"
  user_pool_id = aws_cognito_user_pool.plain.id
}

resource "aws_cognito_user_pool_client" "web" {
  name                                 = "web"
  user_pool_id                         = aws_cognito_user_pool.main.id
  generate_secret                      = true
  access_token_validity                = 30
  id_token_validity                    = 30
  refresh_token_validity               = 7
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_scopes                 = ["email", "openid", tolist(aws_cognito_resource_server.solar.scope_identifiers)[0]]
  auth_session_validity                = 5
  callback_urls                        = ["https://app.example.com/back", "http://localhost:8001/back"]
  default_redirect_uri                 = "https://app.example.com/back"
  enable_token_revocation              = true
  explicit_auth_flows                  = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH", "ALLOW_USER_SRP_AUTH"]
  logout_urls                          = ["https://app.example.com/bye"]
  prevent_user_existence_errors        = "ENABLED"
  read_attributes                      = ["email", "name"]
  write_attributes                     = ["email", "name"]
  supported_identity_providers = [
    "COGNITO", aws_cognito_identity_provider.corp.provider_name, aws_cognito_identity_provider.google.provider_name,
    aws_cognito_identity_provider.login.provider_name,
  ]
  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }
}

resource "aws_cognito_user_group" "staff" {
  name         = "staff"
  description  = "Who works here"
  precedence   = 1
  role_arn     = aws_iam_role.staff.arn
  user_pool_id = aws_cognito_user_pool.main.id
}

resource "aws_cognito_user_pool_ui_customization" "web" {
  client_id    = aws_cognito_user_pool_client.web.id
  css          = ".label-customizable {font-weight: 400;}"
  user_pool_id = aws_cognito_user_pool_domain.prefix.user_pool_id
}

resource "aws_cognito_user_pool_ui_customization" "all" {
  css          = ".banner-customizable {padding: 10px;}"
  image_file   = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
  user_pool_id = aws_cognito_user_pool_domain.prefix.user_pool_id
}

resource "aws_cognito_risk_configuration" "main" {
  user_pool_id = aws_cognito_user_pool.main.id
  compromised_credentials_risk_configuration {
    event_filter = ["SIGN_IN"]
    actions { event_action = "BLOCK" }
  }
  risk_exception_configuration {
    blocked_ip_range_list = ["198.51.100.0/24"]
  }
}

resource "aws_cognito_risk_configuration" "web" {
  user_pool_id = aws_cognito_user_pool.main.id
  client_id    = aws_cognito_user_pool_client.web.id
  account_takeover_risk_configuration {
    notify_configuration {
      source_arn = "arn:aws:ses:us-east-1:${data.aws_caller_identity.me.account_id}:identity/example.com"
      from       = "safety@example.com"
      block_email {
        subject   = "Blocked"
        html_body = "<p>{username}</p>"
        text_body = "{username}"
      }
    }
    actions {
      high_action {
        event_action = "BLOCK"
        notify       = true
      }
      medium_action {
        event_action = "MFA_IF_CONFIGURED"
        notify       = false
      }
    }
  }
}

resource "aws_cognito_user" "ada" {
  user_pool_id       = aws_cognito_user_pool.plain.id
  username           = "ada"
  temporary_password = "Analytical-1"
  message_action     = "SUPPRESS"
  attributes = {
    email          = "ada@example.com"
    email_verified = true
  }
  lifecycle { ignore_changes = [temporary_password, message_action] }
}

resource "aws_cognito_user_group" "readers" {
  name         = "readers"
  user_pool_id = aws_cognito_user_pool.plain.id
}

resource "aws_cognito_user_in_group" "ada" {
  user_pool_id = aws_cognito_user_pool.plain.id
  group_name   = aws_cognito_user_group.readers.name
  username     = aws_cognito_user.ada.username
}

# A client that something else has made, by its name.
resource "aws_cognito_managed_user_pool_client" "found" {
  name_pattern = "^plain$"
  user_pool_id = aws_cognito_user_pool.plain.id
  depends_on   = [aws_cognito_user_pool_client.plain]
}

data "aws_cognito_user_pool" "main" { user_pool_id = aws_cognito_user_pool.main.id }
data "aws_cognito_user_pools" "named" {
  name       = "main"
  depends_on = [aws_cognito_user_pool.main]
}
data "aws_cognito_user_pool_client" "web" {
  client_id    = aws_cognito_user_pool_client.web.id
  user_pool_id = aws_cognito_user_pool.main.id
}
data "aws_cognito_user_pool_clients" "main" {
  user_pool_id = aws_cognito_user_pool.main.id
  depends_on   = [aws_cognito_user_pool_client.web]
}
data "aws_cognito_user_pool_signing_certificate" "main" { user_pool_id = aws_cognito_user_pool.main.id }
data "aws_cognito_user_group" "staff" {
  name         = aws_cognito_user_group.staff.name
  user_pool_id = aws_cognito_user_pool.main.id
}
data "aws_cognito_user_groups" "main" {
  user_pool_id = aws_cognito_user_pool.main.id
  depends_on   = [aws_cognito_user_group.staff]
}

output "found" {
  value = {
    pool        = data.aws_cognito_user_pool.main.name
    pools       = data.aws_cognito_user_pools.named.ids
    clients     = data.aws_cognito_user_pool_clients.main.client_names
    flows       = data.aws_cognito_user_pool_client.web.explicit_auth_flows
    groups      = [for group in data.aws_cognito_user_groups.main.groups : group.group_name]
    precedence  = data.aws_cognito_user_group.staff.precedence
    certificate = data.aws_cognito_user_pool_signing_certificate.main.certificate
    managed     = aws_cognito_managed_user_pool_client.found.id
  }
}

output "pool" { value = aws_cognito_user_pool.main.id }
output "plain" { value = aws_cognito_user_pool.plain.id }
output "client" { value = aws_cognito_user_pool_client.web.id }
output "plain_client" { value = aws_cognito_user_pool_client.plain.id }
