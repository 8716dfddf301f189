"""S3's lifecycle rules act: objects, versions, delete markers and uploads end when their days are over."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from harness import Identity, Server, error_of

pytestmark = pytest.mark.memory

DAY = 86_400


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    client.create_bucket(Bucket="box")
    return client


def rules(s3: Any, *rules: dict[str, Any]) -> None:
    s3.put_bucket_lifecycle_configuration(
        Bucket="box", LifecycleConfiguration={"Rules": [{"Status": "Enabled", "Filter": {}} | rule for rule in rules]}
    )


def keys(s3: Any) -> list[str]:
    return [each["Key"] for each in s3.list_objects_v2(Bucket="box").get("Contents", [])]


def versions(s3: Any) -> list[str]:
    return [each["VersionId"] for each in s3.list_object_versions(Bucket="box").get("Versions", [])]


def markers(s3: Any) -> int:
    return len(s3.list_object_versions(Bucket="box").get("DeleteMarkers", []))


def test_objects_expire(s3: Any, cloud: Server) -> None:
    rules(
        s3,
        {"ID": "logs", "Filter": {"Prefix": "log/"}, "Expiration": {"Days": 3}},
        {"ID": "draft s", "Filter": {"And": {"Prefix": "", "Tags": [{"Key": "draft", "Value": "yes"}]}},
         "Expiration": {"Days": 10}},
        {"ID": "big", "Filter": {"ObjectSizeGreaterThan": 5}, "Expiration": {"Days": 20}},
        {"ID": "off", "Status": "Disabled", "Expiration": {"Days": 1}},
    )  # fmt: skip
    put = s3.put_object(Bucket="box", Key="log/1", Body=b"1")
    found = re.fullmatch(r'expiry-date="(.*)", rule-id="logs"', put["Expiration"])
    assert found
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert parsedate_to_datetime(found.group(1)) - midnight in (timedelta(days=4), timedelta(days=5))
    assert s3.head_object(Bucket="box", Key="log/1")["Expiration"] == put["Expiration"]
    draft = s3.put_object(Bucket="box", Key="draft", Body=b"1", Tagging="draft=yes")
    assert draft["Expiration"].endswith('rule-id="draft+s"')
    assert "Expiration" not in s3.put_object(Bucket="box", Key="kept", Body=b"1")
    s3.put_object(Bucket="box", Key="large", Body=b"1" * 6)
    # Days are counted from the next midnight on.
    cloud.advance(2.9 * DAY)
    assert keys(s3) == ["draft", "kept", "large", "log/1"]
    cloud.advance(1.5 * DAY)
    assert keys(s3) == ["draft", "kept", "large"]
    cloud.advance(7 * DAY)
    assert keys(s3) == ["kept", "large"]
    cloud.advance(10 * DAY)
    assert keys(s3) == ["kept"]


def test_versions_expire(s3: Any, cloud: Server) -> None:
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
    rules(
        s3,
        {"ID": "old", "NoncurrentVersionExpiration": {"NoncurrentDays": 5, "NewerNoncurrentVersions": 1}},
        {"ID": "now", "Expiration": {"Days": 30}},
    )
    ids = [s3.put_object(Bucket="box", Key="a", Body=b"1")["VersionId"] for _ in range(4)]
    assert versions(s3) == ids[::-1]
    cloud.advance(7 * DAY)
    # The latest, and one behind it.
    assert versions(s3) == [ids[3], ids[2]]
    cloud.advance(25 * DAY)
    assert keys(s3) == [] and markers(s3) == 1
    # What was current is the one that is kept behind the marker.
    cloud.advance(8 * DAY)
    assert versions(s3) == [ids[3]]
    rules(s3, {"ID": "old", "NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
          {"ID": "markers", "Expiration": {"ExpiredObjectDeleteMarker": True}})  # fmt: skip
    cloud.advance(2 * DAY)
    assert versions(s3) == [] and markers(s3) == 0


def test_rules_that_say_too_little_or_too_much(s3: Any) -> None:
    """What S3 does not refuse, it does: a rule without a filter is about everything, and no day at all is at once."""
    def put(rule: dict[str, Any]) -> str:
        whole = {"Rules": [{"Status": "Enabled"} | rule]}
        return error_of(s3.put_bucket_lifecycle_configuration, Bucket="box", LifecycleConfiguration=whole).code

    tag, end = {"Key": "a", "Value": "b"}, {"Expiration": {"Days": 1}}
    abort = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
    for rule in [end, end | {"Filter": {}, "Prefix": ""}, end | {"Filter": {"Prefix": "x", "Tag": tag}},
                 end | {"Filter": {"And": {}}}, end | {"Filter": {"And": {"Prefix": "x"}}}]:  # fmt: skip
        assert put(rule) == "MalformedXML", rule
    for filter_ in [{"Tag": tag}, {"And": {"Prefix": "x", "Tags": [tag]}}, {"ObjectSizeGreaterThan": 1}]:
        assert put(abort | {"Filter": filter_}) == "InvalidRequest", filter_
    assert put({"Filter": {"Tag": tag}, "Expiration": {"ExpiredObjectDeleteMarker": True}}) == "InvalidRequest"
    for action in [
        {"NoncurrentVersionExpiration": {"NoncurrentDays": 0}}, {"NoncurrentVersionExpiration": {"NoncurrentDays": -3}},
        {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 0}},
        {"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 0}},
    ]:  # fmt: skip
        assert put({"Filter": {}} | action) == "InvalidArgument", action
    assert error_of(s3.get_bucket_lifecycle_configuration, Bucket="box").code == "NoSuchLifecycleConfiguration"


def test_uploads_end(s3: Any, cloud: Server) -> None:
    rules(s3, {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}})
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket="box")["Rules"]
    assert rule["ID"], "a rule without an id gets one"
    names = {"Bucket": "box", "Key": "a", "UploadId": s3.create_multipart_upload(Bucket="box", Key="a")["UploadId"]}
    s3.upload_part(**names, PartNumber=1, Body=b"1")
    cloud.advance(1.9 * DAY)
    assert "Uploads" in s3.list_multipart_uploads(Bucket="box")
    cloud.advance(2 * DAY)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="box")


def test_what_is_locked_stays(root: Identity, s3: Any, cloud: Server) -> None:
    s3.delete_bucket(Bucket="box")
    s3.create_bucket(Bucket="box", ObjectLockEnabledForBucket=True)
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 20}}}
    s3.put_object_lock_configuration(Bucket="box", ObjectLockConfiguration=lock)
    rules(s3, {"Expiration": {"Days": 1}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}})
    first = s3.put_object(Bucket="box", Key="a", Body=b"1")["VersionId"]
    assert s3.get_object_retention(Bucket="box", Key="a")["Retention"]["Mode"] == "COMPLIANCE"
    cloud.advance(10 * DAY)
    assert versions(s3) == [first] and markers(s3) == 1
    cloud.advance(11 * DAY)
    assert versions(s3) == []
    # Now nothing is behind the marker.
    cloud.advance(DAY)
    assert markers(s3) == 0


# Other classes


def storage(s3: Any, key: str, **version: str) -> str:
    return str(s3.head_object(Bucket="box", Key=key, **version).get("StorageClass", "STANDARD"))


def test_objects_go_down(s3: Any, cloud: Server) -> None:
    rules(
        s3,
        {"ID": "all", "Filter": {"Prefix": ""},
         "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 60, "StorageClass": "GLACIER"}],
         "Expiration": {"Days": 90}},
        {"ID": "at once", "Filter": {"And": {"Prefix": "cold/", "ObjectSizeGreaterThan": 0}},
         "Transitions": [{"Days": 0, "StorageClass": "DEEP_ARCHIVE"}]},
    )  # fmt: skip
    big = b"x" * (128 << 10)
    s3.put_object(Bucket="box", Key="big", Body=big)
    s3.put_object(Bucket="box", Key="small", Body=big[1:])
    s3.put_object(Bucket="box", Key="cold/a", Body=b"1")
    s3.put_object(Bucket="box", Key="onezone", Body=big, StorageClass="ONEZONE_IA")
    before = s3.head_object(Bucket="box", Key="big")
    cloud.advance(1.5 * DAY)
    assert storage(s3, "cold/a") == "DEEP_ARCHIVE" and storage(s3, "big") == "STANDARD"
    assert error_of(s3.get_object, Bucket="box", Key="cold/a").code == "InvalidObjectState"
    cloud.advance(30 * DAY)
    # What is small stays, and nothing goes up.
    assert [storage(s3, key) for key in ("big", "small", "onezone")] == ["STANDARD_IA", "STANDARD", "ONEZONE_IA"]
    assert s3.get_object(Bucket="box", Key="big")["Body"].read() == big
    after = s3.head_object(Bucket="box", Key="big")
    assert [after[name] for name in ("ETag", "LastModified", "Expiration")] == [
        before[name] for name in ("ETag", "LastModified", "Expiration")]
    cloud.advance(30 * DAY)
    assert [storage(s3, key) for key in ("big", "small", "onezone")] == ["GLACIER", "STANDARD", "GLACIER"]
    listed = {each["Key"]: each["StorageClass"] for each in s3.list_objects_v2(Bucket="box")["Contents"]}
    assert listed == {"big": "GLACIER", "cold/a": "DEEP_ARCHIVE", "onezone": "GLACIER", "small": "STANDARD"}
    cloud.advance(30 * DAY)
    assert keys(s3) == []


def test_versions_go_down(s3: Any, cloud: Server) -> None:
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
    rules(
        s3,
        {"ID": "old", "NoncurrentVersionTransitions": [
            {"NoncurrentDays": 1, "NewerNoncurrentVersions": 1, "StorageClass": "GLACIER_IR"}]},
    )  # fmt: skip
    ids = [s3.put_object(Bucket="box", Key="a", Body=b"x" * (200 << 10))["VersionId"] for _ in range(4)]
    cloud.advance(3 * DAY)
    assert [storage(s3, "a", VersionId=id) for id in ids] == ["GLACIER_IR", "GLACIER_IR", "STANDARD", "STANDARD"]


def test_sizes_by_the_class(s3: Any, cloud: Server) -> None:
    rule = {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}}
    rule["Transitions"] = [{"Days": 1, "StorageClass": "GLACIER_IR"}, {"Days": 2, "StorageClass": "GLACIER"}]
    s3.put_bucket_lifecycle_configuration(
        Bucket="box", LifecycleConfiguration={"Rules": [rule]},
        TransitionDefaultMinimumObjectSize="varies_by_storage_class")  # fmt: skip
    s3.put_object(Bucket="box", Key="small", Body=b"1")
    # One midnight has passed after which it could go, or two; the third is for GLACIER.
    cloud.advance(1.9 * DAY)
    assert storage(s3, "small") == "STANDARD"
    cloud.advance(2 * DAY)
    assert storage(s3, "small") == "GLACIER"


def test_transitions_that_are_refused(s3: Any) -> None:
    def code(**rule: Any) -> str:
        whole = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}} | rule
        return error_of(
            s3.put_bucket_lifecycle_configuration, Bucket="box", LifecycleConfiguration={"Rules": [whole]}).message

    early = code(Transitions=[{"Days": 29, "StorageClass": "STANDARD_IA"}])
    assert early == "'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'"
    late = code(Transitions=[{"Days": 30, "StorageClass": "GLACIER"}], Expiration={"Days": 30})
    assert "must be greater than 'Days' in the Transition action" in late
    assert "must be different" in code(
        Transitions=[{"Days": 1, "StorageClass": "GLACIER"}, {"Days": 2, "StorageClass": "GLACIER"}])
    assert "must be greater than" in code(
        Transitions=[{"Days": 9, "StorageClass": "GLACIER"}, {"Days": 8, "StorageClass": "DEEP_ARCHIVE"}])
    assert "mixed 'Date' and 'Days'" in code(
        Transitions=[{"Date": "2040-01-01T00:00:00Z", "StorageClass": "GLACIER"}], Expiration={"Days": 30})
    assert "midnight" in code(Transitions=[{"Date": "2040-01-01T01:00:00Z", "StorageClass": "GLACIER"}])
    assert "well-formed" in code(Transitions=[{"StorageClass": "GLACIER"}])
