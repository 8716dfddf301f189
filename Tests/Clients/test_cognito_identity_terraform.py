"""Terraform and aws_cognito_identity_pool: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import Identity
from harness.saml import IdentityProvider
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "cognito_identity.tf"
USER_POOL = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI"


def test_an_identity_pool(root: Identity, tmp_path: Path) -> None:
    (tmp_path / "metadata.xml").write_text(IdentityProvider().metadata())
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    pools = root.client("cognito-identity")
    outputs = terraform.outputs()
    pool = outputs["pool"]
    assert outputs["found"] == pool
    roles = pools.get_identity_pool_roles(IdentityPoolId=pool)
    assert set(roles["Roles"]) == {"authenticated", "unauthenticated"}
    assert set(roles["RoleMappings"]) == {"graph.facebook.com", f"{USER_POOL}:6lhlkkfbfb4q5kpp90urffae"}
    terraform.reimport(
        {
            "aws_cognito_identity_pool.main": pool,
            "aws_cognito_identity_pool_roles_attachment.main": pool,
            "aws_cognito_identity_pool_provider_principal_tag.custom": f"{pool}:{USER_POOL}",
        }
    )
    terraform.run("apply", "-auto-approve", "-no-color", "-var=classic=true")
    changed = pools.describe_identity_pool(IdentityPoolId=pool)
    assert changed["AllowClassicFlow"] is True and changed["IdentityPoolTags"] == {"Team": "blue"}
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=classic=true")
    assert pools.list_identity_pools(MaxResults=10)["IdentityPools"] == []
