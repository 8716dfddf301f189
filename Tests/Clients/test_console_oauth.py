"""Credentials for the AWS CLI from a session of the console's: what `aws login` does."""

from __future__ import annotations

import base64
import http.client
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from harness import ACCOUNT, AwsError, Identity, Server, Trail, allow, deny, error_of, policy, trust
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.cli_login import CROSS_DEVICE, SAME_DEVICE, Callback, Program
from harness.plain_browser import PlainBrowser
from harness.server import clean_environment
from harness.patience import PATIENCE

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
MAY_LOG_IN = "arn:aws:iam::aws:policy/SignInLocalDevelopmentAccess"
HOUR = 3600


@pytest.fixture
def ann(cloud: Server, root: Identity) -> PlainBrowser:
    """The user ann, who may log in, signed in to the console."""
    signed_up(root, "ann", MAY_LOG_IN, "arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    browser = PlainBrowser(cloud)
    assert browser.sign_in("ann", PASSWORD)[0] == 303
    return browser


@pytest.fixture
def program(root: Identity) -> Program:
    return Program(root)


def answer(browser: PlainBrowser, program: Program, how: str = "allow", **changes: str | None) -> tuple[int, dict[str, str], str]:
    """Opens the program's address in the browser, and answers the page."""
    status, _, page = browser.ask("GET", program.address(**changes))
    assert status == 200, page
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    return browser.ask("POST", "/ui/authorize", fields | {"answer": how})


def code_of(browser: PlainBrowser, program: Program) -> str:
    status, headers, page = answer(browser, program)
    assert status == 303, page
    assert headers["location"].startswith(program.redirect_uri + "?")
    return parse_qs(urlsplit(headers["location"]).query)["code"][0]


def who(identity: Identity) -> str:
    return str(identity.client("sts").get_caller_identity()["Arn"])


#: What the AWS CLI and the SDKs do with what `aws login` has kept.
WITH_LOGIN_PROVIDER = """
import boto3, sys
session = boto3.Session(profile_name="console")
assert session.get_credentials().method == "login", session.get_credentials().method
print(session.client("sts").get_caller_identity()["Arn"])
print(session.get_credentials().get_frozen_credentials().access_key)
"""


def login_provider(root: Identity, home: Path, arn: str) -> subprocess.CompletedProcess[str]:
    (home / "config").write_text(f"[profile console]\nlogin_session = {arn}\nregion = us-east-1\n")
    environment = clean_environment(
        AWS_ENDPOINT_URL=root.url,
        AWS_CONFIG_FILE=str(home / "config"),
        AWS_LOGIN_CACHE_DIRECTORY=str(home),
        HOME=str(home),
        PYTHONPATH=str(Path(sys.prefix) / "awscrt"),
    )
    return subprocess.run(
        [sys.executable, "-c", WITH_LOGIN_PROVIDER], env=environment, capture_output=True, text=True, timeout=PATIENCE
    )


def test_the_whole_way(person: Person, root: Identity, cloud: Server, trail: Trail, tmp_path: Path) -> None:
    signed_up(root, "ann", MAY_LOG_IN)
    with Callback() as callback:
        program = Program(root, callback.redirect_uri)
        program.state = "?&=#/ + %2F \"<b>\" é"
        page = person.page
        page.goto(program.address())
        assert person.heading == "Sign in as IAM user"
        page.get_by_label("Account ID (12 digits) or account alias").fill(ACCOUNT)
        page.get_by_label("IAM user name").fill("ann")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        assert person.heading == "Let a program act as you?"
        assert ANN in person.text and callback.redirect_uri.removesuffix("/oauth/callback") in person.text
        assert violations(page) == []
        page.get_by_role("button", name="Allow", exact=True).click()
        came = callback.wait()
        page.wait_for_url("http://127.0.0.1:*/oauth/callback*")
    assert came.pop("state") == program.state
    code = came.pop("code")
    assert not came and len(code) <= 512
    tokens = program.redeem(code)
    assert tokens["tokenType"] == "aws_sigv4" and 890 <= tokens["expiresIn"] <= 900
    assert len(tokens["refreshToken"]) <= 2048
    assert who(program.acting(tokens)) == ANN

    # Who it is, as the CLI takes it from the token; and whoever wants to can verify that.
    keys = json.loads(cloud.get("/v1/.well-known/jwks.json")[1])
    document = json.loads(cloud.get("/v1/.well-known/openid-configuration")[1])
    claimed = jwt.get_unverified_header(tokens["idToken"])
    key = next(key for key in jwt.PyJWKSet.from_dict(keys).keys if key.key_id == claimed["kid"])
    said = jwt.decode(tokens["idToken"], key, ["ES384"], audience=SAME_DEVICE, issuer=document["issuer"])
    assert said["sub"] == ANN

    # The real client: what it has kept is still good, and then it is not.
    for expires, is_new in [(time.time() + 800, False), (time.time() - 10, True)]:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires))
        name, text = program.kept(tokens, ANN, expires=stamp)
        (tmp_path / name).write_text(text)
        done = login_provider(root, tmp_path, ANN)
        assert done.returncode == 0, done.stderr
        arn, key_id = done.stdout.split()
        assert arn == ANN
        assert (key_id != tokens["accessToken"]["accessKeyId"]) is is_new
    assert json.loads((tmp_path / name).read_text())["accessToken"]["accessKeyId"] == key_id

    asked = trail.named("AuthorizeOAuth2Access")
    assert asked["eventSource"] == "signin.amazonaws.com" and asked["userIdentity"]["userName"] == "ann"
    assert asked["requestParameters"] == {
        "clientId": SAME_DEVICE, "codeChallengeMethod": "SHA-256", "redirectUri": callback.redirect_uri,
        "responseType": "code", "scope": "openid",
    }  # fmt: skip
    given = trail.named("CreateOAuth2Token")
    assert given["userIdentity"]["userName"] == "ann"
    for secret in (code, program.verifier, *tokens["accessToken"].values(), tokens["refreshToken"], tokens["idToken"]):
        if not secret.startswith("ASIA"):
            assert secret not in json.dumps(trail.all())


def test_a_code_is_for_one_program_and_once(ann: PlainBrowser, program: Program, root: Identity) -> None:
    code = code_of(ann, program)
    other = Program(root)
    for changes in (
        {"codeVerifier": other.verifier},
        {"redirectUri": "http://127.0.0.1:10/oauth/callback"},
        {"redirectUri": "http://localhost:9/oauth/callback"},
        {"clientId": CROSS_DEVICE},
    ):
        refusal = program.refused(program.redeem, code, **changes)
        assert (refusal.status, refusal.code, refusal.error) == (400, "ValidationException", "INVALID_REQUEST"), changes
    for absent in ("codeVerifier", "redirectUri", "code"):
        body = {"grantType": "authorization_code", "code": code, "codeVerifier": program.verifier}
        body["redirectUri"] = program.redirect_uri
        del body[absent]
        assert program.refused(program.ask, body).error == "INVALID_REQUEST"  # type: ignore[arg-type]
    # None of that has cost the program its code.
    tokens = program.redeem(code)
    refusal = program.refused(program.redeem, code)
    assert (refusal.status, refusal.code, refusal.error) == (401, "AccessDeniedException", "AUTHCODE_EXPIRED")
    # What is made up, or for something else, is as good as expired.
    token = tokens["refreshToken"]
    for wrong in (code[:-1], "x", f"{ACCOUNT}.", "999999999999." + code[13:], token):
        assert program.refused(program.redeem, wrong).error == "AUTHCODE_EXPIRED"
    for wrong in (token[:-1], "x", f"{ACCOUNT}.", "999999999999." + token[13:], code_of(ann, program)):
        assert program.refused(program.refresh, wrong).error == "TOKEN_EXPIRED"


def test_proofs_of_the_key(ann: PlainBrowser, program: Program) -> None:
    code = code_of(ann, program)

    def refused(proof: str) -> str:
        program.proof = proof
        refusal = program.refused(program.redeem, code)
        assert (refusal.status, refusal.code, refusal.error) == (400, "ValidationException", "INVALID_REQUEST")
        return refusal.message

    assert "missing" in refused("none")
    good = program.prove()
    head, body, signature = good.split(".")
    huge = base64.urlsafe_b64encode(b'{"typ":"dpop+jwt","alg":"ES256","jwk":1e300}').decode().rstrip("=")
    for text in ("x", "a.b.c", f"{huge}.{body}.{signature}"):
        assert "can't be read" in refused(text)
    for text in (f"{head}.{body}", f"{head}.{program.prove().split('.')[1]}.{signature}", f"{head}.{body}."):
        assert "signature" in refused(text)
    assert "type" in refused(program.prove(header={"typ": "JWT"}))
    assert "another request" in refused(program.prove(htm="GET"))
    for address in (program.url + "/v1/other", "http://example.com/v1/token", program.url, "x", program.url + "@x/v1/token"):
        assert "another request" in refused(program.prove(htu=address))
    for shift in (-400, 400):
        assert "time" in refused(program.prove(iat=int(time.time()) + shift))
    # A query does not count (RFC 9449, section 4.3).
    program.proof = program.prove(htu=program.url.upper().replace("HTTP", "http") + "/v1/token?a=b#c")
    tokens = program.redeem(code)

    # The tokens are the key's.
    program.proof = program.prove(key=ec.generate_private_key(ec.SECP256R1()))
    assert "another key" in program.refused(program.refresh, tokens["refreshToken"]).message
    program.proof = "none"
    assert "missing" in program.refused(program.refresh, tokens["refreshToken"]).message
    program.proof = once = program.prove()
    again = program.refresh(tokens["refreshToken"])
    assert again["refreshToken"] == tokens["refreshToken"] and "idToken" not in again
    program.proof = once
    assert "used before" in program.refused(program.refresh, tokens["refreshToken"]).message
    assert program.refused(program.refresh, tokens["refreshToken"], clientId=CROSS_DEVICE).error == "INVALID_REQUEST"
    # The same once more: any number of times.
    for got in (again, program.refresh(tokens["refreshToken"])):
        assert who(program.acting(got)) == ANN


@pytest.mark.memory
def test_what_expires(ann: PlainBrowser, program: Program, cloud: Server) -> None:
    late = code_of(ann, program)
    cloud.advance(601)
    assert program.refused(program.redeem, late).error == "AUTHCODE_EXPIRED"
    tokens = program.redeem(code_of(ann, program))
    cloud.advance(840)
    assert who(program.acting(tokens)) == ANN
    cloud.advance(61)
    assert error_of(program.acting(tokens).client("sts").get_caller_identity).code == "ExpiredToken"
    assert program.refresh(tokens["refreshToken"])["expiresIn"] in (899, 900)
    # Shortly before the end of the console's session they are good until then.
    cloud.advance(12 * HOUR - 1502 - 300)
    assert program.refresh(tokens["refreshToken"])["expiresIn"] <= 300
    cloud.advance(301)
    refusal = program.refused(program.refresh, tokens["refreshToken"])
    assert (refusal.status, refusal.code, refusal.error) == (401, "AccessDeniedException", "TOKEN_EXPIRED")


def test_what_ends_it(cloud: Server, root: Identity, ann: PlainBrowser) -> None:
    iam = root.client("iam")

    def logged_in(browser: PlainBrowser) -> tuple[Program, str, str]:
        program = Program(root)
        tokens = program.redeem(code_of(browser, program))
        return program, str(tokens["refreshToken"]), code_of(browser, program)

    def outcome(login: tuple[Program, str, str]) -> set[tuple[int, str]]:
        program, token, code = login
        refusals = program.refused(program.refresh, token), program.refused(program.redeem, code)
        return {(refusal.status, refusal.error) for refusal in refusals}

    elsewhere = PlainBrowser(cloud)
    assert elsewhere.sign_in("ann", PASSWORD)[0] == 303
    here, there = logged_in(ann), logged_in(elsewhere)
    key = ann.key("/ui/home")
    assert ann.ask("POST", "/ui/sign-out", {"form-key": key, "where": "here"})[0] == 303
    assert outcome(here) == {(401, "TOKEN_EXPIRED")}
    there[0].refresh(there[1])
    key = elsewhere.key("/ui/home")
    assert elsewhere.ask("POST", "/ui/sign-out", {"form-key": key, "where": "everywhere"})[0] == 303
    assert outcome(there) == {(401, "TOKEN_EXPIRED")}

    assert ann.sign_in("ann", PASSWORD)[0] == 303
    login = logged_in(ann)
    iam.update_login_profile(UserName="ann", Password="Correct-horse-2")
    assert outcome(login) == {(403, "USER_CREDENTIALS_CHANGED")}

    assert ann.sign_in("ann", "Correct-horse-2")[0] == 303
    login = logged_in(ann)
    iam.delete_login_profile(UserName="ann")
    for attached in iam.list_attached_user_policies(UserName="ann")["AttachedPolicies"]:
        iam.detach_user_policy(UserName="ann", PolicyArn=attached["PolicyArn"])
    iam.delete_user(UserName="ann")
    assert outcome(login) == {(401, "TOKEN_EXPIRED")}


def test_policies_decide(cloud: Server, root: Identity, program: Program, trail: Trail) -> None:
    signed_up(root, "ann")
    browser = PlainBrowser(cloud)
    assert browser.sign_in("ann", PASSWORD)[0] == 303
    status, headers, page = answer(browser, program)
    assert status == 403 and "location" not in headers
    resource = f"arn:aws:signin:us-east-1:{ACCOUNT}:oauth2/public-client/localhost"
    assert "signin:AuthorizeOAuth2Access" in page and resource in page and "/ui/why/" in page
    assert trail.named("AuthorizeOAuth2Access")["errorCode"] in ("AccessDenied", "AccessDeniedException")

    # To ask is one thing, to get is another.
    iam = root.client("iam")
    iam.put_user_policy(
        UserName="ann", PolicyName="own", PolicyDocument=policy(allow("signin:AuthorizeOAuth2Access", resource))
    )
    code = code_of(browser, program)
    refusal = program.refused(program.redeem, code)
    assert (refusal.status, refusal.code, refusal.error) == (403, "AccessDeniedException", "INSUFFICIENT_PERMISSIONS")
    assert f"{ANN} is not authorized to perform: signin:CreateOAuth2Token on resource: {resource}" in refusal.message
    assert trail.of(refusal.request_id, "CreateOAuth2Token")["userIdentity"]["userName"] == "ann"
    iam.put_user_policy(
        UserName="ann", PolicyName="own", PolicyDocument=policy(allow("signin:*", resource))
    )
    tokens = program.redeem(code)
    # Programs on other machines are another resource.
    elsewhere = Program(root, f"{program.url}/v1/sessions/confirmation", CROSS_DEVICE)
    assert answer(browser, elsewhere)[0] == 403
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=policy(allow("*"), deny("signin:*")))
    assert program.refused(program.refresh, tokens["refreshToken"]).error == "INSUFFICIENT_PERMISSIONS"


def test_a_code_for_another_machine(ann: PlainBrowser, root: Identity) -> None:
    program = Program(root, f"{root.url}/v1/sessions/confirmation", CROSS_DEVICE)
    status, headers, page = answer(ann, program)
    assert status == 200 and "location" not in headers
    shown = re.search(r'<code id="code"[^>]*>([^<]+)</code>', page)
    assert shown
    told = {name: values[0] for name, values in parse_qs(base64.b64decode(shown[1]).decode()).items()}
    assert told["state"] == program.state
    assert who(program.acting(program.redeem(told["code"]))) == ANN


def test_as_a_role(ann: PlainBrowser, program: Program, root: Identity) -> None:
    """Whoever has switched to a role lets the program act as that, and not as the person."""
    iam = root.client("iam")
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=trust(ANN))
    iam.attach_role_policy(RoleName="Reader", PolicyArn=MAY_LOG_IN)
    fields = {"form-key": ann.key("/ui/switch-role"), "account": ACCOUNT, "roleName": "Reader"}
    assert ann.ask("POST", "/ui/switch-role", fields)[0] == 303
    tokens = program.redeem(code_of(ann, program))
    assert who(program.acting(tokens)) == f"arn:aws:sts::{ACCOUNT}:assumed-role/Reader/ann"
    assert who(program.acting(program.refresh(tokens["refreshToken"]))).endswith("assumed-role/Reader/ann")
    # It is ann's sign-in all the same.
    assert ann.ask("POST", "/ui/sign-out", {"form-key": ann.key("/ui/home"), "where": "everywhere"})[0] == 303
    assert program.refused(program.refresh, tokens["refreshToken"]).error == "TOKEN_EXPIRED"


TRICKS = [
    "http://127.0.0.1/oauth/callback", "https://127.0.0.1:9/oauth/callback", "http://127.0.0.1:9/oauth/callback/",
    "http://127.0.0.1:9/oauth/callback?a=b", "http://127.0.0.1:9/oauth/callback#a", "http://127.0.0.1:9/other",
    "http://127.0.0.1:9@example.com/oauth/callback", "http://127.0.0.1:x@example.com/oauth/callback",
    "http://example.com:9/oauth/callback", "http://127.0.0.1.example.com:9/oauth/callback",
    "http://127.0.0.1:9/../oauth/callback", "http://127.0.0.1:99999/oauth/callback", "http://127.0.0.1:/oauth/callback",
    "http://127.0.0.1:09/oauth/callback", "http://127.0.0.1:9\\@example.com/oauth/callback", "http://127.0.0.2:9/oauth/callback",
    "http://127.0.0.1:9/oauth/callback\r\nx: y", "HTTP://127.0.0.1:9/oauth/callback", "//127.0.0.1:9/oauth/callback",
    "javascript:alert(1)//http://127.0.0.1:9/oauth/callback", "http://localhost:9 /oauth/callback", "",
]  # fmt: skip


def test_addresses_that_nobody_is_sent_to(ann: PlainBrowser, program: Program, root: Identity) -> None:
    def refused(page: tuple[int, dict[str, str], str]) -> bool:
        return page[0] == 400 and "location" not in page[1]

    for trick in TRICKS:
        assert refused(ann.ask("GET", program.address(redirect_uri=trick))), trick
    for changes in (
        {"client_id": "x"}, {"client_id": None}, {"response_type": "token"}, {"scope": "all"}, {"code_challenge_method": "plain"},
        {"code_challenge": program.verifier}, {"code_challenge": None}, {"state": "x" * 1025}, {"client_id": CROSS_DEVICE},
    ):  # fmt: skip
        assert refused(ann.ask("GET", program.address(**changes))), changes
    elsewhere = Program(root, "https://us-east-1.signin.aws.amazon.com/v1/sessions/confirmation", CROSS_DEVICE)
    assert refused(ann.ask("GET", elsewhere.address()))
    # Not signed in, nobody is told to sign in for it.
    assert refused(PlainBrowser(ann.cloud).ask("GET", program.address(redirect_uri=TRICKS[0])))


def test_what_a_page_of_another_site_can_do(ann: PlainBrowser, program: Program) -> None:
    _, headers, page = ann.ask("GET", program.address())
    rules = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
    assert rules["form-action"] == "'self' http://127.0.0.1:9" and rules["frame-ancestors"] == "'none'"
    home = ann.ask("GET", "/ui/home")[1]["content-security-policy"]
    assert "form-action 'self';" in home
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)) | {"answer": "allow"}
    assert ann.ask("POST", "/ui/authorize", fields | {"form-key": "x"})[0] == 403
    assert ann.ask("POST", "/ui/authorize", fields, Origin="http://example.com")[0] == 403
    assert ann.ask("POST", "/ui/authorize", fields | {"asked": "x"})[0] == 400
    assert "location" not in ann.ask("GET", "/ui/authorize")[1]
    status, headers, _ = answer(ann, program, "deny")
    assert status == 303
    assert headers["location"] == f"{program.redirect_uri}?error=access_denied&state={program.state}"


def test_a_form_instead_of_json(cloud: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=PATIENCE)
    connection.request(
        "POST", "/v1/token", "grant_type=authorization_code", {"Content-Type": "application/x-www-form-urlencoded"}
    )
    answered = connection.getresponse()
    assert answered.status == 501 and b"as JSON" in answered.read()
    connection.close()


def test_inputs_that_break_the_model(program: Program) -> None:
    body = {"grantType": "authorization_code", "code": "x", "codeVerifier": program.verifier, "redirectUri": "x"}
    for changes in ({"clientId": "x"}, {"grantType": "password"}, {"code": "x" * 513}, {"codeVerifier": "x" * 43 + "/"}):
        refusal = program.refused(program.ask, body | changes)  # type: ignore[arg-type]
        assert (refusal.code, refusal.error) == ("ValidationException", "INVALID_REQUEST"), changes
