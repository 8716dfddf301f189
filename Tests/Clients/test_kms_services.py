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


def newer(kms):
    """The client, with what the model of botocore 1.44.5 has and that of this one has not."""
    shapes = kms.meta.service_model._shape_resolver._shape_map
    service = {"shape": "PrincipalIdType"}
    shapes["CreateGrantRequest"]["members"] |= {"GranteeServicePrincipal": service, "RetiringServicePrincipal": service}
    shapes["GrantListEntry"]["members"] |= {"GranteeServicePrincipal": service, "RetiringServicePrincipal": service}
    shapes["ListGrantsRequest"]["members"]["GranteeServicePrincipal"] = service
    shapes["ListRetirableGrantsRequest"]["members"]["RetiringServicePrincipal"] = service
    shapes["GrantConstraints"]["members"]["SourceArn"] = {"shape": "ArnType"}
    return kms


def test_a_grant_to_a_service_for_one_resource(probe):
    key = new_key(probe)
    kms = newer(probe.client("kms", parameter_validation=False))
    user = probe.user("served", COURIER)
    grant = {
        "KeyId": key,
        "GranteeServicePrincipal": "courier.amazonaws.com",
        "RetiringServicePrincipal": "courier.amazonaws.com",
        "Operations": ["GenerateDataKeyWithoutPlaintext", "DescribeKey"],
    }

    def refused(**parameters):
        with pytest.raises(botocore.exceptions.ClientError) as error:
            kms.create_grant(**parameters)
        return error.value.response["Error"]["Code"]

    source = {"SourceArn": f"arn:aws:courier:us-east-1:{ACCOUNT}:parcel/x"}
    assert refused(**grant) == "ValidationException"
    without = {name: value for name, value in grant.items() if name != "RetiringServicePrincipal"}
    assert refused(**without, Constraints=source) == "ValidationException"
    assert refused(**grant, Constraints=source, GranteePrincipal=ACCOUNT) == "ValidationException"
    assert refused(**grant, Constraints=source, RetiringPrincipal=ACCOUNT) == "ValidationException"
    assert refused(KeyId=key, Operations=["Encrypt"]) == "ValidationException"
    assert refused(**grant | {"GranteeServicePrincipal": "courier.example.com"}, Constraints=source) == "ValidationException"
    # For another resource than the one that the service acts for.
    kms.create_grant(**grant, Constraints={"SourceArn": f"arn:aws:courier:us-east-1:{ACCOUNT}:parcel/y"})
    denied(probe.client("courier", user).seal, KeyId=key, BoxArn=BOX, InOwnName=True)
    made = kms.create_grant(**grant, Constraints=source)["GrantId"]
    assert seal(probe, user, key, InOwnName=True)
    found = kms.list_grants(KeyId=key, GranteeServicePrincipal="courier.amazonaws.com")["Grants"]
    (shown,) = [one for one in found if one["GrantId"] == made]
    assert len(found) == 2 and shown["Constraints"] == source and "GranteePrincipal" not in shown
    assert shown["GranteeServicePrincipal"] == shown["RetiringServicePrincipal"] == "courier.amazonaws.com"
    retirable = kms.list_retirable_grants(RetiringServicePrincipal="courier.amazonaws.com")["Grants"]
    assert made in [one["GrantId"] for one in retirable]
    kms.revoke_grant(KeyId=key, GrantId=made)
    denied(probe.client("courier", user).seal, KeyId=key, BoxArn=BOX, InOwnName=True)
    retirable = kms.list_retirable_grants(RetiringServicePrincipal="courier.amazonaws.com")["Grants"]
    assert made not in [one["GrantId"] for one in retirable]


def test_who_may_grant_to_services(probe):
    key = new_key(probe)
    source = f"arn:aws:courier:us-east-1:{ACCOUNT}:parcel/x"
    condition = {
        "StringEquals": {
            "kms:GranteeServicePrincipal": "courier.amazonaws.com",
            "kms:RetiringServicePrincipal": "courier.amazonaws.com",
        },
        "ArnEquals": {"kms:GrantConstraintSourceArn": source},
    }
    user = probe.user("lender", {"Effect": "Allow", "Action": "kms:CreateGrant", "Resource": "*", "Condition": condition})
    kms = newer(probe.client("kms", user, parameter_validation=False))
    grant = {
        "KeyId": key,
        "GranteeServicePrincipal": "courier.amazonaws.com",
        "RetiringServicePrincipal": "courier.amazonaws.com",
        "Operations": ["Encrypt"],
    }
    denied(kms.create_grant, **grant | {"GranteeServicePrincipal": "s3.amazonaws.com"}, Constraints={"SourceArn": source})
    denied(kms.create_grant, **grant, Constraints={"SourceArn": source[:-1] + "y"})
    assert kms.create_grant(**grant, Constraints={"SourceArn": source})["GrantId"]
