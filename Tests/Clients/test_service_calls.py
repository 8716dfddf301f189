"""Services call each other through the gate: authorised like anybody, recorded like anybody.

The courier and the vault are services of the tests (Tests/Probe): the courier puts things into boxes of the vault and
takes them out, as its caller or in its own name. A box's policy alone says who may open it.
"""

import json

import botocore.exceptions
import pytest

from harness.probe import ACCOUNT, KEY, Probe

COURIER = {"Effect": "Allow", "Action": "courier:*", "Resource": "*"}
VAULT = {"Effect": "Allow", "Action": "vault:*", "Resource": "*"}


@pytest.fixture(scope="module")
def probe():
    with Probe() as probe:
        yield probe


def box_policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal, condition=None):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "vault:*", "Resource": "*"}
    if condition:
        statement["Condition"] = condition
    return statement


OWN_ACCOUNT = allow({"AWS": ACCOUNT})


def make_box(probe, name, *statements, key=KEY):
    policy = {"Policy": box_policy(*statements)} if statements else {}
    return probe.client("vault", key).create_box(Name=name, **policy)["Arn"]


def denied(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**arguments)
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    return error.value.response["Error"]["Message"]


def test_a_forwarded_call_has_its_callers_permissions(probe):
    box = make_box(probe, "forwarded", OWN_ACCOUNT)
    courier = probe.client("courier", probe.user("forwarder", COURIER, VAULT))
    courier.deliver(BoxArn=box, Contents="letter")
    assert courier.collect(BoxArn=box)["Contents"] == "letter"

    put = [event for event in probe.events("PutBox") if event["requestParameters"]["arn"] == box][-1]
    assert put["userIdentity"]["type"] == "IAMUser"
    assert put["userIdentity"]["userName"] == "forwarder"
    assert put["userIdentity"]["invokedBy"] == "courier.amazonaws.com"
    assert put["sourceIPAddress"] == "courier.amazonaws.com"
    assert put["userAgent"] == "courier.amazonaws.com"
    assert put["resources"] == [{"accountId": ACCOUNT, "type": "AWS::Vault::Box", "ARN": box}]
    assert "sharedEventID" not in put


def test_a_caller_without_permission_gets_none_by_a_service(probe):
    box = make_box(probe, "unforwarded", OWN_ACCOUNT)
    courier = probe.client("courier", probe.user("weak", COURIER))
    message = denied(courier.deliver, BoxArn=box, Contents="letter")
    assert f"is not authorized to perform: vault:PutBox on resource: {box}" in message
    assert "user/weak" in message
    put = [event for event in probe.events("PutBox") if event.get("errorCode")][-1]
    assert put["errorCode"] == "AccessDenied"
    assert put["userIdentity"]["invokedBy"] == "courier.amazonaws.com"
    deliver = probe.events("Deliver")[-1]
    assert deliver["errorCode"] == "AccessDenied"
    assert "invokedBy" not in deliver["userIdentity"]


@pytest.mark.parametrize("condition, passes", [
    ({"StringEquals": {"aws:CalledViaFirst": "courier.amazonaws.com"}}, True),
    ({"StringEquals": {"aws:CalledViaLast": "courier.amazonaws.com"}}, True),
    ({"ForAnyValue:StringEquals": {"aws:CalledVia": "courier.amazonaws.com"}}, True),
    ({"Bool": {"aws:ViaAWSService": "true"}}, True),
    ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, True),
    ({"StringEquals": {"aws:CalledViaFirst": "other.amazonaws.com"}}, False),
    ({"Bool": {"aws:ViaAWSService": "false"}}, False),
    ({"IpAddress": {"aws:SourceIp": "127.0.0.1"}}, False),
])
def test_condition_keys_of_a_forwarded_call(probe, condition, passes, request):
    number = request.node.callspec.indices["condition"]
    box = make_box(probe, f"via-{number}", OWN_ACCOUNT)
    courier = probe.client(
        "courier", probe.user(f"via-{number}", COURIER, {**VAULT, "Condition": condition}))
    if passes:
        courier.deliver(BoxArn=box, Contents="letter")
    else:
        denied(courier.deliver, BoxArn=box, Contents="letter")


def test_without_a_service_the_keys_say_so(probe):
    box = make_box(probe, "direct", OWN_ACCOUNT)
    via = probe.client("vault", probe.user(
        "only-via", {**VAULT, "Condition": {"Bool": {"aws:ViaAWSService": "true"}}}))
    denied(via.get_box, Arn=box)
    direct = probe.client("vault", probe.user(
        "only-direct", {**VAULT, "Condition": {"Bool": {"aws:ViaAWSService": "false"}}}))
    assert direct.get_box(Arn=box)["Contents"] == ""


def test_a_service_in_its_own_name_needs_the_boxs_policy(probe):
    own = allow({"Service": "courier.amazonaws.com"}, {"StringEquals": {
        "aws:SourceAccount": ACCOUNT, "aws:SourceArn": f"arn:aws:courier:us-east-1:{ACCOUNT}:parcel/x",
        "aws:PrincipalServiceName": "courier.amazonaws.com"}, "Bool": {"aws:PrincipalIsAWSService": "true"},
        "ForAnyValue:StringEquals": {"aws:PrincipalServiceNamesList": "courier.amazonaws.com"}})
    box = make_box(probe, "own", own)
    # The caller itself has no permission for the vault, and needs none.
    courier = probe.client("courier", probe.user("own-name", COURIER))
    courier.deliver(BoxArn=box, Contents="parcel", InOwnName=True)
    assert courier.collect(BoxArn=box, InOwnName=True)["Contents"] == "parcel"

    put = [event for event in probe.events("PutBox") if event["requestParameters"]["arn"] == box][-1]
    assert put["userIdentity"] == {"type": "AWSService", "invokedBy": "courier.amazonaws.com"}
    assert put["recipientAccountId"] == ACCOUNT
    assert put["sourceIPAddress"] == "courier.amazonaws.com"


@pytest.mark.parametrize("policy", [
    [OWN_ACCOUNT],
    [allow({"Service": "other.amazonaws.com"})],
    [allow({"Service": "courier.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": "444455556666"}})],
    [allow({"Service": "courier.amazonaws.com"}),
     {"Effect": "Deny", "Principal": "*", "Action": "vault:*", "Resource": "*",
      "Condition": {"StringLike": {"aws:SourceArn": "arn:aws:courier:*"}}}],
])
def test_the_callees_policy_denies_a_service(probe, policy, request):
    number = request.node.callspec.indices["policy"]
    box = make_box(probe, f"closed-{number}", *policy)
    courier = probe.client("courier")
    message = denied(courier.collect, BoxArn=box, InOwnName=True)
    assert "courier.amazonaws.com is not authorized to perform: vault:GetBox" in message


def test_a_box_without_a_policy_is_open_to_nobody(probe):
    box = make_box(probe, "bare")
    denied(probe.client("vault", probe.user("anybody", VAULT)).get_box, Arn=box)
    denied(probe.client("courier").collect, BoxArn=box)
    denied(probe.client("courier").collect, BoxArn=box, InOwnName=True)
    # Nor is one that is not there.
    denied(probe.client("vault", probe.user("seeker", VAULT)).get_box, Arn=box + "-none")


def test_two_services_changes_are_one(probe):
    box = make_box(probe, "both", OWN_ACCOUNT)
    courier = probe.client("courier")
    courier.deliver(BoxArn=box, Contents="first")
    count = len([event for event in probe.events("PutBox") if event["requestParameters"]["arn"] == box])
    with pytest.raises(botocore.exceptions.ClientError) as error:
        courier.deliver(BoxArn=box, Contents="second", ThenFail=True)
    assert error.value.response["Error"]["Code"] == "LostException"
    assert courier.collect(BoxArn=box)["Contents"] == "first"
    # What did not happen is not on record.
    assert len([event for event in probe.events("PutBox") if event["requestParameters"]["arn"] == box]) == count


def test_what_fails_within_the_callers_transaction_is_on_record(probe):
    box = make_box(probe, "small", OWN_ACCOUNT)
    with pytest.raises(botocore.exceptions.ClientError) as error:
        probe.client("courier").deliver(BoxArn=box, Contents="x" * 1001)
    assert error.value.response["Error"]["Code"] == "ConflictException"
    put = [event for event in probe.events("PutBox") if event["requestParameters"]["arn"] == box]
    assert [event.get("errorCode") for event in put] == ["ConflictException"]
    assert put[0]["userIdentity"]["invokedBy"] == "courier.amazonaws.com"
    assert 'gatehouse_calls_total{service="vault",operation="PutBox",code="ConflictException"} 1' in probe.metrics()


def test_a_module_has_metrics_of_its_own():
    with Probe() as probe:
        assert "vault_openings_total 0\n" in probe.metrics()
        box = make_box(probe, "counted", OWN_ACCOUNT)
        make_box(probe, "bare")
        probe.client("vault").get_box(Arn=box)
        probe.client("courier").collect(BoxArn=box)
        metrics = probe.metrics()
        assert "# TYPE vault_openings_total counter\nvault_openings_total 2\n" in metrics
        assert '# TYPE vault_boxes gauge\nvault_boxes{policy="no"} 1\nvault_boxes{policy="yes"} 1\n' in metrics


def member(probe):
    """Another account: its root user's key."""
    organizations = probe.client("organizations")
    organizations.create_organization()
    status = organizations.create_account(Email="member@example.com", AccountName="member")["CreateAccountStatus"]
    while status["State"] == "IN_PROGRESS":
        status = organizations.describe_create_account_status(
            CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
    account = status["AccountId"]
    sts = probe.client("sts", probe.user(
        "admin", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}, COURIER, VAULT))
    session = sts.assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="in")["Credentials"]
    return account, (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])


def test_twins_across_accounts():
    with Probe() as probe:
        account, inside = member(probe)

        # A role of another account, assumed: it stands in both histories.
        here = probe.events("AssumeRole")[-1]
        there = probe.events("AssumeRole", inside)[-1]
        assert here["sharedEventID"] == there["sharedEventID"]
        assert here["eventID"] != there["eventID"]
        assert here["requestID"] == there["requestID"]
        assert (here["recipientAccountId"], there["recipientAccountId"]) == (ACCOUNT, account)
        assert here["userIdentity"]["type"] == "IAMUser"
        assert there["userIdentity"] == {
            "type": "AWSAccount", "principalId": here["userIdentity"]["principalId"], "accountId": ACCOUNT}

        # A box of another account, reached through a service.
        box = make_box(probe, "abroad", allow({"AWS": ACCOUNT}), allow({"AWS": account}), key=inside)
        probe.client("courier").deliver(BoxArn=box, Contents="letter")
        here, there = probe.events("PutBox")[-1], probe.events("PutBox", inside)[-1]
        assert here["sharedEventID"] == there["sharedEventID"]
        assert there["userIdentity"]["type"] == "AWSAccount"
        assert there["userIdentity"]["invokedBy"] == "courier.amazonaws.com"
        assert probe.client("vault", inside).get_box(Arn=box)["Contents"] == "letter"

        # What another account's caller was denied is told to that caller's account alone.
        closed = make_box(probe, "closed", allow({"AWS": account}), key=inside)
        denied(probe.client("vault", probe.user("outsider", VAULT)).get_box, Arn=closed)
        assert probe.events("GetBox")[-1]["errorCode"] == "AccessDenied"
        assert all(event["requestParameters"]["arn"] != closed for event in probe.events("GetBox", inside))


def test_records_have_a_region(probe):
    east, west = probe.client("vault"), probe.client("vault", region="us-west-2")
    east_box = east.create_box(Name="regional", Policy=box_policy(OWN_ACCOUNT))["Arn"]
    west_box = west.create_box(Name="regional", Policy=box_policy(OWN_ACCOUNT))["Arn"]
    assert (east_box.split(":")[3], west_box.split(":")[3]) == ("us-east-1", "us-west-2")
    west.put_box(Arn=west_box, Contents="west")
    assert east.get_box(Arn=east_box)["Contents"] == ""
    assert west.get_box(Arn=west_box)["Contents"] == "west"


def test_what_was_delivered_is_there_after_a_crash(tmp_path):
    probe = Probe(tmp_path / "data")
    probe.start()
    box = make_box(probe, "durable", OWN_ACCOUNT)
    probe.client("courier").deliver(BoxArn=box, Contents="kept")
    probe.kill()
    probe.start()
    try:
        # The policy was compiled anew from the ledger.
        assert probe.client("vault").get_box(Arn=box)["Contents"] == "kept"
        assert probe.events("Deliver")[-1]["requestParameters"]["boxArn"] == box
    finally:
        probe.stop()
