"""Outbound identity federation: an account's principals prove themselves elsewhere, with tokens that anybody verifies
by what the issuer publishes."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, error_of, trust
from harness import raw

AUDIENCE = "service.example"
CLAIM = "https://sts.amazonaws.com/"


def verified(cloud: Server, issuer: str, token: str, audience: str = AUDIENCE) -> dict[str, Any]:
    """The token's claims, verified as a stranger would: by the issuer's documents and nothing else."""
    assert issuer.startswith(cloud.url)
    status, text = cloud.get(issuer.removeprefix(cloud.url) + "/.well-known/openid-configuration")
    assert status == 200
    discovery = json.loads(text)
    assert discovery["issuer"] == issuer
    algorithms = discovery["id_token_signing_alg_values_supported"]
    key = jwt.PyJWKClient(discovery["jwks_uri"]).get_signing_key_from_jwt(token)
    claims: dict[str, Any] = jwt.decode(token, key.key, algorithms=algorithms, audience=audience, issuer=issuer)
    return claims


@pytest.fixture
def issuer(root: Identity) -> str:
    return str(root.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"])


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_a_token_is_verified_by_what_the_issuer_publishes(
    cloud: Server, root: Identity, new_user: Callable[..., Identity], algorithm: str, trail: Trail
) -> None:
    issuer = root.aws("iam enable-outbound-web-identity-federation")["IssuerIdentifier"]
    alice = new_user("alice", allow("sts:*"), Tags=[{"Key": "Team", "Value": "blue"}])
    answer = alice.aws(
        "sts", "get-web-identity-token", "--audience", AUDIENCE, "--signing-algorithm", algorithm,
        "--duration-seconds", "120", "--tags", "Key=Job,Value=7",
    )  # fmt: skip
    token = answer["WebIdentityToken"]
    header = jwt.get_unverified_header(token)
    assert header["alg"] == algorithm
    claims = verified(cloud, issuer, token)
    assert claims["sub"] == f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert claims["aud"] == AUDIENCE
    assert claims["exp"] - claims["iat"] == 120
    assert abs(claims["iat"] - time.time()) < 30
    assert claims["jti"]
    assert claims[CLAIM] == {
        "aws_account": ACCOUNT,
        "source_region": "us-east-1",
        "principal_tags": {"Team": "blue"},
        "request_tags": {"Job": "7"},
    }
    record = trail.named("GetWebIdentityToken")
    assert record["userIdentity"]["userName"] == "alice"
    assert token not in json.dumps(record)
    # Nobody's else: a changed token does not verify.
    head, body, signature = token.split(".")
    with pytest.raises(jwt.InvalidSignatureError):
        verified(cloud, issuer, f"{head}.{body}.{signature[:-6]}AAAAAA")


def test_a_roles_session(cloud: Server, root: Identity, issuer: str, new_role: Callable[..., str]) -> None:
    role = new_role("worker", trust(ACCOUNT), allow("sts:GetWebIdentityToken"))
    root.iam.create_user(UserName="bob")
    root.iam.put_user_policy(
        UserName="bob",
        PolicyName="own",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow("sts:*")]}),
    )
    bob = Identity.of_key(cloud.url, root.iam.create_access_key(UserName="bob")["AccessKey"])
    made = bob.sts.assume_role(RoleArn=role, RoleSessionName="session", DurationSeconds=900)
    session = Identity.of_session(cloud.url, made["Credentials"])
    answer = session.sts.get_web_identity_token(Audience=[AUDIENCE, "second"], SigningAlgorithm="ES384")
    claims = verified(cloud, issuer, answer["WebIdentityToken"], "second")
    assert claims["sub"] == role
    assert claims["aud"] == [AUDIENCE, "second"]
    assert claims["exp"] - claims["iat"] == 300
    assert claims["exp"] == answer["Expiration"].timestamp()
    assert claims[CLAIM]["original_session_exp"]
    error = error_of(
        session.sts.get_web_identity_token, Audience=[AUDIENCE], SigningAlgorithm="ES384", DurationSeconds=3600
    )
    assert (error.code, error.status) == ("SessionDurationEscalationException", 403)


def test_enabling_and_disabling(cloud: Server, root: Identity, trail: Trail) -> None:
    get = root.sts.get_web_identity_token
    wanted: dict[str, Any] = {"Audience": [AUDIENCE], "SigningAlgorithm": "ES384"}
    for call in (
        root.iam.get_outbound_web_identity_federation_info,
        root.iam.disable_outbound_web_identity_federation,
    ):
        error = error_of(call)
        assert (error.code, error.status) == ("FeatureDisabled", 404)
    error = error_of(get, **wanted)
    assert (error.code, error.status) == ("OutboundWebIdentityFederationDisabledException", 403)
    issuer = root.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    error = error_of(root.iam.enable_outbound_web_identity_federation)
    assert (error.code, error.status) == ("FeatureEnabled", 409)
    info = root.iam.get_outbound_web_identity_federation_info()
    assert (info["IssuerIdentifier"], info["JwtVendingEnabled"]) == (issuer, True)
    token = get(**wanted)["WebIdentityToken"]
    root.iam.disable_outbound_web_identity_federation()
    assert error_of(get, **wanted).code == "OutboundWebIdentityFederationDisabledException"
    # What was given out is verified as long as it lasts; and the issuer stays the account's.
    verified(cloud, issuer, token)
    assert root.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] == issuer
    assert "PRIVATE" not in json.dumps(trail.all(EventName="EnableOutboundWebIdentityFederation"))


def test_permissions(cloud: Server, issuer: str, new_user: Callable[..., Identity]) -> None:
    conditions = {
        "ForAllValues:StringEquals": {"sts:IdentityTokenAudience": AUDIENCE},
        "StringEquals": {"sts:SigningAlgorithm": "ES384"},
        "NumericLessThanEquals": {"sts:DurationSeconds": "300"},
    }
    alice = new_user("alice", allow("sts:GetWebIdentityToken", Condition=conditions))
    get = alice.sts.get_web_identity_token
    get(Audience=[AUDIENCE], SigningAlgorithm="ES384")
    for changed in (
        {"Audience": [AUDIENCE, "other"]},
        {"SigningAlgorithm": "RS256"},
        {"DurationSeconds": 301},
        {"Tags": [{"Key": "a", "Value": "b"}]},
    ):
        error = error_of(get, **({"Audience": [AUDIENCE], "SigningAlgorithm": "ES384"} | changed))
        assert error.code == "AccessDenied", changed
    assert "sts:TagGetWebIdentityToken" in error.message


def test_inputs(root: Identity, issuer: str) -> None:
    get = root.sts.get_web_identity_token
    assert error_of(get, Audience=[AUDIENCE], SigningAlgorithm="HS256").code == "ValidationError"
    for changed in ({"DurationSeconds": "59"}, {"DurationSeconds": "3601"}, {"Audience.member.1": ""}):
        form = {"Audience.member.1": AUDIENCE, "SigningAlgorithm": "ES384"} | changed
        answer = raw.call(int(root.url.rpartition(":")[2]), root, "GetWebIdentityToken", service="sts", **form)
        assert answer.status == 400
        assert b"ValidationError" in answer.body
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    error = error_of(get, Audience=[AUDIENCE], SigningAlgorithm="ES384", Tags=twice)
    assert error.code == "InvalidParameterValue"
    tags = [{"Key": f"{number:03}" + "k" * 120, "Value": "v" * 256} for number in range(50)]
    error = error_of(get, Audience=[AUDIENCE], SigningAlgorithm="ES384", Tags=tags)
    assert (error.code, error.status) == ("JWTPayloadSizeExceededException", 400)


def test_the_issuers_documents(cloud: Server, issuer: str) -> None:
    path = issuer.removeprefix(cloud.url)
    status, text = cloud.get(path + "/.well-known/jwks.json")
    assert status == 200
    keys = json.loads(text)["keys"]
    assert {key["alg"] for key in keys} == {"ES384", "RS256"}
    # Nothing private.
    assert all(not set(key) & {"d", "p", "q", "dp", "dq", "qi", "k"} for key in keys)
    for other in (path, path + "/", path + "/keys", path[:-1] + "/.well-known/jwks.json", "/_gatehouse/tokens/"):
        assert cloud.get(other)[0] == 404, other
    answer = raw.send(cloud.port, raw.Request("POST", path + "/.well-known/jwks.json", {}, b"x"))
    # Any other method than GET is for a bucket of that name, which there can't be.
    assert answer.status == 400


def test_issuer_and_keys_outlive_the_process(durable: Callable[..., Server]) -> None:
    cloud = durable("--public-url", "https://gatehouse.example/").start()
    issuer = cloud.root.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert issuer.startswith("https://gatehouse.example/_gatehouse/tokens/")
    path = issuer.removeprefix("https://gatehouse.example") + "/.well-known/jwks.json"
    before = cloud.get(path)
    cloud.restart()
    assert cloud.get(path) == before
    token = cloud.root.sts.get_web_identity_token(Audience=[AUDIENCE], SigningAlgorithm="RS256")["WebIdentityToken"]
    assert jwt.decode(token, options={"verify_signature": False})["iss"] == issuer


def test_own_tokens_are_no_way_back_in(durable: Callable[..., Server], tmp_path: Path) -> None:
    cloud = durable("--public-url", "https://gatehouse.example").start()
    root = cloud.root
    issuer = root.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    made = root.iam.create_open_id_connect_provider(Url=issuer, ClientIDList=[AUDIENCE], ThumbprintList=["ab" * 20])
    document = trust({"Federated": made["OpenIDConnectProviderArn"]}, "sts:AssumeRoleWithWebIdentity")
    role = root.iam.create_role(RoleName="web", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    token = root.sts.get_web_identity_token(Audience=[AUDIENCE], SigningAlgorithm="RS256")["WebIdentityToken"]
    error = error_of(
        root.sts.assume_role_with_web_identity, RoleArn=role, RoleSessionName="s1", WebIdentityToken=token
    )
    assert error.code == "InvalidIdentityToken"
