"""Who gets into a directory bucket: sessions, what they are good for, and what is recorded of them."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
from botocore.auth import S3ExpressAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness import ACCOUNT, Identity, Server, Trail, allow, deny, error_of, policy, raw
from harness.aws import aws_program
from harness.organizations import NewOrganization
from harness.trails import Delivered, make_bucket
from harness.patience import PATIENCE

NAME = "box--use1-az4--x-s3"
OTHER = "other--use1-az4--x-s3"
ARN = f"arn:aws:s3express:us-east-1:{ACCOUNT}:bucket/{NAME}"
PLACE = {
    "Location": {"Type": "AvailabilityZone", "Name": "use1-az4"},
    "Bucket": {"Type": "Directory", "DataRedundancy": "SingleAvailabilityZone"},
}
SESSION = allow("s3express:CreateSession", ARN)
DAY = 86_400
NewUser = Callable[..., Identity]


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    client.create_bucket(Bucket=NAME, CreateBucketConfiguration=PLACE)
    client.put_object(Bucket=NAME, Key="a", Body=b"1")
    return client


def mode(text: str) -> dict[str, Any]:
    return {"Condition": {"StringEquals": {"s3express:SessionMode": text}}}


def ask(
    session: dict[str, str], method: str, target: str, body: bytes = b"", *, url: str, service: str = "s3express",
    header: str = "x-amz-s3session-token",
) -> raw.Answer:  # fmt: skip
    """A request signed by the credentials of a session."""
    identity = Identity(url, session["AccessKeyId"], session["SecretAccessKey"])
    headers = {"X-Amz-Content-Sha256": hashlib.sha256(body).hexdigest(), header: session["SessionToken"]}
    return raw.send(urlsplit(url).port or 0, raw.signed(method, target, body, identity, service=service, headers=headers))


# Sessions


def test_a_session_is_what_policies_allow(s3: Any, new_user: NewUser) -> None:
    error = error_of(new_user("nobody", allow("s3:*")).client("s3").get_object, Bucket=NAME, Key="a")
    assert (error.operation, error.code, error.status) == ("CreateSession", "AccessDenied", 403)
    assert f'perform: s3express:CreateSession on resource: "{ARN}" because no identity-based policy' in error.message
    clerk = new_user("clerk", SESSION).client("s3")
    clerk.put_object(Bucket=NAME, Key="b", Body=b"2")
    assert clerk.get_object(Bucket=NAME, Key="a")["Body"].read() == b"1"
    # The bucket's policy has its say as well.
    s3.put_bucket_policy(Bucket=NAME, Policy=policy(deny("s3express:CreateSession", ARN, Principal="*")))
    error = error_of(new_user("other", SESSION).client("s3").get_object, Bucket=NAME, Key="a")
    assert error.code == "AccessDenied" and "with an explicit deny in a resource-based policy" in error.message
    # What began before goes on until it ends.
    assert clerk.get_object(Bucket=NAME, Key="a")["Body"].read() == b"1"
    s3.delete_bucket_policy(Bucket=NAME)
    assert error_of(s3.get_bucket_policy, Bucket=NAME).code == "NoSuchBucketPolicy"


def test_a_session_that_only_reads(s3: Any, new_user: NewUser) -> None:
    reader = new_user("reader", SESSION | mode("ReadOnly")).client("s3")
    # No mode was asked for: it is the most that is allowed.
    assert reader.get_object(Bucket=NAME, Key="a")["Body"].read() == b"1"
    assert reader.head_object(Bucket=NAME, Key="a")["ContentLength"] == 1
    assert reader.list_objects_v2(Bucket=NAME)["KeyCount"] == 1
    assert reader.list_multipart_uploads(Bucket=NAME)["Bucket"] == NAME
    assert reader.get_object_attributes(Bucket=NAME, Key="a", ObjectAttributes=["ObjectSize"])["ObjectSize"] == 1
    for name, parameters in [
        ("put_object", {"Key": "b"}), ("delete_object", {"Key": "a"}), ("create_multipart_upload", {"Key": "b"}),
        ("rename_object", {"Key": "b", "RenameSource": f"{NAME}/a"}), ("delete_bucket", {}),
        ("delete_objects", {"Delete": {"Objects": [{"Key": "a"}]}}), ("put_object", {"Key": "a", "WriteOffsetBytes": 1}),
        ("delete_bucket_policy", {}), ("get_bucket_policy", {}),
    ]:  # fmt: skip
        error = error_of(getattr(reader, name), Bucket=NAME, **parameters)
        assert (error.code, error.message, error.status) == ("AccessDenied", "Access Denied", 403), name
    error = error_of(reader.create_session, Bucket=NAME, SessionMode="ReadWrite")
    assert error.code == "AccessDenied" and "s3express:CreateSession" in error.message
    assert s3.get_object(Bucket=NAME, Key="a")["Body"].read() == b"1"
    # Whoever may do more may ask for less.
    session = s3.create_session(Bucket=NAME, SessionMode="ReadOnly")["Credentials"]
    url = s3.meta.endpoint_url
    assert ask(session, "GET", f"/{NAME}/a", url=url).body == b"1"
    assert ask(session, "PUT", f"/{NAME}/a", b"2", url=url).code == "AccessDenied"


def test_tokens_that_are_none(s3: Any, root: Identity, cloud: Server, new_user: NewUser) -> None:
    s3.create_bucket(Bucket=OTHER, CreateBucketConfiguration=PLACE)
    one, two = (s3.create_session(Bucket=name)["Credentials"] for name in (NAME, OTHER))
    url = s3.meta.endpoint_url
    assert ask(one, "GET", f"/{NAME}/a", url=url).status == 200
    # Of another bucket.
    assert ask(one, "GET", f"/{OTHER}?list-type=2", url=url).code == "AccessDenied"
    forged = one["SessionToken"]
    forged = forged[:40] + ("A" if forged[40] != "A" else "B") + forged[41:]
    temporary = root.sts.get_session_token()["Credentials"]
    for spoilt in [
        one | {"SessionToken": two["SessionToken"]}, one | {"SessionToken": forged}, one | {"SessionToken": "x"},
        one | {"SessionToken": temporary["SessionToken"]}, temporary,
    ]:  # fmt: skip
        answer = ask(spoilt, "GET", f"/{NAME}/a", url=url)
        assert (answer.status, answer.code) == (400, "InvalidToken"), answer
    answer = ask(one | {"SecretAccessKey": two["SecretAccessKey"]}, "GET", f"/{NAME}/a", url=url)
    assert answer.code == "SignatureDoesNotMatch"
    # No other service takes it, in whichever header.
    body = raw.form("GetCallerIdentity", raw.STS_VERSION)
    for header in ("x-amz-s3session-token", "X-Amz-Security-Token"):
        for service in ("sts", "s3", "s3express"):
            if (header, service) == ("x-amz-s3session-token", "s3express"):
                continue
            answer = ask(one, "POST", "/", body, url=url, service=service, header=header)
            assert answer.status in (400, 403) and "Arn" not in answer.text, (header, service)
            assert answer.code in ("InvalidClientTokenId", "InvalidToken", "InvalidAccessKeyId"), answer
    # Five minutes, of which this has taken some.
    one = s3.create_session(Bucket=NAME)["Credentials"]
    cloud.advance(240)
    assert ask(one, "GET", f"/{NAME}/a", url=url).status == 200
    cloud.advance(61)
    assert ask(one, "GET", f"/{NAME}/a", url=url).code == "ExpiredToken"
    # Whoever is gone has no sessions.
    clerk = new_user("clerk", SESSION)
    session = clerk.client("s3").create_session(Bucket=NAME)["Credentials"]
    root.iam.delete_user_policy(UserName="clerk", PolicyName="own")
    root.iam.delete_access_key(UserName="clerk", AccessKeyId=clerk.key_id)
    assert ask(session, "GET", f"/{NAME}/a", url=url).status == 200
    root.iam.delete_user(UserName="clerk")
    assert ask(session, "GET", f"/{NAME}/a", url=url).code == "InvalidToken"


def test_what_a_session_is_not_good_for(s3: Any, new_user: NewUser) -> None:
    s3.create_bucket(Bucket="plain")
    s3.put_object(Bucket="plain", Key="secret", Body=b"3")
    clerk = new_user("clerk", SESSION, allow(["s3:*", "s3express:ListAllMyDirectoryBuckets"]))
    session, url = clerk.client("s3").create_session(Bucket=NAME)["Credentials"], s3.meta.endpoint_url
    assert ask(session, "GET", f"/{NAME}?session", url=url).code == "AccessDenied"
    assert ask(session, "GET", "/", url=url).code == "AccessDenied"
    # Copies need the permission to read the source, and are signed by whoever has it.
    clerk.client("s3").copy_object(Bucket=NAME, Key="copy", CopySource="plain/secret")
    identity = Identity(url, session["AccessKeyId"], session["SecretAccessKey"])
    headers = {
        "x-amz-s3session-token": session["SessionToken"], "x-amz-copy-source": "plain/secret",
        "X-Amz-Content-Sha256": hashlib.sha256(b"").hexdigest(),
    }  # fmt: skip
    copy = raw.signed("PUT", f"/{NAME}/copy", b"", identity, service="s3express", headers=headers)
    assert raw.send(urlsplit(url).port or 0, copy).code == "AccessDenied"
    # What manages the bucket is asked for by itself.
    answer = ask(session, "DELETE", f"/{NAME}?policy", url=url)
    assert answer.code == "AccessDenied" and "s3express:DeleteBucketPolicy" in answer.message
    error = error_of(clerk.client("s3").delete_bucket, Bucket=NAME)
    assert error.code == "AccessDenied" and "s3express:DeleteBucket" in error.message


def test_what_manages_a_bucket(s3: Any, root: Identity, new_user: NewUser) -> None:
    """Clients that know one endpoint sign everything by a session that they ask for without a word: it alone manages the bucket."""
    url = s3.meta.endpoint_url
    tagging = ["s3express:TagResource", "s3express:ListTagsForResource"]
    clerk = new_user("clerk", SESSION, allow(["s3express:GetBucketPolicy", "s3express:DeleteBucketPolicy", *tagging], ARN))
    session = clerk.client("s3").create_session(Bucket=NAME)["Credentials"]
    assert ask(session, "GET", f"/{NAME}?policy", url=url).code == "NoSuchBucketPolicy"
    # What somebody asks for to hand it on is good for the objects.
    given = clerk.client("s3").create_session(Bucket=NAME, SessionMode="ReadWrite")["Credentials"]
    assert ask(given, "PUT", f"/{NAME}/b", b"2", url=url).status == 200
    for method, target in [("GET", "?policy"), ("DELETE", "?policy"), ("DELETE", ""), ("GET", "?encryption")]:
        answer = ask(given, method, f"/{NAME}{target}", url=url)
        assert (answer.status, answer.code) == (403, "AccessDenied"), target
    error = error_of(clerk.client("s3").create_session, Bucket=OTHER, SessionMode="ReadWrite")
    assert (error.code, error.status) == ("NoSuchBucket", 404)
    # URLs manage nothing, and neither does a session where there is none on AWS.
    presigned = clerk.client("s3").generate_presigned_url("get_bucket_policy", Params={"Bucket": NAME})
    assert "S3session" in presigned and "AccessDenied" in requests.get(presigned, timeout=PATIENCE).text
    assert clerk.client("s3control").list_tags_for_resource(AccountId=ACCOUNT, ResourceArn=ARN)["Tags"] == []
    request = AWSRequest(
        "GET", f"{url}/v20180820/tags/{quote(ARN)}", headers={"x-amz-account-id": ACCOUNT})
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    S3ExpressAuth(Credentials(*(session[name] for name in names)), "s3express", "us-east-1", identity_cache={}).add_auth(request)
    tags = requests.get(request.url, headers=dict(request.headers), timeout=PATIENCE)
    assert tags.status_code == 403 and "<Code>AccessDenied</Code>" in tags.text
    # A key that is off manages nothing any more, while the objects are there until the session ends.
    root.iam.update_access_key(UserName="clerk", AccessKeyId=clerk.key_id, Status="Inactive")
    assert ask(session, "GET", f"/{NAME}/a", url=url).status == 200
    assert ask(session, "DELETE", f"/{NAME}?policy", url=url).code == "AccessDenied"
    root.iam.update_access_key(UserName="clerk", AccessKeyId=clerk.key_id, Status="Active")
    assert ask(session, "GET", f"/{NAME}?policy", url=url).code == "NoSuchBucketPolicy"


def test_a_session_of_the_operator_operates_nothing(s3: Any, root: Identity) -> None:
    """Whoever got a session of the root user's for a bucket, there or not, has neither its keys nor its mail."""
    url = s3.meta.endpoint_url
    assert raw.send(urlsplit(url).port or 0, raw.signed("GET", "/_gatehouse/outbox", b"", root, service="gatehouse")).status == 200
    for name in (NAME, OTHER):
        session = s3.create_session(Bucket=name)["Credentials"]
        for method, path in [("GET", "outbox"), ("GET", "keyring"), ("POST", "root-key"), ("POST", "reset"), ("GET", "clock")]:
            answer = ask(session, method, f"/_gatehouse/{path}", b"", url=url)
            assert answer.status == 403 and "root user" in answer.text, (name, path, answer)
    assert s3.get_object(Bucket=NAME, Key="a")["Body"].read() == b"1"


def test_conditions_on_signatures(s3: Any, new_user: NewUser) -> None:
    plainly = {"s3": {"disable_s3_express_session_auth": True}, "signature_version": "s3v4"}

    def refused(name: str, operator: str, key: str, value: str) -> Any:
        condition = {"Condition": {operator: {f"s3express:{key}": value}}}
        return new_user(name, SESSION, deny("s3express:CreateSession", ARN) | condition).client("s3", **plainly)

    names = iter("abcdefgh")
    for operator, key, value in [
        ("StringEquals", "authType", "REST-HEADER"), ("StringEquals", "signatureversion", "AWS4-HMAC-SHA256"),
        ("StringLike", "x-amz-content-sha256", "*"), ("StringEquals", "ResourceAccount", ACCOUNT),
    ]:  # fmt: skip
        error = error_of(refused(next(names), operator, key, value).get_object, Bucket=NAME, Key="a")
        assert error.code == "AccessDenied" and "explicit deny" in error.message, key
    assert refused(next(names), "StringEquals", "authType", "REST-QUERY-STRING").get_object(Bucket=NAME, Key="a")
    old = refused(next(names), "NumericGreaterThan", "signatureAge", "-1")
    assert old.get_object(Bucket=NAME, Key="a")["ContentLength"] == 1
    url = old.generate_presigned_url("get_object", Params={"Bucket": NAME, "Key": "a"})
    assert "explicit deny" in requests.get(url, timeout=PATIENCE).text


def test_another_bucket_of_the_name(s3: Any, cloud: Server) -> None:
    org = NewOrganization(cloud)
    member = org.member("member")
    session, url = s3.create_session(Bucket=NAME)["Credentials"], s3.meta.endpoint_url
    s3.delete_object(Bucket=NAME, Key="a")
    s3.delete_bucket(Bucket=NAME)
    theirs = member.admin.client("s3")
    theirs.create_bucket(Bucket=NAME, CreateBucketConfiguration=PLACE)
    theirs.put_object(Bucket=NAME, Key="a", Body=b"theirs")
    answer = ask(session, "GET", f"/{NAME}/a", url=url)
    assert answer.code == "AccessDenied" and "s3express:CreateSession" in answer.message


def test_clients_that_create_by_a_session(root: Identity, new_user: NewUser) -> None:
    """A client that knows one endpoint asks for a session before the bucket is there; it gives no permission."""
    maker = new_user("maker", allow("s3express:CreateBucket", ARN)).client("s3")
    maker.create_bucket(Bucket=NAME, CreateBucketConfiguration=PLACE)
    error = error_of(maker.put_object, Bucket=NAME, Key="a", Body=b"")
    assert error.code == "AccessDenied" and "s3express:CreateSession" in error.message
    error = error_of(new_user("nobody").client("s3").create_bucket, Bucket=OTHER, CreateBucketConfiguration=PLACE)
    assert (error.operation, error.code) == ("CreateBucket", "AccessDenied") and "s3express:CreateBucket" in error.message
    assert error_of(root.client("s3").list_objects_v2, Bucket=OTHER).code == "NoSuchBucket"


def test_without_sessions(s3: Any, new_user: NewUser) -> None:
    """Clients may be told to sign everything with what they have."""
    plainly = {"s3": {"disable_s3_express_session_auth": True}}
    reader = new_user("reader", SESSION | mode("ReadOnly")).client("s3", **plainly)
    assert reader.get_object(Bucket=NAME, Key="a")["Body"].read() == b"1"
    assert reader.head_bucket(Bucket=NAME)["BucketLocationName"] == "use1-az4"
    error = error_of(reader.put_object, Bucket=NAME, Key="a", Body=b"2")
    assert (error.operation, error.code) == ("PutObject", "AccessDenied") and "s3express:CreateSession" in error.message
    writer = new_user("writer", allow(["s3express:PutBucketPolicy", "s3express:GetBucketPolicy"], ARN))
    own = policy(allow("s3express:CreateSession", ARN, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/writer"}))
    writer.client("s3", **plainly).put_bucket_policy(Bucket=NAME, Policy=own)
    writer.client("s3", **plainly).put_object(Bucket=NAME, Key="a", Body=b"2")
    assert s3.get_object(Bucket=NAME, Key="a")["Body"].read() == b"2"


def test_across_accounts(s3: Any, cloud: Server) -> None:
    member = NewOrganization(cloud).member("member")
    guest = member.user("guest", allow("s3express:*"))
    assert error_of(guest.client("s3").get_object, Bucket=NAME, Key="a").code == "AccessDenied"
    s3.put_bucket_policy(
        Bucket=NAME, Policy=policy(SESSION | mode("ReadOnly") | {"Principal": {"AWS": f"arn:aws:iam::{member.account}:root"}}))
    fresh = Identity(guest.url, guest.key_id, guest.secret).client("s3")
    assert fresh.get_object(Bucket=NAME, Key="a")["Body"].read() == b"1"
    assert error_of(fresh.put_object, Bucket=NAME, Key="b").code == "AccessDenied"
    # It is nobody else's to manage, and never the public's.
    error = error_of(guest.client("s3", s3={"disable_s3_express_session_auth": True}).delete_bucket, Bucket=NAME)
    assert error.code == "AccessDenied"
    public = policy(allow("s3express:CreateSession", ARN, Principal="*"))
    error = error_of(s3.put_bucket_policy, Bucket=NAME, Policy=public)
    assert error.code == "AccessDenied" and "BlockPublicPolicy" in error.message
    wrong = policy(allow("s3:GetObject", ARN, Principal={"AWS": ACCOUNT}))
    assert error_of(s3.put_bucket_policy, Bucket=NAME, Policy=wrong).code == "MalformedPolicy"


def test_presigned_urls(s3: Any, cloud: Server) -> None:
    url = s3.generate_presigned_url("get_object", Params={"Bucket": NAME, "Key": "a"}, ExpiresIn=3600)
    assert "X-Amz-S3session-Token" in url and requests.get(url, timeout=PATIENCE).content == b"1"
    put = s3.generate_presigned_url("put_object", Params={"Bucket": NAME, "Key": "b"})
    assert requests.put(put, data=b"2", timeout=PATIENCE).status_code == 200
    assert s3.get_object(Bucket=NAME, Key="b")["Body"].read() == b"2"
    assert "SignatureDoesNotMatch" in requests.get(url.replace("/a?", "/b?"), timeout=PATIENCE).text
    # They end with the session, whatever they say.
    cloud.advance(301)
    assert "ExpiredToken" in requests.get(url, timeout=PATIENCE).text


# What is recorded


def test_events(s3: Any, root: Identity, trail: Trail) -> None:
    made = trail.named("CreateBucket")
    assert (made["eventSource"], made["eventCategory"]) == ("s3express.amazonaws.com", "Management")
    assert made["requestParameters"]["bucketName"] == NAME
    (named,) = trail.events(ResourceName=NAME)
    assert named["Resources"] == [{"ResourceType": "AWS::S3Express::DirectoryBucket", "ResourceName": NAME}]
    answer = s3.put_bucket_policy(
        Bucket=NAME, Policy=policy(allow("s3express:CreateSession", ARN, Principal={"AWS": ACCOUNT})))
    assert trail.of(answer, "PutBucketPolicy")["eventSource"] == "s3express.amazonaws.com"
    assert trail.of(root.client("s3").list_directory_buckets(), "ListDirectoryBuckets")["readOnly"] is True
    assert not trail.all(EventName="CreateSession") and not trail.all(EventName="PutObject")


def test_data_events() -> None:
    with Server("--trail-delivery", "1") as server:
        root = server.root
        make_bucket(root, "logs")
        root.cloudtrail.create_trail(Name="main", S3BucketName="logs")
        fields = [("eventCategory", "Data"), ("resources.type", "AWS::S3Express::Object")]
        selector = {"FieldSelectors": [{"Field": field, "Equals": [value]} for field, value in fields]}
        root.cloudtrail.put_event_selectors(TrailName="main", AdvancedEventSelectors=[selector])
        root.cloudtrail.start_logging(Name="main")
        s3, logs = root.client("s3"), Delivered(root, "logs")
        s3.create_bucket(Bucket=NAME, CreateBucketConfiguration=PLACE)
        put = logs.wait_for_request(s3.put_object(Bucket=NAME, Key="in/a", Body=b"1"))
        bucket = {"accountId": ACCOUNT, "type": "AWS::S3Express::DirectoryBucket", "ARN": ARN}
        assert (put["eventSource"], put["eventName"], put["eventCategory"]) == ("s3express.amazonaws.com", "PutObject", "Data")
        assert put["resources"] == [{"accountId": ACCOUNT, "type": "AWS::S3Express::Object", "ARN": f"{ARN}/in/a"}, bucket]
        # Who asked for the session, by its key.
        assert put["userIdentity"]["type"] == "Root" and put["userIdentity"]["accessKeyId"] != root.key_id
        listed = logs.wait_for_request(s3.list_objects_v2(Bucket=NAME, Prefix="in/"))
        assert listed["resources"][0] == {"accountId": ACCOUNT, "type": "AWS::S3Express::Object", "ARNPrefix": f"{ARN}/"}
        answered = s3.create_session(Bucket=NAME)
        record = logs.wait_for_request(answered)
        assert (record["eventName"], record["userIdentity"]["accessKeyId"]) == ("CreateSession", root.key_id)
        assert record["resources"][1] == bucket
        assert answered["Credentials"]["SessionToken"] not in str(record)
        assert answered["Credentials"]["SecretAccessKey"] not in str(record)


# Encryption


def test_encryption(s3: Any, root: Identity, new_user: NewUser) -> None:
    kms = root.client("kms")
    key, other = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))

    def encrypt(algorithm: str, key: str | None = None, **more: Any) -> Any:
        usual = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
        rule = {"ApplyServerSideEncryptionByDefault": usual} | more
        return lambda: s3.put_bucket_encryption(Bucket=NAME, ServerSideEncryptionConfiguration={"Rules": [rule]})

    assert s3.head_object(Bucket=NAME, Key="a")["ServerSideEncryption"] == "AES256"
    for wrong in [
        encrypt("aws:kms"), encrypt("aws:kms", "alias/aws/s3"), encrypt("aws:kms:dsse", key),
        encrypt("aws:kms", key, BucketKeyEnabled=False),
    ]:  # fmt: skip
        assert error_of(wrong).code == "InvalidRequest"
    encrypt("aws:kms", key)()
    # It keeps this key for good.
    assert error_of(encrypt("aws:kms", other)).code == "InvalidRequest"
    encrypt("AES256")()
    encrypt("aws:kms", key.rsplit("/", 1)[1])()
    put = s3.put_object(Bucket=NAME, Key="b", Body=b"2")
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == ("aws:kms", key, True)
    s3.put_object(Bucket=NAME, Key="b", Body=b"3" * 50_000, WriteOffsetBytes=1)
    s3.put_object(Bucket=NAME, Key="b", Body=b"4", WriteOffsetBytes=50_001)
    assert s3.get_object(Bucket=NAME, Key="b")["Body"].read() == b"2" + b"3" * 50_000 + b"4"
    error = error_of(s3.put_object, Bucket=NAME, Key="c", Body=b"", ServerSideEncryption="AES256")
    assert error.code == "InvalidRequest"
    # What was encrypted otherwise before can be read, and not be added to.
    assert s3.get_object(Bucket=NAME, Key="a")["Body"].read() == b"1"
    error = error_of(s3.put_object, Bucket=NAME, Key="a", Body=b"2", WriteOffsetBytes=1)
    assert error.code == "EncryptionTypeMismatch"
    # The key's rights are the caller's, beside the session.
    clerk = new_user("clerk", SESSION).client("s3")
    error = error_of(clerk.get_object, Bucket=NAME, Key="b")
    assert error.code == "AccessDenied" and "kms:Decrypt" in error.message
    error = error_of(clerk.put_object, Bucket=NAME, Key="c", Body=b"")
    assert error.code == "AccessDenied" and "kms:GenerateDataKey" in error.message
    context = {"Condition": {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": ARN}}}
    writer = new_user("writer", SESSION, allow(["kms:GenerateDataKey", "kms:Decrypt"], key) | context).client("s3")
    writer.put_object(Bucket=NAME, Key="c", Body=b"5")
    assert writer.get_object(Bucket=NAME, Key="c")["Body"].read() == b"5"
    kms.disable_key(KeyId=key)
    assert error_of(writer.get_object, Bucket=NAME, Key="c").code == "KMS.DisabledException"
    s3.delete_bucket_encryption(Bucket=NAME)
    assert s3.put_object(Bucket=NAME, Key="d", Body=b"")["ServerSideEncryption"] == "AES256"


def test_sessions_say_how_they_encrypt(s3: Any, root: Identity) -> None:
    kms = root.client("kms")
    key, other = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    session = s3.create_session(Bucket=NAME)
    assert session["ServerSideEncryption"] == "AES256" and "SSEKMSKeyId" not in session
    by_key = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    # Another encryption than the bucket's is not there: it is not passed over.
    assert error_of(s3.create_session, Bucket=NAME, **by_key).code == "InvalidRequest"
    usual = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": usual}]}
    s3.put_bucket_encryption(Bucket=NAME, ServerSideEncryptionConfiguration=encryption)
    session = s3.create_session(Bucket=NAME, **by_key)
    assert (session["ServerSideEncryption"], session["SSEKMSKeyId"], session["BucketKeyEnabled"]) == ("aws:kms", key, True)
    for wrong in [{"ServerSideEncryption": "AES256"}, by_key | {"SSEKMSKeyId": other}, {"ServerSideEncryption": "aws:kms:dsse"}]:
        assert error_of(s3.create_session, Bucket=NAME, **wrong).code == "InvalidRequest", wrong


# What S3 does by itself


def test_lifecycle(s3: Any, root: Identity, cloud: Server) -> None:
    def later() -> Any:
        """A client whose session is a new one."""
        return root.client("s3", user_agent_extra="later")

    def rules(*rules: dict[str, Any]) -> Any:
        whole = [{"ID": str(number), "Status": "Enabled", "Filter": {"Prefix": ""}} | rule for number, rule in enumerate(rules)]
        return lambda: s3.put_bucket_lifecycle_configuration(Bucket=NAME, LifecycleConfiguration={"Rules": whole})

    for wrong in [
        {"Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}, {"Filter": {"Tag": {"Key": "a", "Value": "b"}},
         "Expiration": {"Days": 1}}, {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
        {"Expiration": {"ExpiredObjectDeleteMarker": True}},
    ]:  # fmt: skip
        assert error_of(rules(wrong)).code == "InvalidRequest", wrong
    rules({"Expiration": {"Days": 2}}, {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}})()
    assert len(s3.get_bucket_lifecycle_configuration(Bucket=NAME)["Rules"]) == 2
    s3.create_multipart_upload(Bucket=NAME, Key="u")
    cloud.advance(4 * DAY)
    # The service that does it needs a session, too.
    assert later().list_objects_v2(Bucket=NAME)["KeyCount"] == 1
    service = SESSION | mode("ReadWrite") | {"Principal": {"Service": "lifecycle.s3.amazonaws.com"}}
    later().put_bucket_policy(Bucket=NAME, Policy=policy(service))
    cloud.advance(DAY)
    s3 = later()
    assert s3.list_objects_v2(Bucket=NAME)["KeyCount"] == 0
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=NAME)
    s3.delete_bucket_lifecycle(Bucket=NAME)
    assert error_of(s3.get_bucket_lifecycle_configuration, Bucket=NAME).code == "NoSuchLifecycleConfiguration"


def test_tags(root: Identity, new_user: NewUser) -> None:
    s3, control = root.client("s3"), root.client("s3control")
    place = PLACE | {"Tags": [{"Key": "team", "Value": "red"}]}
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration=place)
    on = {"AccountId": ACCOUNT, "ResourceArn": ARN}
    assert control.list_tags_for_resource(**on)["Tags"] == [{"Key": "team", "Value": "red"}]
    control.tag_resource(**on, Tags=[{"Key": "cost", "Value": "1"}])
    control.untag_resource(**on, TagKeys=["cost"])
    assert control.list_tags_for_resource(**on)["Tags"] == [{"Key": "team", "Value": "red"}]
    by_tag = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}
    clerk = new_user("clerk", SESSION | by_tag)
    assert error_of(clerk.client("s3").get_object, Bucket=NAME, Key="a").code == "AccessDenied"
    control.tag_resource(**on, Tags=[{"Key": "team", "Value": "blue"}])
    assert error_of(clerk.client("s3").get_object, Bucket=NAME, Key="a").code == "NoSuchKey"
    error = error_of(clerk.client("s3control").tag_resource, **on, Tags=[{"Key": "team", "Value": "x"}])
    assert error.code == "AccessDenied" and "s3express:TagResource" in error.message
    error = error_of(control.list_tags_for_resource, AccountId=ACCOUNT, ResourceArn=ARN.replace("box", "none"))
    assert error.code == "NoSuchBucket"


def test_the_command_line(root: Identity, s3: Any, tmp_path: Path) -> None:
    def aws(*words: str) -> str:
        done = subprocess.run(
            [aws_program(), "s3", *words], env=os.environ | root.environment, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        return done.stdout

    source, back = tmp_path / "source", tmp_path / "back"
    (source / "in").mkdir(parents=True)
    (source / "a.txt").write_bytes(b"one")
    (source / "in" / "b.bin").write_bytes(b"x" * (9 << 20))
    aws("cp", "--recursive", str(source), f"s3://{NAME}/copy/")
    assert aws("ls", "--recursive", f"s3://{NAME}/copy/").split()[3::4] == ["copy/a.txt", "copy/in/b.bin"]
    assert "PRE in/" in aws("ls", f"s3://{NAME}/copy/")
    aws("cp", "--recursive", f"s3://{NAME}/copy/", str(back))
    assert (back / "in" / "b.bin").read_bytes() == b"x" * (9 << 20) and (back / "a.txt").read_bytes() == b"one"
    aws("mv", f"s3://{NAME}/copy/a.txt", f"s3://{NAME}/moved.txt")
    aws("rm", "--recursive", f"s3://{NAME}/copy/")
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=NAME)["Contents"]] == ["a", "moved.txt"]
    assert root.aws("s3api", "create-session", "--bucket", NAME)["Credentials"]["AccessKeyId"].startswith("ASIA")
