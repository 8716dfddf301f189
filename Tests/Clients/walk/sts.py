"""STS: a role and a SAML provider to ask for, named x."""

from harness import ACCOUNT, Identity, trust
from harness import saml
from walk import Samples


def furnish(root: Identity) -> None:
    root.iam.create_role(RoleName="x", AssumeRolePolicyDocument=trust(ACCOUNT))
    root.iam.create_saml_provider(Name="x", SAMLMetadataDocument=saml.IdentityProvider().metadata())


SAMPLES = Samples(
    furnish=furnish,
    needs_no_permission={
        "GetCallerIdentity": "answers even under an explicit deny: whoever holds a key may know whose it is",
        "GetSessionToken": "needs no permission: its session can do no more than the long-term key that asks",
    },
    needs_no_signature={
        "AssumeRoleWithSAML": "the assertion proves it",
        "AssumeRoleWithWebIdentity": "the token proves it",
    },
    denied_in_the_end={"AssumeRoot": "the account is not in an organization"},
)
SAMPLES.members(
    AccessKeyId="AKIAAAAAAAAAAAAAAAAA",
    PrincipalArn=f"arn:aws:iam::{ACCOUNT}:saml-provider/x",
    RoleArn=f"arn:aws:iam::{ACCOUNT}:role/x",
)
SAMPLES.of(
    "AssumeRoot",
    TargetPrincipal="444455556666",
    TaskPolicyArn={"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"},
)
SAMPLES.of("DecodeAuthorizationMessage", EncodedMessage="AAAA")
SAMPLES.of("GetFederationToken", Name="guest")
