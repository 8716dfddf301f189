"""Terraform and aws_wafv2_*: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import Identity
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "wafv2.tf"


def test_a_web_acl_with_all_that_it_refers_to(root: Identity, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    waf = root.client("wafv2")
    outputs = terraform.outputs()
    assert outputs["found"] == outputs["acl_arn"]
    rules = sorted(waf.get_web_acl(ARN=outputs["acl_arn"])["WebACL"]["Rules"], key=lambda rule: rule["Priority"])
    assert [rule["Name"] for rule in rules] == ["office", "attacks", "common", "rate", "json"]
    assert waf.get_web_acl_for_resource(ResourceArn=outputs["pool"])["WebACL"]["ARN"] == outputs["acl_arn"]
    terraform.reimport(
        {
            "aws_wafv2_ip_set.office": f"{outputs['ip_set']}/office/REGIONAL",
            "aws_wafv2_regex_pattern_set.bots": f"{outputs['regex_set']}/bots/REGIONAL",
            "aws_wafv2_rule_group.attacks": f"{outputs['group']}/attacks/REGIONAL",
            "aws_wafv2_web_acl.shop": f"{outputs['acl']}/shop/REGIONAL",
            "aws_wafv2_web_acl_association.people": f"{outputs['acl_arn']},{outputs['pool']}",
            "aws_wafv2_web_acl_logging_configuration.shop": outputs["acl_arn"],
        }
    )
    terraform.run("apply", "-auto-approve", "-no-color", "-var=limit=200")
    changed = {rule["Name"]: rule for rule in waf.get_web_acl(ARN=outputs["acl_arn"])["WebACL"]["Rules"]}
    assert changed["rate"]["Statement"]["RateBasedStatement"]["Limit"] == 200
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=limit=200")
    assert waf.list_web_acls(Scope="REGIONAL")["WebACLs"] == []
    assert waf.list_ip_sets(Scope="REGIONAL")["IPSets"] == []
