"""KMS keys are read from the ledger when they are first named, and kept: what is kept is right whatever becomes of the key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import Identity, Server, allow, deny, error_of, policy
from harness.ledger import Ledger
from harness.postgres import Postgres

SECRET = b"a secret"


def a_key(kms: Any, alias: str = "", **parameters: Any) -> dict[str, Any]:
    made = dict(kms.create_key(**parameters)["KeyMetadata"])
    if alias:
        kms.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
    return made


def blob(kms: Any, key: str, **more: Any) -> bytes:
    return bytes(kms.encrypt(KeyId=key, Plaintext=SECRET, **more)["CiphertextBlob"])


def is_opened(kms: Any, sealed: bytes, **more: Any) -> bool:
    """Whether the caller may decrypt it."""
    try:
        return bool(kms.decrypt(CiphertextBlob=sealed, **more)["Plaintext"] == SECRET)
    except kms.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException", error
        return False


def test_keys_after_a_restart(durable: Callable[..., Server]) -> None:
    server = durable().start()
    iam, kms = server.root.iam, server.root.client("kms")
    iam.create_user(UserName="reader")
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=policy(allow("kms:Decrypt")))
    reader = iam.create_access_key(UserName="reader")["AccessKey"]
    user = iam.get_user(UserName="reader")["User"]["Arn"]
    open_key = a_key(kms, "alias/open", Description="first", Tags=[{"TagKey": "team", "TagValue": "blue"}])
    closed = a_key(kms)
    kms.put_key_policy(
        KeyId=closed["KeyId"],
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    allow("kms:*") | {"Principal": {"AWS": f"arn:aws:iam::{open_key['AWSAccountId']}:root"}},
                    deny("kms:Decrypt") | {"Principal": {"AWS": user}},
                ],
            }
        ),
    )
    signer = a_key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyId"]
    signing = {"KeyId": signer, "SigningAlgorithm": "RSASSA_PSS_SHA_256", "Message": b"m"}
    signature = kms.sign(**signing)["Signature"]
    sealed, hidden = blob(kms, "alias/open"), blob(kms, closed["KeyId"])
    kms.rotate_key_on_demand(KeyId=open_key["KeyId"])
    pending = a_key(kms)["KeyId"]
    kms.schedule_key_deletion(KeyId=pending)
    server.stop()

    server.start()
    kms, at_reader = server.root.client("kms"), Identity.of_key(server.url, reader).client("kms")
    assert kms.describe_key(KeyId="alias/open")["KeyMetadata"]["Description"] == "first"
    assert kms.list_resource_tags(KeyId=open_key["KeyId"])["Tags"] == [{"TagKey": "team", "TagValue": "blue"}]
    assert is_opened(at_reader, sealed) and not is_opened(at_reader, hidden) and is_opened(kms, hidden)
    # Encrypted with the material before the rotation, and with the one after it.
    assert is_opened(kms, blob(kms, "alias/open"))
    assert kms.verify(Signature=signature, **signing)["SignatureValid"]
    assert {"alias/open"} <= {alias["AliasName"] for alias in kms.list_aliases(KeyId=open_key["KeyId"])["Aliases"]}
    assert error_of(kms.encrypt, KeyId=pending, Plaintext=b"x").code == "KMSInvalidStateException"
    ids = {key["KeyId"] for key in kms.list_keys()["Keys"]}
    assert ids == {open_key["KeyId"], closed["KeyId"], signer, pending}
    assert "gatehouse_kms_keys 4" in server.get("/metrics")[1].splitlines()


def test_a_key_that_is_damaged_is_no_other_keys_business(durable: Callable[..., Server]) -> None:
    server = durable().start()
    kms = server.root.client("kms")
    good, bad = a_key(kms), a_key(kms, "alias/bad")
    sealed = blob(kms, good["KeyId"])
    server.stop()
    ledger = Ledger(server.data)
    [record] = [key for key in ledger.keys("AWS::KMS::Key") if key.id == bad["KeyId"]]
    ledger.flip(record)

    server.start()
    kms = server.root.client("kms")
    assert is_opened(kms, sealed)
    for name in (bad["KeyId"], "alias/bad"):
        assert error_of(kms.encrypt, KeyId=name, Plaintext=b"x").code in ("KMSInternalException", "InternalFailure")
    assert server.log and "a record is damaged" in server.log.read_text()


def test_what_is_deleted_is_gone(cloud: Server, root: Identity) -> None:
    kms = root.client("kms")
    key = a_key(kms, "alias/short")
    sealed = blob(kms, "alias/short")
    assert is_opened(kms, sealed)
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    cloud.advance(7 * 86_400 + 1)
    assert error_of(kms.describe_key, KeyId=key["KeyId"]).code == "NotFoundException"
    assert error_of(kms.describe_key, KeyId="alias/short").code == "NotFoundException"
    assert error_of(kms.decrypt, CiphertextBlob=sealed).code == "AccessDeniedException"
    # The name can be given to another key.
    other = a_key(kms, "alias/short")
    assert kms.describe_key(KeyId="alias/short")["KeyMetadata"]["KeyId"] == other["KeyId"]


# What is changed in one place is so in the other


class Nodes:
    """Two servers on one database, or one server twice."""

    def __init__(self, one: Server, two: Server):
        self.one, self.two = one, two

    def kms(self) -> tuple[Any, Any]:
        return self.one.root.client("kms"), self.two.root.client("kms")

    def user(self, *statements: dict[str, Any]) -> Any:
        """KMS at the second node, for a new user with a policy."""
        iam = self.one.root.iam
        name = f"user-{len(iam.list_users()['Users'])}"
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
        self.arn = iam.get_user(UserName=name)["User"]["Arn"]
        return Identity.of_key(self.two.url, iam.create_access_key(UserName=name)["AccessKey"]).client("kms")


@pytest.fixture(scope="module", params=["one server", "two nodes"])
def nodes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    folder: Path = tmp_path_factory.mktemp("nodes")
    if request.param == "one server":
        with Server() as server:
            yield Nodes(server, server)
        return
    with Postgres() as postgres:
        database = postgres.new_database()
        servers = [Server(database=database, key=folder / "key", log=folder / f"log{n}") for n in range(2)]
        try:
            for server in servers:
                server.start()
            yield Nodes(*servers)
        finally:
            for server in servers:
                server.kill()


def test_a_policy_a_state_and_a_rotation_bind_at_once(nodes: Nodes) -> None:
    one, two = nodes.kms()
    key = a_key(one)["KeyId"]
    user = nodes.user(allow("kms:*"))
    sealed = blob(two, key)
    document = json.loads(one.get_key_policy(KeyId=key)["Policy"])
    denial = deny("kms:Decrypt") | {"Principal": {"AWS": nodes.arn}}
    for _ in range(5):
        assert is_opened(user, sealed)
        one.put_key_policy(KeyId=key, Policy=json.dumps(document | {"Statement": [*document["Statement"], denial]}))
        assert not is_opened(user, sealed)
        one.put_key_policy(KeyId=key, Policy=json.dumps(document))
        assert is_opened(user, sealed)
        one.disable_key(KeyId=key)
        assert error_of(user.decrypt, CiphertextBlob=sealed).code == "DisabledException"
        one.enable_key(KeyId=key)
        before = two.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
        one.rotate_key_on_demand(KeyId=key)
        assert two.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"] != before
        assert is_opened(one, blob(two, key)) and is_opened(two, blob(one, key))


def test_tags_and_aliases_bind_at_once(nodes: Nodes) -> None:
    one, two = nodes.kms()
    key, other = a_key(one)["KeyId"], a_key(one)["KeyId"]
    tagged = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}
    named = {"Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/mine"}}}
    by_tag = nodes.user(allow("kms:Decrypt") | tagged)
    by_alias = nodes.user(allow("kms:Decrypt") | named)
    sealed, others = blob(two, key), blob(two, other)
    for _ in range(5):
        assert not is_opened(by_tag, sealed) and not is_opened(by_alias, sealed)
        one.tag_resource(KeyId=key, Tags=[{"TagKey": "team", "TagValue": "blue"}])
        assert is_opened(by_tag, sealed)
        one.untag_resource(KeyId=key, TagKeys=["team"])
        assert not is_opened(by_tag, sealed)
        one.create_alias(AliasName="alias/mine", TargetKeyId=key)
        assert is_opened(by_alias, sealed) and not is_opened(by_alias, others)
        assert two.describe_key(KeyId="alias/mine")["KeyMetadata"]["KeyId"] == key
        one.update_alias(AliasName="alias/mine", TargetKeyId=other)
        assert not is_opened(by_alias, sealed) and is_opened(by_alias, others)
        assert two.describe_key(KeyId="alias/mine")["KeyMetadata"]["KeyId"] == other
        one.delete_alias(AliasName="alias/mine")
        assert not is_opened(by_alias, others)
        assert error_of(two.describe_key, KeyId="alias/mine").code == "NotFoundException"


def test_grants_bind_at_once(nodes: Nodes) -> None:
    one, two = nodes.kms()
    key = a_key(one)["KeyId"]
    user = nodes.user()
    context = {"order": "17"}
    sealed = blob(two, key, EncryptionContext=context)
    for constraint in ({}, {"EncryptionContextEquals": context}, {"EncryptionContextSubset": context}):
        for _ in range(3):
            assert not is_opened(user, sealed, EncryptionContext=context)
            grant = one.create_grant(
                KeyId=key, GranteePrincipal=nodes.arn, Operations=["Decrypt"], Constraints=constraint
            )["GrantId"]
            assert is_opened(user, sealed, EncryptionContext=context)
            one.revoke_grant(KeyId=key, GrantId=grant)
    assert not is_opened(user, sealed, EncryptionContext=context)


def test_imported_material_that_is_deleted_is_not_used(nodes: Nodes) -> None:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding

    one, two = nodes.kms()
    key = a_key(one, Origin="EXTERNAL")["KeyId"]

    def imported() -> None:
        parameters = one.get_parameters_for_import(
            KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
        )
        public = serialization.load_der_public_key(parameters["PublicKey"])
        wrapped = public.encrypt(  # type: ignore[union-attr]
            b"k" * 32, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        )
        one.import_key_material(
            KeyId=key,
            ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=wrapped,
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )

    imported()
    sealed = blob(two, key)
    for _ in range(3):
        assert is_opened(two, sealed)
        one.delete_imported_key_material(KeyId=key)
        assert error_of(two.decrypt, CiphertextBlob=sealed).code == "KMSInvalidStateException"
        imported()
    assert is_opened(two, sealed)
