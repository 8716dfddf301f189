"""Pages of other origins: what a browser asks before, and what the answers say."""

import hashlib
from typing import Any

import pytest

from harness import Identity, Server
from harness import raw

RULES = [
    {
        "AllowedOrigins": ["https://*.shop.test"],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["x-amz-*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 60,
    },
    {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]},
]


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    client.create_bucket(Bucket="box")
    client.put_bucket_cors(Bucket="box", CORSConfiguration={"CORSRules": RULES})
    client.put_object(Bucket="box", Key="a", Body=b"1")
    return client


def preflight(cloud: Server, path: str, host: str | None = None, **headers: str) -> raw.Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()} | ({"Host": host} if host else {})
    return raw.send(cloud.port, raw.Request("OPTIONS", path, sent))


def asked(origin: str, method: str, headers: str = "") -> dict[str, str]:
    more = {"Access_Control_Request_Headers": headers} if headers else {}
    return {"Origin": origin, "Access_Control_Request_Method": method} | more


def test_preflight(s3: Any, cloud: Server) -> None:
    answer = preflight(cloud, "/box/a", **asked("https://www.shop.test", "PUT", "X-Amz-Date, x-amz-acl"))
    assert answer.status == 200
    assert answer.headers.get("access-control-allow-origin") == "https://www.shop.test"
    assert answer.headers.get("access-control-allow-methods") == "GET, PUT"
    assert answer.headers.get("access-control-allow-headers") == "x-amz-date, x-amz-acl"
    assert answer.headers.get("access-control-max-age") == "60"
    anybody = preflight(cloud, "/a", host=f"box.s3.localhost:{cloud.port}", **asked("https://other.test", "GET"))
    assert (anybody.status, anybody.headers.get("access-control-allow-origin")) == (200, "*")


@pytest.mark.parametrize(
    ("path", "headers", "status", "text"),
    [
        ("/box/a", asked("https://other.test", "PUT"), 403, "This CORS request is not allowed."),
        ("/box/a", asked("https://shop.test", "PUT"), 403, "This CORS request is not allowed."),
        ("/box/a", asked("https://www.shop.test", "PUT", "content-type"), 403, "This CORS request is not allowed."),
        ("/box/a", asked("https://www.shop.test", "DELETE"), 403, "<ResourceType>OBJECT</ResourceType>"),
        ("/none/a", asked("https://www.shop.test", "GET"), 403, "CORS is not enabled for this bucket."),
        ("/box/a", {}, 400, "Origin request header needed."),
        ("/box/a", {"Origin": "https://www.shop.test"}, 400, "Invalid Access-Control-Request-Method: null"),
    ],
)
def test_preflights_that_are_refused(
    s3: Any, cloud: Server, path: str, headers: dict[str, str], status: int, text: str
) -> None:
    answer = preflight(cloud, path, **headers)
    assert answer.status == status and text in answer.text
    assert answer.headers.get("access-control-allow-origin") is None


def test_answers_say_so_too(s3: Any, root: Identity, cloud: Server) -> None:
    def get(origin: str, path: str = "/box/a") -> raw.Answer:
        empty = hashlib.sha256(b"").hexdigest()
        return raw.send(
            cloud.port,
            raw.signed("GET", path, b"", root, service="s3", headers={"Origin": origin}, payload_hash=empty),
        )

    answer = get("https://www.shop.test")
    assert answer.status == 200
    assert answer.headers.get("access-control-allow-origin") == "https://www.shop.test"
    assert answer.headers.get("access-control-expose-headers") == "ETag"
    assert get("https://other.test").headers.get("access-control-allow-origin") == "*"
    # An error, too, or the page would not learn of it.
    missing = get("https://www.shop.test", "/box/none")
    assert (missing.status, missing.headers.get("access-control-allow-origin")) == (404, "https://www.shop.test")
