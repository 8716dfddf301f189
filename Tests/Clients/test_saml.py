"""SAML federation: providers in IAM, and AssumeRoleWithSAML."""

import base64
import functools
import hashlib
import json
import re
from datetime import datetime, timedelta, UTC
from pathlib import Path
from typing import Any

import botocore
import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, error_of, policy
from harness.saml import SIGN_IN, IdentityProvider, KeyPair, xmlsec1

PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Example"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/people/Reader"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Reader/alice"
LOOKUP = {"Effect": "Allow", "Action": "cloudtrail:LookupEvents", "Resource": "*"}
BASE = {"Role": f"{ROLE},{PROVIDER}", "RoleSessionName": "alice"}


@pytest.fixture(scope="module")
def idp() -> IdentityProvider:
    return IdentityProvider()


def trust(*actions: str, **condition: Any) -> str:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": ["sts:AssumeRoleWithSAML", *actions],
    }
    if condition:
        statement["Condition"] = {operator: keys for operator, keys in condition.items()}
    return policy(statement)


@pytest.fixture
def federation(root: Identity, idp: IdentityProvider) -> Identity:
    """An account with the provider, and a role that trusts it for AWS's sign-in address."""
    root.iam.create_saml_provider(Name="Example", SAMLMetadataDocument=idp.metadata())
    document = trust("sts:TagSession", "sts:SetSourceIdentity", StringEquals={"SAML:aud": SIGN_IN})
    root.iam.create_role(RoleName="Reader", Path="/people/", AssumeRolePolicyDocument=document)
    root.iam.put_role_policy(RoleName="Reader", PolicyName="own", PolicyDocument=policy(LOOKUP))
    return root


@pytest.fixture
def nobody(cloud: Server) -> Any:
    """STS for whoever has no credentials at all."""
    return Identity(cloud.url, "none", "none").client("sts", signature_version=botocore.UNSIGNED)


def assume(sts: Any, response: str, **parameters: Any) -> dict[str, Any]:
    given = {"RoleArn": ROLE, "PrincipalArn": PROVIDER, "SAMLAssertion": response} | parameters
    return dict(sts.assume_role_with_saml(**given))


def refused(sts: Any, response: str, **parameters: Any) -> tuple[str, str, int | None]:
    error = error_of(
        sts.assume_role_with_saml,
        **({"RoleArn": ROLE, "PrincipalArn": PROVIDER, "SAMLAssertion": response} | parameters),
    )
    return error.code, error.message, error.status


#: What AWS says of itself, as far as a provider has to know.
AWS_METADATA = (
    '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:amazon:webservices">'
    '<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
    '<md:AssertionConsumerService index="1" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" '
    f'Location="{SIGN_IN}"/></md:SPSSODescriptor></md:EntityDescriptor>'
)

# The lab


def test_with_the_cli(cloud: Server, root: Identity, idp: IdentityProvider, tmp_path: Path, trail: Trail) -> None:
    (tmp_path / "metadata.xml").write_text(idp.metadata())
    made = root.aws(
        f"iam create-saml-provider --name Example --saml-metadata-document file://{tmp_path}/metadata.xml"
    )
    assert made["SAMLProviderArn"] == PROVIDER
    (tmp_path / "trust.json").write_text(trust(StringEquals={"SAML:aud": SIGN_IN, "SAML:sub_type": "persistent"}))
    role = root.aws(
        "iam create-role --role-name Reader --path /people/ "
        f"--assume-role-policy-document file://{tmp_path}/trust.json"
    )["Role"]
    root.iam.put_role_policy(RoleName="Reader", PolicyName="own", PolicyDocument=policy(LOOKUP))

    # Nobody's credentials are needed: the CLI does not sign this.
    response = idp.response(BASE)
    (tmp_path / "response").write_text(response)
    stranger = Identity(cloud.url, "AKIAAAAAAAAAAAAAAAAA", "wrong")
    answer = stranger.aws(
        f"sts assume-role-with-saml --role-arn {ROLE} --principal-arn {PROVIDER} "
        f"--saml-assertion file://{tmp_path}/response"
    )
    assert answer["AssumedRoleUser"] == {"AssumedRoleId": f"{role['RoleId']}:alice", "Arn": SESSION}
    assert (answer["Subject"], answer["SubjectType"]) == ("alice@example.com", "persistent")
    assert (answer["Issuer"], answer["Audience"]) == (idp.entity_id, SIGN_IN)
    qualifier = base64.b64encode(hashlib.sha1(f"{idp.entity_id}{ACCOUNT}/Example".encode()).digest()).decode()
    assert answer["NameQualifier"] == qualifier
    assert "PackedPolicySize" not in answer
    left = datetime.fromisoformat(answer["Credentials"]["Expiration"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1, seconds=5)

    alice = Identity.of_session(cloud.url, answer["Credentials"])
    assert alice.aws("sts get-caller-identity")["Arn"] == SESSION
    assert alice.aws("cloudtrail lookup-events --max-results 1")["Events"]
    assert alice.aws_refused("iam list-users").message == (
        f"User: {SESSION} is not authorized to perform: iam:ListUsers on resource: "
        f"arn:aws:iam::{ACCOUNT}:user/ because no identity-based policy allows the iam:ListUsers action"
    )

    record = trail.named("AssumeRoleWithSAML")
    assert record["userIdentity"] == {
        "type": "SAMLUser",
        "principalId": f"{qualifier}:alice@example.com",
        "userName": "alice@example.com",
        "identityProvider": qualifier,
    }
    assert record["requestParameters"]["roleArn"] == ROLE
    assert record["requestParameters"]["principalArn"] == PROVIDER
    assert record["responseElements"]["subject"] == "alice@example.com"
    assert record["resources"][0]["ARN"] == ROLE
    for secret in (response, answer["Credentials"]["SecretAccessKey"], answer["Credentials"]["SessionToken"]):
        assert secret not in json.dumps(record)


def test_pysaml2_as_the_provider(
    cloud: Server, root: Identity, nobody: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An identity provider that others have built: signed response, signed assertion, encrypted assertion."""
    from saml2 import BINDING_HTTP_REDIRECT, saml, xmldsig
    from saml2.config import IdPConfig
    from saml2.metadata import entity_descriptor
    from saml2.server import Server as IdP
    from saml2.sigver import SecurityContext, pre_encryption_part

    # It encrypts with triple DES, which AWS does not take, and offers no choice.
    aes = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
    monkeypatch.setattr("saml2.entity.pre_encryption_part", functools.partial(pre_encryption_part, msg_enc=aes))
    encrypt = functools.partialmethod(SecurityContext.encrypt_assertion, key_type="aes-256")
    monkeypatch.setattr(SecurityContext, "encrypt_assertion", encrypt)

    keys, receiver = KeyPair(), KeyPair()
    (tmp_path / "key.pem").write_text(keys.key)
    (tmp_path / "crt.pem").write_text(keys.certificate)
    endpoints = {"single_sign_on_service": [("https://pysaml2.example/sso", BINDING_HTTP_REDIRECT)]}
    default = {"lifetime": {"minutes": 5}, "attribute_restrictions": None}
    settings = {
        "entityid": "https://pysaml2.example/idp",
        "service": {"idp": {"endpoints": endpoints, "policy": {"default": default}}},
        "key_file": str(tmp_path / "key.pem"),
        "cert_file": str(tmp_path / "crt.pem"),
        "xmlsec_binary": xmlsec1(),
        "metadata": {"inline": [AWS_METADATA]},
    }
    config = IdPConfig().load(settings)
    metadata = str(entity_descriptor(config))
    root.iam.create_saml_provider(Name="Example", SAMLMetadataDocument=metadata, AddPrivateKey=receiver.key)
    root.iam.create_role(RoleName="Reader", Path="/people/", AssumeRolePolicyDocument=trust())

    server = IdP(config=config)
    for signs in ({"sign_response": True}, {"sign_assertion": True}, {"sign_response": True, "sign_assertion": True}):
        for encrypts in (False, True):
            response = server.create_authn_response(
                {f"https://aws.amazon.com/SAML/Attributes/{name}": [value] for name, value in BASE.items()},
                in_response_to="_request",
                destination=SIGN_IN,
                sp_entity_id="urn:amazon:webservices",
                name_id=saml.NameID(format=saml.NAMEID_FORMAT_TRANSIENT, text="bob"),
                authn={"class_ref": saml.AUTHN_PASSWORD, "authn_auth": "https://pysaml2.example"},
                sign_alg=xmldsig.SIG_RSA_SHA256,
                digest_alg=xmldsig.DIGEST_SHA256,
                encrypt_assertion=encrypts,
                encrypt_cert_assertion=receiver.base64 if encrypts else None,
                **signs,
            )
            text = str(response)
            assert ("EncryptedAssertion" in text) == encrypts
            answer = assume(nobody, base64.b64encode(text.encode()).decode())
            assert (answer["Subject"], answer["SubjectType"]) == ("bob", "transient"), (signs, encrypts)
            assert answer["AssumedRoleUser"]["Arn"] == SESSION


# What proves nothing


def test_forged_and_stale_responses(federation: Identity, nobody: Any, idp: IdentityProvider) -> None:
    stranger = IdentityProvider()
    token = "InvalidIdentityToken"
    honest = base64.b64decode(idp.response(BASE)).decode()

    def changed(old: str, new: str) -> str:
        assert old in honest
        return base64.b64encode(honest.replace(old, new).encode()).decode()

    for response, code, message in [
        (stranger.response(BASE), token, "Response signature invalid"),
        (idp.response(BASE, sign=""), token, "Response signature invalid"),
        (changed("alice@example.com", "root@example.com"), token, "Response signature invalid"),
        (changed("<samlp:Status>", '<samlp:Status xml:id="_assertion">'), token, "Response signature invalid"),
        (idp.response(BASE, issuer="https://other.example"), token, "Issuer not present in specified provider"),
        (idp.response(BASE, audience="urn:other"), token, "Response does not contain the required audience"),
        (idp.response(BASE, not_on_or_after=-61), "ExpiredTokenException", "Response has expired"),
        (
            idp.response(BASE, issued=-301, not_on_or_after=600),
            "ExpiredTokenException",
            "Token must be redeemed within 5 minutes of issuance",
        ),
        (idp.response(BASE, session_end=-1), "ExpiredTokenException", "Response has expired"),
        (idp.response(BASE, not_before=120), token, "Response is not valid yet"),
        ("bm8geG1s", token, "Invalid SAML response"),
        ("!!!!", token, "Invalid SAML response"),
        (changed("<samlp:Response ", '<!DOCTYPE x [<!ENTITY e "">]><samlp:Response '), token, "Invalid SAML response"),
    ]:
        assert refused(nobody, response) == (code, message, 400)
    failed = idp.response(BASE, status="urn:oasis:names:tc:SAML:2.0:status:Responder")
    assert refused(nobody, failed)[::2] == ("IDPRejectedClaim", 403)
    code, message, _ = refused(nobody, idp.response(BASE, recipient="https://other.example/saml"))
    assert code == token and "sign-in endpoint" in message
    assert assume(nobody, idp.response(BASE))["Subject"] == "alice@example.com"


def test_who_is_assumed_by_whose_word(federation: Identity, nobody: Any, idp: IdentityProvider) -> None:
    denied = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", 403)
    response = idp.response(BASE)
    # The assertion has to offer the very pair.
    other = ROLE.replace("Reader", "Writer")
    doubt = "SAML Assertion doesn't contain the requested Role and Metadata in the attributes"
    assert refused(nobody, response, RoleArn=other) == ("InvalidIdentityToken", doubt, 400)
    for pairs in (ROLE, f"{ROLE},{PROVIDER}2", f"{ROLE},{PROVIDER},x", f"{PROVIDER},{PROVIDER}"):
        assert refused(nobody, idp.response(BASE | {"Role": pairs}))[1] == doubt
    for pairs in (f"{PROVIDER},{ROLE}", f"{ROLE}, {PROVIDER}", [f"{other},{PROVIDER}", f"{ROLE},{PROVIDER}"]):
        assume(nobody, idp.response(BASE | {"Role": pairs}))
    # It may serve for all that it offers, as long as it lives.
    federation.iam.create_role(RoleName="Writer", Path="/people/", AssumeRolePolicyDocument=trust())
    both = idp.response(BASE | {"Role": [f"{other},{PROVIDER}", f"{ROLE},{PROVIDER}"]})
    for arn in (ROLE, other, ROLE):
        assert assume(nobody, both, RoleArn=arn)["Subject"] == "alice@example.com"

    assert refused(nobody, response, PrincipalArn=PROVIDER + "2") == (
        "InvalidIdentityToken", "Specified provider doesn't exist", 400,
    )
    assert refused(nobody, response, PrincipalArn=ROLE, RoleArn=PROVIDER) == (
        "ValidationError", "Request ARN is invalid", 400,
    )
    abroad = PROVIDER.replace(ACCOUNT, "444455556666")
    assert refused(nobody, response, PrincipalArn=abroad) == denied
    # A role that is not there is one that trusts nobody.
    gone = ROLE.replace("Reader", "Gone")
    assert refused(nobody, idp.response(BASE | {"Role": f"{gone},{PROVIDER}"}), RoleArn=gone) == denied

    def trusting(document: str) -> None:
        federation.iam.update_assume_role_policy(RoleName="Reader", PolicyDocument=document)

    trusting(policy({"Effect": "Allow", "Principal": {"Federated": PROVIDER + "2"}, "Action": "sts:AssumeRoleWithSAML"}))
    assert refused(nobody, response) == denied
    trusting(policy({"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity"}))
    assert refused(nobody, response) == denied
    trusting(policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:*"}))
    assert refused(nobody, response) == denied
    trusting(trust())
    assume(nobody, response)
    federation.iam.delete_saml_provider(SAMLProviderArn=PROVIDER)
    assert refused(nobody, response)[1] == "Specified provider doesn't exist"


@pytest.mark.parametrize(
    ("key", "right", "wrong"),
    [
        ("saml:aud", SIGN_IN, "https://eu-west-1.signin.aws.amazon.com/saml"),
        ("saml:iss", "https://idp.example/metadata", "https://idp.example"),
        ("saml:sub", "alice@example.com", "Alice@example.com"),
        ("saml:sub_type", "persistent", "transient"),
        ("saml:doc", f"{ACCOUNT}/Example", "Example"),
        ("saml:cn", "Alice", "Bob"),
        ("saml:commonName", "Alice", "Bob"),
        ("saml:eduPersonOrgDN", "dc=example", "dc=other"),
        ("saml:mail", "alice@mail.example", "bob@mail.example"),
        ("saml:uid", "1000", "0"),
        ("sts:RoleSessionName", "alice", "bob"),
        ("sts:SourceIdentity", "alice-w", "bob-w"),
        ("aws:RequestTag/team", "red", "blue"),
    ],
)
def test_condition_keys(
    federation: Identity, nobody: Any, idp: IdentityProvider, key: str, right: str, wrong: str
) -> None:
    response = idp.response(
        BASE
        | {
            "urn:oid:2.5.4.3": ["Alice"],
            "urn:oid:1.3.6.1.4.1.5923.1.1.1.3": "dc=example",
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress": "alice@mail.example",
            "urn:oid:0.9.2342.19200300.100.1.1": "1000",
            "SourceIdentity": "alice-w",
            "PrincipalTag:Team": "red",
        }
    )
    operator = "ForAnyValue:StringEquals" if key == "saml:cn" else "StringEquals"
    permissions = ("sts:TagSession", "sts:SetSourceIdentity")
    for value, is_allowed in ((wrong, False), (right, True)):
        document = trust(*permissions, **{operator: {key: value}})
        federation.iam.update_assume_role_policy(RoleName="Reader", PolicyDocument=document)
        if is_allowed:
            assume(nobody, response)
        else:
            assert refused(nobody, response)[0] == "AccessDenied"


def test_sign_in_addresses(federation: Identity, nobody: Any, idp: IdentityProvider) -> None:
    federation.iam.update_assume_role_policy(RoleName="Reader", PolicyDocument=trust())
    own = federation.iam.get_saml_provider(SAMLProviderArn=PROVIDER)["SAMLProviderUUID"]
    region = "https://eu-west-1.signin.aws.amazon.com/saml"
    for address in (SIGN_IN, region, f"{SIGN_IN}/acs/{own}", f"{region}/acs/{own}"):
        answer = assume(nobody, idp.response(BASE, recipient=address, audience=address))
        assert answer["Audience"] == address
    for address in (
        f"{SIGN_IN}/acs/{'A' * 26}",
        f"{SIGN_IN}/acs/",
        f"{SIGN_IN}/other",
        "http://signin.aws.amazon.com/saml",
        "https://signin.aws.amazon.com.example/saml",
        "https://evil/signin.aws.amazon.com/saml",
        "https://a.b.signin.aws.amazon.com/saml",
    ):
        assert refused(nobody, idp.response(BASE, recipient=address))[0] == "InvalidIdentityToken"
        assert refused(nobody, idp.response(BASE, audience=address))[0] == "InvalidIdentityToken"


# What the session is


def test_tags_source_identity_and_later_requests(
    cloud: Server, federation: Identity, nobody: Any, idp: IdentityProvider, trail: Trail
) -> None:
    claims = BASE | {
        "SourceIdentity": "alice-w",
        "PrincipalTag:Team": "red",
        "PrincipalTag:Site": "here",
        "TransitiveTagKeys": ["Team"],
    }
    answer = assume(nobody, idp.response(claims))
    assert answer["SourceIdentity"] == "alice-w"
    assert 0 < answer["PackedPolicySize"] <= 100
    alice = Identity.of_session(cloud.url, answer["Credentials"])
    keys = {
        "aws:PrincipalTag/Team": "red",
        "aws:PrincipalTag/Site": "here",
        "aws:SourceIdentity": "alice-w",
        "aws:FederatedProvider": PROVIDER,
        "saml:sub": "alice@example.com",
        "saml:sub_type": "persistent",
        "saml:namequalifier": answer["NameQualifier"],
    }
    for key, value in keys.items():
        for condition, is_allowed in (({"StringEquals": {key: value}}, True), ({"StringEquals": {key: "x"}}, False)):
            federation.iam.put_role_policy(
                RoleName="Reader", PolicyName="own", PolicyDocument=policy(LOOKUP | {"Condition": condition})
            )
            if is_allowed:
                alice.cloudtrail.lookup_events()
            else:
                assert "no identity-based policy" in error_of(alice.cloudtrail.lookup_events).message, key
    # What only told the trust policy something is gone.
    federation.iam.put_role_policy(
        RoleName="Reader",
        PolicyName="own",
        PolicyDocument=policy(LOOKUP | {"Condition": {"Null": {"saml:aud": "true", "saml:iss": "true"}}}, allow("sts:*")),
    )
    alice.cloudtrail.lookup_events()
    session = trail.of(alice.sts.get_caller_identity())["userIdentity"]["sessionContext"]
    assert session["sessionIssuer"]["arn"] == ROLE and session["sourceIdentity"] == "alice-w"

    # Chained: the transitive tag and the source identity go on, no longer than an hour.
    def next_trust(*actions: str) -> str:
        return policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": ROLE},
                "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", *actions],
                "Condition": {"StringEquals": {"aws:PrincipalTag/Team": "red"}},
            }
        )

    federation.iam.create_role(RoleName="Next", AssumeRolePolicyDocument=next_trust())
    federation.iam.put_role_policy(
        RoleName="Next",
        PolicyName="own",
        PolicyDocument=policy(
            LOOKUP
            | {"Condition": {"StringEquals": {"aws:PrincipalTag/Team": "red"}, "Null": {"aws:PrincipalTag/Site": "true"}}}
        ),
    )
    arn = f"arn:aws:iam::{ACCOUNT}:role/Next"
    # Tags that are passed on tag the next session, which its role has to allow.
    refused = error_of(alice.sts.assume_role, RoleArn=arn, RoleSessionName="chained")
    assert refused.code == "AccessDenied" and "sts:TagSession" in refused.message
    federation.iam.update_assume_role_policy(RoleName="Next", PolicyDocument=next_trust("sts:TagSession"))
    chained = alice.sts.assume_role(RoleArn=arn, RoleSessionName="chained")
    assert chained["SourceIdentity"] == "alice-w"
    Identity.of_session(cloud.url, chained["Credentials"]).cloudtrail.lookup_events()


def test_tags_and_source_identity_need_permissions(federation: Identity, nobody: Any, idp: IdentityProvider) -> None:
    for claim, action in (({"PrincipalTag:Team": "red"}, "sts:TagSession"), ({"SourceIdentity": "al"}, "sts:SetSourceIdentity")):
        federation.iam.update_assume_role_policy(RoleName="Reader", PolicyDocument=trust())
        response = idp.response(BASE | claim)
        assert refused(nobody, response) == ("AccessDenied", f"Not authorized to perform {action}", 403)
        federation.iam.update_assume_role_policy(RoleName="Reader", PolicyDocument=trust(action))
        assume(nobody, response)


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"RoleSessionName": []}, "RoleSessionName is required in AuthnResponse"),
        ({"RoleSessionName": "a"}, "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"),
        ({"RoleSessionName": "no spaces"}, "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"),
        (
            {"SourceIdentity": "aws:me"},
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
        ),
        ({"PrincipalTag:Team": ["red", "blue"]}, "The PrincipalTag attribute Team is invalid"),
        ({"PrincipalTag:Team": "r" * 257}, "The PrincipalTag attribute Team is invalid"),
    ],
)
def test_bad_attributes(
    federation: Identity, nobody: Any, idp: IdentityProvider, claims: dict[str, Any], message: str
) -> None:
    assert refused(nobody, idp.response(BASE | claims)) == ("InvalidIdentityToken", message, 400)


def test_durations_and_session_policies(
    cloud: Server, federation: Identity, nobody: Any, idp: IdentityProvider
) -> None:
    response = idp.response(BASE)

    def seconds(answer: dict[str, Any]) -> float:
        return float((answer["Credentials"]["Expiration"] - datetime.now(UTC)).total_seconds())

    assert 890 <= seconds(assume(nobody, response, DurationSeconds=900)) <= 905
    assert refused(nobody, response, DurationSeconds=7200) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        400,
    )
    federation.iam.update_role(RoleName="Reader", MaxSessionDuration=43200)
    assert 43100 <= seconds(assume(nobody, response, DurationSeconds=43200)) <= 43205
    # The user's session at the provider ends earlier.
    ending = idp.response(BASE, session_end=1800)
    assert 1700 <= seconds(assume(nobody, ending, DurationSeconds=43200)) <= 1805

    narrow = assume(nobody, response, Policy=policy(allow("s3:*")))
    assert narrow["PackedPolicySize"] > 0
    alice = Identity.of_session(cloud.url, narrow["Credentials"])
    assert "no session policy" in error_of(alice.cloudtrail.lookup_events).message
    # Such sessions don't make others of their own kind.
    assert error_of(alice.sts.get_session_token).code == "AccessDenied"
    assert error_of(alice.sts.get_federation_token, Name="guest").code == "AccessDenied"


def test_refusals_are_recorded(federation: Identity, nobody: Any, idp: IdentityProvider, trail: Trail) -> None:
    error = error_of(
        nobody.assume_role_with_saml, RoleArn=ROLE, PrincipalArn=PROVIDER, SAMLAssertion=idp.response(BASE, sign="")
    )
    record = trail.of(error)
    assert record["errorCode"] == "InvalidIdentityTokenException"
    assert record["requestParameters"]["roleArn"] == ROLE
    assert record["recipientAccountId"] == ACCOUNT
    assert not record.get("responseElements")


# Providers


def test_a_provider_in_iam(root: Identity, idp: IdentityProvider) -> None:
    iam = root.iam
    tags = [{"Key": "team", "Value": "red"}]
    made = iam.create_saml_provider(Name="Example", SAMLMetadataDocument=idp.metadata(), Tags=tags)
    assert made["SAMLProviderArn"] == PROVIDER and made["Tags"] == tags
    got = iam.get_saml_provider(SAMLProviderArn=PROVIDER)
    assert got["SAMLMetadataDocument"] == idp.metadata() and got["Tags"] == tags
    assert re.fullmatch("[A-Z0-9]{22,64}", got["SAMLProviderUUID"])
    assert timedelta(days=36500) < got["ValidUntil"] - got["CreateDate"] < timedelta(days=36550)
    assert (got["PrivateKeyList"], got["AssertionEncryptionMode"]) == ([], "Allowed")
    listed = iam.list_saml_providers()["SAMLProviderList"]
    assert listed == [{"Arn": PROVIDER, "ValidUntil": got["ValidUntil"], "CreateDate": got["CreateDate"]}]
    assert iam.get_account_summary()["SummaryMap"]["Providers"] == 1

    dated = idp.metadata(validUntil="2040-01-01T00:00:00Z")
    assert iam.update_saml_provider(SAMLProviderArn=PROVIDER, SAMLMetadataDocument=dated)["SAMLProviderArn"] == PROVIDER
    got = iam.get_saml_provider(SAMLProviderArn=PROVIDER)
    assert got["ValidUntil"] == datetime(2040, 1, 1, tzinfo=UTC) and got["SAMLMetadataDocument"] == dated

    iam.tag_saml_provider(SAMLProviderArn=PROVIDER, Tags=[{"Key": "Team", "Value": "blue"}, {"Key": "b", "Value": "2"}])
    pages = iam.list_saml_provider_tags(SAMLProviderArn=PROVIDER, MaxItems=1)
    assert pages["IsTruncated"] and len(pages["Tags"]) == 1
    iam.untag_saml_provider(SAMLProviderArn=PROVIDER, TagKeys=["TEAM", "Team", "team"])
    assert iam.list_saml_provider_tags(SAMLProviderArn=PROVIDER)["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.delete_saml_provider(SAMLProviderArn=PROVIDER)
    assert iam.list_saml_providers()["SAMLProviderList"] == []


def test_private_keys(cloud: Server, root: Identity, nobody: Any, idp: IdentityProvider, trail: Trail) -> None:
    iam, (first, second, third) = root.iam, (KeyPair(), KeyPair(), KeyPair())
    update = iam.update_saml_provider

    def refusal(**parameters: Any) -> tuple[str, str]:
        error = error_of(update, SAMLProviderArn=PROVIDER, **parameters)
        return error.code, error.message

    iam.create_saml_provider(Name="Example", SAMLMetadataDocument=idp.metadata())
    iam.create_role(RoleName="Reader", Path="/people/", AssumeRolePolicyDocument=trust())
    assert refusal(AssertionEncryptionMode="Required") == (
        "InvalidInput",
        "Unable to set assertion encryption mode to Required because no private key is provided.",
    )
    assert refusal() == (
        "InvalidInput",
        "Unable to update identity provider. No updates are defined for metadata or encryption assertion.",
    )
    assert refusal(AddPrivateKey=first.certificate) == ("InvalidInput", "Invalid private key.")
    update(SAMLProviderArn=PROVIDER, AddPrivateKey=first.key, AssertionEncryptionMode="Required")
    update(SAMLProviderArn=PROVIDER, AddPrivateKey=second.key)
    got = iam.get_saml_provider(SAMLProviderArn=PROVIDER)
    assert got["AssertionEncryptionMode"] == "Required" and len(got["PrivateKeyList"]) == 2
    ids = [key["KeyId"] for key in got["PrivateKeyList"]]
    assert refusal(AddPrivateKey=third.key) == ("LimitExceeded", "Private key limit of 2 is reached.")
    assert refusal(AddPrivateKey=third.key, RemovePrivateKey=ids[0])[1].startswith(
        "Unable to add and remove private keys in the same request."
    )
    assert refusal(RemovePrivateKey="A" * 22)[1] == (
        "Failed to remove private key because the Key ID does not match a private key."
    )
    # What is not encrypted is not taken any more.
    assert refused(nobody, idp.response(BASE))[0] == "InvalidIdentityToken"
    update(SAMLProviderArn=PROVIDER, RemovePrivateKey=ids[0])
    assert refusal(RemovePrivateKey=ids[1]) == ("InvalidInput", "Failed to remove private key.")
    update(SAMLProviderArn=PROVIDER, AssertionEncryptionMode="Allowed")
    update(SAMLProviderArn=PROVIDER, RemovePrivateKey=ids[1])
    assert assume(nobody, idp.response(BASE))["Subject"] == "alice@example.com"
    for record in trail.all(EventName="UpdateSAMLProvider"):
        assert "PRIVATE KEY" not in json.dumps(record)


def test_bad_providers(root: Identity, idp: IdentityProvider) -> None:
    iam = root.client("iam", parameter_validation=False)
    metadata = idp.metadata()
    create = iam.create_saml_provider
    for document in (
        "x" * 1000,
        metadata.replace("IDPSSODescriptor", "SPSSODescriptor"),
        metadata.replace(idp.keys.base64, "AAAA" * 300),
        metadata.replace("<md:Entity", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><md:Entity', 1),
    ):
        error = error_of(create, Name="Example", SAMLMetadataDocument=document)
        assert (error.code, error.message) == ("InvalidInput", "Could not parse metadata")
    assert error_of(create, Name="Example", SAMLMetadataDocument="short").code == "ValidationError"
    assert error_of(create, Name="no spaces", SAMLMetadataDocument=metadata).code == "ValidationError"
    create(Name="Example", SAMLMetadataDocument=metadata)
    error = error_of(create, Name="Example", SAMLMetadataDocument=metadata)
    assert (error.code, error.message, error.status) == (
        "EntityAlreadyExists", "Provider with name Example already exists.", 409,
    )
    missing = PROVIDER + "2"
    for call in (iam.get_saml_provider, iam.delete_saml_provider, iam.list_saml_provider_tags):
        error = error_of(call, SAMLProviderArn=missing)
        assert (error.code, error.message) == ("NoSuchEntity", f"Manifest not found for arn {missing}")
    assert error_of(iam.get_saml_provider, SAMLProviderArn=ROLE).code == "ValidationError"


def test_expired_metadata(root: Identity, nobody: Any, idp: IdentityProvider) -> None:
    dated = idp.metadata(validUntil="2020-01-01T00:00:00Z")
    root.iam.create_saml_provider(Name="Example", SAMLMetadataDocument=dated)
    root.iam.create_role(RoleName="Reader", Path="/people/", AssumeRolePolicyDocument=trust())
    assert refused(nobody, idp.response(BASE))[0] == "InvalidIdentityToken"
