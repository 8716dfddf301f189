"""KMS key material: rotated, imported, expired, shared by the keys of several Regions; and when a key was last used."""

import datetime
import os
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from harness import ACCOUNT, Identity, Server, Trail, error_of
from harness.server import gatehouse

DAY = 86_400


@pytest.fixture
def kms(root: Identity) -> Any:
    return root.client("kms")


def in_region(root: Identity, region: str) -> Any:
    return Identity(root.url, root.key_id, root.secret, region=region).client("kms")


def state_of(kms: Any, key: str) -> str:
    return str(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"])


# Rotation


def test_rotation_by_schedule(cloud: Server, kms: Any, trail: Trail) -> None:
    key = kms.create_key()["KeyMetadata"]
    first = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"old")["CiphertextBlob"]
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=key["KeyId"], RotationPeriodInDays=90)
    status = kms.get_key_rotation_status(KeyId=key["KeyId"])
    assert status["KeyRotationEnabled"] is True and status["RotationPeriodInDays"] == 90
    # Asking again changes nothing.
    cloud.advance(DAY)
    kms.enable_key_rotation(KeyId=key["KeyId"])
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["NextRotationDate"] == status["NextRotationDate"]
    cloud.advance(90 * DAY)
    rotated = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    assert rotated["CurrentKeyMaterialId"] != key["CurrentKeyMaterialId"]
    (entry,) = kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"]
    assert entry["RotationType"] == "AUTOMATIC" and entry["KeyMaterialId"] == rotated["CurrentKeyMaterialId"]
    every = kms.list_key_rotations(KeyId=key["KeyId"], IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert [(one["KeyMaterialId"], one["KeyMaterialState"]) for one in every] == [
        (rotated["CurrentKeyMaterialId"], "CURRENT"),
        (key["CurrentKeyMaterialId"], "NON_CURRENT"),
    ]
    # What was encrypted before still opens.
    opened = kms.decrypt(CiphertextBlob=first)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"old", key["CurrentKeyMaterialId"])
    fresh = kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
    assert fresh["KeyMaterialId"] == rotated["CurrentKeyMaterialId"]
    assert trail.all(EventName="RotateKey")[0]["serviceEventDetails"]["rotationType"] == "AUTOMATIC"
    kms.disable_key_rotation(KeyId=key["KeyId"])
    cloud.advance(400 * DAY)
    assert len(kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"]) == 1


def test_a_disabled_key_is_rotated_when_it_is_enabled(cloud: Server, kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key)
    kms.disable_key(KeyId=key)
    cloud.advance(370 * DAY)
    assert not kms.list_key_rotations(KeyId=key)["Rotations"]
    kms.enable_key(KeyId=key)
    cloud.advance(1)
    assert len(kms.list_key_rotations(KeyId=key)["Rotations"]) == 1


def test_rotation_on_demand(kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]
    blobs = [kms.encrypt(KeyId=key["KeyId"], Plaintext=b"0")["CiphertextBlob"]]
    for number in range(1, 26):
        kms.rotate_key_on_demand(KeyId=key["KeyId"])
        blobs.append(kms.encrypt(KeyId=key["KeyId"], Plaintext=str(number).encode())["CiphertextBlob"])
    assert [kms.decrypt(CiphertextBlob=blob)["Plaintext"] for blob in blobs] == [str(n).encode() for n in range(26)]
    refused = error_of(kms.rotate_key_on_demand, KeyId=key["KeyId"])
    assert refused.code == "LimitExceededException"
    assert refused.message == (
        "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be "
        f"performed for this key: {key['Arn']}"
    )
    pages = kms.get_paginator("list_key_rotations").paginate(KeyId=key["KeyId"], PaginationConfig={"PageSize": 10})
    assert sum(len(page["Rotations"]) for page in pages) == 25


def test_what_does_not_rotate(kms: Any) -> None:
    hmac = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    for operation in (kms.enable_key_rotation, kms.disable_key_rotation, kms.rotate_key_on_demand):
        assert error_of(operation, KeyId=hmac).code == "UnsupportedOperationException"
    assert kms.get_key_rotation_status(KeyId=hmac)["KeyRotationEnabled"] is False


# Import


def parameters_for(kms: Any, key: str, algorithm: str, spec: str = "RSA_2048") -> dict[str, Any]:
    return dict(kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec=spec))


def wrap(given: dict[str, Any], algorithm: str, material: bytes) -> bytes:
    digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()
    pad = padding.OAEP(padding.MGF1(digest), digest, None)
    public: Any = serialization.load_der_public_key(given["PublicKey"])
    if algorithm.startswith("RSAES"):
        return bytes(public.encrypt(material, pad))
    between = os.urandom(32)
    return bytes(public.encrypt(between, pad)) + keywrap.aes_key_wrap_with_padding(between, material)


def bring(kms: Any, key: str, material: bytes, algorithm: str = "RSAES_OAEP_SHA_256", **more: Any) -> dict[str, Any]:
    given = parameters_for(kms, key, algorithm)
    if "ValidTo" not in more:
        more["ExpirationModel"] = "KEY_MATERIAL_DOES_NOT_EXPIRE"
    return dict(
        kms.import_key_material(
            KeyId=key,
            ImportToken=given["ImportToken"],
            EncryptedKeyMaterial=wrap(given, algorithm, material),
            **more,
        )
    )


def external(kms: Any, **parameters: Any) -> str:
    return str(kms.create_key(Origin="EXTERNAL", **parameters)["KeyMetadata"]["KeyId"])


@pytest.mark.parametrize(
    "algorithm",
    ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"],
)
def test_importing_a_symmetric_key(kms: Any, algorithm: str) -> None:
    key = external(kms)
    assert state_of(kms, key) == "PendingImport"
    material = os.urandom(32)
    made = bring(kms, key, material, algorithm)
    seen = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert seen["KeyState"] == "Enabled" and seen["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"
    assert seen["CurrentKeyMaterialId"] == made["KeyMaterialId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key)
    assert state_of(kms, key) == "PendingImport"
    assert error_of(kms.decrypt, CiphertextBlob=blob).code == "KMSInvalidStateException"
    # No other, but the same again, as often as one likes.
    given = parameters_for(kms, key, algorithm)
    request = {"KeyId": key, "ImportToken": given["ImportToken"], "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    foreign = wrap(given, algorithm, os.urandom(32))
    assert error_of(kms.import_key_material, EncryptedKeyMaterial=foreign, **request).code == (
        "IncorrectKeyMaterialException"
    )
    for _ in range(2):
        kms.import_key_material(EncryptedKeyMaterial=wrap(given, algorithm, material), **request)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_what_cannot_be_imported(cloud: Server, kms: Any) -> None:
    key, other = external(kms), external(kms)
    algorithm = "RSA_AES_KEY_WRAP_SHA_256"
    given = parameters_for(kms, key, algorithm)
    good = wrap(given, algorithm, os.urandom(32))
    request = {
        "KeyId": key,
        "ImportToken": given["ImportToken"],
        "EncryptedKeyMaterial": good,
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }
    flipped = bytes([given["ImportToken"][0] ^ 1]) + given["ImportToken"][1:]
    end = given["ImportToken"][:-1] + bytes([given["ImportToken"][-1] ^ 1])
    for change, code in (
        ({"ImportToken": flipped}, "InvalidImportTokenException"),
        ({"ImportToken": end}, "InvalidImportTokenException"),
        ({"ImportToken": b"x"}, "InvalidImportTokenException"),
        ({"KeyId": other}, "InvalidImportTokenException"),
        ({"EncryptedKeyMaterial": good[:-1] + bytes([good[-1] ^ 1])}, "InvalidCiphertextException"),
        ({"EncryptedKeyMaterial": bytes([good[0] ^ 1]) + good[1:]}, "InvalidCiphertextException"),
        ({"EncryptedKeyMaterial": good[:100]}, "InvalidCiphertextException"),
        ({"EncryptedKeyMaterial": wrap(given, algorithm, b"short")}, "IncorrectKeyMaterialException"),
        ({"ExpirationModel": "KEY_MATERIAL_EXPIRES"}, "ValidationException"),
        (
            {
                "ExpirationModel": "KEY_MATERIAL_EXPIRES",
                "ValidTo": datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=400),
            },
            "ValidationException",
        ),
    ):
        assert error_of(kms.import_key_material, **(request | change)).code == code, change
    assert state_of(kms, key) == "PendingImport"
    refused = error_of(
        kms.import_key_material, **(request | {"ExpirationModel": "KEY_MATERIAL_EXPIRES"})
    )
    assert refused.message == "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
    cloud.advance(DAY + 1)
    assert error_of(kms.import_key_material, **request).code == "ExpiredImportTokenException"
    own = kms.create_key()["KeyMetadata"]
    refused = error_of(
        kms.get_parameters_for_import, KeyId=own["KeyId"], WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_2048"
    )
    assert (refused.code, refused.message) == (
        "UnsupportedOperationException",
        f"{own['Arn']} origin is AWS_KMS which is not valid for this operation.",
    )


@pytest.mark.parametrize("kind", ["RSA_2048", "ECC_NIST_P256", "ECC_NIST_P521", "HMAC_256"])
def test_importing_other_keys(kms: Any, kind: str) -> None:
    usage = "GENERATE_VERIFY_MAC" if kind.startswith("HMAC") else "SIGN_VERIFY"
    key = external(kms, KeySpec=kind, KeyUsage=usage)
    if kind.startswith("HMAC"):
        bring(kms, key, os.urandom(32))
        assert kms.generate_mac(KeyId=key, Message=b"x", MacAlgorithm="HMAC_SHA_256")
        return
    curves: dict[str, Any] = {"ECC_NIST_P256": ec.SECP256R1, "ECC_NIST_P521": ec.SECP521R1}

    def make() -> bytes:
        is_rsa = kind.startswith("RSA")
        made: Any = rsa.generate_private_key(65537, 2048) if is_rsa else ec.generate_private_key(curves[kind]())
        encoding = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return bytes(made.private_bytes(*encoding))

    der = make()
    private: Any = serialization.load_der_private_key(der, None)
    bring(kms, key, der, "RSA_AES_KEY_WRAP_SHA_256")
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    assert kms.get_public_key(KeyId=key)["PublicKey"] == private.public_key().public_bytes(
        serialization.Encoding.DER, spki
    )
    # It can never have another.
    with pytest.raises(kms.exceptions.IncorrectKeyMaterialException):
        bring(kms, key, make(), "RSA_AES_KEY_WRAP_SHA_256")


def test_imported_material_expires(cloud: Server, kms: Any, trail: Trail) -> None:
    key = external(kms)
    material = os.urandom(32)
    date = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=10)
    bring(kms, key, material, ValidTo=date, ExpirationModel="KEY_MATERIAL_EXPIRES")
    seen = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert seen["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"
    assert abs((seen["ValidTo"] - date).total_seconds()) < 1
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    cloud.advance(10 * DAY + 60)
    assert state_of(kms, key) == "PendingImport"
    assert error_of(kms.decrypt, CiphertextBlob=blob).code == "KMSInvalidStateException"
    assert trail.all(EventName="DeleteExpiredKeyMaterial")
    bring(kms, key, material)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_rotating_imported_material(kms: Any) -> None:
    key = external(kms)
    first = bring(kms, key, os.urandom(32))["KeyMaterialId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert error_of(kms.rotate_key_on_demand, KeyId=key).code == "KMSInvalidStateException"
    second = bring(kms, key, os.urandom(32), ImportType="NEW_KEY_MATERIAL", KeyMaterialDescription="second")
    states = kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert {one["KeyMaterialId"]: one["KeyMaterialState"] for one in states} == {
        first: "CURRENT",
        second["KeyMaterialId"]: "PENDING_ROTATION",
    }
    with pytest.raises(kms.exceptions.KMSInvalidStateException, match="is pending rotation"):
        bring(kms, key, os.urandom(32), ImportType="NEW_KEY_MATERIAL")
    kms.rotate_key_on_demand(KeyId=key)
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert made["KeyMaterialId"] == second["KeyMaterialId"]
    assert kms.decrypt(CiphertextBlob=blob)["KeyMaterialId"] == first
    # The key needs all that it ever encrypted with.
    kms.delete_imported_key_material(KeyId=key, KeyMaterialId=first)
    assert state_of(kms, key) == "PendingImport"


# Several Regions


def test_a_key_in_two_regions(cloud: Server, root: Identity, kms: Any, trail: Trail) -> None:
    there = in_region(root, "eu-west-1")
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]
    assert key["KeyId"].startswith("mrk-") and key["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"
    made = kms.replicate_key(KeyId=key["KeyId"], ReplicaRegion="eu-west-1", Tags=[{"TagKey": "a", "TagValue": "b"}])
    replica = made["ReplicaKeyMetadata"]
    assert replica["Arn"] == key["Arn"].replace("us-east-1", "eu-west-1") and replica["KeyState"] == "Creating"
    assert made["ReplicaTags"] == [{"TagKey": "a", "TagValue": "b"}]
    cloud.advance(5)
    assert state_of(there, key["KeyId"]) == "Enabled"
    for client in (kms, there):
        shared = client.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["MultiRegionConfiguration"]
        assert shared["PrimaryKey"] == {"Arn": key["Arn"], "Region": "us-east-1"}
        assert shared["ReplicaKeys"] == [{"Arn": replica["Arn"], "Region": "eu-west-1"}]
    # What one encrypts the other decrypts, also what comes after a rotation.
    kms.enable_key_rotation(KeyId=key["KeyId"], RotationPeriodInDays=90)
    assert there.get_key_rotation_status(KeyId=key["KeyId"])["RotationPeriodInDays"] == 90
    synchronized = trail.all(EventName="SynchronizeMultiRegionKey")
    assert len(synchronized) == 2
    for event in synchronized:
        assert event["userIdentity"] == {"accountId": ACCOUNT, "invokedBy": "AWS Internal"}
        assert event["responseElements"] == {"keyId": key["Arn"]} and event["requestParameters"] is None
        assert event["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": key["Arn"]}]
        assert (event["eventType"], event["readOnly"]) == ("AwsServiceEvent", False)
        assert "serviceEventDetails" not in event
    before = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"1", EncryptionContext={"a": "b"})["CiphertextBlob"]
    cloud.advance(91 * DAY)
    after = there.encrypt(KeyId=key["KeyId"], Plaintext=b"2")["CiphertextBlob"]
    assert there.decrypt(CiphertextBlob=before, EncryptionContext={"a": "b"})["Plaintext"] == b"1"
    assert kms.decrypt(CiphertextBlob=after)["Plaintext"] == b"2"
    assert error_of(kms.replicate_key, KeyId=key["KeyId"], ReplicaRegion="eu-west-1").code == "AlreadyExistsException"
    refused = error_of(there.replicate_key, KeyId=key["KeyId"], ReplicaRegion="eu-west-2")
    assert refused.message == f"{replica['Arn']} is not a multi-region primary key."
    # A key of one Region is known in that one only.
    single = kms.encrypt(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    assert error_of(there.decrypt, CiphertextBlob=single).code == "AccessDeniedException"


def test_promoting_a_replica(cloud: Server, root: Identity, kms: Any) -> None:
    there = in_region(root, "eu-west-1")
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key)
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    cloud.advance(5)
    kms.update_primary_region(KeyId=key, PrimaryRegion="eu-west-1")
    assert (state_of(kms, key), state_of(there, key)) == ("Updating", "Updating")
    assert kms.encrypt(KeyId=key, Plaintext=b"x")
    cloud.advance(5)
    assert (state_of(kms, key), state_of(there, key)) == ("Enabled", "Enabled")
    shared = kms.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]
    assert (shared["MultiRegionKeyType"], shared["PrimaryKey"]["Region"]) == ("REPLICA", "eu-west-1")
    assert [one["Region"] for one in shared["ReplicaKeys"]] == ["us-east-1"]
    cloud.advance(366 * DAY)
    for client in (kms, there):
        assert len(client.list_key_rotations(KeyId=key)["Rotations"]) == 1


def test_a_primary_key_goes_last(cloud: Server, root: Identity, kms: Any) -> None:
    there = in_region(root, "eu-west-1")
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    cloud.advance(5)
    waiting = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=8)
    assert waiting["KeyState"] == "PendingReplicaDeletion" and "DeletionDate" not in waiting
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["PendingDeletionWindowInDays"] == 8
    there.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    cloud.advance(7 * DAY + 60)
    assert error_of(there.describe_key, KeyId=key).code == "NotFoundException"
    seen = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert seen["KeyState"] == "PendingDeletion" and not seen["MultiRegionConfiguration"]["ReplicaKeys"]
    cloud.advance(8 * DAY + 60)
    assert error_of(kms.describe_key, KeyId=key).code == "NotFoundException"


# Use


def test_the_last_use_of_a_key(kms: Any, new_user, trail: Trail) -> None:
    key = kms.create_key()["KeyMetadata"]
    unused = kms.get_key_last_usage(KeyId=key["KeyId"])
    assert not unused["KeyLastUsage"] and unused["TrackingStartDate"] == unused["KeyCreationDate"]
    made = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    assert error_of(new_user("nobody").client("kms").decrypt, CiphertextBlob=made["CiphertextBlob"])
    kms.describe_key(KeyId=key["KeyId"])
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"])
    assert trail.of(opened, "Decrypt")["additionalEventData"] == {"keyMaterialId": key["CurrentKeyMaterialId"]}
    made = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    seen = kms.get_key_last_usage(KeyId=key["KeyId"])["KeyLastUsage"]
    assert seen["Operation"] == "Encrypt" and seen["KmsRequestId"] == made["ResponseMetadata"]["RequestId"]


def test_keys_outlive_the_process(durable: Any) -> None:
    server = durable()
    with server:
        kms = server.root.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/kept", TargetKeyId=key)
        blob = kms.encrypt(KeyId="alias/kept", Plaintext=b"kept")["CiphertextBlob"]
        signer = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        public = kms.get_public_key(KeyId=signer)["PublicKey"]
        server.restart()
        kms = server.root.client("kms")
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"kept"
        assert kms.get_public_key(KeyId=signer)["PublicKey"] == public
        assert kms.describe_key(KeyId="alias/kept")["KeyMetadata"]["KeyId"] == key
        kms.create_grant(KeyId=key, GranteePrincipal="111122223333", Operations=["Encrypt"])
        server.stop()
        done = gatehouse("verify", "--data", str(server.data))
        assert done.returncode == 0, done
