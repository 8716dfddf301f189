"""Terraform and aws_accessanalyzer_*: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import Identity
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "access_analyzer.tf"


def test_analyzers_and_a_rule(root: Identity, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    api = root.client("accessanalyzer")
    rule = api.get_archive_rule(analyzerName="outside", ruleName="trusted")["archiveRule"]
    assert rule["filter"] == {
        "principal.AWS": {"contains": ["444455556666"]}, "isPublic": {"eq": ["false"]}, "error": {"exists": False}}
    terraform.reimport({
        "aws_accessanalyzer_analyzer.outside": "outside", "aws_accessanalyzer_analyzer.unused": "unused",
        "aws_accessanalyzer_archive_rule.trusted": "outside/trusted"})
    terraform.run("apply", "-auto-approve", "-no-color", "-var=age=30")
    shown = api.get_analyzer(analyzerName="unused")["analyzer"]["configuration"]["unusedAccess"]
    assert shown["unusedAccessAge"] == 30
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=age=30")
    assert api.list_analyzers()["analyzers"] == []
