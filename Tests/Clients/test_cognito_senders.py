"""Functions that send the messages of user pools, told by events with codes that AWS's own Encryption SDK opens."""

import base64
import time
from collections.abc import Callable, Iterator
from typing import Any

import aws_encryption_sdk
import pytest
from aws_encryption_sdk import CommitmentPolicy
from botocore.exceptions import ClientError
from test_cognito_protection import FAR, enter, events, protected, takeover
from test_kms_encryption_sdk import provider

from harness import ACCOUNT, Identity, Server, Trail, allow, error_of, policy
from harness.functions import FUNCTION, Function
from harness.patience import PATIENCE
from harness.sign_in import FLOWS, answer
from harness.user_pools import PASSWORD, UserPool, attributes

#: As AWS's guide has it: Cognito's messages have no key commitment.
SDK = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)
UNDECLARED = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:nowhere"


class Sender(Function):
    def next(self) -> Any:
        """The next event, which comes by itself."""
        end = time.monotonic() + PATIENCE
        while not self.events:
            assert time.monotonic() < end, "no event has come"
            time.sleep(0.02)
        return self.events.pop(0)


@pytest.fixture(scope="module")
def sender_server() -> Iterator[tuple[Server, Sender]]:
    sender = Sender()
    with Server("--event-destination", f"{FUNCTION}={sender.url}") as server:
        yield server, sender
    sender.server.shutdown()


@pytest.fixture
def sender(sender_server: tuple[Server, Sender]) -> Sender:
    sender = sender_server[1]
    sender.events.clear()
    sender.behaviour = lambda event: (200, {}, b"null")
    return sender


@pytest.fixture
def root(sender_server: tuple[Server, Sender]) -> Identity:
    return sender_server[0].root


@pytest.fixture
def key(root: Identity) -> str:
    return str(root.client("kms").create_key()["KeyMetadata"]["Arn"])


def senders(key: str, *names: str, function: str = FUNCTION) -> dict[str, Any]:
    versioned = {"LambdaVersion": "V1_0", "LambdaArn": function}
    return {name: versioned for name in names or ("CustomEmailSender", "CustomSMSSender")} | {"KMSKeyID": key}


@pytest.fixture
def make(sender_server: tuple[Server, Sender], sender: Sender, key: str) -> Callable[..., UserPool]:
    def make(**settings: Any) -> UserPool:
        settings = {"AutoVerifiedAttributes": ["email"], "LambdaConfig": senders(key)} | settings
        return UserPool(sender_server[0], client={"ExplicitAuthFlows": FLOWS}, **settings)

    return make


def opened(event: Any, identity: Identity, key: str) -> str:
    sealed = base64.b64decode(event["request"]["code"], validate=True)
    text, header = SDK.decrypt(source=sealed, key_provider=provider(identity, key))
    assert header.encryption_context.keys() == {"userpool-id", "aws-crypto-public-key"}
    assert header.encryption_context["userpool-id"] == event["userPoolId"]
    return str(text.decode())


def test_a_function_sends(make: Callable[..., UserPool], sender: Sender, root: Identity, key: str) -> None:
    pool = make()
    before = len(pool.outbox())
    answered = pool.app.sign_up(
        ClientId=pool.client, Username="ann", Password=PASSWORD, UserAttributes=attributes(email="ann@example.com"),
        ClientMetadata={"from": "test"},
    )  # fmt: skip
    assert answered["CodeDeliveryDetails"]["Destination"] == "a***@e***"
    event = sender.next()
    code = opened(event, root, key)
    # The version of the format and the algorithm suite are Cognito's.
    assert base64.b64decode(event["request"].pop("code"))[:4] == bytes.fromhex("01800378")
    assert event["callerContext"].pop("awsSdkVersion").startswith("aws-sdk-")
    assert event == {
        "version": "1",
        "region": "us-east-1",
        "userPoolId": pool.id,
        "userName": "ann",
        "callerContext": {"clientId": pool.client},
        "triggerSource": "CustomEmailSender_SignUp",
        "request": {
            "type": "customEmailSenderRequestV1",
            "clientMetadata": {"from": "test"},
            "userAttributes": {
                "sub": answered["UserSub"],
                "cognito:user_status": "UNCONFIRMED",
                "email": "ann@example.com",
            },
        },
        "response": {},
    }
    pool.confirm("ann", code)
    assert pool.status("ann") == "CONFIRMED" and len(pool.outbox()) == before
    record = Trail(root).named("GenerateDataKey")
    assert record["userIdentity"]["invokedBy"] == "cognito-idp.amazonaws.com"
    assert record["requestParameters"]["encryptionContext"]["userpool-id"] == pool.id
    # Who may not use the key can't read codes.
    root.iam.create_user(UserName="eve")
    eve = Identity.of_key(root.url, root.iam.create_access_key(UserName="eve")["AccessKey"])
    pool.app.forgot_password(ClientId=pool.client, Username="ann")
    event = sender.next()
    with pytest.raises(Exception):
        opened(event, eve, key)
    call = {"ClientId": pool.client, "Username": "ann", "Password": PASSWORD + "2"}
    pool.app.confirm_forgot_password(ConfirmationCode=opened(event, root, key), **call)


def test_every_source(make: Callable[..., UserPool], sender: Sender, root: Identity, key: str) -> None:
    pool = make(Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]}})

    def told(source: str) -> str:
        event = sender.next()
        assert event["triggerSource"] == source
        medium = "SMS" if "SMS" in source else "Email"
        assert event["request"]["type"] == f"custom{medium}SenderRequestV1"
        # AWS tells it at sign-up, a forgotten password and an answered challenge alone; here nothing was said.
        assert event["request"]["clientMetadata"] is None
        return opened(event, root, key)

    pool.sign_up("ann", email="ann@example.com")
    told("CustomEmailSender_SignUp")
    pool.app.resend_confirmation_code(ClientId=pool.client, Username="ann", ClientMetadata={"a": "b"})
    code = told("CustomEmailSender_ResendCode")
    pool.confirm("ann", code)
    pool.app.forgot_password(ClientId=pool.client, Username="ann")
    assert len(told("CustomEmailSender_ForgotPassword")) == 6
    token = pool.access_token("ann")
    pool.app.update_user_attributes(AccessToken=token, UserAttributes=attributes(email="ann@example.org"))
    told("CustomEmailSender_UpdateUserAttribute")
    pool.app.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    code = told("CustomEmailSender_VerifyUserAttribute")
    pool.app.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code)
    pool.app.update_user_attributes(AccessToken=token, UserAttributes=attributes(phone_number="+14325551234"))
    pool.app.get_user_attribute_verification_code(AccessToken=token, AttributeName="phone_number")
    code = told("CustomSMSSender_VerifyUserAttribute")
    pool.app.verify_user_attribute(AccessToken=token, AttributeName="phone_number", Code=code)
    for medium, sender_name in (("EMAIL", "CustomEmailSender"), ("SMS", "CustomSMSSender")):
        step = pool.app.initiate_auth(
            ClientId=pool.client, AuthFlow="USER_AUTH", ClientMetadata={"not": "told"},
            AuthParameters={"USERNAME": "ann", "PREFERRED_CHALLENGE": f"{medium}_OTP"},
        )  # fmt: skip
        code = told(f"{sender_name}_Authentication")
        step = answer(pool, f"{medium}_OTP", step["Session"], "ann", **{f"{medium}_OTP_CODE": code})
        assert step["AuthenticationResult"]
    pool.admin.admin_create_user(
        UserPoolId=pool.id, Username="bob", TemporaryPassword="Less<Than&1>",
        UserAttributes=attributes(email="bob@example.com", phone_number="+14325551235"),
        DesiredDeliveryMediums=["EMAIL"],
    )  # fmt: skip
    assert told("CustomEmailSender_AdminCreateUser") == "Less&lt;Than&amp;1&gt;"
    pool.admin.admin_create_user(
        UserPoolId=pool.id, Username="bob", MessageAction="RESEND", TemporaryPassword="Less<Than&2>",
        DesiredDeliveryMediums=["SMS"],
    )  # fmt: skip
    assert told("CustomSMSSender_AdminCreateUser") == "Less<Than&2>"
    assert not sender.events and not pool.outbox()


def test_the_grant(make: Callable[..., UserPool], root: Identity, key: str, sender: Sender) -> None:
    kms = root.client("kms")
    pool = make()
    (grant,) = kms.list_grants(KeyId=key)["Grants"]
    assert grant["GranteePrincipal"] == "cognito-idp.amazonaws.com" and grant["Operations"] == ["GenerateDataKey"]
    assert grant["Constraints"] == {"EncryptionContextSubset": {"userpool-id": pool.id}}
    # Once for each pool, however often it is told of the key.
    settings = {"UserPoolId": pool.id, "AutoVerifiedAttributes": ["email"], "LambdaConfig": senders(key)}
    pool.admin.update_user_pool(**settings)
    assert len(kms.list_grants(KeyId=key)["Grants"]) == 1
    # Without it there are no codes, and nothing of the call remains.
    kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    error = error_of(pool.sign_up, username="ann", email="ann@example.com")
    assert (error.code, error.status) == ("CodeDeliveryFailureException", 400) and key not in error.message
    assert error_of(pool.user, username="ann").code == "UserNotFoundException"
    pool.admin.update_user_pool(**settings)
    pool.sign_up("ann", email="ann@example.com")
    pool.confirm("ann", opened(sender.next(), root, key))
    # A user who isn't there gets no code, but the same answer.
    kms.disable_key(KeyId=key)
    for name in ("ann", "nobody"):
        error = error_of(pool.app.forgot_password, ClientId=pool.client, Username=name)
        assert error.code == ("CodeDeliveryFailureException" if name == "ann" else "UserNotFoundException")
    assert not sender.events


def test_who_may_name_a_key(make: Callable[..., UserPool], root: Identity, key: str) -> None:
    pool = make(LambdaConfig={})
    root.iam.create_user(UserName="manager")
    manager = Identity.of_key(root.url, root.iam.create_access_key(UserName="manager")["AccessKey"])

    def may(*statements: dict[str, Any]) -> None:
        document = policy(allow("cognito-idp:*", "*"), *statements)
        root.iam.put_user_policy(UserName="manager", PolicyName="own", PolicyDocument=document)

    update = manager.client("cognito-idp").update_user_pool
    settings = {"UserPoolId": pool.id, "LambdaConfig": senders(key)}
    may()
    error = error_of(update, **settings)
    assert error.code == "AccessDeniedException" and "kms:CreateGrant" in error.message
    other = {"StringEquals": {"kms:EncryptionContext:userpool-id": "us-east-1_another00"}}
    may(allow("kms:CreateGrant", key) | {"Condition": other})
    assert error_of(update, **settings).code == "AccessDeniedException"
    assert not pool.admin.describe_user_pool(UserPoolId=pool.id)["UserPool"].get("LambdaConfig")
    # As in AWS's guide.
    own: dict[str, Any] = {"StringEquals": {"kms:EncryptionContext:userpool-id": pool.id}}
    own["Bool"] = {"kms:GrantIsForAWSResource": "true"}
    may(allow("kms:CreateGrant", key) | {"Condition": own})
    update(**settings)
    grant = {"KeyId": key, "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:root", "Operations": ["Decrypt"]}
    assert error_of(manager.client("kms").create_grant, **grant).code == "AccessDeniedException"


def test_keys_that_do_not_do(make: Callable[..., UserPool], root: Identity) -> None:
    pool = make(LambdaConfig={})
    rsa = root.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]
    missing = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
    for key in (rsa, missing, f"arn:aws:s3:us-east-1:{ACCOUNT}:key/nothing"):
        error = error_of(pool.admin.update_user_pool, UserPoolId=pool.id, LambdaConfig=senders(key))
        assert (error.code, error.status) == ("InvalidParameterException", 400), key
        error = error_of(pool.admin.create_user_pool, PoolName="x", LambdaConfig=senders(key))
        assert error.code == "InvalidParameterException", key


def test_functions_that_do_not_answer(make: Callable[..., UserPool], sender: Sender, key: str) -> None:
    pool = make(LambdaConfig=senders(key, function=UNDECLARED))
    error = error_of(pool.sign_up, username="ann", email="ann@example.com")
    assert error.code == "UnexpectedLambdaException" and "CustomEmailSender invocation failed" in error.message
    assert error_of(pool.user, username="ann").code == "UserNotFoundException"
    # A function that fails is asked again, and nobody waits for it.
    pool = make()
    failures = [
        (200, {"X-Amz-Function-Error": "Unhandled"}, b'{"errorMessage": "No mail today"}'),
        (503, {}, b""),
    ]
    sender.behaviour = lambda event: failures.pop() if failures else (200, {}, b"null")
    pool.sign_up("ann", email="ann@example.com")
    told = [sender.next() for _ in range(3)]
    assert told[0] == told[1] == told[2] and not failures


def test_a_code_for_nobody(make: Callable[..., UserPool], sender: Sender, root: Identity) -> None:
    pool = make(Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}})
    hiding = pool.new_client(ExplicitAuthFlows=FLOWS, PreventUserExistenceErrors="ENABLED")["ClientId"]
    pool.create("ann", email="ann@example.com", email_verified="true")
    pool.create("bob", email="bob@example.com", email_verified="true")
    pool.admin.admin_disable_user(UserPoolId=pool.id, Username="bob")

    def begin(client: str, name: str) -> Any:
        return pool.app.initiate_auth(
            ClientId=client, AuthFlow="USER_AUTH",
            AuthParameters={"USERNAME": name, "PREFERRED_CHALLENGE": "EMAIL_OTP"},
        )  # fmt: skip

    def keys_made() -> int:
        return len(Trail(root).all(EventName="GenerateDataKey"))

    before = keys_made()
    assert begin(hiding, "ann")["ChallengeName"] == "EMAIL_OTP" and sender.next()
    # As much is done for who isn't there, or may not sign in: but no message is sent.
    names = [str(number) for number in range(64)]
    nobody = next(name for name in names if begin(hiding, name)["ChallengeName"] == "EMAIL_OTP")
    assert begin(hiding, "bob")["ChallengeName"] == "EMAIL_OTP"
    assert nobody and keys_made() == before + 3
    with pytest.raises(ClientError, match="User is disabled"):
        begin(pool.client, "bob")
    time.sleep(0.5)
    assert not sender.events


def test_a_notice_of_a_risky_sign_in(sender_server: tuple[Server, Sender], sender: Sender, key: str) -> None:
    pool = protected(sender_server[0], LambdaConfig=senders(key))
    pool.create("ann", email="ann@example.com")
    enter(pool)
    pool.admin.set_risk_configuration(
        UserPoolId=pool.id, AccountTakeoverRiskConfiguration=takeover("NO_ACTION", notify=True)
    )
    assert enter(pool, at=FAR, on="tablet")["AuthenticationResult"]
    event = sender.next()
    assert event["triggerSource"] == "CustomEmailSender_AccountTakeOverNotification"
    request = event["request"]
    assert request["code"] is None and request["clientMetadata"] is None
    told = request["userAttributes"]
    assert (told["email"], told["USER_NAME"], told["IP_ADDRESS"]) == ("ann@example.com", "ann", FAR)
    assert told["ACCOUNT_TAKE_OVER_ACTION"] == "NO_ACTION" and told["EVENT_ID"] == events(pool)[0]["EventId"]
    for member, value in (("ONE_CLICK_LINK_VALID", "valid"), ("ONE_CLICK_LINK_INVALID", "invalid")):
        assert told[member].endswith(f"{told['FEEDBACK_TOKEN']}/{value}")
    assert not pool.outbox()
