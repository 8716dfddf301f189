"""Forms that a browser posts to S3: what their policy lets them put, and how the browser is answered."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from harness import Identity, Server, allow, error_of
from harness.patience import PATIENCE

MANY = pytest.mark.parametrize


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3", signature_version="s3v4")
    client.create_bucket(Bucket="box")
    return client


def signed(caller: Identity, policy: Any, more: dict[str, str] | None = None) -> dict[str, str]:
    """The fields of a form, with a policy that has what they need, or that is said as it is."""
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = [date[:8], "us-east-1", "s3", "aws4_request"]
    fields = {
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": "/".join([caller.key_id, *scope]),
        "x-amz-date": date,
        **(more or {}),
    }
    if isinstance(policy, list):
        hour = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        own = [{name: fields[name]} for name in ("x-amz-algorithm", "x-amz-credential", "x-amz-date")]
        policy = {"expiration": hour, "conditions": [*policy, *own]}
    if isinstance(policy, dict):
        policy = json.dumps(policy)
    fields["policy"] = base64.b64encode(policy.encode()).decode()
    key = ("AWS4" + caller.secret).encode()
    for element in scope:
        key = hmac.new(key, element.encode(), hashlib.sha256).digest()
    fields["x-amz-signature"] = hmac.new(key, fields["policy"].encode(), hashlib.sha256).hexdigest()
    return fields


def post(
    cloud: Server, fields: dict[str, str], body: bytes | None = b"hello", name: str = "a.txt", **more: Any
) -> requests.Response:
    files = None if body is None else {"file": (name, body, "text/plain")}
    url = more.pop("url", f"{cloud.url}/box")
    return requests.post(url, data=fields, files=files, allow_redirects=False, timeout=PATIENCE, **more)


def code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.text.partition("<Code>")[2].partition("</Code>")[0]


ANY_KEY = [["starts-with", "$key", ""], {"bucket": "box"}]


def test_what_boto3_presigns(s3: Any, cloud: Server) -> None:
    conditions = [["content-length-range", 1, 10], {"x-amz-meta-who": "ann"}, ["starts-with", "$Content-Type", "text/"]]
    form = s3.generate_presigned_post(
        "box", "in/${filename}", Fields={"x-amz-meta-who": "ann", "Content-Type": "text/plain"}, Conditions=conditions
    )
    answer = post(cloud, form["fields"], url=form["url"])
    assert (answer.status_code, answer.text) == (204, "")
    got = s3.get_object(Bucket="box", Key="in/a.txt")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"hello", "text/plain", {"who": "ann"})
    assert answer.headers["ETag"] == got["ETag"]
    assert code(post(cloud, form["fields"], b"more than ten", url=form["url"])) == (400, "EntityTooLarge")
    assert code(post(cloud, form["fields"], b"", url=form["url"])) == (400, "EntityTooSmall")
    assert s3.list_objects_v2(Bucket="box")["KeyCount"] == 1


@MANY("size", [0, 1, 65_536, 3_000_000])
def test_files_of_any_size(s3: Any, root: Identity, cloud: Server, size: int) -> None:
    body = (b"\r\n--boundary" * (size // 12 + 1))[:size]
    assert post(cloud, signed(root, ANY_KEY, {"key": "a"}), body).status_code == 204
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == body


def test_how_a_browser_is_answered(s3: Any, root: Identity, cloud: Server) -> None:
    def send(name: str, value: str) -> requests.Response:
        return post(cloud, signed(root, [*ANY_KEY, {name: value}], {"key": "x/ä b", name: value}))

    answer = send("success_action_status", "200")
    assert (answer.status_code, answer.text) == (200, "")
    answer = send("success_action_status", "201")
    etag = hashlib.md5(b"hello").hexdigest()
    assert answer.status_code == 201 and answer.headers["Content-Type"] == "application/xml"
    assert f"<Location>{cloud.url}/box/x/%C3%A4%20b</Location><Bucket>box</Bucket><Key>x/ä b</Key>" in answer.text
    assert f"<ETag>&quot;{etag}&quot;</ETag>" in answer.text
    assert send("success_action_status", "500").status_code == 204
    answer = send("success_action_redirect", "https://shop.test/done?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (
        303, f"https://shop.test/done?x=1&bucket=box&key=x%2F%C3%A4%20b&etag=%22{etag}%22"
    )  # fmt: skip
    assert send("success_action_redirect", "javascript:alert(1)").status_code == 204
    # A page of another origin sees the answer if the bucket says so.
    rule = {"AllowedMethods": ["POST"], "AllowedOrigins": ["https://shop.test"]}
    s3.put_bucket_cors(Bucket="box", CORSConfiguration={"CORSRules": [rule]})
    answer = post(cloud, signed(root, ANY_KEY, {"key": "a"}), headers={"Origin": "https://shop.test"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.test"


def test_by_the_buckets_host(s3: Any, root: Identity, cloud: Server) -> None:
    answer = post(cloud, signed(root, ANY_KEY, {"key": "a"}), url=cloud.url, headers={"Host": f"box.s3.localhost:{cloud.port}"})
    assert answer.status_code == 204
    assert answer.headers["Location"] == f"http://box.s3.localhost:{cloud.port}/a"


def test_what_a_form_says_of_its_object(s3: Any, root: Identity, cloud: Server) -> None:
    fields = {
        "key": "a",
        "Cache-Control": "no-store",
        "x-amz-storage-class": "STANDARD_IA",
        "tagging": "<Tagging><TagSet><Tag><Key>a b</Key><Value>c&amp;d</Value></Tag></TagSet></Tagging>",
        "x-amz-server-side-encryption": "AES256",
        "x-amz-copy-source": "box/secret",
        "x-ignore-me": "1",
        "submit": "Send",
    }
    conditions = [*ANY_KEY, *(["starts-with", f"${name}", ""] for name in fields if name not in ("key", "x-ignore-me"))]
    answer = post(cloud, signed(root, conditions, fields))
    assert answer.status_code == 204, answer.text
    got = s3.get_object(Bucket="box", Key="a")
    assert (got["CacheControl"], got["StorageClass"], got["Body"].read()) == ("no-store", "STANDARD_IA", b"hello")
    assert s3.get_object_tagging(Bucket="box", Key="a")["TagSet"] == [{"Key": "a b", "Value": "c&d"}]


# Policies


@MANY(
    ("conditions", "fields", "message"),
    [
        ([{"bucket": "other"}, ["starts-with", "$key", ""]], {}, 'Policy Condition failed: ["eq", "$bucket", "other"]'),
        ([["starts-with", "$key", "in/"]], {}, 'Policy Condition failed: ["starts-with", "$key", "in/"]'),
        ([*ANY_KEY, {"acl": "public-read"}], {"acl": "private"}, 'Policy Condition failed: ["eq", "$acl", "public-read"]'),
        ([*ANY_KEY, {"acl": "public-read"}], {}, 'Policy Condition failed: ["eq", "$acl", "public-read"]'),
        (ANY_KEY, {"x-amz-meta-who": "ann"}, "Extra input fields: x-amz-meta-who"),
        ([["starts-with", "$Content-Type", "image/"], *ANY_KEY], {"Content-Type": "image/png, text/html"},
         'Policy Condition failed: ["starts-with", "$content-type", "image/"]'),
        ([{"bucket": "box"}], {}, "Extra input fields: key"),
    ],
)  # fmt: skip
def test_what_a_policy_refuses(
    s3: Any, root: Identity, cloud: Server, conditions: list[Any], fields: dict[str, str], message: str
) -> None:
    answer = post(cloud, signed(root, conditions, {"key": "a", **fields}))
    assert code(answer) == (403, "AccessDenied")
    said = answer.text.partition("<Message>")[2].partition("</Message>")[0].replace("&quot;", '"').replace(",", ", ")
    assert said == f"Invalid according to Policy: {message}".replace(",", ", ").replace(",  ", ",  ") or (
        said.replace(" ", "") == f"Invalid according to Policy: {message}".replace(" ", "")
    )
    assert s3.list_objects_v2(Bucket="box")["KeyCount"] == 0


LATER = "2099-01-01T00:00:00Z"


@MANY(
    ("policy", "message"),
    [
        ("nothing", "Invalid Policy: Invalid JSON."),
        ("[]", "Invalid Policy: Invalid JSON."),
        ({"conditions": []}, "Invalid Policy: Policy missing expiration."),
        ({"expiration": LATER}, "Invalid Policy: Policy missing conditions."),
        ({"expiration": "soon", "conditions": []}, "Invalid Policy: Invalid 'expiration' value: 'soon'"),
        ({"expiration": LATER, "conditions": [{}]}, "Invalid Policy: Invalid Simple-Condition"),
        ({"expiration": LATER, "conditions": [["eq", "$key"]]}, "Invalid Policy: Invalid Condition"),
        ({"expiration": LATER, "conditions": [["like", "$key", "a"]]}, "Invalid Policy: Invalid Condition"),
        ({"expiration": LATER, "conditions": [["eq", "key", "a"]]}, "Invalid Policy: Invalid Condition"),
        ({"expiration": LATER, "conditions": [7]}, "Invalid Policy: Invalid Condition"),
        ({"expiration": LATER, "conditions": [["content-length-range", 9, 1]]}, "Invalid Policy: Invalid content-"),
        ({"expiration": LATER, "conditions": [], "version": "x"}, "Invalid Policy: Unexpected"),
        ('{"expiration": "2099-01-01T00:00:00Z", "conditions": ' + "[" * 500 + "]" * 500 + "}", "Invalid Policy"),
    ],
)
def test_policies_that_are_none(s3: Any, root: Identity, cloud: Server, policy: Any, message: str) -> None:
    answer = post(cloud, signed(root, policy, {"key": "a"}))
    assert code(answer) == (400, "InvalidPolicyDocument")
    assert message in answer.text.replace("&#39;", "'").replace("&apos;", "'")


def test_a_policy_that_has_expired(s3: Any, root: Identity, cloud: Server) -> None:
    past = {"expiration": "2020-01-01T00:00:00Z", "conditions": ANY_KEY}
    answer = post(cloud, signed(root, past, {"key": "a"}))
    assert code(answer) == (403, "AccessDenied") and "Policy expired." in answer.text


def test_forged_forms(s3: Any, root: Identity, cloud: Server, new_user: Callable[..., Identity]) -> None:
    good = signed(root, ANY_KEY, {"key": "a"})
    assert post(cloud, good).status_code == 204
    s3.delete_object(Bucket="box", Key="a")
    other = base64.b64encode(
        json.dumps({"expiration": LATER, "conditions": [["starts-with", f"${name}", ""] for name in good]}).encode()
    ).decode()
    user = new_user("user")
    forged = {
        "another policy": ({**good, "policy": other}, (403, "SignatureDoesNotMatch")),
        "a flipped bit": ({**good, "x-amz-signature": good["x-amz-signature"][:-1] + "0"}, None),
        "no signature": ({k: v for k, v in good.items() if k != "x-amz-signature"}, (400, "InvalidArgument")),
        "no policy": ({k: v for k, v in good.items() if k != "policy"}, (400, "InvalidArgument")),
        "nothing signed": ({"key": "a"}, (403, "AccessDenied")),
        "who may not put": (signed(user, ANY_KEY, {"key": "a"}), (403, "AccessDenied")),
        "an unknown key": (
            signed(Identity(root.url, "AKIAABCDEFGHIJKLMNOP", "x" * 40), ANY_KEY, {"key": "a"}),
            (403, "InvalidAccessKeyId"),
        ),
        "version 2": ({**good, "AWSAccessKeyId": "x", "signature": "x"}, (400, "InvalidRequest")),
        "another algorithm": ({**good, "x-amz-algorithm": "none"}, (403, "AccessDenied")),
    }
    for name, (fields, expected) in forged.items():
        answer = post(cloud, fields)
        if expected is None:
            assert answer.status_code == 403 or fields == good, name
        else:
            assert code(answer) == expected, (name, answer.text)
    assert s3.list_objects_v2(Bucket="box")["KeyCount"] == 0


def test_a_users_form_and_a_sessions(s3: Any, cloud: Server, root: Identity, new_user: Callable[..., Identity]) -> None:
    condition = {"StringEquals": {"s3:authType": "POST", "s3:signatureversion": "AWS4-HMAC-SHA256"}}
    user = new_user("user", allow("s3:PutObject", "arn:aws:s3:::box/in/*", Condition=condition))
    assert post(cloud, signed(user, ANY_KEY, {"key": "in/a"})).status_code == 204
    assert code(post(cloud, signed(user, ANY_KEY, {"key": "out/a"}))) == (403, "AccessDenied")
    assert error_of(user.client("s3").put_object, Bucket="box", Key="in/a", Body=b"").code == "AccessDenied"
    session = user.client("sts").get_session_token()["Credentials"]
    caller = Identity(root.url, session["AccessKeyId"], session["SecretAccessKey"])
    fields = {"key": "in/b", "x-amz-security-token": session["SessionToken"]}
    conditions = [*ANY_KEY, {"x-amz-security-token": session["SessionToken"]}]
    assert post(cloud, signed(caller, conditions, fields)).status_code == 204
    del fields["x-amz-security-token"]
    assert code(post(cloud, signed(caller, ANY_KEY, fields))) == (403, "InvalidAccessKeyId")


# Forms that are none


def test_forms_that_are_none(s3: Any, root: Identity, cloud: Server) -> None:
    fields = signed(root, ANY_KEY, {"key": "a"})
    assert code(post(cloud, {k: v for k, v in fields.items() if k != "key"})) == (400, "InvalidArgument")
    url = f"{cloud.url}/box"

    def send(body: bytes, kind: str = "multipart/form-data; boundary=x", url: str = url) -> tuple[int, str]:
        return code(requests.post(url, data=body, headers={"Content-Type": kind}, timeout=PATIENCE))

    part = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    form = b"".join(part % (name.encode(), value.encode()) for name, value in fields.items())
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    assert send(form + b"--x--\r\n") == (400, "InvalidArgument")
    assert send(form + file + b"hello") == (400, "MalformedPOSTRequest")
    assert send(form + file + b"hello\r\n--x") == (400, "MalformedPOSTRequest")
    for body in (b"", b"hello", b"--x", b"--x\r\n", b"--x\r\nA: b\r\n\r\n", b"--x\r\n" + b"a" * 9000, b"--xy\r\n"):
        assert send(body)[0] == 400, body
    assert send(form, "multipart/form-data") == (400, "MalformedPOSTRequest")
    assert send(form, "multipart/form-data; boundary=" + "x" * 71) == (400, "MalformedPOSTRequest")
    long = part % (b"x-ignore-long", b"a" * 21_000)
    assert send(long + form + file + b"hello\r\n--x--\r\n") == (400, "MaxPostPreDataLengthExceededError")
    assert send(form + file + b"hello\r\n--x--\r\n", url=f"{cloud.url}/box/key") == (405, "MethodNotAllowed")
    assert send(form + file + b"hello\r\n--x--\r\n", url=f"{cloud.url}/other") == (403, "AccessDenied")
    assert s3.list_objects_v2(Bucket="box")["KeyCount"] == 0
    assert send(b"preamble\r\n" + form + file + b"hello\r\n--x\r\n" + part[5:] % (b"late", b"1") + b"--x--\r\n") == (204, "")
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == b"hello"


def test_names_of_files(s3: Any, root: Identity, cloud: Server) -> None:
    for name, key in {"a.txt": "in/a.txt", "C:\\dir\\b.txt": "in/b.txt", "../../c": "in/c", "ü \"q\".txt": None}.items():
        answer = post(cloud, signed(root, [["starts-with", "$key", "in/"]], {"key": "in/${filename}"}), name=name)
        assert answer.status_code == 204, answer.text
        if key:
            s3.head_object(Bucket="box", Key=key)
    assert s3.list_objects_v2(Bucket="box")["KeyCount"] == 4


def test_a_form_that_curl_sends(s3: Any, root: Identity, cloud: Server, tmp_path: Path) -> None:
    import subprocess

    (tmp_path / "f.txt").write_bytes(b"from curl")
    fields = signed(root, ANY_KEY, {"key": "curl/${filename}"})
    words = [word for name, value in fields.items() for word in ("-F", f"{name}={value}")]
    done = subprocess.run(
        ["curl", "-s", "-o", "-", "-w", "%{http_code}", *words, "-F", f"file=@{tmp_path}/f.txt", f"{cloud.url}/box"],
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.stdout == "204", done
    assert s3.get_object(Bucket="box", Key="curl/f.txt")["Body"].read() == b"from curl"
