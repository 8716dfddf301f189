"""Event notifications: what happens to objects is told to the server that the operator has put in a queue's place."""

import http.server
import json
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from harness import ACCOUNT, Identity, Server, allow, error_of, policy, trust
from harness.patience import PATIENCE
from harness.server import gatehouse

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
FOREIGN = "arn:aws:lambda:us-east-1:999988887777:function:pay"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
CREATED = "s3:ObjectCreated:*"


class Receiver:
    """A server that takes messages, or refuses them for a while."""

    def __init__(self) -> None:
        self.messages: queue.Queue[tuple[str, dict[str, str], Any]] = queue.Queue()
        self.refusals = 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.refusals > 0:
                    receiver.refusals -= 1
                    self.send_response(503)
                else:
                    receiver.messages.put((self.path, dict(self.headers.items()), json.loads(body)))
                    self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self) -> Any:
        return self.messages.get(timeout=PATIENCE)[2]

    def event(self) -> Any:
        (record,) = self.next()["Records"]
        return record


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def options(receiver: Receiver) -> list[str]:
    return [
        *("--event-destination", f"{QUEUE}={receiver.url}/orders?from=gatehouse"),
        *("--event-destination", f"{TOPIC}={receiver.url}/news"),
        *("--event-destination", f"{FOREIGN}={receiver.url}/pay"),
    ]


@pytest.fixture
def cloud(options: list[str]) -> Iterator[Server]:
    with Server(*options) as server:
        yield server


@pytest.fixture
def s3(cloud: Server) -> Any:
    client = cloud.root.client("s3")
    client.create_bucket(Bucket="box")
    return client


def ask(s3: Any, *events: str, rules: dict[str, str] | None = None, **more: Any) -> None:
    one: dict[str, Any] = {"QueueArn": QUEUE, "Events": list(events)} | more
    if rules:
        one["Filter"] = {"Key": {"FilterRules": [{"Name": name, "Value": value} for name, value in rules.items()]}}
    s3.put_bucket_notification_configuration(Bucket="box", NotificationConfiguration={"QueueConfigurations": [one]})


def test_a_destination_gets_a_test_and_then_events(s3: Any, receiver: Receiver, cloud: Server) -> None:
    ask(s3, CREATED, Id="orders")
    path, headers, test = receiver.messages.get(timeout=PATIENCE)
    assert (path, headers["X-Gatehouse-Destination"]) == ("/orders?from=gatehouse", QUEUE)
    assert headers["Content-Type"] == "application/json"
    assert (test["Service"], test["Event"], test["Bucket"]) == ("Amazon S3", "s3:TestEvent", "box")
    answer = s3.put_object(Bucket="box", Key="in/a b+ü", Body=b"four")
    record = receiver.event()
    assert record["eventVersion"] == "2.1" and record["eventSource"] == "aws:s3" and record["awsRegion"] == "us-east-1"
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["userIdentity"] == {"principalId": f"AWS:{ACCOUNT}"}
    assert record["requestParameters"] == {"sourceIPAddress": "127.0.0.1"}
    assert record["responseElements"]["x-amz-request-id"] == answer["ResponseMetadata"]["RequestId"]
    about = record["s3"]
    assert about["s3SchemaVersion"] == "1.0" and about["configurationId"] == "orders"
    assert about["bucket"]["name"] == "box" and about["bucket"]["arn"] == "arn:aws:s3:::box"
    assert about["bucket"]["ownerIdentity"] == {"principalId": s3.list_buckets()["Owner"]["ID"]}
    sequencer = about["object"].pop("sequencer")
    assert about["object"] == {"key": "in/a+b%2B%C3%BC", "size": 4, "eTag": answer["ETag"].strip('"')}
    s3.put_object(Bucket="box", Key="in/a b+ü", Body=b"five!")
    assert receiver.event()["s3"]["object"]["sequencer"] > sequencer


def test_what_is_told(s3: Any, receiver: Receiver) -> None:
    ask(s3, CREATED, "s3:ObjectRemoved:*", "s3:ObjectTagging:*")
    receiver.next()

    def told(name: str, **expected: Any) -> None:
        record = receiver.event()
        about = record["s3"]["object"]
        assert record["eventName"] == name
        assert {key: about.get(key) for key in expected} == expected

    s3.put_object(Bucket="box", Key="a", Body=b"1")
    told("ObjectCreated:Put", key="a", size=1, versionId=None)
    s3.copy_object(Bucket="box", Key="b", CopySource={"Bucket": "box", "Key": "a"})
    told("ObjectCreated:Copy", key="b")
    upload = {"Bucket": "box", "Key": "c"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    part = s3.upload_part(**upload, PartNumber=1, Body=b"333")
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    told("ObjectCreated:CompleteMultipartUpload", key="c", size=3)
    s3.put_object_tagging(Bucket="box", Key="a", Tagging={"TagSet": [{"Key": "x", "Value": "y"}]})
    told("ObjectTagging:Put", key="a")
    s3.delete_object_tagging(Bucket="box", Key="a")
    told("ObjectTagging:Delete", key="a")
    s3.delete_object(Bucket="box", Key="a")
    told("ObjectRemoved:Delete", key="a", size=None)
    # Nothing is told of what was not there, nor of what failed.
    s3.delete_object(Bucket="box", Key="a")
    error_of(s3.put_object, Bucket="box", Key="a", Body=b"1", IfMatch="absent")
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="box", Key="b", Body=b"2")["VersionId"]
    told("ObjectCreated:Put", key="b", versionId=version)
    done = s3.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "b"}, {"Key": "c"}]})["Deleted"]
    for one in done:
        told("ObjectRemoved:DeleteMarkerCreated", key=one["Key"], versionId=one["DeleteMarkerVersionId"])
    s3.delete_object(Bucket="box", Key="b", VersionId=version)
    told("ObjectRemoved:Delete", key="b", versionId=version)


def test_filters(s3: Any, receiver: Receiver) -> None:
    ask(s3, "s3:ObjectCreated:Put", rules={"prefix": "in/", "suffix": ".jpg"})
    receiver.next()
    for key in ("in/a.txt", "out/a.jpg", "in/a.jpg"):
        s3.put_object(Bucket="box", Key=key, Body=b"1")
    s3.copy_object(Bucket="box", Key="in/b.jpg", CopySource={"Bucket": "box", "Key": "in/a.jpg"})
    s3.put_object(Bucket="box", Key="in/c.jpg", Body=b"1")
    assert [receiver.event()["s3"]["object"]["key"] for _ in range(2)] == ["in/a.jpg", "in/c.jpg"]


def test_a_refusal_is_not_the_end(s3: Any, receiver: Receiver) -> None:
    ask(s3, CREATED)
    receiver.next()
    receiver.refusals = 1
    s3.put_object(Bucket="box", Key="a", Body=b"1")
    assert receiver.event()["s3"]["object"]["key"] == "a"
    assert receiver.refusals == 0


def test_nothing_is_lost_in_a_crash(
    durable: Callable[..., Server], options: list[str], receiver: Receiver
) -> None:
    server = durable(*options).start()
    s3 = server.root.client("s3")
    s3.create_bucket(Bucket="box")
    ask(s3, CREATED)
    receiver.next()
    receiver.refusals = 1_000_000
    s3.put_object(Bucket="box", Key="a", Body=b"1")
    server.kill()
    receiver.refusals = 0
    server.start()
    assert receiver.event()["s3"]["object"]["key"] == "a"


def test_lifecycle_rules_tell_as_well(s3: Any, receiver: Receiver, cloud: Server) -> None:
    ask(s3, "s3:LifecycleExpiration:*")
    receiver.next()
    s3.put_bucket_lifecycle_configuration(
        Bucket="box",
        LifecycleConfiguration={"Rules": [{"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}]},
    )
    s3.put_object(Bucket="box", Key="a", Body=b"1")
    cloud.advance(3 * 86_400)
    record = receiver.event()
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("LifecycleExpiration:Delete", "a")


def test_transitions_are_told_of(s3: Any, receiver: Receiver, cloud: Server) -> None:
    ask(s3, "s3:LifecycleTransition")
    receiver.next()
    transition = {"Days": 1, "StorageClass": "GLACIER_IR"}
    s3.put_bucket_lifecycle_configuration(
        Bucket="box",
        LifecycleConfiguration={"Rules": [{"Status": "Enabled", "Filter": {}, "Transitions": [transition]}]},
    )
    s3.put_object(Bucket="box", Key="a", Body=b"1" * (128 << 10))
    cloud.advance(3 * 86_400)
    record = receiver.event()
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("LifecycleTransition", "a")
    assert record["lifecycleEventData"] == {"transitionEventData": {"destinationStorageClass": "GLACIER_IR"}}


def test_what_is_kept(s3: Any, receiver: Receiver) -> None:
    ask(s3, CREATED, rules={"prefix": "in/"})
    (rule,) = s3.get_bucket_notification_configuration(Bucket="box")["QueueConfigurations"]
    assert rule["Id"] and rule["QueueArn"] == QUEUE and rule["Events"] == [CREATED]
    s3.put_bucket_notification_configuration(Bucket="box", NotificationConfiguration={})
    s3.put_object(Bucket="box", Key="in/a", Body=b"1")
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket="box")
    receiver.next()
    ask(s3, CREATED)
    assert receiver.next()["Event"] == "s3:TestEvent"


def test_destinations_that_nobody_has_named(s3: Any, receiver: Receiver) -> None:
    for arn in (QUEUE + "2", TOPIC, "arn:aws:sqs", "orders"):
        wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": [CREATED]}]}
        error = error_of(s3.put_bucket_notification_configuration, Bucket="box", NotificationConfiguration=wanted)
        assert error.code == "InvalidArgument", arn
    # The operator has named a server for another account's function.
    wanted = {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": FOREIGN, "Events": [CREATED]}]}
    error = error_of(s3.put_bucket_notification_configuration, Bucket="box", NotificationConfiguration=wanted)
    assert error.code == "InvalidArgument"
    wanted = {"QueueConfigurations": [{"QueueArn": QUEUE + "2", "Events": [CREATED]}]}
    s3.put_bucket_notification_configuration(
        Bucket="box", NotificationConfiguration=wanted, SkipDestinationValidation=True
    )
    kept = s3.get_bucket_notification_configuration(Bucket="box")["QueueConfigurations"]
    assert [rule["QueueArn"] for rule in kept] == [QUEUE + "2"]


def test_rules_that_overlap(s3: Any, receiver: Receiver) -> None:
    def put(*rules: tuple[str, str, str]) -> Any:
        def prefixed(prefix: str) -> Any:
            return {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}

        queues = [{"QueueArn": QUEUE, "Events": [e], "Filter": prefixed(p)} for kind, e, p in rules if kind == "queue"]
        topics = [{"TopicArn": TOPIC, "Events": [e], "Filter": prefixed(p)} for kind, e, p in rules if kind == "topic"]
        wanted = {"QueueConfigurations": queues, "TopicConfigurations": topics}
        return s3.put_bucket_notification_configuration(Bucket="box", NotificationConfiguration=wanted)

    def overlap(*rules: tuple[str, str, str]) -> str:
        return error_of(lambda: put(*rules)).message

    assert "overlap" in overlap(("queue", CREATED, "in/"), ("topic", "s3:ObjectCreated:Put", "in/a/"))
    assert "overlap" in overlap(("queue", CREATED, ""), ("queue", CREATED, "x"))
    put(("queue", CREATED, "in/"), ("topic", "s3:ObjectCreated:Put", "out/"))
    put(("queue", CREATED, "in/"), ("topic", "s3:ObjectRemoved:*", "in/"))


def test_what_an_operator_may_name() -> None:
    for text in ("orders=https://localhost", f"{QUEUE}=ftp://localhost", f"{QUEUE}=http://example.org", QUEUE):
        done = gatehouse("serve", "--in-memory", "--port", "0", "--event-destination", text)
        assert done.returncode != 0 and "--event-destination takes" in done.stderr, text


def test_who_asked(s3: Any, receiver: Receiver, cloud: Server) -> None:
    ask(s3, CREATED)
    receiver.next()
    cloud.root.iam.create_user(UserName="clerk")
    cloud.root.iam.attach_user_policy(UserName="clerk", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
    clerk = Identity.of_key(cloud.url, cloud.root.iam.create_access_key(UserName="clerk")["AccessKey"])
    clerk.client("s3").put_object(Bucket="box", Key="a", Body=b"1")
    unique = cloud.root.iam.get_user(UserName="clerk")["User"]["UserId"]
    assert receiver.event()["userIdentity"] == {"principalId": f"AWS:{unique}"}


def test_forms_tell_that_they_were_posted(s3: Any, receiver: Receiver, cloud: Server) -> None:
    ask(s3, "s3:ObjectCreated:Post")
    receiver.next()
    s3.put_object(Bucket="box", Key="put", Body=b"1")
    form = cloud.root.client("s3", signature_version="s3v4").generate_presigned_post("box", "posted")
    answer = requests.post(form["url"], data=form["fields"], files={"file": b"1234"}, timeout=PATIENCE)
    assert answer.status_code == 204
    record = receiver.event()
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectCreated:Post", "posted")
    assert (record["eventVersion"], record["s3"]["object"]["size"]) == ("2.1", 4)


def test_lists_tell_when_they_change(s3: Any, receiver: Receiver) -> None:
    s3.put_bucket_ownership_controls(
        Bucket="box", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    s3.put_object(Bucket="box", Key="a", Body=b"1")
    ask(s3, "s3:ObjectAcl:Put", "s3:ObjectTagging:Put")
    receiver.next()
    # It said that before, which is nothing to tell of.
    s3.put_object_acl(Bucket="box", Key="a", ACL="private")
    s3.put_object_acl(Bucket="box", Key="a", ACL="aws-exec-read")
    record = receiver.event()
    assert (record["eventName"], record["eventVersion"]) == ("ObjectAcl:Put", "2.3")
    s3.put_object_acl(Bucket="box", Key="a", ACL="aws-exec-read")
    s3.put_object_tagging(Bucket="box", Key="a", Tagging={"TagSet": []})
    assert receiver.event()["eventName"] == "ObjectTagging:Put"


def test_restorations(s3: Any, receiver: Receiver, cloud: Server) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"1", StorageClass="GLACIER")
    ask(s3, "s3:ObjectRestore:*")
    receiver.next()
    s3.restore_object(Bucket="box", Key="a", RestoreRequest={"Days": 1})
    record = receiver.event()
    assert (record["eventName"], record["eventVersion"]) == ("ObjectRestore:Post", "2.1")
    assert "glacierEventData" not in record
    cloud.advance(6 * 3600)
    record = receiver.event()
    assert record["eventName"] == "ObjectRestore:Completed"
    assert record["userIdentity"] == {"principalId": "s3.amazonaws.com"}
    details = record["glacierEventData"]["restoreEventData"]
    assert details["lifecycleRestoreStorageClass"] == "GLACIER"
    assert details["lifecycleRestorationExpiryTime"].endswith("T00:00:00.000Z")
    # Kept for longer, it is not gone when it would have been.
    s3.restore_object(Bucket="box", Key="a", RestoreRequest={"Days": 5})
    cloud.advance(3 * 86_400)
    assert 'ongoing-request="false"' in s3.head_object(Bucket="box", Key="a")["Restore"]
    cloud.advance(5 * 86_400)
    record = receiver.event()
    assert (record["eventName"], record["eventVersion"]) == ("ObjectRestore:Delete", "2.3")
    s3.restore_object(Bucket="box", Key="a", RestoreRequest={"Days": 1})
    assert receiver.event()["eventName"] == "ObjectRestore:Post"
    s3.delete_object(Bucket="box", Key="a")
    cloud.advance(5 * 86_400)
    assert receiver.messages.empty()


def test_replication_tells_why_it_failed(s3: Any, receiver: Receiver, cloud: Server) -> None:
    s3.create_bucket(Bucket="target")
    for name in ("box", "target"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    cloud.root.iam.create_role(RoleName="copier", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    rule = {
        "ID": "one", "Priority": 1, "Status": "Enabled", "Filter": {},
        "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket": "arn:aws:s3:::target"},
    }
    role = f"arn:aws:iam::{ACCOUNT}:role/copier"
    s3.put_bucket_replication(Bucket="box", ReplicationConfiguration={"Role": role, "Rules": [rule]})
    ask(s3, "s3:Replication:*")
    receiver.next()
    s3.put_object(Bucket="box", Key="a", Body=b"1")

    def failed() -> str:
        record = receiver.event()
        assert (record["eventName"], record["eventVersion"]) == ("Replication:OperationFailedReplication", "2.2")
        details = record["replicationEventData"]
        assert (details["replicationRuleId"], details["destinationBucket"]) == ("one", "arn:aws:s3:::target")
        assert details["s3Operation"] == "OBJECT_PUT"
        return str(details["failureReason"])

    assert failed() == "AssumeRoleNotPermitted"
    cloud.root.iam.update_assume_role_policy(
        RoleName="copier", PolicyDocument=trust({"Service": "s3.amazonaws.com"})
    )
    reads = allow(["s3:GetReplicationConfiguration", "s3:ListBucket", "s3:GetObjectVersion*"])
    cloud.root.iam.put_role_policy(RoleName="copier", PolicyName="own", PolicyDocument=policy(reads))
    s3.put_object(Bucket="box", Key="b", Body=b"1")
    assert failed() == "DstPutObjectNotPermitted"
    # The replica is an object that is put into its bucket, by the role.
    everything = allow(["s3:GetReplicationConfiguration", "s3:ListBucket", "s3:GetObjectVersion*", "s3:Replicate*"])
    cloud.root.iam.put_role_policy(RoleName="copier", PolicyName="own", PolicyDocument=policy(everything))
    wanted = {"QueueArn": QUEUE, "Events": [CREATED]}
    s3.put_bucket_notification_configuration(
        Bucket="target", NotificationConfiguration={"QueueConfigurations": [wanted]}
    )
    receiver.next()
    version = s3.put_object(Bucket="box", Key="c", Body=b"1")["VersionId"]
    record = receiver.event()
    assert (record["eventName"], record["s3"]["bucket"]["name"]) == ("ObjectCreated:Put", "target")
    assert record["s3"]["object"]["versionId"] == version
    assert record["userIdentity"]["principalId"].startswith("AWS:AROA")
