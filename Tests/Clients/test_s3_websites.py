"""Buckets that are shown as websites: index and error documents, redirections, and what browsers see of errors."""

from typing import Any

import pytest
import requests

from harness import Identity, Server, error_of, policy
from harness.patience import PATIENCE

MANY = pytest.mark.parametrize


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    client.create_bucket(Bucket="box")
    client.delete_public_access_block(Bucket="box")
    statement = {
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": ["arn:aws:s3:::box/index.html", "arn:aws:s3:::box/a*", "arn:aws:s3:::box/oops.html"],
    }  # fmt: skip
    client.put_bucket_policy(Bucket="box", Policy=policy(statement))
    for key in ("index.html", "a.html", "a/index.html", "a/ä b.html", "oops.html", "secret.html"):
        client.put_object(Bucket="box", Key=key, Body=key.encode(), ContentType="text/html")
    return client


def site(s3: Any, **more: Any) -> None:
    configuration = {"IndexDocument": {"Suffix": "index.html"}, **more}
    s3.put_bucket_website(Bucket="box", WebsiteConfiguration=configuration)


def look(cloud: Server, path: str, host: str = "box.s3-website.localhost", method: str = "GET", **headers: str) -> Any:
    named = {"Host": f"{host}:{cloud.port}", **headers}
    return requests.request(method, cloud.url + path, headers=named, allow_redirects=False, timeout=PATIENCE)


@MANY(
    "host",
    [
        "box.s3-website.localhost",
        "box.s3-website-us-east-1.amazonaws.com",
        "box.s3-website.us-east-1.amazonaws.com",
        "BOX.S3-Website.localhost".replace("BOX", "box"),
    ],
)
def test_documents(s3: Any, cloud: Server, host: str) -> None:
    site(s3)
    for path, body in {"/": "index.html", "/a.html": "a.html", "/a/": "a/index.html", "/a/%C3%A4%20b.html": "a/ä b.html",
                       "/index.html?x=1": "index.html"}.items():  # fmt: skip
        answer = look(cloud, path, host)
        assert (answer.status_code, answer.content.decode()) == (200, body)
        assert answer.headers["Content-Type"] == "text/html"
    # A folder without its slash.
    answer = look(cloud, "/a", host)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/a/")
    head = look(cloud, "/a.html", host, "HEAD")
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "6", b"")
    assert look(cloud, "/a.html", host, Range="bytes=0-0").content == b"a"
    assert look(cloud, "/a.html", host, **{"If-None-Match": head.headers["ETag"]}).status_code == 304


def test_errors_are_pages(s3: Any, cloud: Server) -> None:
    assert "<li>Code: NoSuchWebsiteConfiguration</li>" in look(cloud, "/").text
    assert "<li>Code: NoSuchBucket</li>" in look(cloud, "/", "nobox.s3-website.localhost").text
    site(s3)
    answer = look(cloud, "/<b>")
    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith("text/html") and "<h1>403 Forbidden</h1>" in answer.text
    assert "<li>Code: AccessDenied</li>" in answer.text and answer.headers["x-amz-error-code"] == "AccessDenied"
    assert look(cloud, "/secret.html").status_code == 403
    assert look(cloud, "/", method="POST").status_code == 405
    assert look(cloud, "/secret.html", method="HEAD").content == b""
    # Who may list learns that it is not there.
    statement = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"],
                 "Resource": ["arn:aws:s3:::box", "arn:aws:s3:::box/*"]}  # fmt: skip
    s3.put_bucket_policy(Bucket="box", Policy=policy(statement))
    answer = look(cloud, "/<b>&")
    assert answer.status_code == 404 and "<li>Code: NoSuchKey</li>" in answer.text
    assert "<b>" not in answer.text and "&lt;b&gt;&amp;" in answer.text
    # There is no API behind such a host.
    assert look(cloud, "/?list-type=2").text == "index.html"
    assert look(cloud, "/a.html?acl").text == "a.html"


def test_the_error_document(s3: Any, cloud: Server) -> None:
    site(s3, ErrorDocument={"Key": "oops.html"})
    answer = look(cloud, "/nothing")
    assert (answer.status_code, answer.text) == (403, "oops.html")
    site(s3, ErrorDocument={"Key": "secret.html"})
    answer = look(cloud, "/nothing")
    assert answer.status_code == 403
    assert "An Error Occurred While Attempting to Retrieve a Custom Error Document" in answer.text


def test_redirections(s3: Any, cloud: Server) -> None:
    here = f"http://box.s3-website.localhost:{cloud.port}"
    rules = [
        {"Condition": {"KeyPrefixEquals": "docs/"}, "Redirect": {"ReplaceKeyPrefixWith": "a/"}},
        {"Condition": {"KeyPrefixEquals": "old"}, "Redirect": {
            "HostName": "new.test", "Protocol": "https", "HttpRedirectCode": "302", "ReplaceKeyWith": "x y"}},
        {"Condition": {"HttpErrorCodeReturnedEquals": "403", "KeyPrefixEquals": "sec"}, "Redirect": {
            "HostName": "login.test"}},
    ]  # fmt: skip
    site(s3, RoutingRules=rules)
    for path, status, place in [
        ("/docs/%C3%A4%20b.html", 301, f"{here}/a/%C3%A4%20b.html"),
        ("/older", 302, "https://new.test/x%20y"),
        ("/secret.html", 301, "http://login.test/secret.html"),
    ]:
        answer = look(cloud, path)
        assert (answer.status_code, answer.headers.get("Location")) == (status, place)
    assert look(cloud, "/nothing").status_code == 403
    # An object that sends on; only a website follows.
    s3.put_object(Bucket="box", Key="a2", Body=b"", WebsiteRedirectLocation="/a.html")
    answer = look(cloud, "/a2")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/a.html")
    assert requests.get(f"{cloud.url}/box/a2", timeout=PATIENCE).status_code == 200
    everything = {"RedirectAllRequestsTo": {"HostName": "shop.test", "Protocol": "https"}}
    s3.put_bucket_website(Bucket="box", WebsiteConfiguration=everything)
    answer = look(cloud, "/a/b?c")
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://shop.test/a/b")
    s3.delete_bucket_website(Bucket="box")
    assert look(cloud, "/").status_code == 404


@MANY(
    ("configuration", "code"),
    [
        ({"ErrorDocument": {"Key": "e"}}, "InvalidArgument"),
        ({"IndexDocument": {"Suffix": ""}}, "InvalidArgument"),
        ({"IndexDocument": {"Suffix": "a/b"}}, "InvalidArgument"),
        ({"IndexDocument": {"Suffix": "i"}, "RedirectAllRequestsTo": {"HostName": "x"}}, "MalformedXML"),
        ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {
            "ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}]}, "InvalidRequest"),
        ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {"HttpRedirectCode": "200"}}]},
         "InvalidRequest"),
        ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Condition": {"HttpErrorCodeReturnedEquals": "x"},
            "Redirect": {"HostName": "x"}}]}, "InvalidRequest"),
        ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {"HostName": "x"}}] * 51}, "InvalidRequest"),
    ],
)  # fmt: skip
def test_websites_that_are_refused(s3: Any, configuration: dict[str, Any], code: str) -> None:
    assert error_of(s3.put_bucket_website, Bucket="box", WebsiteConfiguration=configuration).code == code


def test_another_regions_endpoint(s3: Any, cloud: Server) -> None:
    site(s3)
    answer = look(cloud, "/", "box.s3-website-eu-west-1.amazonaws.com")
    assert answer.status_code == 400 and "IncorrectEndpoint" in answer.text
