"""Identity pools: one with an identity."""

from harness import ACCOUNT, Identity
from walk import Samples

PROVEN = "whoever has the identity's id and its logins may; resource control policies are asked"


def furnish(root: Identity) -> None:
    # The ids are made by the server: what the samples name is nobody's.
    root.client("cognito-identity").create_identity_pool(
        IdentityPoolName="x", AllowUnauthenticatedIdentities=True, DeveloperProviderName="login.example"
    )


POOL = "us-east-1:00000000-0000-4000-8000-000000000001"

SAMPLES = Samples(
    furnish=furnish,
    data_events={
        "GetCredentialsForIdentity", "GetId", "GetOpenIdToken", "GetOpenIdTokenForDeveloperIdentity", "UnlinkIdentity",
    },
    needs_no_signature={
        operation: PROVEN for operation in ("GetCredentialsForIdentity", "GetId", "GetOpenIdToken", "UnlinkIdentity")
    },
)  # fmt: skip
SAMPLES.members(
    IdentityPoolId=POOL,
    IdentityId="us-east-1:00000000-0000-4000-8000-000000000002",
    IdentityIdsToDelete=["us-east-1:00000000-0000-4000-8000-000000000002"],
    ResourceArn=f"arn:aws:cognito-identity:us-east-1:{ACCOUNT}:identitypool/{POOL}",
    DeveloperProviderName="login.example",
    LoginsToRemove=["graph.facebook.com"],
)
SAMPLES.of("SetIdentityPoolRoles", Roles={"authenticated": f"arn:aws:iam::{ACCOUNT}:role/x"})
SAMPLES.of("TagResource", Tags={"a": "b"})
SAMPLES.of("UntagResource", TagKeys=["a"])
