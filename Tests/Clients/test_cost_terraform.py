"""Terraform and aws_budgets_*, aws_cur_report_definition: apply, no drift, import, destroy."""

from __future__ import annotations

from pathlib import Path

from harness import ACCOUNT, Server
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "costs.tf"


def test_budgets_and_reports(tmp_path: Path) -> None:
    folder = tmp_path / "configuration"
    folder.mkdir()
    with Server(log=tmp_path / "log") as server:
        root = server.root
        terraform = Terraform(folder, root, SOURCE.read_text())
        terraform.apply()
        outputs = terraform.outputs()
        assert outputs["budget"] == f"arn:aws:budgets::{ACCOUNT}:budget/monthly"
        budgets = root.client("budgets")
        found = budgets.describe_notifications_for_budget(AccountId=ACCOUNT, BudgetName="monthly")["Notifications"]
        assert sorted(one["NotificationType"] for one in found) == ["ACTUAL", "FORECASTED"]
        terraform.assert_no_drift()
        terraform.reimport(
            {
                "aws_budgets_budget.monthly": f"{ACCOUNT}:monthly",
                "aws_budgets_budget.calls": f"{ACCOUNT}:calls",
                "aws_budgets_budget_action.stop": outputs["action"],
                "aws_cur_report_definition.daily": "daily",
            }
        )
        terraform.assert_no_drift()
        terraform.destroy()
        assert budgets.describe_budgets(AccountId=ACCOUNT).get("Budgets", []) == []
        assert root.client("cur").describe_report_definitions()["ReportDefinitions"] == []
