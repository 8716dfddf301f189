"""IAM: an account with one of each, named x."""

from harness import ACCOUNT, ROOT_KEY_ID, Identity, policy, trust
from harness import saml
from walk import Samples

X_USER = f"arn:aws:iam::{ACCOUNT}:user/x"
TRUST = trust(ACCOUNT)
DOCUMENT = policy({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
METADATA = saml.IdentityProvider().metadata()


def furnish(root: Identity) -> None:
    iam = root.iam
    iam.create_user(UserName="x")
    iam.create_group(GroupName="x")
    iam.create_role(RoleName="x", AssumeRolePolicyDocument=TRUST)
    iam.create_policy(PolicyName="x", PolicyDocument=DOCUMENT)
    iam.create_instance_profile(InstanceProfileName="x")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="x")
    iam.create_saml_provider(Name="x", SAMLMetadataDocument=METADATA)


def resource(named: str) -> str:
    """A denial names the access key; the permission is on its user, here root."""
    return f"arn:aws:iam::{ACCOUNT}:root" if named.startswith("access key ") else named


SAMPLES = Samples(furnish=furnish, resource=resource)
SAMPLES.members(
    AWSServiceName="ecs.amazonaws.com",
    AccessKeyId="AKIAAAAAAAAAAAAAAAAA",
    AccountAlias="an-alias",
    AssumeRolePolicyDocument=TRUST,
    AuthenticationCode1="123456",
    AuthenticationCode2="654321",
    CertificateBody="-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    CertificateId="A" * 24,
    DelegationRequestId="dr-00000000000000000000",
    DeletionTaskId="task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/" + "0" * 36,
    EntityArn=f"arn:aws:iam::{ACCOUNT}:delegation-request/dr-00000000000000000000",
    JobId="0" * 36,
    NewPassword="Correct-Horse-8",
    NotificationChannel=f"arn:aws:sns:us-east-1:{ACCOUNT}:topic",
    OldPassword="Correct-Horse-7",
    OpenIDConnectProviderArn=f"arn:aws:iam::{ACCOUNT}:oidc-provider/example.com",
    Permissions={"PolicyTemplateArn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"},
    PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess",
    PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/x",
    PolicyDocument=DOCUMENT,
    PolicyInputList=[DOCUMENT],
    PolicySourceArn=X_USER,
    PrivateKey="-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    SAMLMetadataDocument=METADATA,
    SAMLProviderArn=f"arn:aws:iam::{ACCOUNT}:saml-provider/x",
    SerialNumber=f"arn:aws:iam::{ACCOUNT}:mfa/x",
    TagKeys=["a"],
    Tags=[{"Key": "a", "Value": "b"}],
    Url="https://example.com",
    VersionId="v1",
)
SAMPLES.of("CreateSAMLProvider", Name="y")
SAMPLES.of("CreateServiceSpecificCredential", ServiceName="codecommit.amazonaws.com")
SAMPLES.of("GenerateOrganizationsAccessReport", EntityPath="o-aaaaaaaaaa/r-aaaa")
SAMPLES.of("GenerateServiceLastAccessedDetails", Arn=X_USER)
SAMPLES.of("GetAccessKeyLastUsed", AccessKeyId=ROOT_KEY_ID)
SAMPLES.of("GetMFADevice", SerialNumber=f"arn:aws:iam::{ACCOUNT}:u2f/user/x/key")
SAMPLES.of("ListPoliciesGrantingServiceAccess", Arn=X_USER)
SAMPLES.of("UpdateAssumeRolePolicy", PolicyDocument=TRUST)
