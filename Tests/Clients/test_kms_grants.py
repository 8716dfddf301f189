"""KMS grants: who may do what by them, under which conditions, and how they end."""

import base64
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, deny, error_of, trust

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@pytest.fixture
def kms(root: Identity) -> Any:
    return root.client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    return str(kms.create_key()["KeyMetadata"]["KeyId"])


def user_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def may(client: Any, operation: str, **parameters: Any) -> bool:
    """Whether the call succeeds; whatever else than a denial it fails by is an error of the test."""
    try:
        getattr(client, operation)(**parameters)
    except client.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException", error
        return False
    return True


def test_a_grant_allows_what_it_lists(kms: Any, key: str, new_user) -> None:
    alice, bob = new_user("alice").client("kms"), new_user("bob").client("kms")
    assert not may(alice, "encrypt", KeyId=key, Plaintext=b"x")
    made = kms.create_grant(
        KeyId=key,
        GranteePrincipal=user_arn("alice"),
        RetiringPrincipal=user_arn("bob"),
        Operations=["Encrypt", "DescribeKey"],
        Name="first",
    )
    # It binds at once, with its token and without.
    assert may(alice, "encrypt", KeyId=key, Plaintext=b"x")
    assert may(alice, "encrypt", KeyId=key, Plaintext=b"x", GrantTokens=[made["GrantToken"]])
    token = base64.b64decode(made["GrantToken"])
    for place in range(len(token)):
        changed = base64.b64encode(token[:place] + bytes([token[place] ^ 1]) + token[place + 1 :]).decode()
        error = error_of(alice.encrypt, KeyId=key, Plaintext=b"x", GrantTokens=[changed])
        assert error.code == "InvalidGrantTokenException", (place, error)
    assert may(alice, "describe_key", KeyId=key)
    assert not may(alice, "generate_data_key", KeyId=key, KeySpec="AES_256")
    assert not may(bob, "encrypt", KeyId=key, Plaintext=b"x")
    (entry,) = kms.list_grants(KeyId=key)["Grants"]
    created = entry.pop("CreationDate")
    assert created
    assert entry == {
        "KeyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key}",
        "GrantId": made["GrantId"],
        "Name": "first",
        "GranteePrincipal": user_arn("alice"),
        "RetiringPrincipal": user_arn("bob"),
        "IssuingAccount": ROOT,
        "Operations": ["Encrypt", "DescribeKey"],
    }
    (retirable,) = kms.list_retirable_grants(RetiringPrincipal=user_arn("bob"))["Grants"]
    assert retirable["GrantId"] == made["GrantId"]
    kms.revoke_grant(KeyId=key, GrantId=made["GrantId"])
    assert not may(alice, "encrypt", KeyId=key, Plaintext=b"x")
    error = error_of(alice.encrypt, KeyId=key, Plaintext=b"x", GrantTokens=[made["GrantToken"]])
    assert error.code == "InvalidGrantTokenException"
    assert not kms.list_retirable_grants(RetiringPrincipal=user_arn("bob"))["Grants"]
    assert error_of(kms.revoke_grant, KeyId=key, GrantId=made["GrantId"]).code == "NotFoundException"


def test_the_context_of_a_grant(kms: Any, key: str, new_user) -> None:
    alice = new_user("alice").client("kms")
    kms.create_grant(
        KeyId=key,
        GranteePrincipal=user_arn("alice"),
        Operations=["Encrypt", "Decrypt", "DescribeKey"],
        Constraints={"EncryptionContextEquals": {"a": "1", "b": "2"}},
    )
    for context, allowed in (
        ({"a": "1", "b": "2"}, True),
        ({"b": "2", "a": "1"}, True),
        ({"a": "1"}, False),
        ({"A": "1", "b": "2"}, False),
        ({"a": "1", "b": "2", "c": "3"}, False),
        ({}, False),
    ):
        assert may(alice, "encrypt", KeyId=key, Plaintext=b"x", EncryptionContext=context) == allowed, context
    assert may(alice, "describe_key", KeyId=key)
    bob = new_user("bob").client("kms")
    kms.create_grant(
        KeyId=key,
        GranteePrincipal=user_arn("bob"),
        Operations=["Encrypt"],
        Constraints={"EncryptionContextSubset": {"a": "1"}},
    )
    for context, allowed in (({"a": "1"}, True), ({"a": "1", "z": ""}, True), ({"z": ""}, False), ({"a": "2"}, False)):
        assert may(bob, "encrypt", KeyId=key, Plaintext=b"x", EncryptionContext=context) == allowed, context


def test_reencrypting_by_grants(kms: Any, key: str, new_user) -> None:
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    alice = new_user("alice").client("kms")
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.create_grant(KeyId=key, GranteePrincipal=user_arn("alice"), Operations=["ReEncryptFrom"])
    assert not may(alice, "re_encrypt", CiphertextBlob=blob, DestinationKeyId=other)
    kms.create_grant(KeyId=other, GranteePrincipal=user_arn("alice"), Operations=["ReEncryptTo"])
    assert may(alice, "re_encrypt", CiphertextBlob=blob, DestinationKeyId=other)


def test_grants_only_allow(kms: Any, key: str, new_user) -> None:
    alice = new_user("alice", deny("kms:Encrypt", "*")).client("kms")
    kms.create_grant(KeyId=key, GranteePrincipal=user_arn("alice"), Operations=["Encrypt", "Decrypt"])
    error = error_of(alice.encrypt, KeyId=key, Plaintext=b"x")
    assert "with an explicit deny in an identity-based policy" in error.message
    assert may(alice, "decrypt", CiphertextBlob=kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"])


def test_a_grant_is_for_a_role_or_an_account(kms: Any, key: str, new_user, new_role) -> None:
    arn = new_role("worker", trust(ROOT))
    alice = new_user("alice", allow("sts:AssumeRole", arn), allow("kms:Decrypt", "*"))
    session = alice.sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"]
    worker = Identity.of_session(alice.url, session).client("kms")
    assert not may(worker, "encrypt", KeyId=key, Plaintext=b"x")
    kms.create_grant(KeyId=key, GranteePrincipal=arn, Operations=["Encrypt"])
    assert may(worker, "encrypt", KeyId=key, Plaintext=b"x")
    assert not may(alice.client("kms"), "encrypt", KeyId=key, Plaintext=b"x")
    one = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/s1"
    kms.create_grant(KeyId=key, GranteePrincipal=one, Operations=["GenerateDataKey"])
    assert may(worker, "generate_data_key", KeyId=key, KeySpec="AES_256")
    again = alice.sts.assume_role(RoleArn=arn, RoleSessionName="s2")["Credentials"]
    assert not may(
        Identity.of_session(alice.url, again).client("kms"), "generate_data_key", KeyId=key, KeySpec="AES_256"
    )


def test_a_grant_ends_with_its_grantee(kms: Any, root: Identity, key: str, new_user) -> None:
    new_user("alice")
    kms.create_grant(KeyId=key, GranteePrincipal=user_arn("alice"), Operations=["Encrypt"])
    for made in root.iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]:
        root.iam.delete_access_key(UserName="alice", AccessKeyId=made["AccessKeyId"])
    root.iam.delete_user(UserName="alice")
    assert not may(new_user("alice").client("kms"), "encrypt", KeyId=key, Plaintext=b"x")
    (entry,) = kms.list_grants(KeyId=key)["Grants"]
    assert entry["GranteePrincipal"].startswith("AIDA")


def test_the_same_grant_twice(kms: Any, key: str, new_user) -> None:
    new_user("alice")
    request = {"KeyId": key, "GranteePrincipal": user_arn("alice"), "Operations": ["Encrypt"], "Name": "once"}
    first, second = kms.create_grant(**request), kms.create_grant(**request)
    assert first["GrantId"] == second["GrantId"] and first["GrantToken"] != second["GrantToken"]
    other = kms.create_grant(**(request | {"Operations": ["Encrypt", "Decrypt"]}))
    assert other["GrantId"] != first["GrantId"]
    unnamed = {name: value for name, value in request.items() if name != "Name"}
    assert kms.create_grant(**unnamed)["GrantId"] != kms.create_grant(**unnamed)["GrantId"]
    assert len(kms.list_grants(KeyId=key, GranteePrincipal=user_arn("alice"))["Grants"]) == 4
    (found,) = kms.list_grants(KeyId=key, GrantId=first["GrantId"])["Grants"]
    assert found["GrantId"] == first["GrantId"]
    pages = kms.get_paginator("list_grants").paginate(KeyId=key, PaginationConfig={"PageSize": 3})
    assert len([grant for page in pages for grant in page["Grants"]]) == 4


@pytest.mark.parametrize(
    "parameters, code",
    [
        ({"GranteePrincipal": user_arn("nobody")}, "InvalidArnException"),
        ({"GranteePrincipal": "s3.amazonaws.com"}, "InvalidArnException"),
        ({"RetiringPrincipal": "x"}, "InvalidArnException"),
        ({"Operations": ["Sign"]}, "ValidationException"),
        (
            {"Constraints": {"EncryptionContextEquals": {"a": "b"}, "EncryptionContextSubset": {"a": "b"}}},
            "ValidationException",
        ),
        ({"GrantTokens": ["x"]}, "InvalidGrantTokenException"),
    ],
)
def test_a_grant_that_cannot_be(kms: Any, key: str, parameters: dict[str, Any], code: str) -> None:
    request = {"KeyId": key, "GranteePrincipal": ACCOUNT, "Operations": ["Encrypt"]}
    assert error_of(kms.create_grant, **(request | parameters)).code == code
    assert not kms.list_grants(KeyId=key)["Grants"]


def test_grants_of_other_keys(kms: Any, key: str) -> None:
    rsa = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    constrained = {"EncryptionContextSubset": {"a": "b"}}
    request = {"KeyId": rsa, "GranteePrincipal": ACCOUNT, "Operations": ["Sign"]}
    assert error_of(kms.create_grant, Constraints=constrained, **request).code == "ValidationException"
    grant = kms.create_grant(**request)
    # A grant is of one key.
    assert error_of(kms.revoke_grant, KeyId=key, GrantId=grant["GrantId"]).code == "NotFoundException"
    assert error_of(kms.revoke_grant, KeyId=rsa, GrantId="x").code in ("InvalidGrantIdException", "NotFoundException")


def test_whoever_may_grant_by_a_grant_may_grant_no_more(kms: Any, key: str, new_user) -> None:
    alice, bob = new_user("alice").client("kms"), new_user("bob").client("kms")
    kms.create_grant(
        KeyId=key,
        GranteePrincipal=user_arn("alice"),
        Operations=["Encrypt", "Decrypt", "CreateGrant"],
        Constraints={"EncryptionContextSubset": {"a": "1"}},
    )
    request = {"KeyId": key, "GranteePrincipal": user_arn("bob")}
    stricter = {"EncryptionContextEquals": {"a": "1", "b": "2"}}
    for operations, constraints, allowed in (
        (["Encrypt"], stricter, True),
        (["Encrypt", "CreateGrant"], {"EncryptionContextSubset": {"a": "1"}}, True),
        (["Encrypt"], {}, False),
        (["Encrypt"], {"EncryptionContextSubset": {"b": "2"}}, False),
        (["GenerateDataKey"], stricter, False),
    ):
        more = {"Constraints": constraints} if constraints else {}
        made = may(alice, "create_grant", Operations=operations, **request, **more)
        assert made == allowed, (operations, constraints)
    assert may(bob, "encrypt", KeyId=key, Plaintext=b"x", EncryptionContext={"a": "1", "b": "2"})


def test_letters_that_unicode_takes_for_each_other(kms: Any, key: str, new_user) -> None:
    """The sign for kelvin is a K to Unicode, and another context to a ciphertext."""
    alice = new_user("alice").client("kms")
    constraints = {"EncryptionContextSubset": {"unit": "K"}}
    request = {"KeyId": key, "GranteePrincipal": user_arn("alice"), "Operations": ["Encrypt", "CreateGrant"]}
    kms.create_grant(Constraints=constraints, **request)
    assert may(alice, "encrypt", KeyId=key, Plaintext=b"x", EncryptionContext={"unit": "K"})
    assert not may(alice, "encrypt", KeyId=key, Plaintext=b"x", EncryptionContext={"unit": "\u212a"})
    other = {"EncryptionContextSubset": {"unit": "\u212a"}}
    assert not may(alice, "create_grant", Constraints=other, **request)
    assert may(alice, "create_grant", Constraints=constraints, **request)


def test_who_may_retire(kms: Any, key: str, new_user) -> None:
    users = {name: new_user(name).client("kms") for name in ("grantee", "retirer", "stranger")}
    delegate = new_user("delegate", allow("kms:RetireGrant", "*")).client("kms")

    def grant(*operations: str) -> dict[str, Any]:
        return dict(
            kms.create_grant(
                KeyId=key,
                GranteePrincipal=user_arn("grantee"),
                RetiringPrincipal=user_arn("retirer"),
                Operations=list(operations),
            )
        )

    made = grant("Encrypt")
    assert not may(users["stranger"], "retire_grant", GrantToken=made["GrantToken"])
    assert not may(users["grantee"], "retire_grant", GrantToken=made["GrantToken"])
    assert error_of(users["retirer"].retire_grant, GrantToken=made["GrantToken"], DryRun=True).code == (
        "DryRunOperationException"
    )
    assert may(users["retirer"], "retire_grant", GrantToken=made["GrantToken"])
    assert error_of(kms.retire_grant, GrantToken=made["GrantToken"]).code == "InvalidGrantTokenException"
    made = grant("Encrypt", "RetireGrant")
    assert may(users["grantee"], "retire_grant", KeyId=key, GrantId=made["GrantId"])
    # Another grant to retire does not help.
    grant("RetireGrant")
    made = grant("Encrypt")
    assert not may(users["grantee"], "retire_grant", KeyId=key, GrantId=made["GrantId"])
    assert may(delegate, "retire_grant", KeyId=key, GrantId=made["GrantId"])
    assert error_of(kms.retire_grant).code == "ValidationException"


def test_condition_keys_of_grants(kms: Any, key: str, new_user) -> None:
    new_user("bob")
    conditions: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
        ({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "Decrypt"]}}, {}, True),
        ({"ForAllValues:StringEquals": {"kms:GrantOperations": "Decrypt"}}, {}, False),
        ({"StringEquals": {"kms:GranteePrincipal": user_arn("bob")}}, {}, True),
        ({"StringEquals": {"kms:GranteePrincipal": user_arn("eve")}}, {}, False),
        ({"Bool": {"kms:GrantIsForAWSResource": "true"}}, {}, False),
        ({"StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"}}, {}, False),
        (
            {"StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"}},
            {"Constraints": {"EncryptionContextSubset": {"a": "b"}}},
            True,
        ),
        ({"StringEquals": {"kms:RetiringPrincipal": ROOT}}, {"RetiringPrincipal": ROOT}, True),
    ]
    for number, (condition, more, allowed) in enumerate(conditions):
        user = new_user(f"u{number}", allow("kms:CreateGrant", "*") | {"Condition": condition}).client("kms")
        request = {"KeyId": key, "GranteePrincipal": user_arn("bob"), "Operations": ["Encrypt"]}
        assert may(user, "create_grant", **request, **more) == allowed, condition


def test_the_quota_of_grants() -> None:
    with Server("--quota", "KMSGrantsPerKey=3") as server:
        kms = server.root.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        request = {"KeyId": key, "GranteePrincipal": ACCOUNT, "Operations": ["Encrypt"]}
        grants = [kms.create_grant(**request)["GrantId"] for _ in range(3)]
        assert error_of(kms.create_grant, **request).code == "LimitExceededException"
        kms.revoke_grant(KeyId=key, GrantId=grants[0])
        assert kms.create_grant(**request)


def test_what_cloudtrail_has_of_a_grant(kms: Any, key: str, trail: Trail) -> None:
    made = kms.create_grant(
        KeyId=key,
        GranteePrincipal=ROOT,
        Operations=["Encrypt"],
        Constraints={"EncryptionContextSubset": {"a": "b"}},
    )
    record = trail.of(made)
    assert record["requestParameters"]["constraints"] == {"encryptionContextSubset": {"a": "b"}}
    assert record["responseElements"] == {"grantId": made["GrantId"]}
    assert record["resources"][0]["type"] == "AWS::KMS::Key"
    assert made["GrantToken"] not in str(record)

