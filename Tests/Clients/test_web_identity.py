"""Web identity: OpenID Connect providers, AssumeRoleWithWebIdentity, and what its sessions may do."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import jwt
import pytest

from harness import ACCOUNT, LOOPBACK, AwsError, Identity, Server, Trail, allow, deny, error_of, policy, trust
from harness import raw
from harness.openid import Authority, OpenIDProvider
from harness.terraform import Terraform, needs_terraform

CLIENT = "gatehouse-tests"


@pytest.fixture
def provider(tmp_path: Path, authority: Authority) -> Iterator[OpenIDProvider]:
    provider = OpenIDProvider(tmp_path, authority)
    yield provider
    provider.stop()


@pytest.fixture
def registered(root: Identity, provider: OpenIDProvider) -> str:
    """The ARN of the provider, registered with its authority's thumbprint, as IAM finds it out by itself."""
    made = root.iam.create_open_id_connect_provider(Url=provider.url, ClientIDList=[CLIENT])
    return str(made["OpenIDConnectProviderArn"])


def web_trust(provider_arn: str, name: str, *more: str, **conditions: str) -> str:
    keys = {f"{name}:{key}": value for key, value in ({"aud": CLIENT} | conditions).items()}
    return trust(
        {"Federated": provider_arn},
        ["sts:AssumeRoleWithWebIdentity", *more],
        Condition={"StringEquals": keys},
    )


@pytest.fixture
def role(new_role: Callable[..., str], registered: str, provider: OpenIDProvider) -> str:
    """A role for person-1, who may list users."""
    return new_role("web", web_trust(registered, provider.name, sub="person-1"), allow("iam:ListUsers"))


def assume(cloud: Server, role: str, token: str, **more: Any) -> dict[str, Any]:
    """Without any credentials of AWS."""
    answer: dict[str, Any] = nobody(cloud).sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="session", WebIdentityToken=token, **more
    )
    return answer


def refused(cloud: Server, role: str, token: str, **more: Any) -> AwsError:
    call = nobody(cloud).sts.assume_role_with_web_identity
    return error_of(call, RoleArn=role, RoleSessionName="session", WebIdentityToken=token, **more)


def nobody(cloud: Server) -> Identity:
    return Identity(cloud.url, "none", "none")


# The way that succeeds


def test_the_cli_assumes_a_role_with_a_token(
    cloud: Server, role: str, registered: str, provider: OpenIDProvider, trail: Trail
) -> None:
    token = provider.token()
    words = ["sts", "assume-role-with-web-identity", "--role-arn", role, "--role-session-name", "laptop"]
    answer = nobody(cloud).aws(*words, "--web-identity-token", token, "--duration-seconds", "900")
    assert answer["SubjectFromWebIdentityToken"] == "person-1"
    assert answer["Audience"] == CLIENT
    assert answer["Provider"] == registered
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/web/laptop"
    session = Identity.of_session(cloud.url, answer["Credentials"])
    assert session.aws("iam list-users") == {"Users": []}
    assert session.aws_refused("iam list-roles").code == "AccessDenied"

    record = trail.named("AssumeRoleWithWebIdentity")
    assert record["userIdentity"] == {
        "type": "WebIdentityUser",
        "principalId": f"{registered}:{CLIENT}:person-1",
        "userName": "person-1",
        "identityProvider": registered,
    }
    assert token not in json.dumps(record)
    assert record["responseElements"]["subjectFromWebIdentityToken"] == "person-1"
    assert record["recipientAccountId"] == ACCOUNT
    listed = trail.named("ListUsers")
    assert listed["userIdentity"]["sessionContext"]["webIdFederationData"] == {
        "federatedProvider": registered,
        "attributes": {},
    }


def test_boto3_assumes_a_role_with_a_token_file(
    cloud: Server, role: str, provider: OpenIDProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(provider.token())
    variables = {
        "AWS_ROLE_ARN": role,
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(file),
        "AWS_ROLE_SESSION_NAME": "pod",
        "AWS_ENDPOINT_URL": cloud.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    caller = boto3.Session().client("sts").get_caller_identity()
    assert caller["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/web/pod"


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])
def test_algorithms(cloud: Server, role: str, provider: OpenIDProvider, algorithm: str) -> None:
    provider.new_key(algorithm)
    assert assume(cloud, role, provider.token())["Audience"] == CLIENT


def test_a_signed_request_is_the_tokens_too(cloud: Server, role: str, root: Identity, provider: OpenIDProvider) -> None:
    """Credentials that come along change nothing; but wrong ones are refused, as with any operation."""
    parameters = {"RoleArn": role, "RoleSessionName": "session", "WebIdentityToken": provider.token()}
    signed = raw.call(cloud.port, root, "AssumeRoleWithWebIdentity", service="sts", **parameters)
    assert signed.status == 200
    other = Identity(cloud.url, root.key_id, "wrong" * 8)
    answer = raw.call(cloud.port, other, "AssumeRoleWithWebIdentity", service="sts", **parameters)
    assert answer.status == 403


def test_keys_are_fetched_once(cloud: Server, role: str, provider: OpenIDProvider) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: assume(cloud, role, provider.token()), range(16)))
    assert provider.requests == ["/.well-known/openid-configuration", "/keys"]


def test_session_policy_and_size(cloud: Server, role: str, provider: OpenIDProvider) -> None:
    answer = assume(cloud, role, provider.token(), Policy=policy(allow("iam:GetUser")))
    assert answer["PackedPolicySize"] >= 1
    session = Identity.of_session(cloud.url, answer["Credentials"])
    message = error_of(session.iam.list_users).message
    assert message.endswith("because no session policy allows the iam:ListUsers action")


def test_the_session_carries_the_tokens_keys(
    cloud: Server, root: Identity, role: str, registered: str, provider: OpenIDProvider
) -> None:
    def only_if(key: str, value: str, operator: str = "StringEquals") -> None:
        statement = allow("iam:ListRoles", Condition={operator: {key: value}})
        root.iam.put_role_policy(RoleName="web", PolicyName="more", PolicyDocument=policy(statement))

    token = provider.token(amr=["pwd", "otp"])
    session = Identity.of_session(cloud.url, assume(cloud, role, token)["Credentials"])
    for key, value in {
        f"{provider.name}:sub": "person-1",
        f"{provider.name}:aud": CLIENT,
        "aws:FederatedProvider": registered,
    }.items():
        only_if(key, value)
        session.iam.list_roles()
        only_if(key, "another")
        assert error_of(session.iam.list_roles).code == "AccessDenied"
    only_if(f"{provider.name}:amr", "otp", "ForAnyValue:StringEquals")
    session.iam.list_roles()
    only_if(f"{provider.name}:amr", "face", "ForAnyValue:StringEquals")
    assert error_of(session.iam.list_roles).code == "AccessDenied"
    only_if(f"{provider.name}:iss", provider.url)
    assert error_of(session.iam.list_roles).code == "AccessDenied"


@pytest.mark.parametrize("form", ["nested", "flat"])
def test_session_tags_and_source_identity(
    cloud: Server, root: Identity, new_role: Callable[..., str], registered: str, provider: OpenIDProvider, form: str
) -> None:
    claims: dict[str, Any]
    if form == "nested":
        claims = {
            "https://aws.amazon.com/tags": {
                "principal_tags": {"Team": ["blue"], "Cost": ["7"]},
                "transitive_tag_keys": ["Team"],
            }
        }
    else:
        claims = {
            "https://aws.amazon.com/tags/principal_tags/Team": "blue",
            "https://aws.amazon.com/tags/principal_tags/Cost": "7",
            "https://aws.amazon.com/tags/transitive_tag_keys": ["Team"],
        }
    claims["https://aws.amazon.com/source_identity"] = "ada"
    of_team = {"StringEquals": {"aws:PrincipalTag/Team": "blue", "aws:SourceIdentity": "ada"}}
    chain = allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
    documents = [
        web_trust(registered, provider.name),
        web_trust(registered, provider.name, "sts:TagSession"),
        web_trust(registered, provider.name, "sts:TagSession", "sts:SetSourceIdentity"),
    ]
    role = new_role("tagged", documents[0], allow("iam:ListUsers", Condition=of_team), chain)
    token = provider.token(**claims)
    for document, missing in zip(documents, ["sts:TagSession", "sts:SetSourceIdentity", None]):
        root.iam.update_assume_role_policy(RoleName="tagged", PolicyDocument=document)
        if missing:
            error = refused(cloud, role, token)
            assert (error.code, error.message) == ("AccessDenied", f"Not authorized to perform {missing}")
    answer = assume(cloud, role, token)
    assert answer["SourceIdentity"] == "ada"
    session = Identity.of_session(cloud.url, answer["Credentials"])
    session.iam.list_users()

    # The transitive tag and the source identity go on to the next role; the keys of the token do not.
    next_trust = trust(role, ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
    next_role = new_role("next", next_trust, allow("iam:ListUsers", Condition=of_team))
    chained = session.sts.assume_role(RoleArn=next_role, RoleSessionName="chained")
    chained_session = Identity.of_session(cloud.url, chained["Credentials"])
    chained_session.iam.list_users()
    web_only = allow("iam:ListUsers", Condition={"StringEquals": {f"{provider.name}:aud": CLIENT}})
    root.iam.put_role_policy(RoleName="next", PolicyName="own", PolicyDocument=policy(web_only))
    assert error_of(chained_session.iam.list_users).code == "AccessDenied"


def test_request_tags_bind_in_the_trust_policy(
    cloud: Server, new_role: Callable[..., str], registered: str, provider: OpenIDProvider
) -> None:
    role = new_role(
        "tagged",
        trust(
            {"Federated": registered},
            ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
            Condition={"StringEquals": {"aws:RequestTag/Team": "blue"}},
        ),
    )
    tags = {"https://aws.amazon.com/tags/principal_tags/Team": "blue"}
    assume(cloud, role, provider.token(**tags))
    assert refused(cloud, role, provider.token()).message == "Not authorized to perform sts:AssumeRoleWithWebIdentity"


# Denials


def test_denials_by_the_trust_policy(
    cloud: Server, root: Identity, role: str, registered: str, provider: OpenIDProvider, trail: Trail
) -> None:
    text = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    error = refused(cloud, role, provider.token(sub="person-2"))
    assert (error.code, error.status, error.message) == ("AccessDenied", 403, text)
    record = trail.of(error)
    assert record["errorCode"] == "AccessDenied"
    assert record["userIdentity"]["userName"] == "person-2"

    absent = refused(cloud, f"arn:aws:iam::{ACCOUNT}:role/absent", provider.token())
    assert (absent.code, absent.message) == ("AccessDenied", text)

    for document in (
        trust(f"arn:aws:iam::{ACCOUNT}:root", ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"]),
        trust({"Federated": registered + "x"}, "sts:AssumeRoleWithWebIdentity"),
        trust({"Federated": registered}, "sts:AssumeRoleWithSAML"),
        policy(
            {"Effect": "Allow", "Principal": {"Federated": registered}, "Action": "sts:AssumeRoleWithWebIdentity"},
            {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity"},
        ),
    ):
        root.iam.update_assume_role_policy(RoleName="web", PolicyDocument=document)
        assert refused(cloud, role, provider.token()).message == text


def test_a_token_opens_nothing_else(cloud: Server, role: str, provider: OpenIDProvider) -> None:
    """Only the two operations go without a signature, however the request is written."""
    for action in ("AssumeRole", "GetCallerIdentity", "GetSessionToken"):
        body = raw.form(action, raw.STS_VERSION, RoleArn=role, RoleSessionName="s", WebIdentityToken=provider.token())
        answer = raw.send(cloud.port, raw.Request("POST", "/", {"Content-Type": raw.FORM}, body))
        assert answer.status == 403
        assert b"MissingAuthenticationToken" in answer.body


def test_duration(cloud: Server, root: Identity, role: str, provider: OpenIDProvider) -> None:
    error = refused(cloud, role, provider.token(), DurationSeconds=7200)
    text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    assert (error.code, error.message) == ("ValidationError", text)
    root.iam.update_role(RoleName="web", MaxSessionDuration=7200)
    assume(cloud, role, provider.token(), DurationSeconds=7200)


# Tokens that prove nothing


def invalid(error: AwsError, message: str) -> None:
    assert (error.code, error.status, error.message) == ("InvalidIdentityToken", 400, message)


def test_claims_are_checked(cloud: Server, role: str, provider: OpenIDProvider, trail: Trail) -> None:
    now = int(time.time())
    invalid(refused(cloud, role, provider.token(aud="another")), "Incorrect token audience")
    invalid(refused(cloud, role, provider.token(aud=[CLIENT, "another"])), "Incorrect token audience")
    invalid(refused(cloud, role, provider.token(azp="another")), "Incorrect token audience")
    assert assume(cloud, role, provider.token(aud=[CLIENT]))["Audience"] == CLIENT
    assert assume(cloud, role, provider.token(aud=["another", "third"], azp=CLIENT))["Audience"] == CLIENT
    for name in ("aud", "sub", "exp", "iat", "iss"):
        invalid(refused(cloud, role, provider.token(**{name: None})), f"Missing a required claim: {name}")
    invalid(refused(cloud, role, provider.token(nbf=now + 900)), "The web identity token is not valid yet")
    invalid(refused(cloud, role, provider.token(iat=now + 900)), "The web identity token is not valid yet")
    assume(cloud, role, provider.token(exp=now - 200))
    expired = refused(cloud, role, provider.token(iat=now - 4000, exp=now - 400))
    assert (expired.code, expired.status) == ("ExpiredTokenException", 400)
    assert expired.message.startswith("Token expired: current date/time ")
    assert expired.message.endswith(f" must be before the expiration date/time {now - 400}")
    record = trail.of(expired)
    assert record["errorCode"] == "ExpiredTokenException"
    assert record["userIdentity"]["type"] == "Unknown"
    assert record["recipientAccountId"] == ACCOUNT

    tags = {"principal_tags": {"aws:x": ["1"], "a\nb": ["2"]}}
    claim = "https://aws.amazon.com/tags"
    invalid(refused(cloud, role, provider.token(**{claim: tags})), f"The claim {claim} of the token is not valid")
    invalid(refused(cloud, role, provider.token(**{claim: "x"})), f"The claim {claim} of the token is not valid")


def test_unknown_issuer(cloud: Server, role: str, provider: OpenIDProvider) -> None:
    for issuer in (provider.url + "/", provider.url.replace("localhost", "LOCALHOST"), "https://elsewhere.example", ""):
        error = refused(cloud, role, provider.token(iss=issuer))
        invalid(error, f"No OpenIDConnect provider found in your account for {issuer}")
    assert provider.requests == []


def forged(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    return ".".join([part(json.dumps(header).encode()), part(json.dumps(claims).encode()), part(signature)])


def test_forged_tokens(cloud: Server, role: str, provider: OpenIDProvider, tmp_path: Path, authority: Authority) -> None:
    text = "The web identity token provided could not be validated"
    claims = provider.claims()
    for algorithm in ("none", "None", "HS256", "PS256", "EdDSA", "", "rs256"):
        invalid(refused(cloud, role, forged({"alg": algorithm, "kid": "key-1"}, claims)), text)
    # The public key as a shared secret.
    unsigned = forged({"alg": "HS256", "kid": "key-1"}, claims).rpartition(".")[0]
    mac = hmac.new(provider.public_pem("key-1"), unsigned.encode(), hashlib.sha256).digest()
    invalid(refused(cloud, role, forged({"alg": "HS256", "kid": "key-1"}, claims, mac)), text)
    assert provider.requests == []
    # Another's signature under the provider's name.
    other = OpenIDProvider(tmp_path, authority)
    try:
        stolen = jwt.encode(claims, other.keys["key-1"][1], algorithm="RS256", headers={"kid": "key-1"})
    finally:
        other.stop()
    invalid(refused(cloud, role, stolen), text)
    # A changed claim, a changed signature, another key's algorithm.
    head, body, signature = provider.token().split(".")
    raised = json.dumps(claims | {"sub": "person-9"}).encode()
    changed = base64.urlsafe_b64encode(raised).rstrip(b"=").decode()
    invalid(refused(cloud, role, f"{head}.{changed}.{signature}"), text)
    invalid(refused(cloud, role, f"{head}.{body}.{signature[:-8]}AAAAAAAA"), text)
    invalid(refused(cloud, role, f"{head}.{body}."), text)
    embedded = {"alg": "RS256", "kid": "key-1", "jwk": {"kty": "oct", "k": "AAAA"}, "x5u": "https://evil.example"}
    invalid(refused(cloud, role, forged(embedded, claims, b"x" * 256)), text)


def test_what_is_no_token(cloud: Server, role: str, provider: OpenIDProvider) -> None:
    text = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    deep = forged({"alg": "RS256"}, {}).split(".")
    nested = base64.urlsafe_b64encode(b'{"a":' + b"[" * 7000 + b"]" * 7000 + b"}").rstrip(b"=").decode()
    for token in ("none", "....", "a.b.c", "é.é.é", f"{deep[0]}.{nested}.", forged({"alg": 5}, {}), "." * 19999):
        error = refused(cloud, role, token)
        assert error.code == "InvalidIdentityToken", token[:40]
    invalid(refused(cloud, role, "a.b.c"), text)
    error = refused(cloud, role, "x" * 20001)
    assert error.code == "ValidationError"
    assert "Member must have length less than or equal to 20000" in error.message
    assert "xxx" not in error.message


def test_key_rotation(cloud: Server, role: str, provider: OpenIDProvider) -> None:
    """An unknown key id makes the keys be asked for again, but not with every token that has one."""
    assume(cloud, role, provider.token())
    old = provider.token()
    provider.new_key("ES256")
    new = provider.token()
    message = (
        "Couldn't retrieve verification key from your identity provider,  please reference "
        "AssumeRoleWithWebIdentity documentation for requirements"
    )
    invalid(refused(cloud, role, new), message)
    invalid(refused(cloud, role, provider.token(kid="nonsense")), message)
    assert len(provider.requests) == 2
    time.sleep(5.5)
    assume(cloud, role, new)
    assume(cloud, role, old)
    assert len(provider.requests) == 4


# Providers that can't be trusted, or don't answer


def test_provider_out_of_order(
    cloud: Server, role: str, root: Identity, registered: str, provider: OpenIDProvider, trail: Trail
) -> None:
    message = (
        "Couldn't retrieve verification key from your identity provider,  please reference "
        "AssumeRoleWithWebIdentity documentation for requirements"
    )
    discovery = "/.well-known/openid-configuration"
    broken: list[dict[str, tuple[int, bytes]]] = [
        {discovery: (500, b"")},
        {discovery: (200, b"<html>")},
        {discovery: (200, json.dumps({"jwks_uri": f"http://127.0.0.1:{provider.port}/keys"}).encode())},
        {discovery: (200, json.dumps({"jwks_uri": "file:///etc/passwd"}).encode())},
        {discovery: (302, f"{provider.url}/elsewhere".encode())},
        {"/keys": (200, b"{}")},
        {"/keys": (200, b'{"keys":[{"kty":"oct","kid":"key-1","k":"AAAA"}]}')},
        {"/keys": (200, b" " * (600 * 1024))},
        {"/keys": (200, json.dumps({"keys": [provider._public("key-1")] * 101}).encode())},
    ]
    for number, answers in enumerate(broken):
        # Each under a registration of its own, since failures are remembered for a while.
        root.iam.update_open_id_connect_provider_thumbprint(
            OpenIDConnectProviderArn=registered, ThumbprintList=[authority_of(root, registered), f"{number:040}"]
        )
        provider.answers = answers
        invalid(refused(cloud, role, provider.token()), message)
    assert "/elsewhere" not in provider.requests


def authority_of(root: Identity, registered: str) -> str:
    found = root.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=registered)
    return str(found["ThumbprintList"][0])


def test_thumbprints(
    cloud: Server, role: str, root: Identity, registered: str, provider: OpenIDProvider, authority: Authority
) -> None:
    assert authority_of(root, registered) == authority.thumbprint
    root.iam.update_open_id_connect_provider_thumbprint(
        OpenIDConnectProviderArn=registered, ThumbprintList=["ab" * 20]
    )
    invalid(
        refused(cloud, role, provider.token()),
        "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
    )
    assert provider.requests == []
    root.iam.update_open_id_connect_provider_thumbprint(
        OpenIDConnectProviderArn=registered, ThumbprintList=["ab" * 20, authority.thumbprint.upper()]
    )
    assume(cloud, role, provider.token())


def test_the_right_thumbprint_of_another_host(
    cloud: Server, root: Identity, new_role: Callable[..., str], tmp_path: Path, authority: Authority
) -> None:
    """The certificate must be the host's, too."""
    provider = OpenIDProvider(tmp_path, authority, hosts=("elsewhere.example",))
    try:
        made = root.iam.create_open_id_connect_provider(
            Url=provider.url, ClientIDList=[CLIENT], ThumbprintList=[authority.thumbprint]
        )
        role = new_role("web", web_trust(made["OpenIDConnectProviderArn"], provider.name))
        assert refused(cloud, role, provider.token()).code == "InvalidIdentityToken"
        assert provider.requests == []
    finally:
        provider.stop()


def test_an_authority_of_the_operators(tmp_path: Path, authority: Authority, provider: OpenIDProvider) -> None:
    """--ca-bundle: then no thumbprint matters."""
    with Server("--ca-bundle", str(authority.file), *LOOPBACK, log=tmp_path / "log") as cloud:
        made = cloud.root.iam.create_open_id_connect_provider(
            Url=provider.url, ClientIDList=[CLIENT], ThumbprintList=["ab" * 20]
        )
        document = web_trust(made["OpenIDConnectProviderArn"], provider.name)
        role = cloud.root.iam.create_role(RoleName="web", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        assume(cloud, role, provider.token())


def test_a_provider_that_is_gone(cloud: Server, role: str, root: Identity, provider: OpenIDProvider) -> None:
    provider.stop()
    error = refused(cloud, role, provider.token())
    assert (error.code, error.status) == ("IDPCommunicationError", 400)
    error = error_of(root.iam.create_open_id_connect_provider, Url=provider.url + "/other")
    assert (error.code, error.status) == ("OpenIdIdpCommunicationError", 400)


def test_a_provider_of_another_account_or_deleted(
    cloud: Server, role: str, root: Identity, registered: str, provider: OpenIDProvider
) -> None:
    error = refused(cloud, "arn:aws:iam::999999999999:role/web", provider.token())
    invalid(error, f"No OpenIDConnect provider found in your account for {provider.url}")
    assert refused(cloud, "nonsense-without-arn-form", provider.token()).message == "Request ARN is invalid"
    session = Identity.of_session(cloud.url, assume(cloud, role, provider.token())["Credentials"])
    root.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=registered)
    error = refused(cloud, role, provider.token())
    invalid(error, f"No OpenIDConnect provider found in your account for {provider.url}")
    # Who is in already stays until the session ends.
    session.iam.list_users()


# The providers themselves


def test_provider_operations(cloud: Server, root: Identity, trail: Trail) -> None:
    made = root.aws(
        "iam", "create-open-id-connect-provider", "--url", "https://issuer.example/tenant", "--client-id-list", "one",
        "--thumbprint-list", "ab" * 20, "--tags", "Key=Team,Value=blue",
    )  # fmt: skip
    arn = made["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example/tenant"
    assert made["Tags"] == [{"Key": "Team", "Value": "blue"}]
    root.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    root.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
    root.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="one")
    root.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="never")
    root.iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "team", "Value": "red"}])
    root.iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["none", "Team"])
    assert root.iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"] == [
        {"Key": "team", "Value": "red"}
    ]
    found = root.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["Url"] == "issuer.example/tenant"
    assert found["ClientIDList"] == ["two"]
    assert found["ThumbprintList"] == ["ab" * 20]
    assert root.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": arn}]
    assert root.iam.get_account_summary()["SummaryMap"]["Providers"] == 1
    root.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert root.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    error = error_of(root.iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn)
    assert (error.code, error.message) == ("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}")
    assert trail.named("DeleteOpenIDConnectProvider")["requestParameters"] == {"openIDConnectProviderArn": arn}


def test_provider_refusals(root: Identity) -> None:
    create = root.iam.create_open_id_connect_provider
    prints = ["ab" * 20]
    create(Url="https://issuer.example", ThumbprintList=prints)
    error = error_of(create, Url="https://issuer.example", ThumbprintList=prints)
    text = "Provider with url https://issuer.example already exists."
    assert (error.code, error.status, error.message) == ("EntityAlreadyExists", 409, text)
    for url in (
        "http://issuer.example",
        "issuer.example",
        "https://",
        "https://a b.example",
        "https://issuer.example/?x=1",
        "https://issuer.example/#x",
        "https://user@issuer.example",
        "https://issuer.example:0",
        "https://issuer.example:99999",
        "https://[::1",
        "file:///etc/passwd",
    ):
        assert error_of(create, Url=url, ThumbprintList=prints).code == "ValidationError", url
    error = error_of(create, Url="https://other.example", ThumbprintList=prints * 6)
    text = "Thumbprint list must contain fewer than 5 entries."
    assert (error.code, error.message) == ("InvalidInput", text)
    assert error_of(create, Url="https://other.example", ThumbprintList=["g" * 40]).code == "InvalidInput"
    clients = [f"client-{number}" for number in range(101)]
    error = error_of(create, Url="https://other.example", ThumbprintList=prints, ClientIDList=clients)
    assert (error.code, error.message) == (
        "LimitExceeded",
        "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
    )
    error = error_of(
        root.iam.get_open_id_connect_provider, OpenIDConnectProviderArn=f"arn:aws:iam::{ACCOUNT}:user/somebody"
    )
    assert error.code == "InvalidInput"


def test_provider_quota(root: Identity) -> None:
    for number in range(100):
        root.iam.create_open_id_connect_provider(Url=f"https://issuer-{number}.example", ThumbprintList=["ab" * 20])
    error = error_of(
        root.iam.create_open_id_connect_provider, Url="https://more.example", ThumbprintList=["ab" * 20]
    )
    text = "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100"
    assert (error.code, error.status, error.message) == ("LimitExceeded", 409, text)


def test_provider_permissions(cloud: Server, root: Identity, new_user: Callable[..., Identity]) -> None:
    mine = f"arn:aws:iam::{ACCOUNT}:oidc-provider/mine.example"
    alice = new_user(
        "alice",
        allow("iam:CreateOpenIDConnectProvider", mine),
        allow(
            "iam:AddClientIDToOpenIDConnectProvider", Condition={"StringEquals": {"aws:ResourceTag/Team": "blue"}}
        ),
    )
    prints = ["ab" * 20]
    create = alice.iam.create_open_id_connect_provider
    tagged = error_of(create, Url="https://mine.example", ThumbprintList=prints, Tags=[{"Key": "Team", "Value": "x"}])
    assert f"iam:TagOpenIDConnectProvider on resource: {mine}" in tagged.message
    create(Url="https://mine.example", ThumbprintList=prints)
    other = error_of(create, Url="https://other.example", ThumbprintList=prints)
    assert other.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: iam:CreateOpenIDConnectProvider on "
        f"resource: arn:aws:iam::{ACCOUNT}:oidc-provider/other.example because no identity-based policy allows the "
        "iam:CreateOpenIDConnectProvider action"
    )
    add = alice.iam.add_client_id_to_open_id_connect_provider
    assert error_of(add, OpenIDConnectProviderArn=mine, ClientID="x").code == "AccessDenied"
    root.iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=mine, Tags=[{"Key": "Team", "Value": "blue"}])
    add(OpenIDConnectProviderArn=mine, ClientID="x")


def test_state_outlives_the_process(
    durable: Callable[..., Server], provider: OpenIDProvider
) -> None:
    cloud = durable(*LOOPBACK).start()
    made = cloud.root.iam.create_open_id_connect_provider(Url=provider.url, ClientIDList=[CLIENT])
    document = web_trust(made["OpenIDConnectProviderArn"], provider.name)
    role = cloud.root.iam.create_role(RoleName="web", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    session = Identity.of_session(cloud.url, assume(cloud, role, provider.token())["Credentials"])
    cloud.restart()
    session = Identity(cloud.url, session.key_id, session.secret, session.token)
    assert session.sts.get_caller_identity()["Arn"].endswith(":assumed-role/web/session")
    assume(cloud, role, provider.token())


# Terraform

TERRAFORM = """
resource "aws_iam_openid_connect_provider" "ours" {
  url             = "https://issuer.example/tenant"
  client_id_list  = ["one", "gatehouse-tests"]
  thumbprint_list = ["abababababababababababababababababababab"]
  tags            = { Team = "blue" }
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.ours.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "${aws_iam_openid_connect_provider.ours.url}:sub"
      values   = ["person-1"]
    }
  }
}
resource "aws_iam_role" "web" {
  name               = "web"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
output "arn" { value = aws_iam_openid_connect_provider.ours.arn }
"""


@needs_terraform[0]
@needs_terraform[1]
@needs_terraform[2]
def test_terraform(root: Identity, tmp_path: Path) -> None:
    """With a provider that has no port: Terraform's own does not take one."""
    terraform = Terraform(tmp_path, root, TERRAFORM)
    terraform.apply()
    terraform.reimport({"aws_iam_openid_connect_provider.ours": terraform.outputs()["arn"]})
    terraform.destroy()
    assert root.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
