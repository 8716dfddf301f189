"""Shield: a subscription, and one of each thing that needs nothing else."""

from harness import ACCOUNT, Identity
from walk import Samples

ID = "00000000-0000-4000-8000-000000000001"
BALANCER = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/x/50dc6c495c0c9188"
CONTACT = {"EmailAddress": "x@example.com", "PhoneNumber": "+15555550100"}


def furnish(root: Identity) -> None:
    shield = root.client("shield")
    shield.create_subscription()
    shield.create_protection_group(ProtectionGroupId="x", Aggregation="SUM", Pattern="ALL")


# Of an attack that is not there nobody is told whether it is.
SAMPLES = Samples(furnish=furnish, denied_in_the_end={"DescribeAttack": "The attack does not exist"})
SAMPLES.members(
    ProtectionId=ID, ProtectionGroupId="x", Aggregation="SUM", Pattern="ALL", ResourceArn=BALANCER, Action={"Block": {}},
    AttackId=ID, HealthCheckArn=f"arn:aws:route53:::healthcheck/{ID}", LogBucket="some-logs",
    RoleArn=f"arn:aws:iam::{ACCOUNT}:role/x", EmergencyContactList=[CONTACT], Tags=[{"Key": "a", "Value": "b"}],
    TagKeys=["a"], ResourceARN=f"arn:aws:shield::{ACCOUNT}:protection-group/x", Name="x",
)  # fmt: skip
