"""Custom lenses: drafts, versions, risk rules, upgrades, notifications, exports, and lenses that can't be."""

import copy
import json
from typing import Any

import pytest

from harness import ACCOUNT, Identity, error_of

CHOICES = [
    {"id": f"choice_{number}", "title": f"Practice {number}", "improvementPlan": {"displayText": f"Do {number}"}}
    for number in (1, 2, 3)
]
LENS = {
    "schemaVersion": "2021-11-01", "name": "House rules", "description": "What the house wants.",
    "pillars": [{"id": "order", "name": "Order", "questions": [{
        "id": "order_1", "title": "Is it tidy?", "description": "Everywhere.", "choices": CHOICES,
        "helpfulResource": {"displayText": "How to tidy", "url": "https://example.com/tidy"},
        "riskRules": [
            {"condition": "choice_1 && (choice_2 || choice_3)", "risk": "NO_RISK"},
            {"condition": "choice_1 && !choice_2", "risk": "MEDIUM_RISK"},
            {"condition": "default", "risk": "HIGH_RISK"},
        ]}]}],
}  # fmt: skip


@pytest.fixture
def tool(root: Identity) -> Any:
    return root.client("wellarchitected")


def published(tool: Any, lens: dict[str, Any] = LENS, version: str = "1", alias: str | None = None) -> str:
    given = {"LensAlias": alias} if alias else {}
    arn = tool.import_lens(JSONString=json.dumps(lens), **given)["LensArn"]
    tool.create_lens_version(LensAlias=arn, LensVersion=version, IsMajorVersion=True)
    return arn


def workload(tool: Any, *lenses: str, name: str = "Shop") -> str:
    return tool.create_workload(
        WorkloadName=name, Description="What is sold", Environment="PRODUCTION", AwsRegions=["us-east-1"],
        ReviewOwner="auditors@example.com", Lenses=list(lenses),
    )["WorkloadId"]  # fmt: skip


def test_a_lens_is_published_before_it_is_used(tool: Any, root: Identity) -> None:
    made = tool.import_lens(JSONString=json.dumps(LENS), Tags={"of": "house"})
    arn = made["LensArn"]
    assert made["Status"] == "COMPLETE"
    assert arn.startswith(f"arn:aws:wellarchitected:us-east-1:{ACCOUNT}:lens/")
    assert arn not in [one["LensArn"] for one in tool.list_lenses()["LensSummaries"]]
    drafts = root.aws("wellarchitected", "list-lenses", "--lens-status", "DRAFT")["LensSummaries"]
    assert [(one["LensArn"], one["LensVersion"]) for one in drafts] == [(arn, "DRAFT")]
    shop = workload(tool)
    assert error_of(tool.associate_lenses, WorkloadId=shop, LensAliases=[arn]).code == "ValidationException"
    tool.create_lens_version(LensAlias=arn, LensVersion="1", IsMajorVersion=True)
    assert error_of(tool.create_lens_version, LensAlias=arn, LensVersion="2").code == "ConflictException"
    lens = tool.get_lens(LensAlias=arn)["Lens"]
    assert (lens["Name"], lens["LensVersion"], lens["Owner"]) == ("House rules", "1", ACCOUNT)
    assert lens["Tags"] == {"of": "house"}
    assert json.loads(tool.export_lens(LensAlias=arn)["LensJSON"]) == LENS
    tool.associate_lenses(WorkloadId=shop, LensAliases=[arn])
    assert tool.get_workload(WorkloadId=shop)["Workload"]["Lenses"] == ["wellarchitected", arn]
    tool.disassociate_lenses(WorkloadId=shop, LensAliases=[arn])
    assert tool.get_workload(WorkloadId=shop)["Workload"]["Lenses"] == ["wellarchitected"]
    framework = error_of(tool.disassociate_lenses, WorkloadId=shop, LensAliases=["wellarchitected"])
    assert framework.code == "ValidationException"
    assert error_of(tool.export_lens, LensAlias="wellarchitected").code == "ValidationException"


def test_its_rules_say_the_risk(tool: Any) -> None:
    arn = published(tool)
    shop = workload(tool, arn)
    given = {"WorkloadId": shop, "LensAlias": arn, "QuestionId": "order_1"}
    for selected, risk in [
        (["choice_1", "choice_3"], "NONE"), (["choice_1"], "MEDIUM"), (["choice_2", "choice_3"], "HIGH"), ([], "UNANSWERED"),
    ]:  # fmt: skip
        assert tool.update_answer(**given, SelectedChoices=selected)["Answer"]["Risk"] == risk
    found = tool.get_answer(**given)["Answer"]
    assert (found["HelpfulResourceUrl"], found["HelpfulResourceDisplayText"]) == ("https://example.com/tidy", "How to tidy")
    assert found["Choices"][0]["ImprovementPlan"] == {"DisplayText": "Do 1"}
    assert "ImprovementPlanUrl" not in found


def test_a_workload_goes_over_to_a_new_version(tool: Any) -> None:
    arn = published(tool)
    shop = workload(tool, arn)
    given = {"WorkloadId": shop, "LensAlias": arn, "QuestionId": "order_1"}
    tool.update_answer(**given, SelectedChoices=["choice_1", "choice_3"], Notes="Tidy")
    assert tool.list_notifications(WorkloadId=shop)["NotificationSummaries"] == []
    newer = copy.deepcopy(LENS)
    question = newer["pillars"][0]["questions"][0]
    question["choices"] = question["choices"][:2]
    question["riskRules"] = [{"condition": "choice_1", "risk": "NO_RISK"}, {"condition": "default", "risk": "HIGH_RISK"}]
    added = {**copy.deepcopy(question), "id": "order_2", "title": "Is it clean?"}
    newer["pillars"][0]["questions"].append(added)
    published(tool, newer, "2", arn)
    [notice] = tool.list_notifications()["NotificationSummaries"]
    assert notice["Type"] == "LENS_VERSION_UPGRADED"
    summary = notice["LensUpgradeSummary"]
    assert (summary["CurrentLensVersion"], summary["LatestLensVersion"], summary["WorkloadId"]) == ("1", "2", shop)
    assert tool.get_lens_review(WorkloadId=shop, LensAlias=arn)["LensReview"]["LensStatus"] == "NOT_CURRENT"
    difference = tool.get_lens_version_difference(LensAlias=arn, BaseLensVersion="1", TargetLensVersion="2")
    [pillar] = difference["VersionDifferences"]["PillarDifferences"]
    changed = {one["QuestionId"]: one["DifferenceStatus"] for one in pillar["QuestionDifferences"]}
    assert (pillar["DifferenceStatus"], changed) == ("UPDATED", {"order_1": "UPDATED", "order_2": "NEW"})
    tool.upgrade_lens_review(WorkloadId=shop, LensAlias=arn, MilestoneName="Before 2")
    answer = tool.get_answer(**given)["Answer"]
    assert (answer["SelectedChoices"], answer["Notes"]) == (["choice_1"], "Tidy")
    then = tool.get_answer(**given, MilestoneNumber=1)["Answer"]
    assert then["SelectedChoices"] == ["choice_1", "choice_3"]
    assert tool.list_notifications()["NotificationSummaries"] == []
    again = error_of(tool.upgrade_lens_review, WorkloadId=shop, LensAlias=arn, MilestoneName="Again")
    assert again.code == "ValidationException"


def test_a_deleted_lens_goes_on_where_it_is_used(tool: Any) -> None:
    arn = published(tool)
    shop = workload(tool, arn)
    tool.delete_lens(LensAlias=arn, LensStatus="ALL")
    assert arn not in [one["LensArn"] for one in tool.list_lenses()["LensSummaries"]]
    assert error_of(tool.get_lens, LensAlias=arn).code == "ResourceNotFoundException"
    review = tool.get_lens_review(WorkloadId=shop, LensAlias=arn)["LensReview"]
    assert (review["LensStatus"], review["LensName"]) == ("DELETED", "House rules")
    assert tool.list_notifications()["NotificationSummaries"][0]["Type"] == "LENS_VERSION_DEPRECATED"
    given = {
        "WorkloadName": "Other", "Description": "Another", "Environment": "PRODUCTION", "AwsRegions": ["us-east-1"],
        "ReviewOwner": "auditors", "Lenses": [arn],
    }  # fmt: skip
    assert error_of(tool.create_workload, **given).code == "ResourceNotFoundException"


def broken(change: Any) -> str:
    lens = copy.deepcopy(LENS)
    change(lens, lens["pillars"][0]["questions"][0])
    return json.dumps(lens)


@pytest.mark.parametrize(
    "text",
    [
        "{}", "[]", "{nothing",
        broken(lambda lens, question: lens.update(schemaVersion="2020-01-01")),
        broken(lambda lens, question: lens.update(pillars=[])),
        broken(lambda lens, question: lens["pillars"].append(lens["pillars"][0])),
        broken(lambda lens, question: question.update(riskRules=question["riskRules"][:2])),
        broken(lambda lens, question: question["riskRules"][0].update(condition="choice_9")),
        broken(lambda lens, question: question["riskRules"][0].update(condition="choice_1 &&")),
        broken(lambda lens, question: question["riskRules"][0].update(condition="choice_1 & choice_2")),
        broken(lambda lens, question: question["riskRules"][0].update(condition="(" * 2000 + "choice_1")),
        broken(lambda lens, question: question["riskRules"][0].update(risk="SOME_RISK")),
        broken(lambda lens, question: question["choices"][0].pop("improvementPlan")),
        broken(lambda lens, question: question["choices"][0].update(id="a b")),
        broken(lambda lens, question: question.update(title=7)),
        broken(lambda lens, question: question["helpfulResource"].update(url="javascript:alert(1)")),
    ],
)  # fmt: skip
def test_lenses_that_can_not_be(tool: Any, text: str) -> None:
    refused = error_of(tool.import_lens, JSONString=text)
    assert refused.code == "ValidationException"
    assert tool.list_lenses(LensStatus="ALL", LensType="CUSTOM_SELF")["LensSummaries"] == []
