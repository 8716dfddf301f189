"""Terraform and the aws_cognito_* resources: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import Identity
from harness.saml import IdentityProvider
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "cognito.tf"


def test_every_resource(root: Identity, tmp_path: Path) -> None:
    (tmp_path / "saml.xml").write_text(IdentityProvider().metadata())
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    outputs = terraform.outputs()
    pool, client = outputs["pool"], outputs["client"]
    cognito = root.client("cognito-idp")
    assert cognito.get_user_pool_mfa_config(UserPoolId=pool)["SoftwareTokenMfaConfiguration"] == {"Enabled": True}
    (member,) = cognito.list_users_in_group(UserPoolId=outputs["plain"], GroupName="readers")["Users"]
    assert member["Username"] == "ada" and member["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    certificate = cognito.get_signing_certificate(UserPoolId=pool)["Certificate"]
    assert outputs["found"] == {
        "pool": "main", "pools": [pool], "clients": ["web"], "groups": ["staff"], "precedence": 1, "certificate": certificate,
        "flows": ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH", "ALLOW_USER_SRP_AUTH"], "managed": outputs["plain_client"],
    }  # fmt: skip
    terraform.reimport(
        {
            "aws_cognito_user_pool.plain": outputs["plain"],
            "aws_cognito_user_pool.main": pool,
            # Whether a client was to get a secret, an import can't find out.
            "aws_cognito_user_pool_client.plain": f"{outputs['plain']}/{outputs['plain_client']}",
            "aws_cognito_user_pool_domain.prefix": "terraform-pages",
            "aws_cognito_resource_server.solar": f"{pool}|solar",
            "aws_cognito_user_pool_domain.custom": "auth.example.com",
            "aws_cognito_identity_provider.corp": f"{pool}:Corp",
            "aws_cognito_identity_provider.google": f"{pool}:Google",
            "aws_cognito_identity_provider.login": f"{pool}:Login",
            "aws_cognito_user_group.staff": f"{pool}/staff",
            "aws_cognito_user.ada": f"{outputs['plain']}/ada",
            "aws_cognito_user_pool_ui_customization.web": f"{pool},{client}",
            # The picture of the other one can't be read back.
            "aws_cognito_risk_configuration.main": pool,
            "aws_cognito_risk_configuration.web": f"{pool}:{client}",
        }
    )
    terraform.run("apply", "-auto-approve", "-no-color", "-var=minimum_length=12")
    policy = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]["Policies"]["PasswordPolicy"]
    assert policy["MinimumLength"] == 12 and policy["PasswordHistorySize"] == 2
    terraform.destroy()
    assert cognito.list_user_pools(MaxResults=60)["UserPools"] == []
