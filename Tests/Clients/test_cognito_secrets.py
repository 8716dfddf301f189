"""What nobody but its owner may see is in no event of the history and in no line of the log, however much is logged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness import Server, Trail
from harness.functions import FUNCTION, Function
from harness.hosted import CALLBACK, FormBrowser, make_pool
from harness.sign_in import FLOWS, answer, refusal, srp, totp
from harness.user_pools import UserPool

PASSWORD, SECOND, WRONG = "Sesame-Open-7", "Sesame-Shut-8", "Sesame-Wrong-9"


class Seen:
    """What must not be told."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}

    def keep(self, **secrets: Any) -> None:
        for name, value in secrets.items():
            self.secrets[f"{name} {len(self.secrets)}"] = str(value)

    def result(self, result: Any) -> Any:
        """Tokens of an answer."""
        tokens = result["AuthenticationResult"]
        self.keep(**{name: tokens[name] for name in ("IdToken", "AccessToken", "RefreshToken") if name in tokens})
        return tokens


def by_api(server: Server, seen: Seen) -> None:
    pool = UserPool(
        server, client={"ExplicitAuthFlows": FLOWS, "GenerateSecret": True}, AutoVerifiedAttributes=["email"],
        LambdaConfig={"PreSignUp": FUNCTION},
    )  # fmt: skip
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    proof = {"SECRET_HASH": pool.secret_hash("ann")}
    named = {"ClientId": pool.client, "Username": "ann", "SecretHash": proof["SECRET_HASH"]}
    seen.keep(secret=pool.secret, hash=proof["SECRET_HASH"], password=PASSWORD, second=SECOND, wrong=WRONG)
    email = [{"Name": "email", "Value": "ann@example.com"}]
    validation = [{"Name": "captcha", "Value": "validation-data-of-ann"}]
    pool.app.sign_up(**named, Password=PASSWORD, UserAttributes=email, ValidationData=validation)
    seen.keep(code=pool.code(), validation="validation-data-of-ann")
    refusal(lambda: pool.app.confirm_sign_up(**named, ConfirmationCode="Z-no-code"))
    pool.app.confirm_sign_up(**named, ConfirmationCode=pool.code())

    def begin(password: str, flow: str = "USER_PASSWORD_AUTH") -> Any:
        given = {"USERNAME": "ann", "PASSWORD": password} | proof
        return pool.app.initiate_auth(ClientId=pool.client, AuthFlow=flow, AuthParameters=given)

    refusal(lambda: begin(WRONG))
    tokens = seen.result(begin(PASSWORD))
    token = {"AccessToken": tokens["AccessToken"]}
    begun = pool.app.associate_software_token(**token)
    code = totp(begun["SecretCode"], -1)
    seen.keep(seed=begun["SecretCode"])
    pool.app.verify_software_token(**token, UserCode=code)
    pool.app.change_password(**token, PreviousPassword=PASSWORD, ProposedPassword=SECOND)
    given = {"REFRESH_TOKEN": tokens["RefreshToken"]} | proof
    seen.result(pool.app.initiate_auth(ClientId=pool.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=given))
    pool.app.set_user_mfa_preference(**token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    step = begin(SECOND)
    seen.keep(session=step["Session"])
    seen.result(answer(pool, "SOFTWARE_TOKEN_MFA", step["Session"], "ann", SOFTWARE_TOKEN_MFA_CODE=totp(begun["SecretCode"]), **proof))
    client = srp(pool, "ann", SECOND)
    parameters = client.get_auth_params()
    challenge = pool.app.initiate_auth(ClientId=pool.client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)
    seen.keep(salt=challenge["ChallengeParameters"]["SALT"], block=challenge["ChallengeParameters"]["SECRET_BLOCK"])
    pool.app.forgot_password(**named)
    seen.keep(code=pool.code())
    pool.app.confirm_forgot_password(**named, ConfirmationCode=pool.code(), Password=PASSWORD)
    pool.app.revoke_token(Token=tokens["RefreshToken"], ClientId=pool.client, ClientSecret=pool.secret)
    admin = {"UserPoolId": pool.id, "Username": "ann"}
    pool.admin.admin_set_user_password(**admin, Password=SECOND, Permanent=False)
    pool.admin.admin_create_user(
        UserPoolId=pool.id, Username="bob", TemporaryPassword=PASSWORD, UserAttributes=email, ForceAliasCreation=False
    )
    # What is never shown again: a secret, and a provider's.
    made = pool.admin.create_user_pool_client(UserPoolId=pool.id, ClientName="other", GenerateSecret=True)
    seen.keep(secret=made["UserPoolClient"]["ClientSecret"])
    details = {"client_id": "x", "client_secret": "secret-at-google", "authorize_scopes": "openid"}
    pool.admin.create_identity_provider(
        UserPoolId=pool.id, ProviderName="Google", ProviderType="Google", ProviderDetails=details
    )
    seen.keep(google="secret-at-google")


def by_pages(server: Server, seen: Seen) -> None:
    pool = make_pool(server, server.root, secret=True)
    pool.user(password=PASSWORD, email="ann@example.com", email_verified="true")
    FormBrowser(pool).sign_in("ann", WRONG)
    browser = FormBrowser(pool).sign_in("ann", PASSWORD)
    assert pool.secret
    seen.keep(secret=pool.secret, code=browser.code, cookie=browser.session.cookies["cognito"])
    auth = (pool.client_id, pool.secret)
    tokens = pool.token(auth=auth, grant_type="authorization_code", code=browser.code, redirect_uri=CALLBACK).json()
    fresh = pool.token(auth=auth, grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    # A replay, which is refused.
    pool.token(auth=auth, grant_type="authorization_code", code=browser.code, redirect_uri=CALLBACK)
    seen.keep(**{name: tokens[name] for name in ("id_token", "access_token", "refresh_token")}, fresh=fresh["access_token"])
    browser = FormBrowser(pool).open(pool.address("/forgotPassword")).submit(username="ann")
    code = pool.sent_code()
    seen.keep(code=code)
    place = next(place for place, form in enumerate(browser.forms) if "code" in form["fields"])
    browser.submit(place, code=code, password=SECOND, **{"password-again": SECOND})
    assert "Your password was changed" in browser.answer.text


def test_what_nobody_sees(tmp_path: Path) -> None:
    function = Function()
    seen = Seen()
    log = tmp_path / "log"
    options = ("--log-level", "trace", "--event-destination", f"{FUNCTION}={function.url}")
    with Server(*options, data=tmp_path / "data", log=log) as server:
        by_api(server, seen)
        by_pages(server, seen)
        trail = Trail(server.root)
        trail.named("Token_POST")
        events = json.dumps(trail.all())
        server.stop()
        lines = log.read_text() + "\n".join(server.output)
    function.server.shutdown()
    # Both are there at all.
    assert events.count("eventName") > 40 and "InitiateAuth" in events and lines.count("\n") > 10
    for name, secret in seen.secrets.items():
        assert len(secret) >= 6, name
        assert secret not in events, name
        assert secret not in lines, name
    # Nor is a request for a function in it, which has what the user has typed.
    assert function.events
