"""KMS: every operation on a key in every state that a key can be in, as AWS's table has it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from harness import ACCOUNT, AwsError, Identity, Server

TABLE = Path(__file__).parent / "data" / "kms-key-states.tsv"


def cells() -> list[tuple[str, str, str]]:
    lines = [line.split("\t") for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    header = lines[0][1:]
    return [
        (line[0], state, cell)
        for line in lines[1:]
        for state, cell in zip(header, line[1:], strict=True)
        if cell != "-"
    ]


#: The kinds of keys that operations need other than symmetric ones.
KINDS = {
    "GenerateMac": {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
    "VerifyMac": {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
    "Sign": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
    "Verify": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
    "GetPublicKey": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
}
#: The operations that only multi-Region keys have.
MULTI_REGION = ("ReplicateKey", "UpdatePrimaryRegion")
#: Those that a replica has not.
OF_PRIMARY_KEYS = (*MULTI_REGION, "DisableKeyRotation", "EnableKeyRotation")
#: Those that AWS's table does not have.
ELSEWHERE = {"DeriveSharedSecret", "GetKeyLastUsage", "ListKeyRotations", "RotateKeyOnDemand"}

ERRORS: dict[str, tuple[str, str]] = {
    "D": ("DisabledException", "{} is disabled."),
    "deletion": ("KMSInvalidStateException", "{} is pending deletion."),
    "replicas": ("KMSInvalidStateException", "{} is pending replica deletion."),
    "import": ("KMSInvalidStateException", "{} is pending import."),
    "creating": ("KMSInvalidStateException", "{} is creating."),
    "updating": ("KMSInvalidStateException", "{} is updating."),
    "not": ("KMSInvalidStateException", "{} is not pending deletion."),
    "origin": ("UnsupportedOperationException", "{} origin is {origin} which is not valid for this operation."),
}


class Key:
    """A key that has been used already, and comes to be in a state."""

    def __init__(self, cloud: Server, root: Identity, operation: str, state: str):
        self.cloud = cloud
        self.root = root
        self.operation = operation
        self.kms = root.client("kms")
        self.other = self.kms.create_key()["KeyMetadata"]["KeyId"]
        parameters = KINDS.get(operation, {})
        if operation in MULTI_REGION or state in ("Creating", "Updating"):
            parameters = parameters | {"MultiRegion": True}
        self.origin = "EXTERNAL" if state == "PendingImport" else "AWS_KMS"
        made = self.kms.create_key(Origin=self.origin, **parameters)["KeyMetadata"]
        self.id, self.arn = made["KeyId"], made["Arn"]
        self.parameters: Any = None
        if state == "PendingImport":
            self.give_material()
        # A key that is being made can be given an alias, and nothing else.
        is_late = state == "Creating" and operation in ("DeleteAlias", "UpdateAlias")
        if not is_late:
            self.prepare(operation)
        getattr(self, f"become_{state}", lambda: None)()
        if is_late:
            self.prepare(operation)
        # A primary key waits for its replicas to be deleted.
        waits = operation == "UpdatePrimaryRegion" and state == "PendingDeletion"
        expected = "PendingReplicaDeletion" if waits else state
        assert self.kms.describe_key(KeyId=self.id)["KeyMetadata"]["KeyState"] == expected

    def wrapped(self) -> dict[str, Any]:
        given = self.kms.get_parameters_for_import(
            KeyId=self.id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
        )
        public: Any = serialization.load_der_public_key(given["PublicKey"])
        pad = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        return {
            "ImportToken": given["ImportToken"],
            "EncryptedKeyMaterial": public.encrypt(b"k" * 32, pad),
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        }

    def give_material(self) -> None:
        self.parameters = self.wrapped()
        self.kms.import_key_material(KeyId=self.id, **self.parameters)

    def prepare(self, operation: str) -> None:
        if operation in ("Decrypt", "ReEncrypt"):
            self.blob = self.kms.encrypt(KeyId=self.id, Plaintext=b"x")["CiphertextBlob"]
        elif operation == "Verify":
            request = {"KeyId": self.id, "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
            self.signature = self.kms.sign(**request)["Signature"]
        elif operation == "VerifyMac":
            request = {"KeyId": self.id, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}
            self.mac = self.kms.generate_mac(**request)["Mac"]
        elif operation in ("RetireGrant", "RevokeGrant"):
            request = {"KeyId": self.id, "GranteePrincipal": ACCOUNT, "Operations": ["Encrypt"]}
            self.grant = self.kms.create_grant(**request)["GrantId"]
        elif operation == "DeleteAlias":
            self.kms.create_alias(AliasName="alias/mine", TargetKeyId=self.id)
        elif operation == "UpdateAlias":
            self.kms.create_alias(AliasName="alias/mine", TargetKeyId=self.other)
        elif operation == "UpdatePrimaryRegion":
            self.kms.replicate_key(KeyId=self.id, ReplicaRegion="eu-west-1")
            self.cloud.advance(5)

    def become_Disabled(self) -> None:
        self.kms.disable_key(KeyId=self.id)

    def become_PendingDeletion(self) -> None:
        self.kms.schedule_key_deletion(KeyId=self.id)

    def become_PendingImport(self) -> None:
        self.kms.delete_imported_key_material(KeyId=self.id)

    def become_Creating(self) -> None:
        self.kms.replicate_key(KeyId=self.id, ReplicaRegion="eu-west-2")
        self.move("eu-west-2")

    def become_Updating(self) -> None:
        self.kms.replicate_key(KeyId=self.id, ReplicaRegion="eu-west-2")
        self.cloud.advance(5)
        self.kms.update_primary_region(KeyId=self.id, PrimaryRegion="eu-west-2")
        if self.operation in OF_PRIMARY_KEYS:
            self.move("eu-west-2")

    def move(self, region: str) -> None:
        self.kms = Identity(self.root.url, self.root.key_id, self.root.secret, region=region).client("kms")
        self.arn = self.arn.replace("us-east-1", region)
        self.other = self.kms.create_key()["KeyMetadata"]["KeyId"]


def request(key: Key, operation: str) -> dict[str, Any]:
    policy = key.kms.get_key_policy(KeyId=key.id)["Policy"] if operation == "PutKeyPolicy" else ""
    own: dict[str, Callable[[], dict[str, Any]]] = {
        "CreateAlias": lambda: {"AliasName": "alias/new", "TargetKeyId": key.id},
        "UpdateAlias": lambda: {"AliasName": "alias/mine", "TargetKeyId": key.id},
        "DeleteAlias": lambda: {"AliasName": "alias/mine"},
        "CreateGrant": lambda: {"KeyId": key.id, "GranteePrincipal": ACCOUNT, "Operations": ["Encrypt"]},
        "RetireGrant": lambda: {"KeyId": key.id, "GrantId": key.grant},
        "RevokeGrant": lambda: {"KeyId": key.id, "GrantId": key.grant},
        "Encrypt": lambda: {"KeyId": key.id, "Plaintext": b"x"},
        "Decrypt": lambda: {"CiphertextBlob": key.blob},
        "ReEncrypt": lambda: {"CiphertextBlob": key.blob, "DestinationKeyId": key.other},
        "GenerateDataKey": lambda: {"KeyId": key.id, "KeySpec": "AES_256"},
        "GenerateDataKeyWithoutPlaintext": lambda: {"KeyId": key.id, "KeySpec": "AES_256"},
        "GenerateDataKeyPair": lambda: {"KeyId": key.id, "KeyPairSpec": "ECC_NIST_P256"},
        "GenerateDataKeyPairWithoutPlaintext": lambda: {"KeyId": key.id, "KeyPairSpec": "ECC_NIST_P256"},
        "Sign": lambda: {"KeyId": key.id, "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"},
        "Verify": lambda: {
            "KeyId": key.id,
            "Message": b"x",
            "SigningAlgorithm": "ECDSA_SHA_256",
            "Signature": key.signature,
        },
        "GenerateMac": lambda: {"KeyId": key.id, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"},
        "VerifyMac": lambda: {"KeyId": key.id, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256", "Mac": key.mac},
        "GetParametersForImport": lambda: {
            "KeyId": key.id,
            "WrappingAlgorithm": "RSAES_OAEP_SHA_256",
            "WrappingKeySpec": "RSA_2048",
        },
        "ImportKeyMaterial": lambda: {"KeyId": key.id}
        | (key.parameters or {"ImportToken": b"x", "EncryptedKeyMaterial": b"x"}),
        "PutKeyPolicy": lambda: {"KeyId": key.id, "Policy": policy},
        "ReplicateKey": lambda: {"KeyId": key.id, "ReplicaRegion": "eu-central-1"},
        "TagResource": lambda: {"KeyId": key.id, "Tags": [{"TagKey": "a", "TagValue": "b"}]},
        "UntagResource": lambda: {"KeyId": key.id, "TagKeys": ["a"]},
        "UpdateKeyDescription": lambda: {"KeyId": key.id, "Description": "d"},
        "UpdatePrimaryRegion": lambda: {
            "KeyId": key.id,
            "PrimaryRegion": "us-east-1" if ":eu-west-2:" in key.arn else "eu-west-1",
        },
    }
    return own.get(operation, lambda: {"KeyId": key.id})()


@pytest.mark.parametrize("operation, state, cell", cells(), ids=lambda value: value)
def test_cell(cloud: Server, root: Identity, operation: str, state: str, cell: str) -> None:
    key = Key(cloud, root, operation, state)
    parameters = request(key, operation)
    method = getattr(key.kms, botocore.xform_name(operation))
    try:
        method(**parameters)
    except key.kms.exceptions.ClientError as error:
        refused = AwsError.of(error)
        assert cell != "ok", refused
        code, message = ERRORS[cell]
        assert (refused.code, refused.message) == (code, message.format(key.arn, origin=key.origin))
        assert refused.status == 400
    else:
        assert cell == "ok"


def test_the_table_has_every_operation_on_a_key(kms: Any) -> None:
    model = kms.meta.service_model
    shapes = {name: model.operation_model(name).input_shape for name in model.operation_names}
    on_keys = {name for name, shape in shapes.items() if {"KeyId", "TargetKeyId"} & set(shape.members)}
    on_keys |= {"DeleteAlias", "ReEncrypt"}
    assert on_keys - ELSEWHERE == {operation for operation, _, _ in cells()}


@pytest.fixture
def kms(root: Identity) -> Any:
    return root.client("kms")
