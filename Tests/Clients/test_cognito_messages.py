"""What the users of user pools are sent: words, media, and the operator's own endpoint."""

import re
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_s3_notifications import Receiver

from harness import Server, error_of
from harness.certificates import openssl
from harness.patience import PATIENCE
from harness.server import gatehouse
from harness.smtp import MailServer
from harness.user_pools import UserPool, attributes

DEVELOPER = {
    "EmailSendingAccount": "DEVELOPER",
    "SourceArn": "arn:aws:ses:us-east-1:111122223333:identity/app@example.com",
    "From": "The App <app@example.com>",
}


def test_the_pools_own_words(cloud: Server) -> None:
    pool = UserPool(
        cloud,
        AutoVerifiedAttributes=["email", "phone_number"],
        EmailConfiguration=DEVELOPER,
        VerificationMessageTemplate={
            "SmsMessage": "Code: {####}",
            "EmailMessage": "<b>{####}</b> for you",
            "EmailSubject": "Prove it",
        },
        AdminCreateUserConfig={
            "InviteMessageTemplate": {
                "EmailMessage": "{username}: {####}",
                "EmailSubject": "Come in",
                "SMSMessage": "{username} {####}",
            }
        },
    )
    answer = pool.sign_up("ann", email="ann@example.com")
    message = pool.message()
    assert (message["subject"], message["text"]) == ("Prove it", f"<b>{pool.code()}</b> for you")
    assert answer["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    # Where both are to be verified, the code goes to the phone.
    answer = pool.sign_up("bob", email="bob@example.com", phone_number="+14325551234")
    assert answer["CodeDeliveryDetails"] == {
        "Destination": "+*******1234",
        "DeliveryMedium": "SMS",
        "AttributeName": "phone_number",
    }
    message = pool.message()
    assert (message["to"], message["text"]) == ("+14325551234", f"Code: {pool.code()}")
    pool.admin.admin_create_user(
        UserPoolId=pool.id,
        Username="<eve>{####}",
        UserAttributes=attributes(email="eve@example.com", phone_number="+14325551235"),
        TemporaryPassword="Temporary-1",
        DesiredDeliveryMediums=["EMAIL", "SMS"],
    )
    mail, sms = sorted(pool.outbox()[-2:], key=lambda one: one["to"], reverse=True)
    # A name is no markup, and no placeholder.
    assert (mail["subject"], mail["text"]) == ("Come in", "&lt;eve&gt;{####}: Temporary-1")
    assert (sms["to"], sms["text"]) == ("+14325551235", "<eve>{####} Temporary-1")


def test_a_link_in_the_place_of_a_code(cloud: Server) -> None:
    pool = UserPool(
        cloud,
        AutoVerifiedAttributes=["email"],
        EmailConfiguration=DEVELOPER,
        VerificationMessageTemplate={
            "DefaultEmailOption": "CONFIRM_WITH_LINK",
            "EmailMessageByLink": "Please {##press here##}, or don't.",
            "EmailSubjectByLink": "One press",
        },
    )
    # Without pages there is nothing for a link to lead to.
    pool.sign_up("bob", email="bob@example.com")
    pool.confirm("bob")
    pool.admin.create_user_pool_domain(UserPoolId=pool.id, Domain="people")
    pool.sign_up("ann&b", email="ann@example.com")
    message = pool.message()
    assert message["subject"] == "One press"
    found = re.fullmatch(r'Please <a href="([^"]+)">press here</a>, or don\'t\.', message["text"])
    assert found
    link = found.group(1).replace("&amp;", "&")
    assert link.startswith(f"{pool.cloud.url}/_cognito/people/confirmUser?")
    assert f"client_id={pool.client}&user_name=ann%26b&confirmation_code=" in link
    code = link[-6:]
    pool.confirm("ann&b", code)
    assert pool.status("ann&b") == "CONFIRMED"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()


def test_an_endpoint_of_the_operators_gets_messages(receiver: Receiver) -> None:
    with Server("--message-endpoint", f"{receiver.url}/messages?from=gatehouse") as server:
        pool = UserPool(server, AutoVerifiedAttributes=["email"], EmailConfiguration=DEVELOPER)
        # It is tried again until it is taken.
        receiver.refusals = 1
        pool.sign_up("ann", email="ann@example.com")
        path, headers, message = receiver.messages.get(timeout=20)
        assert path == "/messages?from=gatehouse" and headers["Content-Type"] == "application/json"
        assert message.pop("id")
        assert message == {
            "medium": "EMAIL",
            "recipient": "ann@example.com",
            "subject": "Your verification code",
            "text": f"Your verification code is {pool.code()}. ",
            "userPoolId": pool.id,
            "from": "The App <app@example.com>",
        }
        pool.confirm("ann")
        pool.admin.admin_create_user(
            UserPoolId=pool.id, Username="bob", UserAttributes=attributes(phone_number="+14325551234")
        )
        message = receiver.next()
        assert (message["medium"], message["recipient"]) == ("SMS", "+14325551234") and "subject" not in message
        # What is refused sends nothing.
        assert error_of(pool.sign_up, username="ann", email="ann@example.com").code == "UsernameExistsException"
        assert receiver.messages.empty()


def test_endpoints_that_are_none() -> None:
    for text in ("nowhere", "http://mail.example.com/", "ftp://127.0.0.1"):
        done = gatehouse("serve", "--in-memory", "--port", "0", "--message-endpoint", text)
        assert done.returncode != 0 and "--message-endpoint takes" in done.stderr, text


# By SMTP

Sent = tuple[str, list[str], Any, bool]


def made_by(server: MailServer, *options: str, username: str = "ann", **environment: str) -> Sent:
    """What a mail server gets of a sign-up."""
    options = ("--mail-sender", "The App <app@example.com>", *options)
    with Server(*options, environment=environment) as gatehouse_server:
        pool = UserPool(gatehouse_server, AutoVerifiedAttributes=["email"])
        pool.sign_up(username, email="ann@example.com")
        sent = server.next()
        assert pool.code() in sent[2].get_content()
        return sent


def test_a_mail_server_gets_mail() -> None:
    server = MailServer()
    # It is tried again until it is taken.
    server.refusals = 1
    sender, recipients, message, is_secure = made_by(server, "--mail-server", f"smtp://{server.address}")
    assert (sender, recipients, is_secure) == ("app@example.com", ["ann@example.com"], False)
    assert (message["From"], message["To"]) == ("The App <app@example.com>", "ann@example.com")
    assert message["Subject"] == "Your verification code" and message["Date"].datetime and message["Message-ID"]
    assert message.get_content_type() == "text/html" and message.get_content_charset() == "utf-8"
    server.close()


def test_mail_in_the_pools_name() -> None:
    server = MailServer()
    with Server("--mail-server", f"smtp://{server.address}") as gatehouse_server:
        mine = DEVELOPER | {"From": "Böse \"Firma\" <firma@example.com>", "ReplyToEmailAddress": "help@example.com"}
        subject = "Schön, daß Sie da sind: " + "ä" * 80
        pool = UserPool(
            gatehouse_server,
            AutoVerifiedAttributes=["email"],
            EmailConfiguration=mine,
            VerificationMessageTemplate={"EmailSubject": subject, "EmailMessage": "<p>" + "é" * 4000 + " {####}</p>"},
        )
        pool.sign_up("ann", email="ann@example.com")
        sender, _, message, _ = server.next()
        assert sender == "firma@example.com" and message["Reply-To"] == "help@example.com"
        assert (message["From"], message["Subject"]) == ("Böse Firma <firma@example.com>", subject)
        assert message.get_content().strip() == "<p>" + "é" * 4000 + f" {pool.code()}</p>"
        # SMS are nothing for a mail server.
        pool.admin.admin_create_user(
            UserPoolId=pool.id, Username="bob", UserAttributes=attributes(phone_number="+14325551234")
        )
        pool.app.resend_confirmation_code(ClientId=pool.client, Username="ann")
        assert server.next()[1] == ["ann@example.com"]
    server.close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
        "/CN=mail.test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out",
        tmp_path / "cert.pem",
    )  # fmt: skip
    return tmp_path / "cert.pem"


@pytest.mark.parametrize("implicit", [True, False])
def test_mail_by_tls(certificate: Path, implicit: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.parent / "key.pem")
    server = MailServer(context=context, implicit=implicit, login=("app", "a secret"))
    options = ["--mail-server", f"{'smtps' if implicit else 'smtp'}://{server.address}", "--mail-username", "app"]
    options += [] if implicit else ["--mail-requires-tls"]
    trusting = [*options, "--ca-bundle", str(certificate)]
    assert made_by(server, *trusting, GATEHOUSE_MAIL_PASSWORD="a secret")[3] is True
    # Who can't be trusted, or is not to be told, gets nothing.
    log = certificate.parent / "log"
    for words, password, reason in ((options, "a secret", "certificate"), (trusting, "wrong", "denied")):
        with Server(*words, environment={"GATEHOUSE_MAIL_PASSWORD": password}, log=log) as gatehouse_server:
            pool = UserPool(gatehouse_server, AutoVerifiedAttributes=["email"])
            pool.sign_up("ann", email="ann@example.com")
            deadline = time.monotonic() + PATIENCE
            while reason not in log.read_text() and time.monotonic() < deadline:
                time.sleep(0.1)
            assert reason in log.read_text() and server.mail.empty()
            # The log knows neither the address nor the code nor the password.
            for secret in ("ann@example.com", pool.code(), password):
                assert secret not in log.read_text()
    server.close()


def test_mail_servers_that_are_none() -> None:
    for words in (
        ["--mail-server", "mail.example.com"],
        ["--mail-server", "http://127.0.0.1:25"],
        ["--mail-server", "smtp://127.0.0.1:25/path"],
        ["--mail-server", "smtp://user:password@127.0.0.1:25"],
        ["--mail-server", "smtp://127.0.0.1:25", "--mail-sender", "nobody"],
        ["--mail-server", "smtp://127.0.0.1:25", "--mail-username", "app"],
        ["--mail-username", "app"],
    ):
        done = gatehouse("serve", "--in-memory", "--port", "0", *words)
        assert done.returncode != 0 and "mail" in done.stderr, words
