"""Event selectors: which events a trail takes, basic and advanced, and what selectors may say."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, error_of
from harness.trail import RENAMED
from harness.trails import Delivered, make_bucket

ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/"


@pytest.fixture(scope="module")
def quick_server() -> Iterator[Server]:
    with Server("--trail-delivery", "1") as server:
        yield server


@pytest.fixture
def quick(quick_server: Server) -> Server:
    quick_server.reset()
    return quick_server


def trail(root: Identity, name: str, **selectors: Any) -> Delivered:
    """A trail with these selectors, into a bucket of its name."""
    make_bucket(root, name)
    root.cloudtrail.create_trail(Name=name, S3BucketName=name)
    if selectors:
        root.cloudtrail.put_event_selectors(TrailName=name, **selectors)
    root.cloudtrail.start_logging(Name=name)
    return Delivered(root, name)


def requests(logs: Delivered) -> set[str]:
    return {record.get("requestID", "") for record in logs.records()}


def request(answer: dict[str, Any]) -> str:
    return str(answer["ResponseMetadata"]["RequestId"])


def advanced(*fields: tuple[str, str, list[str]], name: str | None = None) -> dict[str, Any]:
    selector: dict[str, Any] = {"FieldSelectors": [{"Field": field, operator: values} for field, operator, values in fields]}
    return selector | ({"Name": name} if name else {})


MANAGEMENT = ("eventCategory", "Equals", ["Management"])
DATA = ("eventCategory", "Equals", ["Data"])
OBJECTS = ("resources.type", "Equals", ["AWS::S3::Object"])


def test_selectors_are_kept(root: Identity) -> None:
    make_bucket(root, "logs")
    ct = root.cloudtrail
    ct.create_trail(Name="main", S3BucketName="logs")
    usual = [
        {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], "ExcludeManagementEventSources": []}
    ]
    shown = root.aws("cloudtrail", "get-event-selectors", "--trail-name", "main")
    assert shown == {"TrailARN": ARN + "main", "EventSelectors": usual}
    basic = [
        {
            "ReadWriteType": "WriteOnly", "IncludeManagementEvents": True,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::box/in/", "arn:aws:s3"]}],
            "ExcludeManagementEventSources": ["kms.amazonaws.com"],
        }
    ]
    assert ct.put_event_selectors(TrailName="main", EventSelectors=basic)["EventSelectors"] == basic
    assert ct.get_event_selectors(TrailName=ARN + "main")["EventSelectors"] == basic
    assert ct.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"] is True
    selectors = [advanced(MANAGEMENT, ("readOnly", "Equals", ["false"]), name="writes"), advanced(DATA, OBJECTS)]
    ct.put_event_selectors(TrailName="main", AdvancedEventSelectors=selectors)
    shown = ct.get_event_selectors(TrailName="main")
    assert shown["AdvancedEventSelectors"] == selectors and "EventSelectors" not in shown
    ct.put_event_selectors(TrailName="main", EventSelectors=usual)
    assert ct.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"] is False


WRONG_BASIC = [
    [{}] * 6,
    [{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::*"]}]}],
    [{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::box"]}]}],
    [{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["box"]}]}],
    [{"DataResources": [{"Type": "AWS::S3::Bucket", "Values": ["arn:aws:s3:::box/"]}]}],
    [{"DataResources": [{"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::box-{n}/" for n in range(251)]}]}],
    [{"ExcludeManagementEventSources": ["iam.amazonaws.com"]}],
    [{"IncludeManagementEvents": False, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}],
]

WRONG_ADVANCED = [
    [advanced(OBJECTS)],
    [advanced(DATA)],
    [advanced(("eventCategory", "Equals", ["Data", "Management"]), OBJECTS)],
    [advanced(("eventCategory", "NotEquals", ["Data"]), OBJECTS)],
    [advanced(MANAGEMENT, OBJECTS)],
    [advanced(MANAGEMENT, ("eventSource", "Equals", ["kms.amazonaws.com"]))],
    [advanced(MANAGEMENT, ("eventSource", "NotEquals", ["iam.amazonaws.com"]))],
    [advanced(MANAGEMENT, ("readOnly", "Equals", ["maybe"]))],
    [advanced(DATA, ("resources.type", "StartsWith", ["AWS::S3"]))],
    [advanced(DATA, OBJECTS, OBJECTS)],
    [advanced(DATA, OBJECTS, ("eventColour", "Equals", ["red"]))],
    [advanced(DATA, OBJECTS, ("eventName", "Equals", [f"Get{n}" for n in range(501)]))],
    [{"FieldSelectors": [{"Field": "eventCategory"}]}],
]


@pytest.mark.parametrize("selectors", WRONG_BASIC + WRONG_ADVANCED, ids=range(len(WRONG_BASIC + WRONG_ADVANCED)))
def test_wrong_selectors(root: Identity, selectors: list[dict[str, Any]]) -> None:
    make_bucket(root, "logs")
    root.cloudtrail.create_trail(Name="main", S3BucketName="logs")
    member = "EventSelectors" if selectors in WRONG_BASIC else "AdvancedEventSelectors"
    error = error_of(root.cloudtrail.put_event_selectors, TrailName="main", **{member: selectors})
    assert error.code == "InvalidEventSelectorsException" and error.message
    values = selectors[0].get("DataResources", [{}])[0].get("Values", [])
    known = {
        "arn:aws:s3:::*": "Value arn:aws:s3:::* for DataResources.Values is invalid.",
        "arn:aws:s3:::box": "Invalid S3 ARN: arn:aws:s3:::box",
        "arn:aws:s3:::box/": "Value AWS::S3::Bucket for DataResources.Type is invalid. Valid values are:"
        " AWS::DynamoDB::Table, AWS::Lambda::Function, AWS::S3::Object",
    }
    if len(values) == 1 and values[0] in known:
        assert error.message == known[values[0]]
    assert root.cloudtrail.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"] is False


def test_basic_selectors_decide(quick: Server) -> None:
    root = quick.root
    s3 = root.client("s3")
    for name in ("box", "other"):
        s3.create_bucket(Bucket=name)
    reads = trail(root, "reads", EventSelectors=[{"ReadWriteType": "ReadOnly"}])
    no_keys = trail(root, "no-keys", EventSelectors=[
        {"ReadWriteType": "All", "ExcludeManagementEventSources": ["kms.amazonaws.com"]}])
    objects = trail(root, "objects", EventSelectors=[
        {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": False,
         "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::box/in/"]}]}])
    key = request(root.client("kms").create_key())
    put_in = request(s3.put_object(Bucket="box", Key="in/a", Body=b"x"))
    put_out = request(s3.put_object(Bucket="box", Key="out/a", Body=b"x"))
    put_other = request(s3.put_object(Bucket="other", Key="in/a", Body=b"x"))
    get_in = request(s3.get_object(Bucket="box", Key="in/a"))
    user = request(root.iam.create_user(UserName="alice"))
    listed = request(root.iam.list_users())
    last = request(s3.put_object(Bucket="box", Key="in/b", Body=b"x"))

    for logs in (reads, no_keys):
        logs.wait_for_request(listed)
    objects.wait_for_request(last)
    everything = {key, put_in, put_out, put_other, get_in, user, listed, last}
    assert requests(reads) & everything == {listed}
    assert requests(no_keys) & everything == {user, listed}
    assert requests(objects) & everything == {put_in, last}
    assert {record["eventCategory"] for record in objects.records()} == {"Data"}


def test_advanced_selectors_decide(quick: Server, tmp_path: Any) -> None:
    root = quick.root
    root.iam.create_user(UserName="alice")
    root.iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    alice = Identity.of_key(quick.url, root.iam.create_access_key(UserName="alice")["AccessKey"])
    s3 = root.client("s3")
    s3.create_bucket(Bucket="box")
    writes = trail(root, "writes", AdvancedEventSelectors=[
        advanced(MANAGEMENT, ("readOnly", "Equals", ["false"]), ("eventSource", "NotEquals", ["kms.amazonaws.com"]))])
    some = trail(root, "some", AdvancedEventSelectors=[
        advanced(
            DATA, OBJECTS, ("eventName", "NotStartsWith", ["Head", "List"]),
            ("resources.ARN", "StartsWith", ["arn:aws:s3:::box/in/", "arn:aws:s3:::box/too/"]))
        | {},
        advanced(DATA, OBJECTS, ("resources.ARN", "EndsWith", [".txt"]), ("readOnly", "Equals", ["true"]))])
    hers = trail(root, "hers", AdvancedEventSelectors=[
        advanced(
            DATA, OBJECTS, ("userIdentity.arn", "EndsWith", [":user/alice"]),
            ("resources.ARN", "NotStartsWith", ["arn:aws:s3:::hers/", "arn:aws:s3:::some/", "arn:aws:s3:::writes/"]))])

    key = request(root.client("kms").create_key())
    user = request(root.iam.create_user(UserName="bob"))
    listed = request(root.iam.list_users())
    put_in = request(s3.put_object(Bucket="box", Key="in/a", Body=b"x"))
    head_in = request(s3.head_object(Bucket="box", Key="in/a"))
    put_text = request(s3.put_object(Bucket="box", Key="a.txt", Body=b"x"))
    get_text = request(s3.get_object(Bucket="box", Key="a.txt"))
    by_alice = request(alice.client("s3").put_object(Bucket="box", Key="mine", Body=b"x"))
    last = request(alice.client("s3").put_object(Bucket="box", Key="too/a", Body=b"x"))
    end = request(root.iam.create_user(UserName="carol"))

    for logs, answer in ((writes, end), (some, last), (hers, last)):
        logs.wait_for_request(answer)
    everything = {key, user, listed, put_in, head_in, put_text, get_text, by_alice, last, end}
    assert requests(writes) & everything == {user, end}
    assert requests(some) & everything == {put_in, get_text, last}
    assert requests(hers) & everything == {by_alice, last}


def object_calls(root: Identity) -> dict[str, dict[str, Any]]:
    """One call of each operation on objects, and its answer."""
    s3 = root.client("s3")
    part = b"x" * (5 << 20)
    answers: dict[str, dict[str, Any]] = {}

    def note(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
        answers[operation] = answer
        return answer

    note("PutObject", s3.put_object(Bucket="box", Key="a", Body=b"1"))
    note("GetObject", s3.get_object(Bucket="box", Key="a"))
    note("HeadObject", s3.head_object(Bucket="box", Key="a"))
    note("CopyObject", s3.copy_object(Bucket="box", Key="b", CopySource="box/a"))
    note("GetObjectAttributes", s3.get_object_attributes(Bucket="box", Key="a", ObjectAttributes=["ETag"]))
    note("PutObjectTagging", s3.put_object_tagging(Bucket="box", Key="a", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]}))
    note("GetObjectTagging", s3.get_object_tagging(Bucket="box", Key="a"))
    note("DeleteObjectTagging", s3.delete_object_tagging(Bucket="box", Key="a"))
    note("HeadBucket", s3.head_bucket(Bucket="box"))
    note("ListObjects", s3.list_objects(Bucket="box"))
    note("ListObjectsV2", s3.list_objects_v2(Bucket="box", Prefix="a"))
    note("ListObjectVersions", s3.list_object_versions(Bucket="box"))
    upload = note("CreateMultipartUpload", s3.create_multipart_upload(Bucket="box", Key="c"))["UploadId"]
    one = note("UploadPart", s3.upload_part(Bucket="box", Key="c", UploadId=upload, PartNumber=1, Body=io.BytesIO(part)))
    two = note("UploadPartCopy", s3.upload_part_copy(
        Bucket="box", Key="c", UploadId=upload, PartNumber=2, CopySource="box/a"))
    note("ListParts", s3.list_parts(Bucket="box", Key="c", UploadId=upload))
    parts = [{"PartNumber": 1, "ETag": one["ETag"]}, {"PartNumber": 2, "ETag": two["CopyPartResult"]["ETag"]}]
    note("CompleteMultipartUpload", s3.complete_multipart_upload(
        Bucket="box", Key="c", UploadId=upload, MultipartUpload={"Parts": parts}))
    other = s3.create_multipart_upload(Bucket="box", Key="d")["UploadId"]
    note("AbortMultipartUpload", s3.abort_multipart_upload(Bucket="box", Key="d", UploadId=other))
    note("PutObjectRetention", s3.put_object_retention(
        Bucket="vault", Key="a", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": "2040-01-01T00:00:00Z"}))
    note("GetObjectRetention", s3.get_object_retention(Bucket="vault", Key="a"))
    note("PutObjectLegalHold", s3.put_object_legal_hold(Bucket="vault", Key="a", LegalHold={"Status": "OFF"}))
    note("GetObjectLegalHold", s3.get_object_legal_hold(Bucket="vault", Key="a"))
    note("DeleteObject", s3.delete_object(Bucket="box", Key="b"))
    note("DeleteObjects", s3.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "c"}]}))
    return answers


def test_every_operation_on_objects_reaches_a_trail(quick: Server) -> None:
    root = quick.root
    s3 = root.client("s3")
    s3.create_bucket(Bucket="box")
    s3.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    s3.put_object(Bucket="vault", Key="a", Body=b"x")
    places = ["arn:aws:s3:::box/", "arn:aws:s3:::vault/"]
    basic = trail(root, "basic", EventSelectors=[
        {"IncludeManagementEvents": False, "DataResources": [{"Type": "AWS::S3::Object", "Values": places}]}])
    by_field = trail(root, "by-field", AdvancedEventSelectors=[
        advanced(DATA, OBJECTS, ("resources.ARN", "StartsWith", places))])
    answers = object_calls(root)
    last = request(answers["DeleteObjects"])
    for logs in (basic, by_field):
        logs.wait_for_request(last)
        found = {record["requestID"]: record for record in logs.records()}
        for operation, answer in answers.items():
            record = found[request(answer)]
            assert record["eventSource"] == "s3.amazonaws.com" and record["eventName"] == RENAMED.get(operation, operation)
            assert (record["managementEvent"], record["eventCategory"]) == (False, "Data")
            resources = {one["type"]: one for one in record["resources"]}
            bucket = "vault" if request(answer) in map(request, (
                answers["PutObjectRetention"], answers["GetObjectRetention"], answers["PutObjectLegalHold"],
                answers["GetObjectLegalHold"])) else "box"
            assert resources["AWS::S3::Bucket"] == {
                "accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}
            one = resources["AWS::S3::Object"]
            assert (one.get("ARN") or one["ARNPrefix"]).startswith(f"arn:aws:s3:::{bucket}/"), record
        put = found[request(answers["PutObject"])]["requestParameters"]
        assert (put["bucketName"], put["key"]) == ("box", "a")
    # None of them is in the event history, which an account has without a trail.
    history = {record["requestID"] for record in Trail(root).all() if "requestID" in record}
    assert not history & set(map(request, answers.values()))


def test_objects_of_any_letters_are_selected_by_their_names(quick: Server) -> None:
    s3 = quick.root.client("s3")
    s3.create_bucket(Bucket="box")
    logs = trail(quick.root, "box", EventSelectors=[
        {"IncludeManagementEvents": False,
         "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::box/in "]}]}])
    s3.put_object(Bucket="box", Key="out ü", Body=b"1")
    answer = s3.put_object(Bucket="box", Key="in ü", Body=b"1")
    logs.wait_for_request(request(answer))
    assert [record["requestParameters"]["key"] for record in logs.records()] == ["in ü"]
    assert {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::box/in ü"} in logs.records()[0]["resources"]
