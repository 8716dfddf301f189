"""AWS Support: cases, what is written in them, what is attached, and whom the outbox tells."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness import Identity, Server, error_of
from harness.server import gatehouse


@pytest.fixture
def support(root: Identity) -> Any:
    return root.client("support")


def new_case(support: Any, **more: Any) -> str:
    answer = support.create_case(subject="The key is gone", communicationBody="Who has deleted it?", **more)
    return str(answer["caseId"])


def test_the_life_of_a_case(root: Identity, support: Any) -> None:
    case = new_case(
        support, severityCode="urgent", serviceCode="key-management-service", categoryCode="security",
        ccEmailAddresses=["ada@example.com"],
    )  # fmt: skip
    (found,) = support.describe_cases(caseIdList=[case])["cases"]
    assert (found["subject"], found["status"], found["severityCode"]) == ("The key is gone", "opened", "urgent")
    assert [one["body"] for one in found["recentCommunications"]["communications"]] == ["Who has deleted it?"]
    assert support.add_communication_to_case(caseId=case, communicationBody="It was me.")["result"] is True
    told = support.describe_communications(caseId=case)["communications"]
    assert [one["body"] for one in told] == ["Who has deleted it?", "It was me."]
    assert support.resolve_case(caseId=case) | {"ResponseMetadata": None} == {
        "initialCaseStatus": "opened", "finalCaseStatus": "resolved", "ResponseMetadata": None,
    }  # fmt: skip
    assert case not in {one["caseId"] for one in support.describe_cases()["cases"]}
    assert case in {one["caseId"] for one in support.describe_cases(includeResolvedCases=True)["cases"]}
    support.add_communication_to_case(caseId=case, communicationBody="It was not.")
    (found,) = support.describe_cases(displayId=found["displayId"], includeCommunications=False)["cases"]
    assert found["status"] == "reopened" and "recentCommunications" not in found
    listed = root.aws("support", "describe-cases", "--case-id-list", case)["cases"]
    assert [one["caseId"] for one in listed] == [case]


def test_the_operator_is_told(durable: Callable[..., Server]) -> None:
    server = durable().start()
    new_case(server.root.client("support"), ccEmailAddresses=["ada@example.com"])
    told = gatehouse("outbox", "--data", str(server.data)).stdout
    assert "Who has deleted it?" in told and "ada@example.com" in told and "The key is gone" in told


def test_attachments(support: Any) -> None:
    answer = support.add_attachments_to_set(attachments=[{"fileName": "a.txt", "data": b"one"}])
    chosen = answer["attachmentSetId"]
    again = support.add_attachments_to_set(
        attachmentSetId=chosen, attachments=[{"fileName": "b.bin", "data": bytes(range(256)) * 4096}]
    )
    assert (again["attachmentSetId"], again["expiryTime"]) == (chosen, answer["expiryTime"])
    case = new_case(support, attachmentSetId=chosen)
    (told,) = support.describe_communications(caseId=case)["communications"]
    assert [one["fileName"] for one in told["attachmentSet"]] == ["a.txt", "b.bin"]
    kept = [support.describe_attachment(attachmentId=one["attachmentId"])["attachment"] for one in told["attachmentSet"]]
    assert [one["data"] for one in kept] == [b"one", bytes(range(256)) * 4096]
    # A set goes with one communication.
    refused = error_of(lambda: support.add_communication_to_case(caseId=case, communicationBody="x", attachmentSetId=chosen))
    assert refused.code == "AttachmentSetIdNotFound"
    many = [{"fileName": f"{number}", "data": b"x"} for number in range(4)]
    assert error_of(lambda: support.add_attachments_to_set(attachments=many)).code == "AttachmentSetSizeLimitExceeded"
    assert error_of(lambda: support.describe_attachment(attachmentId="x")).code == "AttachmentIdNotFound"


def test_what_a_case_can_be_about(support: Any) -> None:
    services = {one["code"]: one for one in support.describe_services(language="en")["services"]}
    assert "amazon-simple-storage-service" in services
    levels = [one["code"] for one in support.describe_severity_levels(language="en")["severityLevels"]]
    assert levels == ["low", "normal", "high", "urgent", "critical"]
    about = {"issueType": "technical", "serviceCode": "general-info", "categoryCode": "other"}
    languages = support.describe_supported_languages(**about)["supportedLanguages"]
    assert [one["code"] for one in languages] == ["en"]
    assert support.describe_create_case_options(**about, language="en")["languageAvailability"] == "available"
    assert error_of(lambda: new_case(support, serviceCode="nothing")).code == "InvalidParameterValueException"
    assert error_of(lambda: support.resolve_case(caseId="case-x")).code == "CaseIdNotFound"


def test_pages_and_times(support: Any) -> None:
    cases = [new_case(support) for _ in range(12)]
    pages = support.get_paginator("describe_cases").paginate(
        caseIdList=cases, includeCommunications=False, PaginationConfig={"PageSize": 10}
    )
    counts = [[one["caseId"] for one in page["cases"]] for page in pages]
    assert [len(page) for page in counts] == [10, 2] and sorted(cases) == sorted(sum(counts, []))
    assert support.describe_cases(caseIdList=cases, beforeTime="2020-01-01T00:00:00Z")["cases"] == []
    assert error_of(lambda: support.describe_cases(afterTime="yesterday")).code == "InvalidParameterValueException"


def test_no_event_has_what_was_attached(cloud: Server, root: Identity, trail: Any) -> None:
    root.client("support").add_attachments_to_set(attachments=[{"fileName": "a", "data": b"secret-secret"}])
    event = trail.named("AddAttachmentsToSet")
    assert "c2VjcmV0LXNlY3JldA" not in json.dumps(event)
