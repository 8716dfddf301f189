"""Lab 6. What happened? Every call stands in the event history, and no secret does."""

import json
import re
import time
from datetime import datetime, timedelta, UTC
from pathlib import Path
from typing import Any

from harness import ACCOUNT, ROOT_KEY_ID, ROOT_SECRET, Identity, Server, Trail, VirtualDevice
from harness import allow, deny, error_of, policy, trust
from harness.clock import server_with_clock
from harness import raw

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PASSWORD = "Correct-Horse-7!"


def check_common(record: dict[str, Any], *, source: str, name: str, read_only: bool) -> None:
    """What holds for every record of an API call."""
    assert re.fullmatch(r"1\.\d+", record["eventVersion"])
    assert record["eventSource"] == f"{source}.amazonaws.com"
    assert record["eventName"] == name
    assert record["awsRegion"] == "us-east-1"
    assert record["sourceIPAddress"] == "127.0.0.1"
    assert re.fullmatch(UUID, record["eventID"])
    assert re.fullmatch(UUID, record["requestID"])
    assert record["eventType"] == "AwsApiCall"
    assert record["eventCategory"] == "Management"
    assert record["managementEvent"] is True
    assert record["readOnly"] is read_only
    assert record["recipientAccountId"] == ACCOUNT
    moment = datetime.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=5)


def test_the_labs_are_all_in_the_history_seen_by_the_cli(cloud: Server, root: Identity) -> None:
    user = root.aws("iam create-user --user-name analyst --path /staff/ --tags Key=Team,Value=blue")["User"]
    analyst = Identity.of_key(cloud.url, root.aws("iam create-access-key --user-name analyst")["AccessKey"])
    analyst.aws_refused("iam create-user --user-name x")
    analyst.aws("sts get-caller-identity")
    Trail(root).named("GetCallerIdentity")

    def looked_up(*attribute: str) -> list[dict[str, Any]]:
        words = (
            ["--lookup-attributes", f"AttributeKey={attribute[0]},AttributeValue={attribute[1]}"] if attribute else []
        )
        return root.aws("cloudtrail", "lookup-events", *words)["Events"]

    denied, created = looked_up("EventName", "CreateUser")
    record = json.loads(created["CloudTrailEvent"])
    check_common(record, source="iam", name="CreateUser", read_only=False)
    assert created["EventId"] == record["eventID"]
    assert (created["EventName"], created["EventSource"]) == ("CreateUser", "iam.amazonaws.com")
    assert (created["ReadOnly"], created["Username"], created["AccessKeyId"]) == ("false", "root", ROOT_KEY_ID)
    assert {"ResourceType": "AWS::IAM::User", "ResourceName": "analyst"} in created["Resources"]
    assert record["userIdentity"] == {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": ROOT_KEY_ID,
    }
    assert "aws-cli" in record["userAgent"]
    assert record["requestParameters"] == {
        "userName": "analyst",
        "path": "/staff/",
        "tags": [{"key": "Team", "value": "blue"}],
    }
    answered = record["responseElements"]["user"]
    assert (answered["userName"], answered["userId"]) == ("analyst", user["UserId"])
    assert (answered["arn"], answered["path"]) == (user["Arn"], "/staff/")
    assert answered["createDate"]
    assert "errorCode" not in record and "errorMessage" not in record

    record = json.loads(denied["CloudTrailEvent"])
    check_common(record, source="iam", name="CreateUser", read_only=False)
    assert record["userIdentity"] == {
        "type": "IAMUser",
        "principalId": user["UserId"],
        "arn": user["Arn"],
        "accountId": ACCOUNT,
        "accessKeyId": analyst.key_id,
        "userName": "analyst",
    }
    assert record["errorCode"] == "AccessDenied"
    assert record["errorMessage"] == (
        f"User: {user['Arn']} is not authorized to perform: iam:CreateUser on resource: "
        f"arn:aws:iam::{ACCOUNT}:user/x because no identity-based policy allows the iam:CreateUser action"
    )
    assert not record.get("responseElements")

    # Each attribute that may be asked for.
    assert {event["EventName"] for event in looked_up("Username", "analyst")} == {"CreateUser", "GetCallerIdentity"}
    assert {event["EventName"] for event in looked_up("AccessKeyId", analyst.key_id)} >= {"GetCallerIdentity"}
    assert [event["EventId"] for event in looked_up("EventId", created["EventId"])] == [created["EventId"]]
    assert {event["EventName"] for event in looked_up("EventSource", "sts.amazonaws.com")} == {"GetCallerIdentity"}
    names = {event["EventName"] for event in looked_up("ReadOnly", "false")}
    assert {"CreateUser", "CreateAccessKey"} <= names and "GetCallerIdentity" not in names
    assert "CreateUser" in {event["EventName"] for event in looked_up("ResourceName", "analyst")}
    assert "CreateUser" in {event["EventName"] for event in looked_up("ResourceType", "AWS::IAM::User")}
    assert looked_up("EventName", "DeleteUser") == []


def test_reads_have_no_response_elements(root: Identity, trail: Trail) -> None:
    root.iam.create_user(UserName="alice")
    record = trail.of(root.iam.get_user(UserName="alice"))
    check_common(record, source="iam", name="GetUser", read_only=True)
    assert record["requestParameters"] == {"userName": "alice"}
    assert record["responseElements"] is None
    assert "gatehouse-tests" in record["userAgent"] and "Boto3" in record["userAgent"]
    record = trail.of(root.sts.get_caller_identity())
    check_common(record, source="sts", name="GetCallerIdentity", read_only=True)
    assert record["requestParameters"] is None and record["responseElements"] is None


def test_the_look_up_itself_is_recorded(root: Identity, trail: Trail) -> None:
    answer = root.cloudtrail.lookup_events(MaxResults=1)
    record = trail.of(answer)
    check_common(record, source="cloudtrail", name="LookupEvents", read_only=True)
    assert record["requestParameters"] == {"maxResults": 1}


def test_errors_of_the_service_are_recorded(root: Identity, trail: Trail) -> None:
    root.iam.create_user(UserName="alice")
    twice = error_of(root.iam.create_user, UserName="alice")
    record = trail.of(twice)
    assert record["errorCode"] in ("EntityAlreadyExistsException", "EntityAlreadyExists")
    assert record["errorMessage"] == "User with name alice already exists."
    missing = error_of(root.iam.get_user, UserName="nobody")
    record = trail.of(missing)
    assert record["errorCode"] in ("NoSuchEntityException", "NoSuchEntity")
    assert record["errorMessage"] == "The user with name nobody cannot be found."


def test_a_role_session_is_recorded_with_its_role(
    cloud: Server, root: Identity, trail: Trail, new_role, new_user
) -> None:
    alice = new_user("alice")
    arn = new_role("Auditor", trust(f"arn:aws:iam::{ACCOUNT}:user/alice"), allow("iam:ListUsers"))
    answer = alice.sts.assume_role(RoleArn=arn, RoleSessionName="audit", DurationSeconds=900)
    record = trail.of(answer)
    check_common(record, source="sts", name="AssumeRole", read_only=True)
    assert record["userIdentity"]["type"] == "IAMUser"
    assert record["requestParameters"] == {"roleArn": arn, "roleSessionName": "audit", "durationSeconds": 900}
    assumed = record["responseElements"]
    assert assumed["credentials"]["accessKeyId"] == answer["Credentials"]["AccessKeyId"]
    assert assumed["assumedRoleUser"] == {
        "assumedRoleId": answer["AssumedRoleUser"]["AssumedRoleId"],
        "arn": answer["AssumedRoleUser"]["Arn"],
    }
    assert [(one["ARN"], one["accountId"], one["type"]) for one in record["resources"]] == [
        (arn, ACCOUNT, "AWS::IAM::Role")
    ]

    session = Identity.of_session(cloud.url, answer["Credentials"])
    role_id = root.iam.get_role(RoleName="Auditor")["Role"]["RoleId"]
    for record in (trail.of(session.iam.list_users()), trail.of(error_of(session.iam.list_groups))):
        identity = record["userIdentity"]
        identity["sessionContext"].pop("webIdFederationData", None)  # AWS writes it empty; not needed.
        issued = identity["sessionContext"]["attributes"].pop("creationDate")
        assert datetime.strptime(issued, "%Y-%m-%dT%H:%M:%SZ")
        assert identity == {
            "type": "AssumedRole",
            "principalId": f"{role_id}:audit",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Auditor/audit",
            "accountId": ACCOUNT,
            "accessKeyId": session.key_id,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": role_id,
                    "arn": arn,
                    "accountId": ACCOUNT,
                    "userName": "Auditor",
                },
                "attributes": {"mfaAuthenticated": "false"},
            },
        }
    assert record["errorCode"] == "AccessDenied"


def test_mfa_is_recorded(cloud: Server, root: Identity, trail: Trail, new_user) -> None:
    alice = new_user("alice", allow("iam:ListUsers"))
    made = root.iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")
    device = VirtualDevice(made["VirtualMFADevice"]["Base32StringSeed"])
    serial = made["VirtualMFADevice"]["SerialNumber"]
    first, second = device.two_codes()
    enabled = root.iam.enable_mfa_device(
        UserName="alice", SerialNumber=serial, AuthenticationCode1=first, AuthenticationCode2=second
    )
    record = trail.of(made)
    assert record["requestParameters"]["virtualMFADeviceName"] == "alice"
    assert record["responseElements"]["virtualMFADevice"]["serialNumber"] == serial
    assert trail.of(enabled)["requestParameters"]["serialNumber"] == serial
    answer = alice.sts.get_session_token(SerialNumber=serial, TokenCode=device.code())
    session = Identity.of_session(cloud.url, answer["Credentials"])
    record = trail.of(session.iam.list_users())
    assert record["userIdentity"]["type"] == "IAMUser"
    assert record["userIdentity"]["userName"] == "alice"
    assert record["userIdentity"]["sessionContext"]["attributes"]["mfaAuthenticated"] == "true"


def test_no_secret_stands_in_any_event(cloud: Server, root: Identity, trail: Trail, new_role) -> None:
    """Makes every kind of secret there is, and looks for each of them in the whole history."""
    secrets = {"root's secret access key": ROOT_SECRET}
    root.iam.create_user(UserName="alice")
    key = root.iam.create_access_key(UserName="alice")["AccessKey"]
    secrets["secret access key"] = key["SecretAccessKey"]
    alice = Identity.of_key(cloud.url, key)
    root.iam.put_user_policy(
        UserName="alice", PolicyName="own", PolicyDocument=policy(allow(["iam:*", "sts:*"]), deny("iam:DeleteUser"))
    )
    root.iam.create_login_profile(UserName="alice", Password=PASSWORD)
    secrets["password"] = PASSWORD
    secrets["new password"] = PASSWORD + "new"
    root.iam.update_login_profile(UserName="alice", Password=PASSWORD + "new")
    secrets["refused password"] = "Refused-Secret-99"
    error_of(root.iam.create_login_profile, UserName="alice", Password="Refused-Secret-99")
    error_of(root.iam.create_login_profile, UserName="nobody", Password="Refused-Secret-99")
    secrets["own old password"], secrets["own new password"] = "Never-It-1234", "Newest-One-5678"
    try:
        alice.iam.change_password(OldPassword="Never-It-1234", NewPassword="Newest-One-5678")
    except Exception:  # Not built yet, or the old password is wrong: either way it must not be recorded.
        pass
    made = root.iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]
    seed = made["Base32StringSeed"]
    device = VirtualDevice(seed)
    secrets["MFA seed"] = seed.decode()
    first, second = device.two_codes()
    root.iam.enable_mfa_device(
        UserName="alice",
        SerialNumber=made["SerialNumber"],
        AuthenticationCode1=first,
        AuthenticationCode2=second,
    )
    arn = new_role("r", trust(f"arn:aws:iam::{ACCOUNT}:user/alice", ["sts:AssumeRole", "sts:TagSession"]), allow("*"))
    session_answer = alice.sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    token_answer = alice.sts.get_session_token(SerialNumber=made["SerialNumber"], TokenCode=device.code())[
        "Credentials"
    ]
    for name, credentials in (("role", session_answer), ("user", token_answer)):
        secrets[f"secret access key of a {name} session"] = credentials["SecretAccessKey"]
        secrets[f"token of a {name} session"] = credentials["SessionToken"]
        session = Identity.of_session(cloud.url, credentials)
        session.iam.list_users()
        error_of(session.iam.delete_user, UserName="nobody")
    last = error_of(alice.iam.delete_user, UserName="alice")
    trail.of(last)

    history = json.dumps(trail.events(), default=str)
    for name, secret in secrets.items():
        assert secret not in history, name
    for word in ("secretAccessKey", "base32StringSeed", "qRCodePNG"):
        found = re.findall(rf'{word}\\*": *\\*"([^"\\]*)', history)
        assert all(value in ("", "HIDDEN_DUE_TO_SECURITY_REASONS", "***") for value in found), (word, found)


def test_no_secret_stands_in_the_log_or_the_data_directory(durable, tmp_path: Path) -> None:
    server = durable("--log-level", "trace", log=tmp_path / "log")
    server.start()
    root = server.root
    root.iam.create_user(UserName="alice")
    key = root.iam.create_access_key(UserName="alice")["AccessKey"]
    root.iam.create_login_profile(UserName="alice", Password=PASSWORD)
    seed = root.iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]["Base32StringSeed"]
    alice = Identity.of_key(server.url, key)
    token = alice.sts.get_session_token()["Credentials"]
    error_of(Identity.of_session(server.url, token).iam.list_users)
    assert server.stop() == 0
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.stat().st_size > 4096 for path in files)
    secrets = {
        "secret access key": key["SecretAccessKey"].encode(),
        "password": PASSWORD.encode(),
        "MFA seed": seed,
        "session token": token["SessionToken"].encode(),
        "session secret": token["SecretAccessKey"].encode(),
    }
    for path in files:
        content = path.read_bytes()
        for name, secret in secrets.items():
            assert secret not in content, f"{name} in {path.name}"


def test_paging_through_the_history(root: Identity, trail: Trail) -> None:
    for number in range(60):
        root.iam.create_user(UserName=f"user{number:02}")
    trail.named("CreateUser", requestParameters={"userName": "user59"})
    first = root.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}], MaxResults=25
    )
    assert len(first["Events"]) == 25 and first["NextToken"]
    names = [
        json.loads(event["CloudTrailEvent"])["requestParameters"]["userName"]
        for event in trail.events(EventName="CreateUser")
    ]
    assert names == [f"user{number:02}" for number in reversed(range(60))], "newest first, none twice, none lost"
    default = root.cloudtrail.lookup_events()
    assert len(default["Events"]) == 50
    over = error_of(root.client("cloudtrail", parameter_validation=False).lookup_events, MaxResults=51)
    assert over.status == 400 and over.code in ("InvalidMaxResultsException", "ValidationException")
    bad = error_of(root.cloudtrail.lookup_events, NextToken="nonsense")
    assert (bad.status, bad.code) == (400, "InvalidNextTokenException")


def test_time_ranges(root: Identity, trail: Trail) -> None:
    root.iam.create_user(UserName="early")
    trail.named("CreateUser")
    time.sleep(1.1)
    middle = datetime.now(UTC).replace(microsecond=0)
    time.sleep(1.1)
    root.iam.create_group(GroupName="late")
    trail.named("CreateGroup")

    def names(**range_: datetime) -> set[str]:
        return {event["EventName"] for event in root.cloudtrail.lookup_events(**range_)["Events"]}

    assert "CreateGroup" not in names(EndTime=middle) and "CreateUser" in names(EndTime=middle)
    assert "CreateGroup" in names(StartTime=middle) and "CreateUser" not in names(StartTime=middle)
    bad = error_of(root.cloudtrail.lookup_events, StartTime=middle, EndTime=middle - timedelta(hours=1))
    assert (bad.status, bad.code) == (400, "InvalidTimeRangeException")


def test_look_up_attributes_are_checked(root: Identity) -> None:
    one = {"AttributeKey": "EventName", "AttributeValue": "CreateUser"}
    two = error_of(root.cloudtrail.lookup_events, LookupAttributes=[one, one])
    assert two.status == 400 and two.code in ("InvalidLookupAttributesException", "ValidationException")
    unknown = error_of(
        root.cloudtrail.lookup_events, LookupAttributes=[{"AttributeKey": "Colour", "AttributeValue": "blue"}]
    )
    assert unknown.status == 400 and unknown.code in ("InvalidLookupAttributesException", "ValidationException")


def test_who_may_look(root: Identity, new_user) -> None:
    plain, reader = new_user("plain"), new_user("reader", allow("cloudtrail:LookupEvents"))
    denied = error_of(plain.cloudtrail.lookup_events)
    assert (denied.status, denied.code) == (400, "AccessDeniedException")
    assert denied.message.startswith(
        f"User: arn:aws:iam::{ACCOUNT}:user/plain is not authorized to perform: cloudtrail:LookupEvents"
    )
    assert "because no identity-based policy allows the cloudtrail:LookupEvents action" in denied.message
    assert reader.cloudtrail.lookup_events()["Events"]


def test_changes_are_in_the_history_with_the_answer(root: Identity) -> None:
    """A change and its event are one transaction: no waiting."""
    for number in range(10):
        answer = root.iam.create_user(UserName=f"user{number}")
        newest = root.cloudtrail.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}], MaxResults=1
        )["Events"][0]
        record = json.loads(newest["CloudTrailEvent"])
        assert record["requestID"] == answer["ResponseMetadata"]["RequestId"]


def test_the_history_is_kept_for_ninety_days(tmp_path: Path) -> None:
    server, clock = server_with_clock(tmp_path, data=tmp_path / "data")
    with server:
        server.root.iam.create_user(UserName="old")
        clock.set(89 * 86_400)
        server.restart()

        def names() -> set[str]:
            body = b'{"MaxResults": 50}'
            headers = {
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
            }
            request = raw.signed("POST", "/", body, server.root, service="cloudtrail", headers=headers, at=clock.now())
            answer = raw.send(server.port, request)
            assert answer.status == 200, answer
            return {event["EventName"] for event in json.loads(answer.body)["Events"]}

        assert "CreateUser" in names()
        clock.set(91 * 86_400)
        server.restart()
        assert "CreateUser" not in names()
        server.stop()
