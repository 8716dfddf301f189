"""Access Analyzer: an analyzer with an archive rule."""

from harness import ACCOUNT, Identity
from walk import Samples

ARN = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/x"


def furnish(root: Identity) -> None:
    api = root.client("accessanalyzer")
    api.create_analyzer(analyzerName="x", type="ACCOUNT")
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
