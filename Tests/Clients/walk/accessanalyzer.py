"""Access Analyzer: an analyzer with an archive rule and an access preview, whose id is known only when it is there."""

import time

from harness import ACCOUNT, Identity, allow, policy
from walk import Samples

ARN = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/x"

CONFIGURATIONS = {f"arn:aws:sqs:us-east-1:{ACCOUNT}:x": {"sqsQueue": {}}}
POLICY = policy(allow("s3:GetObject"))


def furnish(root: Identity) -> None:
    api = root.client("accessanalyzer")
    api.create_analyzer(analyzerName="x", type="ACCOUNT")
    preview = api.create_access_preview(analyzerArn=ARN, configurations=CONFIGURATIONS)["id"]
    SAMPLES.values["accessPreviewId"] = preview
    while api.get_access_preview(analyzerArn=ARN, accessPreviewId=preview)["accessPreview"]["status"] == "CREATING":
        time.sleep(0.05)
    api.create_archive_rule(analyzerName="x", ruleName="x", filter={"isPublic": {"eq": ["false"]}})


SAMPLES = Samples(
    prefix="access-analyzer",
    event_source="access-analyzer.amazonaws.com",
    furnish=furnish,
    looks_like_objects=True,
    denied_in_the_end={
        "CreateServiceLinkedAnalyzer": "Only authorized AWS services",
    },
)
SAMPLES.members(analyzerArn=ARN, filter={"isPublic": {"eq": ["true"]}}, resourceArn=ARN)
SAMPLES.of("CreateAnalyzer", analyzerName="unused", type="ACCOUNT_UNUSED_ACCESS")
SAMPLES.members(
    accessPreviewId="00000000-0000-0000-0000-000000000000", configurations=CONFIGURATIONS,
    existingPolicyDocument=POLICY, newPolicyDocument=POLICY, policyDocument=POLICY,
)
SAMPLES.of("CheckAccessNotGranted", access=[{"actions": ["s3:GetObject"]}])
SAMPLES.of("StartPolicyGeneration", policyGenerationDetails={"principalArn": f"arn:aws:iam::{ACCOUNT}:role/x"})
