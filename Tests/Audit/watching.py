"""What watches an account: a trail into a log group, the CIS benchmark's filters and alarms, and AWS Config."""

from __future__ import annotations

import shlex

import accounts
from harness import ACCOUNT, Identity, Server, allow, policy, trust
from harness.configuration import Recording
from harness.server import gatehouse

GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail"


def watched(server: Server) -> Identity:
    """A secured account that is watched as the CIS benchmark says. Returns the auditor."""
    root = server.root
    deliver(root)
    Recording(root)
    topic = root.client("sns").create_topic(Name="alarms")["TopicArn"]
    # Who is told has to confirm it: nobody has.
    root.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="security@example.com")
    printed = gatehouse("cis-alarms", "--log-group", "trail", "--topic", topic).stdout.replace("\\\n", " ")
    for line in printed.splitlines():
        if not line.startswith("#"):
            root.aws(*shlex.split(line)[1:])
    return accounts.secure(server)


def deliver(root: Identity) -> None:
    """A trail of all Regions that delivers to a bucket and to a log group."""
    root.client("logs").create_log_group(logGroupName="trail")
    s3 = root.client("s3")
    s3.create_bucket(Bucket="trails")
    service = {"Service": "cloudtrail.amazonaws.com"}
    s3.put_bucket_policy(
        Bucket="trails",
        Policy=policy(
            allow("s3:GetBucketAcl", "arn:aws:s3:::trails", Principal=service),
            allow("s3:PutObject", "arn:aws:s3:::trails/*", Principal=service),
        ),
    )
    role = root.iam.create_role(RoleName="trail", AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
    root.iam.put_role_policy(
        RoleName="trail", PolicyName="deliver",
        PolicyDocument=policy(allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{GROUP}:*")))
    root.cloudtrail.create_trail(
        Name="main", S3BucketName="trails", IsMultiRegionTrail=True, EnableLogFileValidation=True,
        CloudWatchLogsLogGroupArn=f"{GROUP}:*", CloudWatchLogsRoleArn=role)
    root.cloudtrail.start_logging(Name="main")
