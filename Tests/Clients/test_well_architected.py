"""The Well-Architected Tool: workloads, the security pillar, answers and the risks that they leave, improvements, milestones,
reports, tags, and what AWS refuses."""

import base64
import io
import json
from typing import Any

import pypdf
import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of

WORKLOAD = {
    "WorkloadName": "Shop", "Description": "What is sold", "Environment": "PRODUCTION", "AwsRegions": ["us-east-1"],
    "ReviewOwner": "auditors@example.com", "Lenses": ["wellarchitected"],
}  # fmt: skip
QUESTIONS = {
    "securely-operate": 8, "identities": 6, "permissions": 9, "detect-investigate-events": 4, "network-protection": 4,
    "protect-compute": 6, "data-classification": 4, "protect-data-rest": 5, "protect-data-transit": 4,
    "incident-response": 8, "application-security": 8,
}  # fmt: skip
FRAMEWORK = "arn:aws:wellarchitected::aws:lens/wellarchitected"


@pytest.fixture
def tool(root: Identity) -> Any:
    return root.client("wellarchitected")


@pytest.fixture
def workload(tool: Any) -> str:
    return tool.create_workload(**WORKLOAD)["WorkloadId"]


def answer(tool: Any, workload: str, question: str, **given: Any) -> dict[str, Any]:
    return tool.update_answer(WorkloadId=workload, LensAlias="wellarchitected", QuestionId=question, **given)["Answer"]


def choices(tool: Any, workload: str, question: str) -> list[str]:
    found = tool.get_answer(WorkloadId=workload, LensAlias="wellarchitected", QuestionId=question)["Answer"]
    return [choice["ChoiceId"] for choice in found["Choices"]]


def test_a_workload_is_kept_as_it_was_said(tool: Any, root: Identity) -> None:
    made = tool.create_workload(**WORKLOAD, Tags={"team": "red"}, Notes="First", IndustryType="InfoTech")
    arn = f"arn:aws:wellarchitected:us-east-1:{ACCOUNT}:workload/{made['WorkloadId']}"
    assert made["WorkloadArn"] == arn
    found = tool.get_workload(WorkloadId=made["WorkloadId"])["Workload"]
    assert {name: found[name] for name in WORKLOAD} == WORKLOAD
    assert found["Owner"] == ACCOUNT
    assert found["Tags"] == {"team": "red"}
    assert found["RiskCounts"] == {"UNANSWERED": len(QUESTIONS)}
    assert found["ImprovementStatus"] == "NOT_APPLICABLE"
    updated = tool.update_workload(
        WorkloadId=made["WorkloadId"], WorkloadName="Store", ImprovementStatus="IN_PROGRESS", Notes="Second"
    )["Workload"]
    assert (updated["WorkloadName"], updated["ImprovementStatus"], updated["Notes"]) == ("Store", "IN_PROGRESS", "Second")
    listed = root.aws("wellarchitected", "list-workloads", "--workload-name-prefix", "sto")["WorkloadSummaries"]
    assert [(one["WorkloadName"], one["WorkloadArn"]) for one in listed] == [("Store", arn)]
    tool.delete_workload(WorkloadId=made["WorkloadId"])
    assert tool.list_workloads()["WorkloadSummaries"] == []
    assert error_of(tool.get_workload, WorkloadId=made["WorkloadId"]).code == "ResourceNotFoundException"


def test_workloads_that_can_not_be(tool: Any, workload: str) -> None:
    # Spaces and capitalization do not make another name.
    assert error_of(tool.create_workload, **{**WORKLOAD, "WorkloadName": "s H o p"}).code == "ConflictException"
    without_region = {name: value for name, value in WORKLOAD.items() if name != "AwsRegions"}
    other = {**without_region, "WorkloadName": "Other"}
    assert error_of(tool.create_workload, **other).code == "ValidationException"
    tool.create_workload(**other, NonAwsRegions=["cellar"])
    without_owner = {name: value for name, value in WORKLOAD.items() if name != "ReviewOwner"}
    assert error_of(tool.create_workload, **{**without_owner, "WorkloadName": "Third"}).code == "ValidationException"
    wrong = {**WORKLOAD, "WorkloadName": "Fourth", "IndustryType": "Alchemy"}
    assert error_of(tool.create_workload, **wrong).code == "ValidationException"
    unknown = {**WORKLOAD, "WorkloadName": "Fifth", "Lenses": ["serverless"]}
    assert error_of(tool.create_workload, **unknown).code == "ResourceNotFoundException"


def test_a_request_that_comes_twice_makes_one(tool: Any) -> None:
    first = tool.create_workload(**WORKLOAD, ClientRequestToken="once")
    assert tool.create_workload(**WORKLOAD, ClientRequestToken="once")["WorkloadId"] == first["WorkloadId"]
    other = {**WORKLOAD, "WorkloadName": "Other"}
    assert error_of(tool.create_workload, **other, ClientRequestToken="once").code == "ConflictException"
    assert len(tool.list_workloads()["WorkloadSummaries"]) == 1


def test_the_security_pillar_is_there_whole(tool: Any, workload: str) -> None:
    listed = tool.list_lenses()["LensSummaries"]
    assert [(one["LensAlias"], one["LensArn"], one["LensType"]) for one in listed] == [
        ("wellarchitected", FRAMEWORK, "AWS_OFFICIAL")
    ]
    assert "are not there" in listed[0]["Description"]
    first = tool.list_answers(WorkloadId=workload, LensAlias="wellarchitected", PillarId="security", MaxResults=4)
    second = tool.list_answers(WorkloadId=workload, LensAlias=FRAMEWORK, MaxResults=50, NextToken=first["NextToken"])
    all_answers = first["AnswerSummaries"] + second["AnswerSummaries"]
    assert {one["QuestionId"]: len(one["Choices"]) - 1 for one in all_answers} == QUESTIONS
    assert all(one["Risk"] == "UNANSWERED" and one["IsApplicable"] for one in all_answers)
    for one in all_answers:
        assert one["Choices"][-1]["Title"] == "None of these"
    absent = error_of(tool.list_answers, WorkloadId=workload, LensAlias="wellarchitected", PillarId="reliability")
    assert absent.code == "ValidationException"
    assert "reliability is not there" in absent.message


def test_risk_follows_from_what_is_missing(tool: Any, workload: str) -> None:
    question = "identities"
    *practices, none = choices(tool, workload, question)
    assert answer(tool, workload, question, SelectedChoices=practices)["Risk"] == "NONE"
    # What is of a low level leaves no risk.
    low = "sec_identities_groups_attributes"
    assert answer(tool, workload, question, SelectedChoices=[one for one in practices if one != low])["Risk"] == "NONE"
    assert answer(tool, workload, question, SelectedChoices=practices[1:])["Risk"] == "HIGH"
    assert answer(tool, workload, question, SelectedChoices=[none])["Risk"] == "HIGH"
    together = error_of(
        tool.update_answer, WorkloadId=workload, LensAlias="wellarchitected", QuestionId=question,
        SelectedChoices=[none, practices[0]],
    )  # fmt: skip
    assert together.code == "ValidationException"
    medium = "sec_detect_investigate_events_auto_response"
    events = choices(tool, workload, "detect-investigate-events")[:-1]
    found = answer(
        tool, workload, "detect-investigate-events", SelectedChoices=[one for one in events if one != medium]
    )
    assert found["Risk"] == "MEDIUM"
    # What is set aside counts as if it were done.
    found = answer(
        tool, workload, "detect-investigate-events",
        ChoiceUpdates={medium: {"Status": "NOT_APPLICABLE", "Reason": "OUT_OF_SCOPE", "Notes": "Nothing to answer"}},
    )  # fmt: skip
    assert found["Risk"] == "NONE"
    aside = {"ChoiceId": medium, "Status": "NOT_APPLICABLE", "Reason": "OUT_OF_SCOPE", "Notes": "Nothing to answer"}
    assert aside in found["ChoiceAnswers"]
    found = answer(tool, workload, "protect-compute", IsApplicable=False, Reason="OUT_OF_SCOPE", Notes="No machines")
    assert (found["Risk"], found["Reason"], found["Notes"]) == ("NOT_APPLICABLE", "OUT_OF_SCOPE", "No machines")
    review = tool.get_lens_review(WorkloadId=workload, LensAlias="wellarchitected")["LensReview"]
    counts = {"HIGH": 1, "NONE": 1, "NOT_APPLICABLE": 1, "UNANSWERED": len(QUESTIONS) - 3}
    assert review["RiskCounts"] == counts
    assert [(one["PillarId"], one["RiskCounts"]) for one in review["PillarReviewSummaries"]] == [("security", counts)]
    assert tool.get_workload(WorkloadId=workload)["Workload"]["RiskCounts"] == counts
    assert tool.list_workloads()["WorkloadSummaries"][0]["RiskCounts"] == counts


def test_answers_that_can_not_be(tool: Any, workload: str) -> None:
    given = {"WorkloadId": workload, "LensAlias": "wellarchitected"}
    unknown = error_of(tool.update_answer, **given, QuestionId="identities", SelectedChoices=["sec_permissions_define"])
    assert unknown.code == "ValidationException"
    assert error_of(tool.get_answer, **given, QuestionId="ops").code == "ResourceNotFoundException"
    elsewhere = {**given, "WorkloadId": "0" * 32}
    assert error_of(tool.get_answer, **elsewhere, QuestionId="identities").code == "ResourceNotFoundException"


def test_the_improvement_plan_has_the_worst_first(tool: Any, workload: str) -> None:
    events = choices(tool, workload, "detect-investigate-events")[:-1]
    answer(tool, workload, "detect-investigate-events", SelectedChoices=[one for one in events if "auto" not in one])
    answer(tool, workload, "protect-data-rest", SelectedChoices=["sec_protect_data_rest_key_mgmt"])
    plan = tool.list_lens_review_improvements(WorkloadId=workload, LensAlias="wellarchitected")["ImprovementSummaries"]
    assert [(one["QuestionId"], one["Risk"]) for one in plan] == [
        ("protect-data-rest", "HIGH"), ("detect-investigate-events", "MEDIUM"),
    ]  # fmt: skip
    missing = [one["ChoiceId"] for one in plan[0]["ImprovementPlans"]]
    assert missing[0] == "sec_protect_data_rest_encrypt"
    assert "sec_protect_data_rest_key_mgmt" not in missing
    assert "sec_protect_data_rest_no" not in missing
    assert plan[0]["ImprovementPlanUrl"].endswith("/sec_protect_data_rest_encrypt.html")


def test_a_milestone_stays_as_it_was(tool: Any, workload: str) -> None:
    practices = choices(tool, workload, "data-classification")[:-1]
    answer(tool, workload, "data-classification", SelectedChoices=practices)
    made = tool.create_milestone(WorkloadId=workload, MilestoneName="Launch")
    assert made["MilestoneNumber"] == 1
    assert error_of(tool.create_milestone, WorkloadId=workload, MilestoneName="launch").code == "ConflictException"
    answer(tool, workload, "data-classification", SelectedChoices=[])
    then = {"WorkloadId": workload, "LensAlias": "wellarchitected", "MilestoneNumber": 1}
    found = tool.get_answer(**then, QuestionId="data-classification")
    assert found["Answer"]["SelectedChoices"] == sorted(practices)
    assert found["MilestoneNumber"] == 1
    assert tool.get_lens_review(**then)["LensReview"]["RiskCounts"] == {"NONE": 1, "UNANSWERED": len(QUESTIONS) - 1}
    milestone = tool.get_milestone(WorkloadId=workload, MilestoneNumber=1)["Milestone"]
    assert milestone["Workload"]["RiskCounts"] == {"NONE": 1, "UNANSWERED": len(QUESTIONS) - 1}
    now = tool.get_workload(WorkloadId=workload)["Workload"]
    assert now["RiskCounts"] == {"UNANSWERED": len(QUESTIONS)}
    assert tool.create_milestone(WorkloadId=workload, MilestoneName="Later")["MilestoneNumber"] == 2
    listed = tool.list_milestones(WorkloadId=workload)["MilestoneSummaries"]
    assert [(one["MilestoneNumber"], one["MilestoneName"]) for one in listed] == [(1, "Launch"), (2, "Later")]
    assert error_of(tool.get_milestone, WorkloadId=workload, MilestoneNumber=3).code == "ResourceNotFoundException"


def test_notes_of_lens_and_pillar(tool: Any, workload: str) -> None:
    given = {"WorkloadId": workload, "LensAlias": "wellarchitected"}
    found = tool.update_lens_review(**given, LensNotes="All", PillarNotes={"security": "Some"})["LensReview"]
    assert found["Notes"] == "All"
    assert found["PillarReviewSummaries"][0]["Notes"] == "Some"
    assert error_of(tool.update_lens_review, **given, PillarNotes={"looks": "Fine"}).code == "ValidationException"
    listed = tool.list_lens_reviews(WorkloadId=workload)["LensReviewSummaries"]
    assert [(one["LensAlias"], one["LensStatus"]) for one in listed] == [("wellarchitected", "CURRENT")]


def test_reports_are_readable(tool: Any, workload: str, root: Identity) -> None:
    answer(tool, workload, "identities", SelectedChoices=["sec_identities_no"], Notes="Naïve – for now")
    report = root.aws(
        "wellarchitected", "get-lens-review-report", "--workload-id", workload, "--lens-alias", "wellarchitected"
    )["LensReviewReport"]
    text = text_of(base64.b64decode(report["Base64String"]))
    assert "Lens review: Shop" in text
    assert "Naïve – for now" in text
    assert text.count("[UNANSWERED]") == len(QUESTIONS) - 1
    assert text.count("[HIGH]") == 1
    metrics = tool.get_consolidated_report(Format="JSON")["Metrics"]
    assert [(one["WorkloadId"], one["LensesAppliedCount"]) for one in metrics] == [(workload, 1)]
    pillar = metrics[0]["Lenses"][0]["Pillars"][0]
    assert [(one["QuestionId"], one["Risk"]) for one in pillar["Questions"]] == [("identities", "HIGH")]
    assert "sec_identities_unique" in [one["ChoiceId"] for one in pillar["Questions"][0]["BestPractices"]]
    both = text_of(base64.b64decode(tool.get_consolidated_report(Format="PDF")["Base64String"]))
    assert "Consolidated report" in both


def text_of(pdf: bytes) -> str:
    """What a reader of PDF reads."""
    return " ".join(" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_tags(tool: Any, workload: str, root: Identity, new_user: Any) -> None:
    arn = f"arn:aws:wellarchitected:us-east-1:{ACCOUNT}:workload/{workload}"
    tool.tag_resource(WorkloadArn=arn, Tags={"team": "red", "cost": "low"})
    tool.untag_resource(WorkloadArn=arn, TagKeys=["cost"])
    assert tool.list_tags_for_resource(WorkloadArn=arn)["Tags"] == {"team": "red"}
    condition = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    reader = new_user("reader", allow("wellarchitected:GetWorkload", Condition=condition)).client("wellarchitected")
    assert reader.get_workload(WorkloadId=workload)["Workload"]["WorkloadName"] == "Shop"
    tool.tag_resource(WorkloadArn=arn, Tags={"team": "blue"})
    assert error_of(reader.get_workload, WorkloadId=workload).code == "AccessDeniedException"
    missing = arn[:-1] + ("0" if arn[-1] != "0" else "1")
    assert error_of(tool.list_tags_for_resource, WorkloadArn=missing).code == "ResourceNotFoundException"


def test_settings_and_what_is_not_connected(tool: Any, workload: str) -> None:
    assert tool.get_global_settings()["OrganizationSharingStatus"] == "DISABLED"
    tool.update_global_settings(DiscoveryIntegrationStatus="ENABLED")
    settings = tool.get_global_settings()
    assert settings["DiscoveryIntegrationStatus"] == "ENABLED"
    assert settings["JiraConfiguration"] == {"IntegrationStatus": "NOT_CONFIGURED"}
    denied = error_of(tool.update_global_settings, OrganizationSharingStatus="ENABLED")
    assert denied.code == "AccessDeniedException"
    refused = error_of(tool.update_integration, WorkloadId=workload, IntegratingService="JIRA")
    assert (refused.code, "Jira" in refused.message) == ("ValidationException", True)


def test_live_state_proposes_and_never_chooses(tool: Any, workload: str, root: Identity) -> None:
    given = {"WorkloadId": workload, "LensAlias": "wellarchitected", "QuestionId": "securely-operate"}
    practice = "sec_securely_operate_aws_account"
    assert tool.get_answer(**given)["Answer"]["ChoiceAnswers"] == []
    tool.update_workload(WorkloadId=workload, DiscoveryConfig={"TrustedAdvisorIntegrationStatus": "ENABLED"})
    found = tool.get_answer(**given)["Answer"]
    proposed = {one["ChoiceId"]: one for one in found["ChoiceAnswers"]}
    assert proposed[practice]["Status"] == "UNSELECTED"
    # The root user has an access key, by which the test asks, and no second factor.
    assert proposed[practice]["Notes"].startswith("Proposed: do not select.")
    assert len(proposed[practice]["Notes"]) <= 250
    assert (found["SelectedChoices"], found["Risk"]) == ([], "UNANSWERED")
    place = {
        "WorkloadId": workload, "LensArn": FRAMEWORK, "PillarId": "security", "QuestionId": "securely-operate",
        "ChoiceId": practice,
    }  # fmt: skip
    checks = tool.list_check_summaries(**place)["CheckSummaries"]
    assert checks
    assert {one["Provider"] for one in checks} == {"TRUSTED_ADVISOR"}
    assert "ERROR" in {one["Status"] for one in checks}
    details = tool.list_check_details(**place)["CheckDetails"]
    assert {one["AccountId"] for one in details} == {ACCOUNT}
    assert all(one["FlaggedResources"] >= 1 for one in details if one["Status"] == "ERROR")
    # What somebody has said stands, and nothing is proposed about it.
    answer(tool, workload, "securely-operate", ChoiceUpdates={practice: {"Status": "SELECTED", "Notes": "Since May"}})
    said = {one["ChoiceId"]: one for one in tool.get_answer(**given)["Answer"]["ChoiceAnswers"]}
    assert (said[practice]["Status"], said[practice]["Notes"]) == ("SELECTED", "Since May")


def test_what_is_changed_is_told(tool: Any, workload: str, cloud: Server, root: Identity) -> None:
    answer(tool, workload, "identities", SelectedChoices=["sec_identities_no"])
    events = root.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": "wellarchitected.amazonaws.com"}]
    )["Events"]
    told = [json.loads(one["CloudTrailEvent"])["eventName"] for one in events]
    assert told.count("UpdateAnswer") == 1
    assert told.count("CreateWorkload") == 1
