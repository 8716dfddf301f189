"""`gatehouse why` about keys: it names the key policy's statement or the grant, and what of it was not fulfilled."""

from collections.abc import Callable
from typing import Any

from harness import ACCOUNT, Identity, Server, Trail, allow, error_of, policy
from harness.server import gatehouse


def user(server: Server, name: str, *statements: dict[str, Any]) -> Any:
    server.root.iam.create_user(UserName=name)
    if statements:
        server.root.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
    key = server.root.iam.create_access_key(UserName=name)["AccessKey"]
    return Identity.of_key(server.url, key).client("kms")


def why(server: Server, request_id: str) -> str:
    Trail(server.root).of(request_id)
    done = gatehouse("why", request_id, "--data", str(server.data))
    assert done.returncode == 0, done
    return done.stdout


def test_why_a_key_was_used_or_not(durable: Callable[..., Server]) -> None:
    server = durable().start()
    kms = server.root.client("kms")
    statements = [
        {
            "Sid": "Admin",
            "Effect": "Allow",
            "Principal": {"AWS": ACCOUNT},
            "Action": "kms:PutKeyPolicy",
            "Resource": "*",
        },
        {
            "Sid": "Readers",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"},
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:EncryptionContext:stage": "test"}},
        },
    ]
    alice, bob = user(server, "alice"), user(server, "bob", allow("kms:*"))
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"stage": "test"})["CiphertextBlob"]
    live = kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"stage": "live"})["CiphertextBlob"]
    grant = kms.create_grant(
        KeyId=key,
        GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:user/bob",
        Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": {"stage": "live"}},
    )["GrantId"]
    kms.put_key_policy(KeyId=key, Policy=policy(*statements))

    answer = alice.decrypt(CiphertextBlob=blob, EncryptionContext={"stage": "test"})
    text = why(server, answer["ResponseMetadata"]["RequestId"])
    assert 'allowed by resource-based policy key policy, statement 2 "Readers"' in text

    denied = error_of(alice.decrypt, CiphertextBlob=live, EncryptionContext={"stage": "live"})
    text = why(server, denied.request_id)
    assert "no resource-based policy allows" in text
    assert 'StringEquals kms:EncryptionContext:stage ["test"] fails: the request has "live"' in text
    assert "No grant of the key allows it to the caller." in text

    # IAM counts for nothing where the key policy doesn't say so; the grant does.
    answer = bob.decrypt(CiphertextBlob=live, EncryptionContext={"stage": "live"})
    text = why(server, answer["ResponseMetadata"]["RequestId"])
    assert "allowed by a grant of the key" in text and f"grant {grant} to AIDA" in text
    denied = error_of(bob.decrypt, CiphertextBlob=blob, EncryptionContext={"stage": "test"})
    text = why(server, denied.request_id)
    assert f"grant {grant} to AIDA" in text
    assert 'constraint EncryptionContextSubset {"stage": "live"} not matched' in text
