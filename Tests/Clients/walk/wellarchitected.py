"""The Well-Architected Tool: a workload, a lens, a profile and a template that the walk can name."""

import json

from harness import ACCOUNT, Identity
from walk import Samples

ID = "0123456789abcdef0123456789abcdef"
LENS = {
    "schemaVersion": "2021-11-01", "name": "Walked", "description": "One question.",
    "pillars": [{
        "id": "walked", "name": "Walked", "questions": [{
            "id": "walked_1", "title": "Is it walked?", "choices": [
                {"id": "walked_yes", "title": "Yes", "improvementPlan": {"displayText": "Walk."}}],
            "riskRules": [{"condition": "default", "risk": "HIGH_RISK"}]}]}],
}  # fmt: skip


def furnish(root: Identity) -> None:
    api = root.client("wellarchitected")
    workload = api.create_workload(
        WorkloadName="walked", Description="walked", Environment="PRODUCTION", AwsRegions=["us-east-1"],
        ReviewOwner="walker", Lenses=["wellarchitected"],
    )  # fmt: skip
    lens = api.import_lens(JSONString=json.dumps(LENS))["LensArn"]
    profile = api.create_profile(
        ProfileName="walked", ProfileDescription="walked", ProfileQuestions=[
            {"QuestionId": "concern", "SelectedChoiceIds": ["concern_takeover"]},
            {"QuestionId": "stage", "SelectedChoiceIds": ["stage_running"]}],
    )["ProfileArn"]  # fmt: skip
    template = api.create_review_template(TemplateName="walked", Description="walked", Lenses=[])["TemplateArn"]
    SAMPLES.values["WorkloadId"] = workload["WorkloadId"]
    SAMPLES.values["WorkloadArn"] = workload["WorkloadArn"]
    SAMPLES.values["LensAlias"] = lens
    SAMPLES.values["ProfileArn"] = profile
    SAMPLES.values["TemplateArn"] = template


SAMPLES = Samples(furnish=furnish, looks_like_objects=True)
SAMPLES.members(
    WorkloadId=ID, WorkloadArn="", LensAlias="", ProfileArn="", TemplateArn="", LensArn="wellarchitected",
    LensAliases=["wellarchitected"], ProfileArns=[f"arn:aws:wellarchitected:us-east-1:{ACCOUNT}:profile/{ID}"],
    ShareId=ID, ShareInvitationId=ID, SharedWith="444455556666", QuestionId="securely-operate", PillarId="security",
    ChoiceId="sec_securely_operate_no", JSONString=json.dumps(LENS), LensVersion="1", MilestoneName="walked",
    ProfileName="walked too", ProfileDescription="walked", ProfileQuestions=[], TemplateName="walked too",
    Description="walked", WorkloadName="walked too", Lenses=["wellarchitected"], Environment="PRODUCTION",
    Tags={"a": "b"}, TagKeys=["a"],
)  # fmt: skip
