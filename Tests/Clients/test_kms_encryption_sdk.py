"""AWS's own encryption SDK, which knows nothing of Gatehouse, gets its data keys and opens its messages here."""

import os
from typing import Any

import aws_encryption_sdk
import botocore.session
import pytest
from aws_encryption_sdk import CommitmentPolicy, StrictAwsKmsMasterKeyProvider
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError
from aws_encryption_sdk.key_providers.kms import DiscoveryAwsKmsMasterKeyProvider

from cryptography.exceptions import InvalidSignature

from harness import Identity, Trail, allow

SDK = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)


class Session(botocore.session.Session):
    """The SDK makes its clients itself: here they are pointed at the server."""

    def __init__(self, identity: Identity):
        super().__init__()
        self.identity = identity
        self.set_credentials(identity.key_id, identity.secret, identity.token)

    def create_client(self, service_name: str, *words: Any, **more: Any) -> Any:
        return super().create_client(service_name, *words, **(more | {"endpoint_url": self.identity.url}))


def provider(identity: Identity, *keys: str) -> Any:
    return StrictAwsKmsMasterKeyProvider(key_ids=list(keys), botocore_session=Session(identity))


def new_key(root: Identity) -> str:
    return str(root.client("kms").create_key()["KeyMetadata"]["Arn"])


def test_a_message_and_its_context(root: Identity, trail: Trail) -> None:
    key = new_key(root)
    message = os.urandom(100_000)
    sealed, _ = SDK.encrypt(source=message, key_provider=provider(root, key), encryption_context={"order": "17"})
    opened, header = SDK.decrypt(source=sealed, key_provider=provider(root, key))
    assert opened == message and header.encryption_context["order"] == "17"
    # The SDK puts its own key for signatures into the context: it is on record, too.
    record = trail.all(EventName="Decrypt")[0]
    assert record["requestParameters"]["encryptionContext"].keys() == {"order", "aws-crypto-public-key"}
    with pytest.raises((AWSEncryptionSDKClientError, InvalidSignature)):
        SDK.decrypt(source=sealed[:-1] + bytes([sealed[-1] ^ 1]), key_provider=provider(root, key))


def test_one_of_several_keys_will_do(root: Identity, new_user) -> None:
    first, second, other = new_key(root), new_key(root), new_key(root)
    sealed, _ = SDK.encrypt(source=b"for both", key_provider=provider(root, first, second))
    for key, identity in ((first, root), (second, new_user("second", allow("kms:Decrypt", second)))):
        assert SDK.decrypt(source=sealed, key_provider=provider(identity, key))[0] == b"for both"
    found = DiscoveryAwsKmsMasterKeyProvider(botocore_session=Session(root))
    assert SDK.decrypt(source=sealed, key_provider=found)[0] == b"for both"
    with pytest.raises(AWSEncryptionSDKClientError):
        SDK.decrypt(source=sealed, key_provider=provider(root, other))
    with pytest.raises(AWSEncryptionSDKClientError):
        SDK.decrypt(source=sealed, key_provider=provider(new_user("nobody"), first))


def test_caching_data_keys(root: Identity, trail: Trail) -> None:
    manager = aws_encryption_sdk.CachingCryptoMaterialsManager(
        master_key_provider=provider(root, new_key(root)),
        cache=aws_encryption_sdk.LocalCryptoMaterialsCache(10),
        max_age=60.0,
        max_messages_encrypted=10,
    )
    sealed = [SDK.encrypt(source=b"m", materials_manager=manager)[0] for _ in range(10)]
    assert all(SDK.decrypt(source=one, materials_manager=manager)[0] == b"m" for one in sealed)
    assert len(trail.all(EventName="GenerateDataKey")) == 1
    assert len(trail.all(EventName="Decrypt")) == 1
