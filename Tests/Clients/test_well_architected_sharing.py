"""What is shared: invitations, what readers and contributors may do, organizations; profiles and review templates."""

from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, error_of
from harness.organizations import Member, NewOrganization
from test_well_architected_lenses import published, workload

PROFILE = {
    "ProfileName": "Fears", "ProfileDescription": "What we fear", "ProfileQuestions": [
        {"QuestionId": "concern", "SelectedChoiceIds": ["concern_takeover"]},
        {"QuestionId": "stage", "SelectedChoiceIds": ["stage_running"]},
    ],
}  # fmt: skip
FORE = {"securely-operate", "identities", "permissions", "detect-investigate-events", "incident-response"}


@pytest.fixture
def organization(cloud: Server, root: Identity) -> NewOrganization:
    return NewOrganization(cloud)


@pytest.fixture
def other(organization: NewOrganization) -> Member:
    return organization.member("other")


@pytest.fixture
def tool(root: Identity) -> Any:
    return root.client("wellarchitected")


def accept(tool: Any, action: str = "ACCEPT") -> str:
    [invitation] = tool.list_share_invitations()["ShareInvitationSummaries"]
    tool.update_share_invitation(
        ShareInvitationId=invitation["ShareInvitationId"], ShareInvitationAction=action
    )
    return invitation["ShareInvitationId"]


def test_a_workload_is_read_and_answered_by_those_it_is_shared_with(tool: Any, other: Member) -> None:
    shop = workload(tool)
    theirs = other.admin.client("wellarchitected")
    assert error_of(theirs.get_workload, WorkloadId=shop).code == "ResourceNotFoundException"
    share = tool.create_workload_share(WorkloadId=shop, SharedWith=other.account, PermissionType="READONLY")["ShareId"]
    again = error_of(
        tool.create_workload_share, WorkloadId=shop, SharedWith=other.account, PermissionType="READONLY"
    )
    assert again.code == "ConflictException"
    [invitation] = theirs.list_share_invitations(ShareResourceType="WORKLOAD")["ShareInvitationSummaries"]
    assert (invitation["SharedBy"], invitation["WorkloadName"], invitation["PermissionType"]) == (ACCOUNT, "Shop", "READONLY")
    # Nobody sees anything before it is accepted.
    assert error_of(theirs.get_workload, WorkloadId=shop).code == "ResourceNotFoundException"
    assert theirs.list_workloads()["WorkloadSummaries"] == []
    accepted = accept(theirs)
    found = theirs.get_workload(WorkloadId=shop)["Workload"]
    assert (found["Owner"], found["ShareInvitationId"]) == (ACCOUNT, accepted)
    assert [one["WorkloadId"] for one in theirs.list_workloads()["WorkloadSummaries"]] == [shop]
    given = {
        "WorkloadId": shop, "LensAlias": "wellarchitected", "QuestionId": "identities",
        "SelectedChoices": ["sec_identities_no"],
    }  # fmt: skip
    assert error_of(theirs.update_answer, **given).code == "AccessDeniedException"
    tool.update_workload_share(WorkloadId=shop, ShareId=share, PermissionType="CONTRIBUTOR")
    assert theirs.update_answer(**given)["Answer"]["Risk"] == "HIGH"
    assert tool.get_workload(WorkloadId=shop)["Workload"]["RiskCounts"]["HIGH"] == 1
    for call, more in [
        (theirs.update_workload, {"Notes": "Mine"}), (theirs.delete_workload, {}),
        (theirs.create_milestone, {"MilestoneName": "Mine"}), (theirs.list_workload_shares, {}),
    ]:  # fmt: skip
        assert error_of(call, WorkloadId=shop, **more).code == "AccessDeniedException"
    [listed] = tool.list_workload_shares(WorkloadId=shop)["WorkloadShareSummaries"]
    assert (listed["SharedWith"], listed["Status"], listed["PermissionType"]) == (other.account, "ACCEPTED", "CONTRIBUTOR")
    metrics = theirs.get_consolidated_report(Format="JSON", IncludeSharedResources=True)["Metrics"]
    assert [one["WorkloadId"] for one in metrics] == [shop]
    assert theirs.get_consolidated_report(Format="JSON")["Metrics"] == []
    tool.delete_workload_share(WorkloadId=shop, ShareId=share)
    assert error_of(theirs.get_workload, WorkloadId=shop).code == "ResourceNotFoundException"


def test_a_user_alone_is_let_in(tool: Any, other: Member) -> None:
    shop = workload(tool)
    everything = {"Effect": "Allow", "Action": "wellarchitected:*", "Resource": "*"}
    ann, bob = other.user("ann", everything), other.user("bob", everything)
    arn = f"arn:aws:iam::{other.account}:user/ann"
    tool.create_workload_share(WorkloadId=shop, SharedWith=arn, PermissionType="READONLY")
    accept(ann.client("wellarchitected"))
    assert ann.client("wellarchitected").get_workload(WorkloadId=shop)["Workload"]["WorkloadName"] == "Shop"
    assert bob.client("wellarchitected").list_share_invitations()["ShareInvitationSummaries"] == []
    assert error_of(bob.client("wellarchitected").get_workload, WorkloadId=shop).code == "ResourceNotFoundException"


def test_an_invitation_is_rejected_or_runs_out(cloud: Server, tool: Any, other: Member) -> None:
    shop = workload(tool)
    theirs = other.admin.client("wellarchitected")
    given = {"WorkloadId": shop, "SharedWith": other.account, "PermissionType": "READONLY"}
    tool.create_workload_share(**given)
    rejected = accept(theirs, "REJECT")
    answered = error_of(
        theirs.update_share_invitation, ShareInvitationId=rejected, ShareInvitationAction="ACCEPT"
    )
    assert answered.code == "ConflictException"
    assert tool.list_workload_shares(WorkloadId=shop)["WorkloadShareSummaries"][0]["Status"] == "REJECTED"
    # It can be tried again.
    tool.create_workload_share(**given)
    assert len(theirs.list_share_invitations()["ShareInvitationSummaries"]) == 1


def test_the_whole_organization_sees_it(tool: Any, other: Member, organization: NewOrganization) -> None:
    shop = workload(tool)
    theirs = other.admin.client("wellarchitected")
    given = {"WorkloadId": shop, "SharedWith": organization.id, "PermissionType": "READONLY"}
    assert error_of(tool.create_workload_share, **given).code == "ValidationException"
    tool.update_global_settings(OrganizationSharingStatus="ENABLED")
    stranger = {**given, "SharedWith": "o-abcdefghij"}
    assert error_of(tool.create_workload_share, **stranger).code == "ValidationException"
    tool.create_workload_share(**given)
    assert tool.list_workload_shares(WorkloadId=shop)["WorkloadShareSummaries"][0]["Status"] == "ASSOCIATED"
    assert theirs.get_workload(WorkloadId=shop)["Workload"]["WorkloadName"] == "Shop"
    unit = organization.unit("inner")
    second = workload(tool, name="Second")
    tool.create_workload_share(WorkloadId=second, SharedWith=unit, PermissionType="READONLY")
    assert error_of(theirs.get_workload, WorkloadId=second).code == "ResourceNotFoundException"
    organization.move(other, unit)
    assert theirs.get_workload(WorkloadId=second)["Workload"]["WorkloadName"] == "Second"


def test_a_lens_is_used_by_those_it_is_shared_with(tool: Any, other: Member) -> None:
    arn = published(tool)
    theirs = other.admin.client("wellarchitected")
    assert error_of(theirs.get_lens, LensAlias=arn).code == "ResourceNotFoundException"
    share = tool.create_lens_share(LensAlias=arn, SharedWith=other.account)["ShareId"]
    accept(theirs)
    assert [one["LensType"] for one in theirs.list_lenses()["LensSummaries"]] == ["AWS_OFFICIAL", "CUSTOM_SHARED"]
    shop = workload(theirs, arn)
    assert [one["Status"] for one in tool.list_lens_shares(LensAlias=arn)["LensShareSummaries"]] == ["ACCEPTED"]
    tool.delete_lens_share(LensAlias=arn, ShareId=share)
    review = theirs.get_lens_review(WorkloadId=shop, LensAlias=arn)["LensReview"]
    assert (review["LensStatus"], review["LensName"]) == ("UNSHARED", "House rules")
    assert error_of(tool.create_lens_share, LensAlias="wellarchitected", SharedWith=other.account).code == "ValidationException"


def test_a_profile_says_what_comes_first(tool: Any) -> None:
    form = tool.get_profile_template()["ProfileTemplate"]
    assert {one["QuestionId"] for one in form["TemplateQuestions"]} == {"concern", "stage", "duty"}
    made = tool.create_profile(**PROFILE)
    arn = made["ProfileArn"]
    shop = workload(tool)
    assert "PrioritizedRiskCounts" not in tool.get_workload(WorkloadId=shop)["Workload"]
    tool.associate_profiles(WorkloadId=shop, ProfileArns=[arn])
    found = tool.get_workload(WorkloadId=shop)["Workload"]
    assert found["PrioritizedRiskCounts"] == {"UNANSWERED": len(FORE)}
    assert found["Profiles"] == [{"ProfileArn": arn, "ProfileVersion": "1"}]
    listed = tool.list_answers(
        WorkloadId=shop, LensAlias="wellarchitected", QuestionPriority="PRIORITIZED", MaxResults=50
    )["AnswerSummaries"]
    assert {one["QuestionId"] for one in listed} == FORE
    assert {one["QuestionType"] for one in listed} == {"PRIORITIZED"}
    tool.update_profile(
        ProfileArn=arn, ProfileQuestions=[{"QuestionId": "concern", "SelectedChoiceIds": ["concern_disclosure"]}]
    )
    [notice] = tool.list_profile_notifications()["NotificationSummaries"]
    versions = (notice["CurrentProfileVersion"], notice["LatestProfileVersion"])
    assert (notice["Type"], versions) == ("PROFILE_ANSWERS_UPDATED", ("1", "2"))
    tool.upgrade_profile_version(WorkloadId=shop, ProfileArn=arn, MilestoneName="Before")
    assert tool.list_profile_notifications()["NotificationSummaries"] == []
    assert tool.get_workload(WorkloadId=shop)["Workload"]["Profiles"][0]["ProfileVersion"] == "2"
    before = tool.get_profile(ProfileArn=arn, ProfileVersion="1")["Profile"]["ProfileQuestions"][0]
    assert before["SelectedChoiceIds"] == ["concern_takeover"]
    tool.delete_profile(ProfileArn=arn)
    assert tool.list_profiles()["ProfileSummaries"] == []
    assert tool.list_profile_notifications()["NotificationSummaries"][0]["Type"] == "PROFILE_DELETED"
    tool.disassociate_profiles(WorkloadId=shop, ProfileArns=[arn])
    assert tool.list_profile_notifications()["NotificationSummaries"] == []


def test_profiles_that_can_not_be(tool: Any) -> None:
    for questions in [
        [], [{"QuestionId": "concern", "SelectedChoiceIds": []}], [{"QuestionId": "luck", "SelectedChoiceIds": ["x"]}],
        [{"QuestionId": "stage", "SelectedChoiceIds": ["stage_design", "stage_running"]}],
    ]:  # fmt: skip
        refused = error_of(tool.create_profile, **{**PROFILE, "ProfileQuestions": questions})
        assert refused.code == "ValidationException"
    tool.create_profile(**PROFILE)
    assert error_of(tool.create_profile, **{**PROFILE, "ProfileName": "fears"}).code == "ConflictException"


def test_a_template_answers_for_new_workloads(tool: Any, other: Member) -> None:
    arn = tool.create_review_template(
        TemplateName="Base", Description="What all have", Lenses=[], Notes="From base"
    )["TemplateArn"]
    given = {"TemplateArn": arn, "LensAlias": "wellarchitected"}
    found = tool.update_review_template_answer(
        **given, QuestionId="data-classification", SelectedChoices=["sec_data_classification_no"], Notes="Not yet"
    )["Answer"]
    assert (found["AnswerStatus"], found["Notes"]) == ("ANSWERED", "Not yet")
    tool.update_review_template_lens_review(**given, LensNotes="By base", PillarNotes={"security": "Mind"})
    template = tool.get_review_template(TemplateArn=arn)["ReviewTemplate"]
    assert (template["QuestionCounts"], template["UpdateStatus"]) == ({"ANSWERED": 1, "UNANSWERED": 10}, "CURRENT")
    review = tool.get_review_template_lens_review(**given)["LensReview"]
    assert (review["Notes"], review["QuestionCounts"]["ANSWERED"]) == ("By base", 1)
    answers = tool.list_review_template_answers(**given, MaxResults=50)["AnswerSummaries"]
    assert [one["QuestionId"] for one in answers if one["AnswerStatus"] == "ANSWERED"] == ["data-classification"]
    theirs = other.admin.client("wellarchitected")
    made = {
        "WorkloadName": "Shop", "Description": "What is sold", "Environment": "PRODUCTION", "AwsRegions": ["us-east-1"],
        "ReviewOwner": "auditors", "Lenses": [], "ReviewTemplateArns": [arn],
    }  # fmt: skip
    assert error_of(theirs.create_workload, **made).code == "ResourceNotFoundException"
    tool.create_template_share(TemplateArn=arn, SharedWith=other.account)
    accept(theirs)
    assert [one["TemplateArn"] for one in theirs.list_review_templates()["ReviewTemplates"]] == [arn]
    for api in (tool, theirs):
        shop = api.create_workload(**made)["WorkloadId"]
        answer = api.get_answer(WorkloadId=shop, LensAlias="wellarchitected", QuestionId="data-classification")["Answer"]
        assert (answer["Risk"], answer["Notes"]) == ("HIGH", "Not yet")
        review = api.get_lens_review(WorkloadId=shop, LensAlias="wellarchitected")["LensReview"]
        assert (review["Notes"], review["PillarReviewSummaries"][0]["Notes"]) == ("By base", "Mind")
        assert api.get_workload(WorkloadId=shop)["Workload"]["Notes"] == "From base"
    assert error_of(theirs.update_review_template, TemplateArn=arn, Notes="Mine").code == "ResourceNotFoundException"
    tool.delete_review_template(TemplateArn=arn)
    assert theirs.list_review_templates()["ReviewTemplates"] == []
