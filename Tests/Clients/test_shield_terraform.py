"""Terraform and aws_shield_*: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import ACCOUNT, Server
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

HEALTH = "arn:aws:route53:::healthcheck/00000000-0000-4000-8000-000000000001"
SOURCE = Path(__file__).with_name("terraform") / "shield.tf"


def test_a_subscription_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    # Load balancers and addresses lie elsewhere: nobody is ever asked there.
    nowhere = ("--upstream", "elasticloadbalancing=http://127.0.0.1:9", "--upstream", "ec2=http://127.0.0.1:9")
    with Server(*nowhere, log=tmp_path / "log") as server:
        folder = tmp_path / "terraform"
        folder.mkdir()
        terraform = Terraform(folder, server.root, SOURCE.read_text())
        terraform.apply()
        shield = server.root.client("shield")
        outputs = terraform.outputs()
        assert outputs["found"] == "shop"
        shop = shield.describe_protection(ProtectionId=outputs["shop"])["Protection"]
        assert shop["HealthCheckIds"] == ["00000000-0000-4000-8000-000000000001"]
        response = shop["ApplicationLayerAutomaticResponseConfiguration"]
        assert response == {"Status": "ENABLED", "Action": {"Count": {}}}
        assert shield.describe_subscription()["Subscription"]["ProactiveEngagementStatus"] == "ENABLED"
        assert shield.describe_drt_access()["LogBucketList"] == ["shop-logs"]
        terraform.reimport(
            {
                "aws_shield_protection.shop": outputs["shop"],
                "aws_shield_protection_group.some": "some",
                "aws_shield_application_layer_automatic_response.shop": shop["ResourceArn"],
                "aws_shield_protection_health_check_association.shop": f"{outputs['shop']}+{HEALTH}",
                "aws_shield_drt_access_role_arn_association.team": ACCOUNT,
                "aws_shield_proactive_engagement.ops": ACCOUNT,
            }
        )
        terraform.run("apply", "-auto-approve", "-no-color", "-var=aggregation=MAX")
        assert shield.describe_protection_group(ProtectionGroupId="some")["ProtectionGroup"]["Aggregation"] == "MAX"
        terraform.run("destroy", "-auto-approve", "-no-color", "-var=aggregation=MAX")
        assert shield.list_protections()["Protections"] == []
        assert shield.describe_subscription()["Subscription"]["ProactiveEngagementStatus"] == "DISABLED"
