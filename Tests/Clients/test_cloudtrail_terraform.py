"""Terraform and aws_cloudtrail: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import ACCOUNT, Identity
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "cloudtrail.tf"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/"


def test_a_trail(root: Identity, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    ct = root.cloudtrail
    assert ct.get_trail_status(Name="main")["IsLogging"] and not ct.get_trail_status(Name="basic")["IsLogging"]
    assert len(ct.get_event_selectors(TrailName="main")["AdvancedEventSelectors"]) == 2
    assert [one["InsightType"] for one in ct.get_insight_selectors(TrailName="main")["InsightSelectors"]] == [
        "ApiCallRateInsight", "ApiErrorRateInsight"]
    terraform.reimport({f"aws_cloudtrail.{name}": ARN + name for name in ("main", "basic")})
    terraform.run("apply", "-auto-approve", "-no-color", "-var=prefix=moved")
    assert ct.get_trail(Name="main")["Trail"]["S3KeyPrefix"] == "moved"
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=prefix=moved")
    assert ct.describe_trails()["trailList"] == []
