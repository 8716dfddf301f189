"""WAF: one of each thing, whose ids are known only when they are there."""

from harness import ACCOUNT, Identity
from walk import Samples

ID = "00000000-0000-4000-8000-000000000001"
VISIBILITY = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "x"}
WEB_ACL = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:regional/webacl/x/{ID}"
RULE_GROUP = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:regional/rulegroup/x/{ID}"
LOAD_BALANCER = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/x/50dc6c495c0c9188"
LOGGING = {"ResourceArn": WEB_ACL, "LogDestinationConfigs": ["arn:aws:s3:::aws-waf-logs-x"]}


def furnish(root: Identity) -> None:
    waf = root.client("wafv2")
    waf.create_web_acl(Name="x", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=VISIBILITY)


SAMPLES = Samples(furnish=furnish)
SAMPLES.members(
    Scope="REGIONAL", Id=ID, LockToken=ID, WebACLLockToken=ID, WebACLId=ID, VisibilityConfig=VISIBILITY,
    DefaultAction={"Allow": {}}, Addresses=["192.0.2.0/24"], WebACLArn=WEB_ACL, WebAclArn=WEB_ACL, ResourceARN=WEB_ACL,
    Tags=[{"Key": "a", "Value": "b"}], TagKeys=["a"], TokenDomains=["shop.example"], ResourceArn=LOAD_BALANCER,
    LoggingConfiguration=LOGGING,
)  # fmt: skip
SAMPLES.of("GetWebACL", ARN=WEB_ACL)
SAMPLES.of("GetRuleGroup", ARN=RULE_GROUP)
for operation in ("GetPermissionPolicy", "PutPermissionPolicy", "DeletePermissionPolicy"):
    SAMPLES.of(operation, ResourceArn=RULE_GROUP)
for operation in ("GetLoggingConfiguration", "DeleteLoggingConfiguration"):
    SAMPLES.of(operation, ResourceArn=WEB_ACL)
