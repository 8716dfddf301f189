"""Threat protection in user pools: passwords that others know, and sign-ins from unusual places, devices and paces."""

import base64
import hashlib
import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import Server, error_of
from harness.browser import Person, violations
from harness.functions import FUNCTION, Function
from harness.server import gatehouse
from harness.sign_in import FLOWS, answer, refusal, srp, totp
from harness.user_pools import PASSWORD, UserPool
from harness.patience import PATIENCE

KNOWN = "Everybody-Knows-1"
BLOCKED = ("NotAuthorizedException", "Unable to login because of security reasons.")
RESET = ("PasswordResetRequiredException", "Password reset required for user due to security reasons")
REFUSED = ("InvalidPasswordException", "Provided password cannot be used for security reasons.")
HOME, NEAR, FAR = "192.0.2.1", "192.0.77.1", "198.51.100.7"


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a list of compromised passwords, as Pwned Passwords are."""
    file = tmp_path_factory.mktemp("list") / "pwned.txt"
    others = [hashlib.sha1(str(number).encode()).hexdigest().upper() for number in range(2000)]
    lines = sorted([*others, hashlib.sha1(KNOWN.encode()).hexdigest().upper()])
    file.write_text("".join(f"{line}:3\r\n" for line in lines))
    with Server("--compromised-passwords", str(file)) as server:
        yield server


def protected(cloud: Server, mode: str = "ENFORCED", *, confidential: bool = True, **settings: Any) -> UserPool:
    """A pool with threat protection, whose client may say where its users are."""
    client: dict[str, Any] = {"ExplicitAuthFlows": FLOWS}
    if confidential:
        client |= {"GenerateSecret": True, "EnablePropagateAdditionalUserContextData": True}
    return UserPool(
        cloud, client=client, UserPoolTier="PLUS", UserPoolAddOns={"AdvancedSecurityMode": mode}, **settings
    )


def device(name: str) -> str:
    """What AWS's libraries collect."""
    facts = {"contextData": {"DeviceId": name, "UserAgent": f"Browser on {name}", "ClientTimezone": "+01:00"}}
    payload = {"payload": json.dumps(facts), "signature": "", "version": "JS20171115"}
    return base64.b64encode(json.dumps(payload).encode()).decode()


def enter(
    pool: UserPool, name: str = "ann", password: str = PASSWORD, *, at: str = HOME, on: str | None = "phone"
) -> Any:
    parameters = {"USERNAME": name, "PASSWORD": password}
    if pool.secret:
        parameters["SECRET_HASH"] = pool.secret_hash(name)
    context = {"IpAddress": at} | ({"EncodedData": device(on)} if on else {})
    return pool.app.initiate_auth(
        ClientId=pool.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters, UserContextData=context
    )


def events(pool: UserPool, name: str = "ann") -> list[Any]:
    return list(pool.admin.admin_list_user_auth_events(UserPoolId=pool.id, Username=name)["AuthEvents"])


def takeover(action: str, *, notify: bool = False, levels: str = "Low Medium High") -> dict[str, Any]:
    actions = {f"{level}Action": {"EventAction": action, "Notify": notify} for level in levels.split()}
    configuration: dict[str, Any] = {"Actions": actions}
    if notify:
        template = {
            "Subject": "Was it you?",
            "HtmlBody": "{username} at {ip-address} on {device-name}: <a href='{one-click-link-valid}'>yes</a> "
            "<a href='{one-click-link-invalid}'>no</a> [{event-id}] [{feedback-token}]",
        }
        configuration["NotifyConfiguration"] = {
            "SourceArn": "arn:aws:ses:us-east-1:111122223333:identity/app@example.com",
            "From": "app@example.com",
            "BlockEmail": template,
            "NoActionEmail": template,
            "MfaEmail": template,
        }
    return configuration


# Compromised passwords


def compromised(pool: UserPool, action: str = "BLOCK", events: list[str] | None = None) -> None:
    configuration: dict[str, Any] = {"Actions": {"EventAction": action}}
    if events:
        configuration["EventFilter"] = events
    pool.admin.set_risk_configuration(UserPoolId=pool.id, CompromisedCredentialsRiskConfiguration=configuration)


def test_a_compromised_password_at_sign_in(listed: Server) -> None:
    pool = protected(listed, confidential=False)
    pool.create("ann", KNOWN)
    # An administrator may set it, and nobody has said what is to be done yet.
    assert pool.sign_in("ann", KNOWN)["AuthenticationResult"]
    assert events(pool)[0]["EventRisk"]["CompromisedCredentialsDetected"] is True
    compromised(pool)
    assert refusal(lambda: pool.sign_in("ann", KNOWN)) == RESET
    assert pool.status("ann") == "RESET_REQUIRED"
    event = events(pool)[0]
    assert event["EventResponse"] == "Fail" and event["EventRisk"]["RiskDecision"] == "Block"
    assert event["ChallengeResponses"] == [{"ChallengeName": "Password", "ChallengeResponse": "Success"}]
    # Whoever does not know the password learns nothing of it.
    pool.create("eve", KNOWN)
    assert refusal(lambda: pool.sign_in("eve", "Wrong-1-wrong"))[1] == "Incorrect username or password."
    assert pool.status("eve") == "CONFIRMED"
    # By SRP the password is not seen.
    assert srp(pool, "eve", KNOWN).authenticate_user()["AuthenticationResult"]


def test_a_compromised_password_that_is_set(listed: Server) -> None:
    pool = protected(listed, confidential=False, AutoVerifiedAttributes=["email"])
    compromised(pool)
    assert refusal(lambda: pool.sign_up("ann", KNOWN, email="ann@example.com")) == REFUSED
    pool.sign_up("ann", PASSWORD, email="ann@example.com")
    pool.confirm("ann")
    token = pool.access_token("ann")
    change = {"AccessToken": token, "PreviousPassword": PASSWORD}
    assert refusal(lambda: pool.app.change_password(ProposedPassword=KNOWN, **change)) == REFUSED
    pool.app.forgot_password(ClientId=pool.client, Username="ann")
    reset = {"ClientId": pool.client, "Username": "ann", "ConfirmationCode": pool.code()}
    assert refusal(lambda: pool.app.confirm_forgot_password(Password=KNOWN, **reset)) == REFUSED
    pool.app.confirm_forgot_password(Password="Another-Horse-8", **reset)
    # A temporary one of an administrator's is not looked at, but the one that takes its place is.
    pool.create("bob", None)
    pool.admin.admin_set_user_password(UserPoolId=pool.id, Username="bob", Password=KNOWN + "t", Permanent=False)
    step = pool.sign_in("bob", KNOWN + "t")
    assert step["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert refusal(lambda: answer(pool, "NEW_PASSWORD_REQUIRED", step["Session"], "bob", NEW_PASSWORD=KNOWN)) == REFUSED
    assert answer(pool, "NEW_PASSWORD_REQUIRED", step["Session"], "bob", NEW_PASSWORD=PASSWORD)["AuthenticationResult"]
    kinds = [event["EventType"] for event in events(pool)]
    assert kinds == ["PasswordChange", "ForgotPassword", "SignIn", "SignUp"]


def test_filters_modes_and_tiers_of_compromised_passwords(listed: Server) -> None:
    pool = protected(listed, confidential=False)
    pool.create("ann", KNOWN)
    compromised(pool, events=["SIGN_UP"])
    assert pool.sign_in("ann", KNOWN)["AuthenticationResult"]
    assert events(pool)[0]["EventRisk"]["CompromisedCredentialsDetected"] is False
    assert refusal(lambda: pool.sign_up("bob", KNOWN)) == REFUSED
    compromised(pool, "NO_ACTION")
    pool.sign_up("bob", KNOWN)
    assert events(pool, "bob")[0]["EventRisk"]["CompromisedCredentialsDetected"] is True
    audit = protected(listed, "AUDIT", confidential=False)
    compromised(audit)
    audit.sign_up("ann", KNOWN)
    plain = UserPool(listed)
    plain.sign_up("ann", KNOWN)


def test_lists_that_are_none(tmp_path: Path) -> None:
    unsorted = tmp_path / "unsorted"
    unsorted.write_text("b\na\n")
    for path, reason in ((unsorted, "LC_ALL=C sort"), (tmp_path / "absent", "does not exist")):
        failed = gatehouse("serve", "--in-memory", "--port", "0", "--compromised-passwords", str(path))
        assert failed.returncode != 0 and reason in failed.stderr, failed.stderr
    (tmp_path / "plain").write_text(f"{KNOWN}\nzebra\n")
    with Server("--compromised-passwords", str(tmp_path / "plain")) as server:
        pool = protected(server, confidential=False)
        compromised(pool)
        assert refusal(lambda: pool.sign_up("ann", KNOWN)) == REFUSED


# Account takeover


def test_levels_and_blocking(cloud: Server) -> None:
    pool = protected(cloud)
    pool.create("ann")
    enter(pool)
    pool.admin.set_risk_configuration(
        UserPoolId=pool.id, AccountTakeoverRiskConfiguration=takeover("BLOCK", levels="High")
    )
    first = events(pool)[0]
    assert first["EventRisk"] == {"RiskDecision": "NoRisk", "CompromisedCredentialsDetected": False}
    assert first["EventContextData"] == {
        "IpAddress": HOME, "DeviceName": "Browser on phone", "Timezone": "+01:00",
    }  # fmt: skip
    # The same network, on the same device.
    enter(pool, at="192.0.2.99")
    assert "RiskLevel" not in events(pool)[0]["EventRisk"]
    # Another network nearby is unusual, but no more.
    enter(pool, at=NEAR)
    assert events(pool)[0]["EventRisk"]["RiskLevel"] == "Low"
    # Far away, on another device, at once.
    assert refusal(lambda: enter(pool, at=FAR, on="tablet")) == BLOCKED
    blocked = events(pool)[0]
    assert blocked["EventResponse"] == "Fail"
    assert (blocked["EventRisk"]["RiskDecision"], blocked["EventRisk"]["RiskLevel"]) == ("Block", "High")
    # What is wrong is said before what is risky.
    assert refusal(lambda: enter(pool, password="Wrong-1-wrong", at=FAR, on="tablet"))[1].startswith("Incorrect")
    # The app of another pool's user is not confused with it.
    pool.create("bob")
    assert enter(pool, "bob", at=FAR, on="tablet")["AuthenticationResult"]


def test_reasons_are_in_the_event_history(cloud: Server) -> None:
    pool = protected(cloud, "AUDIT")
    pool.create("ann")
    enter(pool)
    enter(pool, at=FAR, on="tablet")
    trail = cloud.root.client("cloudtrail")
    found = trail.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "InitiateAuth"}])
    latest = json.loads(found["Events"][0]["CloudTrailEvent"])["additionalEventData"]
    assert latest["riskLevel"] == "High" and latest["riskDecision"] == "AccountTakeover"
    assert latest["riskReasons"] == "newNetwork,newRegion,newDevice,quickMove"


def test_only_clients_with_a_secret_say_where_users_are(cloud: Server) -> None:
    pool = protected(cloud, confidential=False)
    pool.create("ann")
    enter(pool, at=FAR)
    assert events(pool)[0]["EventContextData"]["IpAddress"] == "127.0.0.1"
    # An administrator's server does.
    pool.admin.admin_initiate_auth(
        UserPoolId=pool.id, ClientId=pool.client, AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": PASSWORD},
        ContextData={
            "IpAddress": FAR, "ServerName": "x", "ServerPath": "/",
            "HttpHeaders": [{"headerName": "User-Agent", "headerValue": "Lynx"}],
        },
    )  # fmt: skip
    context = events(pool)[0]["EventContextData"]
    assert (context["IpAddress"], context["DeviceName"]) == (FAR, "Lynx")


@pytest.mark.parametrize("action", ["MFA_IF_CONFIGURED", "MFA_REQUIRED"])
def test_second_factors_by_risk(cloud: Server, action: str) -> None:
    pool = protected(cloud)
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, SoftwareTokenMfaConfiguration={"Enabled": True}, MfaConfiguration="OPTIONAL"
    )
    pool.create("ann")
    pool.create("bob")
    pool.admin.set_risk_configuration(UserPoolId=pool.id, AccountTakeoverRiskConfiguration=takeover(action))
    token = enter(pool)["AuthenticationResult"]["AccessToken"]
    secret = pool.app.associate_software_token(AccessToken=token)["SecretCode"]
    pool.app.verify_software_token(AccessToken=token, UserCode=totp(secret))
    # It is there, but not wanted at each sign-in.
    assert enter(pool)["AuthenticationResult"]
    step = enter(pool, at=FAR)
    assert step["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    waiting = events(pool)[0]
    assert waiting["EventResponse"] == "InProgress"
    proof = {"SOFTWARE_TOKEN_MFA_CODE": totp(secret, 1), "SECRET_HASH": pool.secret_hash("ann")}
    assert answer(pool, "SOFTWARE_TOKEN_MFA", step["Session"], "ann", **proof)["AuthenticationResult"]
    passed = events(pool)[0]
    assert (passed["EventId"], passed["EventResponse"]) == (waiting["EventId"], "Pass")
    assert [one["ChallengeName"] for one in passed["ChallengeResponses"]] == ["Password", "Mfa"]
    # Who has none is let in only if none is required.
    enter(pool, "bob")
    if action == "MFA_REQUIRED":
        assert refusal(lambda: enter(pool, "bob", at=FAR)) == BLOCKED
    else:
        assert enter(pool, "bob", at=FAR)["AuthenticationResult"]


def test_ranges_of_addresses(cloud: Server) -> None:
    pool = protected(cloud)
    pool.create("ann")
    enter(pool)
    pool.admin.set_risk_configuration(
        UserPoolId=pool.id,
        AccountTakeoverRiskConfiguration=takeover("BLOCK"),
        RiskExceptionConfiguration={"BlockedIPRangeList": ["203.0.113.0/24"], "SkippedIPRangeList": ["198.51.100.0/24"]},
    )
    assert enter(pool, at=FAR, on="tablet")["AuthenticationResult"]
    assert events(pool)[0]["EventRisk"]["RiskDecision"] == "NoRisk"
    # Blocked whatever the password, so that none can be guessed from there, and whether or not there is such a user.
    for name, password in (("ann", PASSWORD), ("ann", "Wrong-1-wrong"), ("nobody", PASSWORD)):
        assert refusal(lambda: enter(pool, name, password, at="203.0.113.5")) == BLOCKED
    # A client's own configuration takes the place of the pool's.
    pool.admin.set_risk_configuration(
        UserPoolId=pool.id, ClientId=pool.client, AccountTakeoverRiskConfiguration=takeover("NO_ACTION")
    )
    assert enter(pool, at="203.0.113.5")["AuthenticationResult"]


def test_audit_blocks_nothing(cloud: Server) -> None:
    pool = protected(cloud, "AUDIT")
    pool.create("ann")
    enter(pool)
    pool.admin.set_risk_configuration(
        UserPoolId=pool.id,
        AccountTakeoverRiskConfiguration=takeover("BLOCK", notify=True),
        RiskExceptionConfiguration={"BlockedIPRangeList": ["203.0.113.0/24"]},
    )
    before = len(pool.outbox())
    assert enter(pool, at="203.0.113.5", on="tablet")["AuthenticationResult"]
    assert events(pool)[0]["EventRisk"]["RiskDecision"] == "AccountTakeover"
    assert len(pool.outbox()) == before


def test_a_pool_without_threat_protection(cloud: Server) -> None:
    pool = UserPool(cloud)
    pool.create("ann")
    pool.sign_in("ann")
    error = error_of(pool.admin.admin_list_user_auth_events, UserPoolId=pool.id, Username="ann")
    assert error.code == "UserPoolAddOnNotEnabledException"


# Mail


def press(cloud: Server, url: str, method: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=PATIENCE)
    try:
        connection.request(method, re.sub(r"https?://[^/]+", "", url))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_users_are_told_and_asked(cloud: Server) -> None:
    pool = protected(cloud)
    pool.create("ann", email="ann@example.com")
    enter(pool)
    pool.admin.set_risk_configuration(
        UserPoolId=pool.id, AccountTakeoverRiskConfiguration=takeover("NO_ACTION", notify=True)
    )
    assert enter(pool, at=FAR, on="tablet")["AuthenticationResult"]
    mail = pool.message()
    assert mail["subject"] == "Was it you?" and mail["to"] == "ann@example.com"
    assert mail["text"].startswith(f"ann at {FAR} on Browser on tablet:")
    valid, invalid = re.findall(r"href='([^']+)'", mail["text"])
    event, token = re.findall(r"\[([^]]+)\]", mail["text"])
    assert events(pool)[0]["EventId"] == event
    # Opening a link is not enough: programs that look at mail do so.
    status, page = press(cloud, invalid, "GET")
    assert status == 200 and "<button>" in page and "EventFeedback" not in events(pool)[0]
    assert press(cloud, invalid, "POST")[0] == 200
    feedback = events(pool)[0]["EventFeedback"]
    assert (feedback["FeedbackValue"], feedback["Provider"]) == ("Invalid", "ann")
    assert press(cloud, invalid.replace(token, token[:-4] + "AAAA"), "POST")[0] == 404
    # From there and on that device, all is risky now.
    pool.admin.set_risk_configuration(
        UserPoolId=pool.id, AccountTakeoverRiskConfiguration=takeover("BLOCK", levels="High")
    )
    assert refusal(lambda: enter(pool, at=FAR, on="tablet")) == BLOCKED
    # Whoever finds the mail later can't change that; an administrator can.
    assert press(cloud, valid, "POST")[0] == 404
    names = {"UserPoolId": pool.id, "Username": "ann", "EventId": event}
    error = error_of(pool.app.update_auth_event_feedback, **names, FeedbackToken=token, FeedbackValue="Valid")
    assert (error.code, error.message) == ("NotAuthorizedException", "Invalid feedback token")
    pool.admin.admin_update_auth_event_feedback(**names, FeedbackValue="Valid")
    assert enter(pool, at=FAR, on="tablet")["AuthenticationResult"]


def test_the_page_that_asks(cloud: Server, person: Person) -> None:
    """As people see it."""
    pool = protected(cloud)
    pool.create("ann", email="ann@example.com")
    enter(pool)
    pool.admin.set_risk_configuration(
        UserPoolId=pool.id, AccountTakeoverRiskConfiguration=takeover("NO_ACTION", notify=True)
    )
    assert enter(pool, at=FAR, on="tablet")["AuthenticationResult"]
    valid, invalid = re.findall(r"href='([^']+)'", pool.message()["text"])
    for link, button in ((valid, "It was me"), (invalid, "It was not me")):
        person.page.goto(link)
        assert person.heading.endswith("who signed in?") and violations(person.page) == []
        style = "item => getComputedStyle(item).backgroundColor"
        assert person.page.get_by_role("button", name=button, exact=True).evaluate(style) == "rgb(11, 92, 173)"
    person.page.get_by_role("button", name="It was not me").click()
    assert person.heading == "Thank you" and violations(person.page) == []
    assert events(pool)[0]["EventFeedback"]["FeedbackValue"] == "Invalid"
    # It is said once.
    person.page.goto(valid)
    person.page.get_by_role("button", name="It was me").click()
    assert person.heading == "This did not work" and violations(person.page) == []


def test_spraying(cloud: Server) -> None:
    pool = protected(cloud)
    for number in range(6):
        pool.create(f"user-{number}")
    for number in range(5):
        assert refusal(lambda: enter(pool, f"user-{number}", "Summer-2026", at=FAR, on=None))[1].startswith("Incorrect")
    enter(pool, "user-5", at=FAR, on=None)
    assert events(pool, "user-5")[0]["EventRisk"]["RiskLevel"] == "Medium"


def stale_proof(pool: UserPool, name: str) -> Any:
    """A way to fail by SRP as often as one likes: its time is long gone."""
    client = srp(pool, name, "Wrong-1-wrong")
    parameters = client.get_auth_params()
    step = pool.app.initiate_auth(ClientId=pool.client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)
    proof = client.process_challenge(step["ChallengeParameters"], parameters)
    proof["TIMESTAMP"] = "Tue Jan 1 00:00:00 UTC 2019"
    return lambda: pool.app.respond_to_auth_challenge(
        ClientId=pool.client, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=proof
    )


def test_nobody_fills_the_history_of_others(cloud: Server) -> None:
    """What proves nothing counts as a guess; what is refused without a guess is kept once an hour."""
    pool = protected(cloud)
    pool.create("ann")
    assert enter(pool)["AuthenticationResult"]
    again = stale_proof(pool, "ann")
    texts = {refusal(again)[1] for _ in range(20)}
    assert texts == {"Incorrect username or password.", "Password attempts exceeded"}
    guesses = [event for event in events(pool) if event["EventResponse"] == "Fail"]
    assert 5 <= len(guesses) <= 8
    # The user knows nothing of that at home, once the name is free again.
    cloud.advance(1000)
    assert enter(pool)["AuthenticationResult"]
    assert events(pool)[0]["EventRisk"]["RiskDecision"] == "NoRisk"
    pool.admin.set_risk_configuration(
        UserPoolId=pool.id,
        AccountTakeoverRiskConfiguration=takeover("BLOCK", levels="Medium High"),
        RiskExceptionConfiguration={"BlockedIPRangeList": ["203.0.113.0/24"]},
    )
    before = len(events(pool))
    for _ in range(12):
        assert refusal(lambda: enter(pool, "ann", "Wrong-1-wrong", at="203.0.113.9")) == BLOCKED
    assert len(events(pool)) == before + 1
    assert enter(pool)["AuthenticationResult"]


@pytest.fixture
def patient() -> Iterator[Server]:
    """A server that lets users ask for new passwords as quickly as a test does."""
    with Server("--quota", "UserAccountRecoveryPerSecond=1000") as server:
        yield server


def test_no_number_of_events_makes_the_user_forgotten(patient: Server) -> None:
    cloud = patient
    pool = protected(cloud)
    pool.create("ann", email="ann@example.com", email_verified="true")
    enter(pool)
    pool.admin.set_risk_configuration(
        UserPoolId=pool.id, AccountTakeoverRiskConfiguration=takeover("BLOCK", levels="Medium High")
    )
    for _ in range(3):
        for _ in range(20):
            pool.app.forgot_password(ClientId=pool.client, Username="ann", SecretHash=pool.secret_hash("ann"))
        cloud.advance(3601)
    assert len(events(pool)) > 50
    for name in ("tablet", None):
        assert refusal(lambda: enter(pool, at=FAR, on=name)) == BLOCKED, name
        assert events(pool)[0]["EventRisk"]["RiskLevel"] == "Medium"


@pytest.mark.parametrize("has_app", [True, False])
def test_a_second_factor_after_a_code(cloud: Server, *, has_app: bool) -> None:
    """A code that came by mail is one factor; by the risk another is asked for."""
    pool = protected(
        cloud, Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
        AutoVerifiedAttributes=["email"],
    )  # fmt: skip
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, SoftwareTokenMfaConfiguration={"Enabled": True}, MfaConfiguration="OPTIONAL"
    )
    pool.create("eve", email="eve@example.com", email_verified="true")
    token = enter(pool, "eve")["AuthenticationResult"]["AccessToken"]
    secret = pool.app.associate_software_token(AccessToken=token)["SecretCode"] if has_app else ""
    if has_app:
        pool.app.verify_software_token(AccessToken=token, UserCode=totp(secret))
    pool.admin.set_risk_configuration(UserPoolId=pool.id, AccountTakeoverRiskConfiguration=takeover("MFA_REQUIRED"))
    own = {"SECRET_HASH": pool.secret_hash("eve")}
    step = pool.app.initiate_auth(
        ClientId=pool.client, AuthFlow="USER_AUTH",
        AuthParameters={"USERNAME": "eve", "PREFERRED_CHALLENGE": "EMAIL_OTP"} | own,
        UserContextData={"IpAddress": FAR, "EncodedData": device("tablet")},
    )  # fmt: skip
    proof = {"EMAIL_OTP_CODE": pool.code()} | own
    if not has_app:
        assert refusal(lambda: answer(pool, "EMAIL_OTP", step["Session"], "eve", **proof)) == BLOCKED
        return
    step = answer(pool, "EMAIL_OTP", step["Session"], "eve", **proof)
    assert step["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    proof = {"SOFTWARE_TOKEN_MFA_CODE": totp(secret, 1)} | own
    assert answer(pool, "SOFTWARE_TOKEN_MFA", step["Session"], "eve", **proof)["AuthenticationResult"]


def test_custom_authentication_has_a_mode_of_its_own(cloud: Server) -> None:
    """As far as the pool protects it, a risk demands of it what it demands of others."""

    def asked(event: Any) -> Any:
        source = event["triggerSource"]
        if source.startswith("DefineAuth"):
            passed = bool(event["request"]["session"])
            event["response"] = {"issueTokens": passed, "failAuthentication": False}
            if not passed:
                event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
        elif source.startswith("CreateAuth"):
            event["response"] = {"publicChallengeParameters": {}, "privateChallengeParameters": {}}
        else:
            event["response"] = {"answerCorrect": event["request"]["challengeAnswer"] == "yes"}
        return event

    function = Function()
    function.behaviour = asked
    triggers = dict.fromkeys(("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse"), FUNCTION)
    with Server("--event-destination", f"{FUNCTION}={function.url}") as own:
        for mode, is_blocked in (("ENFORCED", True), ("AUDIT", False), (None, False)):
            add_ons: Any = {"AdvancedSecurityMode": "ENFORCED"}
            if mode:
                add_ons["AdvancedSecurityAdditionalFlows"] = {"CustomAuthMode": mode}
            pool = protected(own, LambdaConfig=triggers)
            pool.admin.update_user_pool(
                UserPoolId=pool.id, UserPoolTier="PLUS", UserPoolAddOns=add_ons, LambdaConfig=triggers
            )
            pool.create("ann")
            enter(pool)
            pool.admin.set_risk_configuration(
                UserPoolId=pool.id, AccountTakeoverRiskConfiguration=takeover("MFA_REQUIRED")
            )
            mine = {"SECRET_HASH": pool.secret_hash("ann")}
            step = pool.app.initiate_auth(
                ClientId=pool.client, AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": "ann"} | mine,
                UserContextData={"IpAddress": FAR, "EncodedData": device("tablet")},
            )  # fmt: skip

            def finish(step: Any = step, pool: UserPool = pool, mine: Any = mine) -> Any:
                return answer(pool, "CUSTOM_CHALLENGE", step["Session"], "ann", ANSWER="yes", **mine)

            if is_blocked:
                assert refusal(finish) == BLOCKED
            else:
                assert finish()["AuthenticationResult"], mode
    function.server.shutdown()
