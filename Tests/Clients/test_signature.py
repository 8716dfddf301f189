"""Nobody gets in without a valid signature, and each refusal says what AWS says."""

import http.client
import re
import subprocess
import sys
import time
from pathlib import Path

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from harness import ACCOUNT, ROOT_KEY_ID, Identity, Server, allow, error_of, raw
from harness.clock import server_with_clock
from harness.raw import STS_VERSION, Answer, Request, form, presigned, send, signed
from harness.server import clean_environment
from harness.patience import PATIENCE

WHO = form("GetCallerIdentity", STS_VERSION)
MISMATCH = "The request signature we calculated does not match the signature you provided."
INVALID_TOKEN = "The security token included in the request is invalid."


def who(identity: Identity, **more: object) -> Request:
    return signed("POST", "/", WHO, identity, service="sts", **more)  # type: ignore[arg-type]


def assert_error(answer: Answer, status: int | tuple[int, ...], code: str, message: str | None = None) -> None:
    statuses = status if isinstance(status, tuple) else (status,)
    assert answer.status in statuses and answer.code == code, answer
    if message is not None:
        assert answer.message.startswith(message), answer.message
    assert "<Type>Sender</Type>" in answer.text
    assert re.search(r"<RequestId>[0-9a-f-]{36}</RequestId>", answer.text)
    assert answer.headers["content-type"].startswith("text/xml")


def test_a_correct_signature_by_hand_and_by_botocore(cloud: Server, root: Identity) -> None:
    answer = send(cloud.port, who(root))
    assert answer.status == 200 and f"<Arn>arn:aws:iam::{ACCOUNT}:root</Arn>" in answer.text
    assert re.search(r"<RequestId>[0-9a-f-]{36}</RequestId>", answer.text)
    assert answer.headers["x-amzn-requestid"] in answer.text

    request = botocore.awsrequest.AWSRequest("POST", cloud.url + "/", data=WHO, headers={"Content-Type": raw.FORM})
    credentials = botocore.credentials.Credentials(root.key_id, root.secret)
    botocore.auth.SigV4Auth(credentials, "sts", "us-east-1").add_auth(request)
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port)
    connection.request("POST", "/", WHO, dict(request.headers.items()))
    assert connection.getresponse().status == 200
    connection.close()


def test_no_signature(cloud: Server) -> None:
    for body in (WHO, form("ListUsers"), b""):
        answer = send(cloud.port, Request("POST", "/", {"Content-Type": raw.FORM}, body))
        assert_error(answer, 403, "MissingAuthenticationToken", "Request is missing Authentication Token")
    answer = send(cloud.port, Request("GET", "/?Action=ListUsers&Version=2010-05-08"))
    assert_error(answer, 403, "MissingAuthenticationToken")


def test_unknown_key(cloud: Server, root: Identity) -> None:
    stranger = Identity(cloud.url, "AKIAXXXXXXXXXXXXXXXX", root.secret)
    assert_error(send(cloud.port, who(stranger)), 403, "InvalidClientTokenId", INVALID_TOKEN)
    for odd in ("x", "AKIA", "A" * 128, "AKIA%00", "ASIAXXXXXXXXXXXXXXXX"):
        answer = send(cloud.port, who(Identity(cloud.url, odd, root.secret)))
        assert answer.status in (400, 403) and answer.code in ("InvalidClientTokenId", "IncompleteSignature"), odd


def test_wrong_secret(cloud: Server, root: Identity) -> None:
    for secret in ("wrong", root.secret.upper(), root.secret + " ", ""):
        answer = send(cloud.port, who(Identity(cloud.url, root.key_id, secret)))
        assert_error(answer, 403, "SignatureDoesNotMatch", MISMATCH)
        assert root.secret not in answer.text


@pytest.mark.parametrize(
    "spoil",
    {
        "body": lambda r: r.but(body=form("ListUsers")),
        "one byte of the body": lambda r: r.but(body=r.body[:-1] + b"6"),
        "method": lambda r: r.but(method="PUT"),
        "query": lambda r: r.but(target="/?extra=1"),
        "signed header": lambda r: r.with_header("Content-Type", "application/x-www-form-urlencoded"),
        "host": lambda r: r.with_header("Host", "iam.amazonaws.com"),
        "date": lambda r: r.with_header("X-Amz-Date", time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + 7))),
        "signature": lambda r: r.with_header(
            "Authorization", re.sub("Signature=.", "Signature=g", r.headers["Authorization"])
        ),
        "short signature": lambda r: r.with_header("Authorization", r.headers["Authorization"][:-1]),
        "upper-case signature": lambda r: r.with_header(
            "Authorization",
            re.sub("Signature=(.*)", lambda m: "Signature=" + m.group(1).upper() + "A", r.headers["Authorization"]),
        ),
    }.items(),
    ids=lambda pair: pair[0] if isinstance(pair, tuple) else str(pair),
)
def test_tampering(cloud: Server, root: Identity, spoil: tuple) -> None:
    answer = send(cloud.port, spoil[1](who(root)))
    assert answer.status in (400, 403), answer
    assert answer.code in ("SignatureDoesNotMatch", "IncompleteSignature"), answer
    assert "GetCallerIdentityResult" not in answer.text and "ListUsersResult" not in answer.text


def test_a_payload_hash_that_is_not_the_body_s(cloud: Server, root: Identity) -> None:
    other = "0" * 64
    answer = send(cloud.port, who(root, payload_hash=other))
    assert answer.status in (400, 403)
    assert answer.code in ("SignatureDoesNotMatch", "XAmzContentSHA256Mismatch")


def test_incomplete_headers(cloud: Server, root: Identity) -> None:
    good = who(root)
    full = good.headers["Authorization"]
    scope = re.search(r"Credential=([^,]*)", full).group(1)  # type: ignore[union-attr]
    broken = {
        "no Signature": re.sub(r", Signature=.*", "", full),
        "no SignedHeaders": re.sub(r" SignedHeaders=[^,]*,", "", full),
        "no Credential": re.sub(r" Credential=[^,]*,", "", full),
        "nothing but the algorithm": "AWS4-HMAC-SHA256",
        "no equals sign": "AWS4-HMAC-SHA256 Credential",
        "another algorithm": full.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"),
        "another scheme": "Bearer abc",
        "basic": "Basic cm9vdDpyb290",
        "scope too short": full.replace(scope, f"{ROOT_KEY_ID}/20240101/us-east-1/sts"),
        "scope too long": full.replace(scope, scope + "/more"),
        "scope without end": full.replace("aws4_request", "aws3_request"),
        "empty": "",
    }
    for what, value in broken.items():
        answer = send(cloud.port, good.with_header("Authorization", value))
        assert answer.status in (400, 403), (what, answer)
        assert answer.code in ("IncompleteSignature", "MissingAuthenticationToken", "SignatureDoesNotMatch"), (
            what,
            answer,
        )
    missing = send(cloud.port, good.with_header("Authorization", broken["no Signature"]))
    assert missing.code == "IncompleteSignature"
    assert "Authorization header requires 'Signature' parameter." in missing.message
    dateless = send(cloud.port, good.with_header("X-Amz-Date", None))
    assert dateless.code in ("IncompleteSignature", "SignatureDoesNotMatch")


def test_two_authorization_headers(cloud: Server, root: Identity) -> None:
    good = who(root)
    lines = [f"{name}: {value}" for name, value in good.headers.items()]
    lines += ["Authorization: AWS4-HMAC-SHA256 Credential=x", f"Content-Length: {len(good.body)}", "Connection: close"]
    answer = raw.send_bytes(cloud.port, ("POST / HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + good.body)
    assert answer.split()[1] in (b"400", b"403")


def test_unsigned_headers_that_matter_are_refused(cloud: Server, root: Identity, new_user) -> None:
    """A token added behind the signer's back must not change who is calling."""
    token = new_user("alice").sts.get_session_token()["Credentials"]["SessionToken"]
    answer = send(cloud.port, who(root).with_header("X-Amz-Security-Token", token))
    assert answer.status in (400, 403), answer


def test_clock_skew(cloud: Server, root: Identity) -> None:
    now = time.time()
    for inside in (now - 14 * 60, now + 4 * 60):
        assert send(cloud.port, who(root, at=inside)).status == 200
    old = send(cloud.port, who(root, at=now - 16 * 60))
    assert_error(old, 403, "SignatureDoesNotMatch", "Signature expired: ")
    assert re.fullmatch(
        r"Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)", old.message
    )
    early = send(cloud.port, who(root, at=now + 16 * 60))
    assert_error(early, 403, "SignatureDoesNotMatch", "Signature not yet current: ")
    assert re.fullmatch(
        r"Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ (15|5) min\.\)",
        early.message,
    )


def test_dates_that_are_none(cloud: Server, root: Identity) -> None:
    for date in ("", "yesterday", "20240230T000000Z", "99999999T999999Z", "20240101", "-0000101T000000Z", "2" * 400):
        answer = send(cloud.port, who(root).with_header("X-Amz-Date", date))
        assert answer.status in (400, 403), (date, answer)
        assert answer.code in ("IncompleteSignature", "SignatureDoesNotMatch"), (date, answer)


def test_scope_of_another_service_or_region(cloud: Server, root: Identity) -> None:
    """A signature made for one service is worth nothing at another."""
    body = form("ListUsers")
    wrong = send(cloud.port, signed("POST", "/", body, root, service="sts"))
    assert wrong.status in (400, 403, 404) and "ListUsersResult" not in wrong.text, wrong
    unknown = send(cloud.port, signed("POST", "/", body, root, service="nosuchservice"))
    assert unknown.status in (400, 403, 404, 501) and "ListUsersResult" not in unknown.text, unknown


def test_every_region_is_served(cloud: Server, root: Identity) -> None:
    """With an endpoint of one's own, botocore signs IAM's calls too for the region that is configured."""
    assert send(cloud.port, who(root, region="eu-central-1")).status == 200
    there = Identity(cloud.url, root.key_id, root.secret, region="eu-central-1")
    assert there.iam.list_users()["Users"] == []
    assert there.sts.get_caller_identity()["Account"] == ACCOUNT


def test_json_services_name_their_errors_otherwise(cloud: Server, root: Identity) -> None:
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
    }
    good = signed("POST", "/", b"{}", root, service="cloudtrail", headers=headers)
    answer = send(cloud.port, good)
    assert answer.status == 200 and answer.headers["content-type"] == "application/x-amz-json-1.1"
    expected = {
        "MissingAuthenticationTokenException": good.with_header("Authorization", None),
        "UnrecognizedClientException": signed(
            "POST", "/", b"{}", Identity(cloud.url, "AKIAXXXXXXXXXXXXXXXX", "x"), service="cloudtrail", headers=headers
        ),
        "InvalidSignatureException": good.but(body=b"{ }"),
        "IncompleteSignatureException": good.with_header(
            "Authorization", re.sub(", Signature=.*", "", good.headers["Authorization"])
        ),
    }
    for code, request in expected.items():
        answer = send(cloud.port, request)
        assert answer.status in (400, 403) and answer.code == code, (code, answer)
        assert answer.headers["content-type"] == "application/x-amz-json-1.1"


def test_presigned(cloud: Server, root: Identity, new_user) -> None:
    query = {"Action": "GetCallerIdentity", "Version": STS_VERSION}
    assert send(cloud.port, presigned(root, query)).status == 200
    alice = new_user("alice")
    url = alice.sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    answer = send(cloud.port, Request("GET", "/?" + url.split("?", 1)[1], {"Host": f"127.0.0.1:{cloud.port}"}))
    assert answer.status == 200 and ":user/alice</Arn>" in answer.text
    session = Identity.of_session(cloud.url, alice.sts.get_session_token()["Credentials"])
    assert send(cloud.port, presigned(session, query)).status == 200

    good = presigned(root, query)
    for before, after in (
        ("Action=GetCallerIdentity", "Action=GetSessionToken"),
        ("X-Amz-Expires=60", "X-Amz-Expires=600"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="),
    ):
        assert before in good.target
        answer = send(cloud.port, good.but(target=good.target.replace(before, after)))
        assert answer.status in (400, 403) and answer.code in ("SignatureDoesNotMatch", "IncompleteSignature"), answer
    for name in ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"):
        answer = send(cloud.port, good.but(target=re.sub(rf"{name}=[^&]*&?", "", good.target)))
        assert answer.status in (400, 403), (name, answer)
        assert answer.code in ("IncompleteSignature", "MissingAuthenticationToken", "SignatureDoesNotMatch"), (
            name,
            answer,
        )
    # Like AWS, STS keeps to its fifteen minutes whatever X-Amz-Expires says (EKS's tokens live by that).
    now = time.time()
    assert send(cloud.port, presigned(root, query, expires=60, at=now - 14 * 60)).status == 200
    late = send(cloud.port, presigned(root, query, expires=3600, at=now - 16 * 60))
    assert_error(late, 403, "SignatureDoesNotMatch", "Signature expired: ")
    for expires in ("-1", "0", "x", "", str(10**30)):
        changed = good.target.replace("X-Amz-Expires=60", f"X-Amz-Expires={expires}")
        assert send(cloud.port, good.but(target=changed)).status in (400, 403), expires


def test_a_presigned_request_may_not_change_things_by_get_with_a_body(cloud: Server, root: Identity) -> None:
    """The body of a presigned GET is covered by the hash of nothing: it may not smuggle parameters in."""
    good = presigned(root, {"Action": "GetCallerIdentity", "Version": STS_VERSION})
    answer = send(cloud.port, good.with_header("Content-Type", raw.FORM).but(body=form("CreateUser", UserName="x")))
    assert "CreateUserResult" not in answer.text
    assert root.iam.list_users()["Users"] == []


def test_session_tokens(cloud: Server, root: Identity, new_user) -> None:
    alice = new_user("alice", allow("iam:ListUsers"))
    bob = new_user("bob")
    credentials = alice.sts.get_session_token()["Credentials"]
    session = Identity.of_session(cloud.url, credentials)
    assert send(cloud.port, who(session)).status == 200

    without = Identity(cloud.url, session.key_id, session.secret)
    assert_error(send(cloud.port, who(without)), 403, "InvalidClientTokenId", INVALID_TOKEN)
    middle = len(session.token) // 2
    flipped = session.token[:middle] + ("A" if session.token[middle] != "A" else "B") + session.token[middle + 1 :]
    others = Identity.of_session(cloud.url, bob.sts.get_session_token()["Credentials"])
    for token in (flipped, session.token[:-4], "x", others.token, session.token + "AAAA"):
        forged = Identity(cloud.url, session.key_id, session.secret, token)
        answer = send(cloud.port, who(forged))
        assert answer.status in (400, 403) and answer.code in ("InvalidClientTokenId", "SignatureDoesNotMatch"), answer
    crossed = Identity(cloud.url, others.key_id, session.secret, others.token)
    assert_error(send(cloud.port, who(crossed)), 403, "SignatureDoesNotMatch")
    # A long-term key with somebody's token.
    answer = send(cloud.port, who(Identity(cloud.url, alice.key_id, alice.secret, session.token)))
    assert answer.status in (400, 403)


def test_sessions_end_with_their_user(cloud: Server, root: Identity, new_user) -> None:
    alice = new_user("alice")
    session = Identity.of_session(cloud.url, alice.sts.get_session_token()["Credentials"])
    root.iam.delete_access_key(UserName="alice", AccessKeyId=alice.key_id)
    root.iam.delete_user(UserName="alice")
    assert error_of(session.sts.get_caller_identity).code == "InvalidClientTokenId"


def test_a_presigned_request_expires(tmp_path: Path) -> None:
    server, clock = server_with_clock(tmp_path)
    with server:
        request = presigned(server.root, {"Action": "GetCallerIdentity", "Version": STS_VERSION}, expires=60)
        assert send(server.port, request).status == 200
        clock.set(14 * 60)
        assert send(server.port, request).status == 200
        clock.set(16 * 60)
        assert send(server.port, request).status == 403


def test_unsigned_payload(cloud: Server, root: Identity) -> None:
    """Whether a service other than S3 takes UNSIGNED-PAYLOAD is not documented; it must never take a body for another."""
    for service in ("sts", "iam"):
        request = signed(
            "POST", "/", form("CreateUser", UserName="x"), root, service=service, payload_hash="UNSIGNED-PAYLOAD"
        )
        unspoilt = send(cloud.port, request)
        assert unspoilt.status in (200, 400, 403, 404), unspoilt
        spoilt = send(cloud.port, request.with_header("Authorization", request.headers["Authorization"][:-2] + "zz"))
        assert spoilt.status in (400, 403), spoilt


def test_header_spacing_and_order_do_not_matter(cloud: Server, root: Identity) -> None:
    good = who(root, headers={"X-Amz-Extra": "  two   words  "})
    assert send(cloud.port, good).status == 200
    tight = good.headers["Authorization"].replace(", ", ",")
    assert send(cloud.port, good.with_header("Authorization", tight)).status == 200
    scheme, rest = good.headers["Authorization"].split(" ", 1)
    turned = f"{scheme} " + ", ".join(reversed(rest.split(", ")))
    assert send(cloud.port, good.with_header("Authorization", turned)).status == 200


def test_names_with_every_kind_of_character_are_signed_alike(cloud: Server, root: Identity) -> None:
    for name in ("a+b=c,d.e@f-g_h", "plain", "UPPER"):
        made = root.iam.create_user(UserName=name, Path="/p!~$&'()*;:@/x/")
        assert made["User"]["UserName"] == name
    root.iam.tag_user(UserName="plain", Tags=[{"Key": "k +:=@_/-", "Value": "a b+c:d=e@f_g/h-i.j"}])
    assert root.iam.list_user_tags(UserName="plain")["Tags"] == [{"Key": "k +:=@_/-", "Value": "a b+c:d=e@f_g/h-i.j"}]


def test_boto3_sessions_from_the_environment(cloud: Server, root: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, variable in root.environment.items():
        monkeypatch.setenv(name, variable)
    assert boto3.Session().client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


class TestVersion4A:
    """Signature Version 4A by AWS's own signer, through boto3: asymmetric, and for a set of regions.

    Where the signer (awscrt) is installed, boto3 leaves all signatures to it. So it lies in a folder of its own, and these
    tests run boto3 in a process that finds it.
    """

    SIGNER = Path(sys.prefix) / "awscrt"
    PROGRAM = """
import boto3, botocore.config, botocore.exceptions, sys
service, operation, regions = sys.argv[1:]
client = boto3.client(service, region_name="us-east-1", config=botocore.config.Config(
    signature_version="v4a", sigv4a_signing_region_set=regions, retries={"max_attempts": 0}))
try:
    print(getattr(client, operation)())
except botocore.exceptions.ClientError as error:
    print(error)
"""

    def call(self, who, regions="us-east-1", service="sts", operation="get_caller_identity", secret=None):
        environment = clean_environment(
            AWS_ENDPOINT_URL=who.url, AWS_ACCESS_KEY_ID=who.key_id, AWS_SECRET_ACCESS_KEY=secret or who.secret,
            PYTHONPATH=str(self.SIGNER))
        done = subprocess.run([sys.executable, "-c", self.PROGRAM, service, operation, regions], env=environment,
                              capture_output=True, text=True, timeout=PATIENCE)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    @pytest.mark.parametrize("regions", ["us-east-1", "eu-west-1,us-east-1", "*", "us-*"])
    def test_accepted(self, root, regions):
        assert f"arn:aws:iam::{ACCOUNT}:root" in self.call(root, regions)

    def test_a_wrong_secret(self, root):
        assert MISMATCH in self.call(root, secret="x" * 40)

    def test_other_regions_only(self, root):
        assert "Credential should be scoped to a valid region, not 'cn-*'" in self.call(root, "cn-*")

    def test_policies_bind(self, new_user):
        answer = self.call(new_user("asymmetric"), service="iam", operation="list_users")
        assert "is not authorized to perform: iam:ListUsers" in answer
