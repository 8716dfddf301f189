"""KMS keys in the hands of services: what a service encrypts for its caller or in its own name, and who allows it that.

The courier is a service of the tests (Tests/Probe): it gets data keys from KMS.
"""

import json

import botocore.exceptions
import pytest

from harness.probe import ACCOUNT, Probe

COURIER = {"Effect": "Allow", "Action": "courier:*", "Resource": "*"}
GENERATE = {"Effect": "Allow", "Action": "kms:GenerateDataKey*", "Resource": "*"}
ROOT = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
BOX = "arn:aws:vault:us-east-1:111122223333:box/x"


@pytest.fixture(scope="module")
def probe():
    with Probe() as probe:
        yield probe


def new_key(probe, *statements):
    policy = json.dumps({"Version": "2012-10-17", "Statement": [ROOT, *statements]})
    return probe.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]


def denied(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**arguments)
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    return error.value.response["Error"]["Message"]


def seal(probe, user, key, **more):
    return probe.client("courier", user).seal(KeyId=key, BoxArn=BOX, **more)["Sealed"]


def test_via_service(probe):
    key = new_key(probe)
    via = {"StringEquals": {"kms:ViaService": "courier.us-east-1.amazonaws.com"}}
    user = probe.user("via", COURIER, GENERATE | {"Condition": via})
    sealed = seal(probe, user, key)
    opened = probe.client("kms").decrypt(CiphertextBlob=sealed, EncryptionContext={"aws:courier:box": BOX})
    assert len(opened["Plaintext"]) == 32
    # The same user has nothing of the key without the service.
    denied(probe.client("kms", user).generate_data_key, KeyId=key, KeySpec="AES_256")
    [event] = [one for one in probe.events("GenerateDataKeyWithoutPlaintext") if one.get("errorCode") is None]
    assert event["userIdentity"]["userName"] == "via"
    assert event["userIdentity"]["invokedBy"] == "courier.amazonaws.com"
    assert event["requestParameters"] == {
        "keyId": key,
        "keySpec": "AES_256",
        "encryptionContext": {"aws:courier:box": BOX},
    }
    assert event["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": key}]


def test_a_service_other_than_the_wanted_one(probe):
    key = new_key(probe)
    other = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    user = probe.user("other", COURIER, GENERATE | {"Condition": other})
    message = denied(probe.client("courier", user).seal, KeyId=key, BoxArn=BOX)
    assert "kms:GenerateDataKeyWithoutPlaintext" in message and "user/other" in message


def test_a_service_in_its_own_name(probe):
    user = probe.user("own", COURIER)
    closed = new_key(probe)
    message = denied(probe.client("courier", user).seal, KeyId=closed, BoxArn=BOX, InOwnName=True)
    assert message.startswith("User: courier.amazonaws.com is not authorized to perform: kms:Generate")
    source = {"ArnLike": {"aws:SourceArn": f"arn:aws:courier:us-east-1:{ACCOUNT}:parcel/*"}}
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "courier.amazonaws.com"},
        "Action": "kms:GenerateDataKey*",
        "Resource": "*",
        "Condition": source,
    }
    assert seal(probe, user, new_key(probe, statement), InOwnName=True)


def test_the_key_that_aws_manages_for_another_service(probe):
    user = probe.user("managed", COURIER, GENERATE)
    # Whoever calls through another service than its own gets none.
    message = denied(probe.client("courier", user).seal, KeyId="alias/aws/s3", BoxArn=BOX)
    assert "no resource-based policy allows the kms:GenerateDataKeyWithoutPlaintext action" in message


def test_grants_for_resources_of_services(probe):
    key = new_key(probe)
    condition = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    statement = {"Effect": "Allow", "Action": "kms:CreateGrant", "Resource": "*", "Condition": condition}
    user = probe.user("granter", statement)
    denied(
        probe.client("kms", user).create_grant,
        KeyId=key, GranteePrincipal=ACCOUNT, Operations=["Encrypt"],
    )
