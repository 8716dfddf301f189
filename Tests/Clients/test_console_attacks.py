"""What the console withstands: forged forms, framing, stolen cookies, redirections, guessing."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from harness import Identity, Server, Trail
from harness.browser import PASSWORD, Person, signed_up
from harness.plain_browser import PlainBrowser as Browser
from harness.server import ACCOUNT


@pytest.fixture
def ann(cloud: Server, root: Identity) -> Browser:
    """Signed in as the user ann."""
    signed_up(root, "ann", "arn:aws:iam::aws:policy/IAMFullAccess")
    browser = Browser(cloud)
    assert browser.sign_in("ann", PASSWORD)[0] == 303
    return browser


def test_forms_of_other_sites(ann: Browser, cloud: Server) -> None:
    key = ann.key("/ui/home")
    fields = {"form-key": key, "region": "eu-west-1", "here": "/ui/home"}
    origin = f"http://127.0.0.1:{cloud.port}"
    assert ann.ask("POST", "/ui/region", fields, Origin=origin)[0] == 303
    key = ann.key("/ui/home")
    for forged, headers in [
        ({"form-key": "A" * 32}, {}),
        ({"form-key": ""}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Origin": "null"}),
        ({}, {"Sec_Fetch_Site": "cross-site"}),
        ({}, {"Sec_Fetch_Site": "same-site"}),
    ]:
        status, _, body = ann.ask("POST", "/ui/region", fields | {"form-key": key} | forged, **headers)
        assert status == 403, (forged, headers, body)
    # Somebody else's key is none.
    other = Browser(cloud)
    other.sign_in("ann", PASSWORD)
    assert ann.ask("POST", "/ui/region", fields | {"form-key": other.key("/ui/home")})[0] == 403
    # A form that a page of another site posts to the sign-in signs nobody in.
    login = Browser(cloud)
    status, _, _ = login.ask(
        "POST", "/ui/sign-in", {"as": "user", "account": ACCOUNT, "name": "ann", "password": PASSWORD}
    )
    assert status == 403 and "gatehouse-session" not in login.cookies


def test_what_every_page_says_to_browsers(ann: Browser, cloud: Server) -> None:
    for path in ("/ui/home", "/ui/sign-in", "/ui/no-such-page", "/ui/%ff"):
        _, told, _ = ann.ask("GET", path)
        policy = dict(part.strip().split(" ", 1) for part in told["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        # Not 'self': objects of S3 are of the same origin.
        files = rf"http://127\.0\.0\.1:{cloud.port}/ui/static/[0-9a-f]+/"
        assert re.fullmatch(files, policy["script-src"]) and policy["style-src"] == policy["script-src"]
        assert policy["frame-ancestors"] == "'none'" and policy["form-action"] == "'self'"
        assert told["x-frame-options"] == "DENY" and told["x-content-type-options"] == "nosniff"
        assert told["referrer-policy"] == "same-origin" and told["cache-control"] == "no-store"


def test_cookies_over_tls(browser: object, root: Identity) -> None:
    with Server("--tls") as cloud:
        signed_up(cloud.root, "ann")
        person = Person(browser, cloud, secure=True)  # type: ignore[arg-type]
        person.sign_in(ACCOUNT, "ann", PASSWORD)
        assert person.heading == "Home"
        cookies = {cookie["name"]: cookie for cookie in person.context.cookies()}
        session = cookies["__Host-gatehouse-session"]
        assert session["secure"] and session["httpOnly"] and session["sameSite"] == "Strict"
        # By HTTP nobody gets hold of it, and one that is sent there counts for nothing.
        stolen = Browser(cloud)
        stolen.cookies = {"gatehouse-session": session["value"], "__Host-gatehouse-session": session["value"]}
        status, told, _ = stolen.ask("GET", "/ui/home")
        assert status == 303 and told["location"].startswith("/ui/sign-in"), told
        person.close()


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "/ui//evil.example", "/ui/\\evil.example",
        "javascript:alert(1)", "/ui/home\r\nSet-Cookie: a=b", "/elsewhere", "/ui/../elsewhere\\", "\x00",
    ],
)  # fmt: skip
def test_redirections_stay_here(cloud: Server, root: Identity, target: str) -> None:
    signed_up(root, "ann")
    browser = Browser(cloud)
    path = "/ui/sign-in?" + urlencode({"to": target})
    fields = {"form-key": browser.key(path), "as": "user", "account": ACCOUNT, "name": "ann", "password": PASSWORD}
    status, told, _ = browser.ask("POST", "/ui/sign-in", fields)
    assert (status, told["location"]) == (303, "/ui/"), told
    assert not any("evil" in value for value in told.values())
    key = browser.key("/ui/home")
    _, told, _ = browser.ask("POST", "/ui/region", {"form-key": key, "region": "us-east-1", "here": target})
    assert told["location"] == "/ui/"


def test_a_session_is_not_one_that_was_there_before(cloud: Server, root: Identity) -> None:
    signed_up(root, "ann")
    browser = Browser(cloud)
    planted = "A" * 400
    browser.cookies["gatehouse-session"] = planted
    assert browser.ask("GET", "/ui/home")[0] == 303
    browser.sign_in("ann", PASSWORD)
    assert browser.cookies["gatehouse-session"] != planted
    first = dict(browser.cookies)
    browser.sign_in("ann", PASSWORD)
    assert browser.cookies["gatehouse-session"] != first["gatehouse-session"]
    # A bit that differs makes it another.
    text = first["gatehouse-session"]
    browser.cookies["gatehouse-session"] = text[:-1] + ("A" if text[-1] != "A" else "B")
    assert browser.ask("GET", "/ui/home")[0] == 303
    # What was sealed for one purpose is nothing for another.
    browser.cookies = {"gatehouse-session": first["gatehouse-device"]}
    assert browser.ask("GET", "/ui/home")[0] == 303


def test_signing_out_everywhere_ends_all_sessions(ann: Browser, cloud: Server) -> None:
    other = Browser(cloud)
    other.sign_in("ann", PASSWORD)
    ann.ask("POST", "/ui/sign-out", {"form-key": ann.key("/ui/home"), "where": "everywhere"})
    assert other.ask("GET", "/ui/home")[0] == 303


def test_a_session_ends_with_its_user(ann: Browser, root: Identity) -> None:
    assert ann.ask("GET", "/ui/home")[0] == 200
    root.iam.delete_login_profile(UserName="ann")
    root.iam.detach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess")
    assert "is not authorized" in ann.ask("GET", "/ui/home")[2]
    root.iam.delete_user(UserName="ann")
    root.iam.create_user(UserName="ann")
    assert ann.ask("GET", "/ui/home")[0] == 303


def test_guessing_is_slowed_and_locks_nobody_out(cloud: Server, root: Identity, trail: Trail) -> None:
    signed_up(root, "ann")
    usual = Browser(cloud)
    usual.sign_in("ann", PASSWORD)
    stranger = Browser(cloud)
    answers = [stranger.sign_in("ann", f"guess-{number}") for number in range(12)]
    assert [status for status, _, _ in answers] == [403] * 10 + [429] * 2
    # Even the right one is not looked at any more; but the browser that the user has used before gets in.
    assert Browser(cloud).sign_in("ann", PASSWORD)[0] == 429
    assert usual.sign_in("ann", PASSWORD)[0] == 303
    # Whether a name exists can't be told from when guesses stop being looked at.
    answers = [stranger.sign_in("nobody", f"guess-{number}") for number in range(12)]
    assert [status for status, _, _ in answers] == [403] * 10 + [429] * 2


def test_nothing_tells_who_exists(cloud: Server, root: Identity) -> None:
    signed_up(root, "ann")
    root.iam.create_user(UserName="without")

    def answer(account: str, name: str) -> tuple[float, str]:
        browser = Browser(cloud)
        fields = {
            "form-key": browser.key("/ui/sign-in"), "as": "user", "account": account, "name": name, "password": "x",
        }  # fmt: skip
        started = time.perf_counter()
        status, _, body = browser.ask("POST", "/ui/sign-in", fields)
        assert status == 403
        body = re.sub(r'value="[^"]*"', "", body)
        return time.perf_counter() - started, body

    cases = [(ACCOUNT, "ann"), (ACCOUNT, "nobody"), (ACCOUNT, "without"), ("999988887777", "ann"), ("no-alias", "ann")]
    seen = {case: [answer(*case) for _ in range(3)] for case in cases}
    assert len({body for answers in seen.values() for _, body in answers}) == 1
    # Each takes the time of a password that is looked at: a quarter of a second, and not a thousandth.
    times = [statistics.median(seconds for seconds, _ in answers) for answers in seen.values()]
    assert min(times) > max(times) / 4, times


def test_markup_that_people_type(new_person: Callable[..., Person], root: Identity) -> None:
    person = new_person()
    evil = '"><script>alert(1)</script>'
    person.sign_in(evil, evil, evil)
    assert person.page.get_by_label("IAM user name").input_value() == evil
    # Marks that join letters make others of them, in Swift, and must not hide them.
    for text in (evil, f"\u0600{evil}", '"\u200d><b>x</b>', '"\u0301 autofocus x="', "\u0600<meta http-equiv=refresh>"):
        person.page.goto("/ui/sign-in?" + urlencode({"account": text, "to": text}))
        assert person.page.get_by_label("Account ID (12 digits) or account alias").input_value() == text
        assert person.page.locator("script").count() == 1 and person.page.locator("b").count() == 0
        assert person.page.locator("meta[http-equiv]").count() == 0


def test_hostile_requests(ann: Browser) -> None:
    for method, path, fields in [
        ("GET", "/ui/" + "a/" * 5000, None),
        ("GET", "/ui/home?" + "a=%zz", None),
        ("GET", "/ui/%00", None),
        ("PUT", "/ui/home", None),
        ("DELETE", "/ui/users/ann", None),
        ("POST", "/ui/home", {}),
        ("GET", "/ui/static/../../etc/passwd", None),
        ("GET", "/ui/static/x/console.css", None),
    ]:
        status, _, _ = ann.ask(method, path, fields)
        assert 400 <= status < 500, (method, path[:40], status)
    huge = "9223372036854775807"
    for path in (
        f"credential-report?from={huge}", f"groups?from={huge}", f"users?page={huge}", f"policies?page={huge}",
        f"roles?page={huge}", f"outbox?skip={huge}", f"policy-editor?do=another-condition&b-conditions={huge}",
        f"users/ann/last-accessed?from={huge}", "groups?from=-1", "groups?from=1e9",
    ):  # fmt: skip
        assert ann.ask("GET", f"/ui/{path}")[0] < 500, path
    assert ann.ask("GET", "/ui/home")[0] == 200


def test_an_object_of_s3_is_no_page_of_the_console(new_person: Callable[..., Person], cloud: Server, root: Identity) -> None:
    """They have one origin; what is in a bucket must not act as whoever looks at it."""
    signed_up(root, "ann", "arn:aws:iam::aws:policy/IAMFullAccess")
    script = """<h1>wait</h1><script>
        fetch("/ui/home", {credentials: "include"}).then(answer => answer.text())
            .then(text => document.querySelector("h1").textContent = text.includes("form-key") ? "STOLEN" : "nothing")
            .catch(error => document.querySelector("h1").textContent = "refused");
    </script>"""
    s3 = root.client("s3")
    s3.create_bucket(Bucket="trap")
    s3.put_object(Bucket="trap", Key="x.html", Body=script.encode(), ContentType="text/html")
    s3.put_object(Bucket="trap", Key="x.js", Body=b"document.title = 'STOLEN'", ContentType="text/javascript")
    person = new_person()
    person.sign_in(ACCOUNT, "ann", PASSWORD)
    assert person.heading == "Home"
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "trap", "Key": "x.html"})
    answer = person.page.goto(url.replace("127.0.0.1", "localhost"))
    # The signature is for another host's name; so the object is asked for by the address that it is for, too.
    for address in (url, url.replace("127.0.0.1", "localhost")):
        answer = person.page.goto(address)
        assert answer is not None
        assert answer.headers["content-security-policy"].startswith("sandbox ")
        if answer.status == 200:
            person.page.locator("h1", has_text=re.compile("refused|nothing|STOLEN")).wait_for()
            assert person.page.locator("h1").inner_text() != "STOLEN"
    person.complaints.clear()
    # What programs get is as it was.
    assert "content-security-policy" not in s3.get_object(Bucket="trap", Key="x.html")["ResponseMetadata"]["HTTPHeaders"]
    # Nor does a page of the console take a script from there.
    person.go("home")
    person.page.evaluate("""() => { const script = document.createElement("script"); script.src = "/trap/x.js";
        document.head.append(script); return new Promise(done => { script.onload = script.onerror = done; }); }""")
    assert "STOLEN" not in person.page.title()
    person.complaints.clear()
