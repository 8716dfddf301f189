"""Operations that S3 has for nobody who is new, and those of directory buckets, of which there are none."""

from __future__ import annotations

from collections.abc import Callable

from harness import ACCOUNT, Identity, allow, error_of

CSV = {"InputSerialization": {"CSV": {}}, "OutputSerialization": {"CSV": {}}}
OBJECT = {"Bucket": "box", "Key": "a"}
SELECT = {**OBJECT, "Expression": "SELECT * FROM s3object", "ExpressionType": "SQL", **CSV}
#: Each with the action that is asked for, and on what.
REFUSED = [
    ("select_object_content", SELECT, "s3:GetObject", "arn:aws:s3:::box/a"),
    ("get_object_torrent", OBJECT, "s3:GetObjectTorrent", "arn:aws:s3:::box/a"),
    ("rename_object", {**OBJECT, "RenameSource": "b"}, "s3express:CreateSession",
     f"arn:aws:s3express:us-east-1:{ACCOUNT}:bucket/box"),
    ("create_session", {"Bucket": "box"}, "s3express:CreateSession", f"arn:aws:s3express:us-east-1:{ACCOUNT}:bucket/box"),
]


def test_what_is_refused(root: Identity, new_user: Callable[..., Identity]) -> None:
    root.client("s3").create_bucket(Bucket="box")
    root.client("s3").put_object(**OBJECT, Body=b"1,2\n")
    nobody = new_user("nobody").client("s3")
    statements = [allow(action, resource) for _, _, action, resource in REFUSED]
    reader = new_user("reader", *statements).client("s3")
    for name, parameters, action, _ in REFUSED:
        error = error_of(getattr(nobody, name), **parameters)
        assert (error.code, error.status) == ("AccessDenied", 403) and action in error.message, name
        error = error_of(getattr(reader, name), **parameters)
        assert (error.code, error.status) == ("MethodNotAllowed", 405), name
        assert error.message == "The specified method is not allowed against this resource."
        error = error_of(getattr(reader, name), **{**parameters, "Bucket": "elsewhere"})
        assert error.code == "NoSuchBucket", name
    assert reader.get_object(**OBJECT)["Body"].read() == b"1,2\n"


def test_directory_buckets(root: Identity, new_user: Callable[..., Identity]) -> None:
    root.client("s3").create_bucket(Bucket="box")
    assert root.aws("s3api", "list-directory-buckets") == {"Buckets": []}
    answer = root.client("s3").list_directory_buckets(MaxDirectoryBuckets=10)
    assert answer["Buckets"] == [] and "ContinuationToken" not in answer
    assert [bucket["Name"] for bucket in root.client("s3").list_buckets()["Buckets"]] == ["box"]
    error = error_of(new_user("nobody", allow("s3:*")).client("s3").list_directory_buckets)
    assert error.code == "AccessDenied" and "s3express:ListAllMyDirectoryBuckets" in error.message
    may = new_user("clerk", allow("s3express:ListAllMyDirectoryBuckets"))
    assert may.client("s3").list_directory_buckets()["Buckets"] == []
    found = root.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "ListDirectoryBuckets"}])["Events"]
    assert {event["EventSource"] for event in found} == {"s3express.amazonaws.com"} and len(found) == 4
