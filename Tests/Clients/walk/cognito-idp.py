"""Cognito: a user pool with all that it can have, and a user who is signed in. What they are called is known only when
they are there."""

from harness import ACCOUNT, Identity
from walk import Samples

UNKNOWN = "us-east-1_unknown00"
PASSWORD = "Analytical-1"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/11111111-2222-3333-4444-555555555555"
GOOGLE = {"client_id": "x", "client_secret": "x", "authorize_scopes": "openid"}
BY_CLIENT = "the app client is named; its user proves who they are by what they know"
BY_TOKEN = "an access token proves it"
BY_SESSION = "an access token or a session proves it"


def furnish(root: Identity) -> None:
    cognito = root.client("cognito-idp")
    audit = {"AdvancedSecurityMode": "AUDIT"}
    pool = cognito.create_user_pool(PoolName="x", UserPoolAddOns=audit, UserPoolTier="PLUS")["UserPool"]
    names = {"UserPoolId": pool["Id"]}
    flows = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]
    made = cognito.create_user_pool_client(**names, ClientName="x", ExplicitAuthFlows=flows)
    client = made["UserPoolClient"]["ClientId"]
    cognito.create_group(**names, GroupName="x")
    cognito.create_resource_server(**names, Identifier="x", Name="x")
    cognito.create_identity_provider(
        **names, ProviderName="Google", ProviderType="Google", ProviderDetails=GOOGLE, IdpIdentifiers=["x"]
    )
    cognito.create_user_pool_domain(**names, Domain="walk")
    branding = cognito.create_managed_login_branding(**names, ClientId=client, UseCognitoProvidedValues=True)
    terms = cognito.create_terms(
        **names,
        ClientId=client,
        TermsName="terms-of-use",
        TermsSource="LINK",
        Enforcement="NONE",
        Links={"cognito:default": "https://example.com/terms"},
    )
    cognito.admin_create_user(**names, Username="x", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(**names, Username="x", Password=PASSWORD, Permanent=True)
    tokens = cognito.admin_initiate_auth(
        **names,
        ClientId=client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "x", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    event = cognito.admin_list_user_auth_events(**names, Username="x")["AuthEvents"][0]
    SAMPLES.values.update(
        EventId=event["EventId"],
        UserPoolId=pool["Id"],
        ResourceArn=pool["Arn"],
        ClientId=client,
        ManagedLoginBrandingId=branding["ManagedLoginBranding"]["ManagedLoginBrandingId"],
        TermsId=terms["Terms"]["TermsId"],
        AccessToken=tokens["AccessToken"],
        RefreshToken=tokens["RefreshToken"],
        Token=tokens["RefreshToken"],
    )
    for operation in BRANDED:
        SAMPLES.values[f"{operation}.ManagedLoginBrandingId"] = SAMPLES.values["ManagedLoginBrandingId"]
        SAMPLES.values[f"{operation}.UserPoolId"] = pool["Id"]
    for operation in WITH_SESSIONS:
        SAMPLES.values[f"{operation}.AccessToken"] = tokens["AccessToken"]


#: Of those, the model requires neither name.
BRANDED = ("UpdateManagedLoginBranding",)
WITH_SESSIONS = ("AssociateSoftwareToken", "VerifySoftwareToken", "ForgetDevice", "GetDevice")

SAMPLES = Samples(
    furnish=furnish,
    needs_no_signature={
        "AssociateSoftwareToken": BY_SESSION,
        "ChangePassword": BY_TOKEN,
        "CompleteWebAuthnRegistration": BY_TOKEN,
        "ConfirmDevice": BY_TOKEN,
        "ConfirmForgotPassword": BY_CLIENT,
        "ConfirmSignUp": BY_CLIENT,
        "DeleteUser": BY_TOKEN,
        "DeleteUserAttributes": BY_TOKEN,
        "DeleteWebAuthnCredential": BY_TOKEN,
        "ForgetDevice": BY_TOKEN,
        "ForgotPassword": BY_CLIENT,
        "GetDevice": BY_TOKEN,
        "GetTokensFromRefreshToken": "the refresh token proves it",
        "GetUser": BY_TOKEN,
        "GetUserAttributeVerificationCode": BY_TOKEN,
        "GetUserAuthFactors": BY_TOKEN,
        "GlobalSignOut": BY_TOKEN,
        "InitiateAuth": BY_CLIENT,
        "ListDevices": BY_TOKEN,
        "ListWebAuthnCredentials": BY_TOKEN,
        "ResendConfirmationCode": BY_CLIENT,
        "RespondToAuthChallenge": BY_CLIENT,
        "RevokeToken": "the refresh token proves it",
        "SetUserMFAPreference": BY_TOKEN,
        "SetUserSettings": BY_TOKEN,
        "SignUp": BY_CLIENT,
        "StartWebAuthnRegistration": BY_TOKEN,
        "UpdateAuthEventFeedback": "the token that came by mail proves it",
        "UpdateDeviceStatus": BY_TOKEN,
        "UpdateUserAttributes": BY_TOKEN,
        "VerifySoftwareToken": BY_SESSION,
        "VerifyUserAttribute": BY_TOKEN,
    },
)
SAMPLES.members(
    AccessToken="x",
    AttributeName="email",
    ClientId="x" * 26,
    ClientSecretId="x",
    CloudWatchLogsRoleArn=f"arn:aws:iam::{ACCOUNT}:role/x",
    Credential={},
    CustomAttributes=[{"Name": "x", "AttributeDataType": "String"}],
    DeviceKey="us-east-1_11111111-2222-3333-4444-555555555555",
    Domain="walk",
    EventId="01890000-0000-7000-8000-000000000000",
    FeedbackToken="x",
    FeedbackValue="Valid",
    GroupName="x",
    Identifier="x",
    IdpIdentifier="x",
    JobId="import-x",
    LogConfigurations=[],
    ManagedLoginBrandingId="11111111-2222-4333-8444-555555555555",
    Password=PASSWORD,
    ProposedPassword=PASSWORD,
    ProviderDetails=GOOGLE,
    ProviderName="Google",
    ProviderType="Google",
    RefreshToken="x",
    ResourceArn=f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{UNKNOWN}",
    TagKeys=["x"],
    Tags={"x": "y"},
    TermsId="11111111-2222-4333-8444-555555555555",
    TermsName="privacy-policy",
    Token="x",
    UserAttributeNames=["name"],
    UserAttributes=[{"Name": "name", "Value": "x"}],
    UserCode="123456",
    UserPoolId=UNKNOWN,
    Username="x",
)
SAMPLES.of("CreateGroup", GroupName="y", RoleArn=f"arn:aws:iam::{ACCOUNT}:role/x")
SAMPLES.of("UpdateGroup", RoleArn=f"arn:aws:iam::{ACCOUNT}:role/x")
SAMPLES.of("CreateResourceServer", Identifier="y")
SAMPLES.of("CreateTerms", Links={"cognito:default": "https://example.com/terms"})
SAMPLES.of("CreateUserPoolDomain", Domain="auth.example.com", CustomDomainConfig={"CertificateArn": CERTIFICATE})
SAMPLES.of("SignUp", Username="y", Password=PASSWORD)
SAMPLES.of(
    "CreateUserPool", UserPoolTags={"x": "y"}, SmsConfiguration={"SnsCallerArn": f"arn:aws:iam::{ACCOUNT}:role/x"}
)
SAMPLES.of("UpdateUserPool", SmsConfiguration={"SnsCallerArn": f"arn:aws:iam::{ACCOUNT}:role/x"})
SAMPLES.of("UpdateManagedLoginBranding", UserPoolId=UNKNOWN, ManagedLoginBrandingId="x", UseCognitoProvidedValues=True)
for _operation in WITH_SESSIONS:
    SAMPLES.of(_operation, AccessToken="x")
