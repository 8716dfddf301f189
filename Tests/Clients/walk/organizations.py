"""Organizations: one with nobody in it but its management account; the rest is made up."""

from harness import Identity, policy
from walk import Samples

MEMBER = "222233334444"


def furnish(root: Identity) -> None:
    root.client("organizations").create_organization()


SAMPLES = Samples(furnish=furnish)
SAMPLES.members(
    AccountId=MEMBER,
    ChildId=MEMBER,
    CreateAccountRequestId="car-12345678",
    DestinationParentId="ou-abcd-87654321",
    Email="x@example.com",
    HandshakeId="h-12345678",
    OrganizationalUnitId="ou-abcd-12345678",
    ParentId="ou-abcd-12345678",
    PolicyId="p-12345678",
    RootId="r-abcd",
    ServicePrincipal="sso.amazonaws.com",
    SourceParentId="ou-abcd-12345678",
    TagKeys=["a"],
    Tags=[{"Key": "a", "Value": "b"}],
    TargetId=MEMBER,
)
SAMPLES.of("CreatePolicy", Content=policy({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}))
SAMPLES.of(
    "PutResourcePolicy",
    Content=policy(
        {"Effect": "Allow", "Principal": {"AWS": MEMBER}, "Action": "organizations:ListPolicies", "Resource": "*"}
    ),
)
for _operation in ("ListTagsForResource", "TagResource", "UntagResource"):
    SAMPLES.of(_operation, ResourceId=MEMBER)
for _operation in ("Describe", "Terminate", "Update"):
    SAMPLES.of(f"{_operation}ResponsibilityTransfer", Id="rt-12345678")
