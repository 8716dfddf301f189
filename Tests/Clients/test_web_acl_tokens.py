"""Puzzles and challenges of web ACLs: what browsers and programs get, and what their tokens are good for."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

import pytest
import requests

from harness import Identity, Server, error_of
from harness.hosted import Pool, make_pool
from harness.user_pools import UserPool
from harness.visitor import Somebody
from harness.web_acls import WebACL, header, path, rule, solution
from harness.patience import PATIENCE

HTML = {"Accept": "text/html,application/xhtml+xml"}
PROGRAM = {"Accept": "application/json"}


def puzzle(text: str) -> tuple[str, str]:
    """A page's task, and what to answer."""
    question = re.search(r'id="question">([^<]*)<', text)
    task = re.findall(r'name="task" value="([^"]*)"', text)
    assert question and task, text
    return html.unescape(task[-1]), solution(question[1], re.findall(r"<li>(\w+)</li>", text))


@pytest.fixture
def pool(cloud: Server, root: Identity) -> Pool:
    return make_pool(cloud, root)


def answers(pool: Pool) -> str:
    return f"{pool.base}/_gatehouse/waf"


def asks(pool: Pool, session: requests.Session, **headers: str) -> requests.Response:
    return session.get(pool.address("/login"), headers=HTML | headers, timeout=PATIENCE, allow_redirects=False)


def solve(pool: Pool, session: requests.Session, page: str) -> requests.Response:
    task, answer = puzzle(page)
    return session.post(answers(pool), data={"task": task, "answer": answer}, timeout=PATIENCE, allow_redirects=False)


# In a browser


@pytest.mark.parametrize("script", [True, False])
def test_a_person_solves_a_puzzle(
    new_pool: Callable[..., Pool], somebody: Callable[..., Somebody], root: Identity, script: bool
) -> None:
    pool = new_pool()
    pool.user()
    WebACL(root, pool.id, rule("login", path("/login"), Captcha={}))
    ann = somebody(pool, script=script, viewport={"width": 320, "height": 600}, color_scheme="dark")
    ann.go()
    assert ann.heading == "Confirm that you are a person"
    ann.has_no_barrier()
    field = ann.page.get_by_role("textbox", name="Write those words, in any order")
    words = ann.page.locator("li").all_inner_texts()
    assert len(words) == 7
    field.fill("nothing")
    ann.press("Go on")
    assert ann.problem == "That was not right. Here is another question."
    ann.has_no_barrier()
    question = ann.page.locator("#question").inner_text()
    answer = solution(question, ann.page.locator("li").all_inner_texts())
    # By the keyboard alone.
    ann.page.get_by_role("textbox").focus()
    ann.page.keyboard.type(", ".join(reversed(answer.upper().split())))
    ann.page.keyboard.press("Enter")
    ann.page.get_by_role("heading", name="Sign in").wait_for()
    ann.sign_in()
    ann.has_tokens()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_passes_a_challenge(
    new_pool: Callable[..., Pool], somebody: Callable[..., Somebody], root: Identity, scheme: str
) -> None:
    pool = new_pool()
    pool.user()
    WebACL(root, pool.id, rule("login", path("/login"), Challenge={}))
    ann = somebody(pool, color_scheme=scheme)
    ann.go()
    ann.page.get_by_role("heading", name="Sign in").wait_for()
    cookies = [one for one in ann.person.context.cookies() if one["name"] == "aws-waf-token"]
    assert len(cookies) == 1
    assert cookies[0]["httpOnly"] and cookies[0]["sameSite"] == "Lax" and cookies[0]["domain"] == "localhost"
    ann.sign_in()
    ann.has_tokens()


def test_a_browser_that_can_not_pass_a_challenge_gets_a_puzzle(
    new_pool: Callable[..., Pool], somebody: Callable[..., Somebody], root: Identity
) -> None:
    pool = new_pool()
    WebACL(root, pool.id, rule("login", path("/login"), Challenge={}))
    plain, without = somebody(pool), somebody(pool, script=False)
    # As where a page came without encryption from another machine.
    plain.person.context.add_init_script("delete Crypto.prototype.subtle")
    for ann in (plain, without):
        ann.go()
        assert ann.heading == "One moment"
        assert ann.page.get_by_text("Your browser can't be checked by itself.").is_visible()
        assert not ann.page.get_by_text("Your browser is being checked.").is_visible()
        ann.has_no_barrier()
        question = ann.page.locator("#question").inner_text()
        ann.page.get_by_role("textbox").fill(solution(question, ann.page.locator("li").all_inner_texts()))
        ann.press("Go on")
        ann.page.get_by_role("heading", name="Sign in").wait_for()


# Programs


def test_what_a_puzzle_is_answered_with(pool: Pool, root: Identity) -> None:
    acl = WebACL(root, pool.id, rule("login", path("/login"), Captcha={}))
    with requests.Session() as session:
        page = asks(pool, session)
        assert page.status_code == 405 and page.headers["x-amzn-waf-action"] == "captcha"
        assert page.headers["cache-control"] == "no-store, max-age=0"
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        # Who expects no page gets none.
        for bare in (
            session.get(pool.address("/login"), headers=PROGRAM, timeout=PATIENCE),
            session.post(pool.address("/login"), headers=HTML, timeout=PATIENCE),
        ):
            assert bare.status_code == 405 and bare.headers["x-amzn-waf-action"] == "captcha" and bare.text == ""
        passed = solve(pool, session, page.text)
        assert passed.status_code == 303
        # Back to what was asked for, with all that the application says.
        assert passed.headers["location"] == pool.address("/login").removeprefix(pool.server.url)
        assert asks(pool, session).status_code == 200
    assert {one["Action"] for one in acl.samples("m-login")} == {"CAPTCHA"}


def test_a_puzzle_is_good_for_one_answer(pool: Pool, root: Identity) -> None:
    WebACL(root, pool.id, rule("login", path("/login"), Captcha={}))
    page = asks(pool, requests.Session()).text
    assert solve(pool, requests.Session(), page).status_code == 303
    again = solve(pool, requests.Session(), page)
    assert again.status_code == 405 and "expired" in again.text and "set-cookie" not in again.headers
    # A wrong one uses it up as well.
    page = asks(pool, requests.Session()).text
    task, _ = puzzle(page)
    wrong = requests.post(answers(pool), data={"task": task, "answer": "x"}, timeout=PATIENCE)
    assert wrong.status_code == 405 and "not right" in wrong.text
    assert "expired" in solve(pool, requests.Session(), page).text
    # Twice the same from one browser is not a second attempt.
    with requests.Session() as session:
        page = asks(pool, session).text
        assert [solve(pool, session, page).status_code for _ in range(2)] == [303, 303]


def test_attempts_are_limited(pool: Pool, root: Identity) -> None:
    WebACL(root, pool.id, rule("login", path("/login"), Captcha={}))
    page = asks(pool, requests.Session()).text
    for _ in range(10):
        task, _ = puzzle(page)
        page = requests.post(answers(pool), data={"task": task, "answer": "x"}, timeout=PATIENCE).text
        assert "not right" in page
    refused = solve(pool, requests.Session(), page)
    assert refused.status_code == 405 and "Too many answers were wrong" in refused.text
    pool.server.advance(301)
    assert solve(pool, requests.Session(), asks(pool, requests.Session()).text).status_code == 303


def test_work_has_to_be_done(pool: Pool, root: Identity) -> None:
    WebACL(root, pool.id, rule("login", path("/login"), Challenge={}))
    with requests.Session() as session:
        page = asks(pool, session)
        assert page.status_code == 202 and page.headers["x-amzn-waf-action"] == "challenge"
        bare = session.get(pool.address("/login"), headers=PROGRAM, timeout=PATIENCE)
        assert bare.status_code == 202 and bare.headers["x-amzn-waf-action"] == "challenge" and bare.text == ""
        seed, task = work(page.text)
        for number in ("", "-1", "x" * 100, "9" * 30, str(next(n for n in range(99) if zeros(seed, n) < 14))):
            got = session.post(answers(pool), data={"task": task, "number": number}, timeout=PATIENCE, allow_redirects=False)
            assert got.status_code == 405 and "set-cookie" not in got.headers
            seed, task = work(asks(pool, session).text)
        done = session.post(
            answers(pool), data={"task": task, "number": str(mined(seed))}, timeout=PATIENCE, allow_redirects=False
        )
        assert done.status_code == 303
        assert asks(pool, session).status_code == 200


def work(text: str) -> tuple[str, str]:
    seed, task = re.search(r'data-seed="(\w+)"', text), re.search(r'name="task" value="([^"]*)"', text)
    assert seed and task, text
    return seed[1], task[1]


def zeros(seed: str, number: int) -> int:
    return 256 - int.from_bytes(hashlib.sha256(f"{seed}:{number}".encode()).digest(), "big").bit_length()


def mined(seed: str) -> int:
    number = 0
    while zeros(seed, number) < 14:
        number += 1
    return number


@pytest.mark.parametrize("change", ["", "x", "task", "cut"])
def test_what_was_not_given_here_counts_nothing(pool: Pool, root: Identity, change: str) -> None:
    WebACL(root, pool.id, rule("login", path("/login"), Captcha={}))
    with requests.Session() as session:
        page = asks(pool, session)
        assert solve(pool, session, page.text).status_code == 303
        token = session.cookies["aws-waf-token"]
    task, _ = puzzle(page.text)
    forged = {"": "", "x": "x" * 60, "task": task, "cut": token[:-2]}[change]
    refused = asks(pool, requests.Session(), Cookie=f"aws-waf-token={forged}")
    assert refused.status_code == 405
    # Nor is a token a task.
    for sealed in (token, "x", ""):
        got = requests.post(answers(pool), data={"task": sealed, "answer": "x"}, timeout=PATIENCE)
        assert got.status_code == 400
    # The true one counts wherever it stands.
    assert asks(pool, requests.Session(), Cookie=f"a=b; aws-waf-token={token}").status_code == 200
    assert asks(pool, requests.Session(), **{"x-aws-waf-token": token}).status_code == 200


def test_a_token_is_of_a_domain(pool: Pool, root: Identity) -> None:
    acl = WebACL(root, pool.id, rule("login", path("/login"), Captcha={}))

    def at(host: str, token: str = "") -> requests.Response:
        return asks(pool, requests.Session(), Host=host, Cookie=f"aws-waf-token={token}" if token else "")

    def token(host: str) -> tuple[str, str]:
        task, answer = puzzle(at(host).text)
        got = requests.post(
            answers(pool), data={"task": task, "answer": answer}, headers={"Host": host}, timeout=PATIENCE,
            allow_redirects=False,
        )  # fmt: skip
        assert got.status_code == 303
        cookie = got.headers["set-cookie"]
        found = re.match(r"aws-waf-token=([^;]+); Path=/", cookie)
        assert found
        return found[1], cookie

    # A host is one that Gatehouse answers at; what name a client gives it is all the same to the pool's path.
    own, cookie = token("127.0.0.1")
    assert "Domain" not in cookie and "Secure" not in cookie
    assert at("127.0.0.1", own).status_code == 200 and at("localhost", own).status_code == 405
    acl.update(rule("login", path("/login"), Captcha={}), TokenDomains=["shop.example", "example.org"])
    shared, cookie = token("a.shop.example")
    assert "; Domain=shop.example;" in cookie
    assert at("b.shop.example", shared).status_code == at("shop.example", shared).status_code == 200
    assert at("b.workshop.example", shared).status_code == 405 and at("localhost", shared).status_code == 405


def test_immunity_ends(pool: Pool, root: Identity) -> None:
    minute = {"ImmunityTimeProperty": {"ImmunityTime": 60}}
    acl = WebACL(root, pool.id, rule("login", path("/login"), Captcha={}) | {"CaptchaConfig": minute})
    with requests.Session() as session:
        page = asks(pool, session)
        assert solve(pool, session, page.text).status_code == 303
        assert asks(pool, session).status_code == 200
        pool.server.advance(61)
        assert asks(pool, session).status_code == 405
        # A puzzle that was solved is no challenge that was passed.
        acl.update(rule("login", path("/login"), Challenge={}))
        assert asks(pool, session).status_code == 202
        acl.update(rule("login", path("/login"), Captcha={}))
        assert asks(pool, session).status_code == 200


@pytest.mark.parametrize("place", ["//evil.example/", "/\\evil.example"])
def test_nobody_is_sent_elsewhere(pool: Pool, root: Identity, place: str) -> None:
    WebACL(root, pool.id, rule("all", path("/", "CONTAINS"), Captcha={}))
    # Clients of comfort would encode it.
    connection = HTTPConnection("127.0.0.1", pool.server.port, timeout=PATIENCE)
    connection.request("GET", f"/_cognito/{pool.prefix}{place}", headers=HTML)
    page = connection.getresponse()
    assert page.status == 405
    onward = solve(pool, requests.Session(), page.read().decode())
    assert onward.headers["location"] == f"/_cognito/{pool.prefix}/"


def test_applications_of_users_are_told(cloud: Server, root: Identity) -> None:
    pool = UserPool(cloud)
    acl = WebACL(root, pool.id, rule("all", header("x-amz-target", "SignUp"), Captcha={}))
    given: dict[str, Any] = {"ClientId": pool.client, "Username": "bob", "Password": "Correct-Horse-7"}
    refused = error_of(pool.app.sign_up, **given)
    assert refused.code == "ForbiddenException" and refused.message == "Request not allowed due to WAF captcha."
    assert refused.status == 405
    acl.update(rule("all", header("x-amz-target", "SignUp"), Challenge={}))
    refused = error_of(pool.app.sign_up, **given)
    assert refused.message == "Request not allowed due to WAF challenge." and refused.status == 403
