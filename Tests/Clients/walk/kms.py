"""KMS: a key with an alias, a grant and a ciphertext. What they are called is known only when they are there."""

from harness import ACCOUNT, Identity
from walk import Samples

UNKNOWN = "mrk-00000000000000000000000000000000"


def furnish(root: Identity) -> None:
    kms = root.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/x", TargetKeyId=key)
    grant = kms.create_grant(KeyId=key, GranteePrincipal=ACCOUNT, Operations=["Encrypt"])
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    SAMPLES.values.update(KeyId=key, DestinationKeyId=key, TargetKeyId=key, GrantId=grant["GrantId"])
    SAMPLES.values |= {
        "Decrypt.CiphertextBlob": blob,
        "ReEncrypt.CiphertextBlob": blob,
        "RetireGrant.GrantId": grant["GrantId"],
        "RetireGrant.KeyId": key,
    }


SAMPLES = Samples(furnish=furnish)
SAMPLES.members(
    AliasName="alias/x",
    DestinationKeyId=UNKNOWN,
    GrantId="0" * 64,
    GranteePrincipal=ACCOUNT,
    KeyId=UNKNOWN,
    PrimaryRegion="eu-west-1",
    ReplicaRegion="eu-west-1",
    RetiringPrincipal=f"arn:aws:iam::{ACCOUNT}:root",
    TargetKeyId=UNKNOWN,
)
SAMPLES.of("Decrypt", CiphertextBlob=b"x")
SAMPLES.of("ReEncrypt", CiphertextBlob=b"x")
SAMPLES.of("RetireGrant", GrantId="0" * 64, KeyId=UNKNOWN)
