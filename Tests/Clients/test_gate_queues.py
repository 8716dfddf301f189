"""SQS as SDKs spoke it until 2023: forms, to the path / or to the queue's own; behind the gate, moto_server answers them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from harness import ACCOUNT, Identity, Server, allow, policy
from harness.moto import Moto
from harness.organizations import NewOrganization
from harness.raw import FORM, Answer, Request, send, signed

VERSION = "2012-11-05"


@pytest.fixture(scope="module")
def worker_server(moto: Moto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gate")
    with Server(*moto.configuration(folder), log=folder / "log") as server:
        yield server


@pytest.fixture
def queue(root: Identity, request: pytest.FixtureRequest) -> str:
    """Its name."""
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
    got = ask(root, "CreateQueue", QueueName=name)
    assert got.status == 200 and f"/{ACCOUNT}/{name}</QueueUrl>" in got.text, got
    return name


def asking(who: Identity, action: str, *, path: str = "/", **fields: str) -> Request:
    body = urlencode({"Action": action, "Version": VERSION} | {name.replace("__", "."): value for name, value in fields.items()}).encode()
    return signed("POST", path, body, who, service="sqs", headers={"Content-Type": FORM})


def ask(who: Identity, action: str, *, path: str = "/", **fields: str) -> Answer:
    return send(int(who.url.rsplit(":", 1)[1]), asking(who, action, path=path, **fields))


def path_of(queue: str) -> str:
    return f"/{ACCOUNT}/{queue}"


def url_of(who: Identity, queue: str) -> str:
    return f"{who.url}{path_of(queue)}"


def arn_of(queue: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}"


def test_forms_to_the_queue_and_to_the_endpoint(root: Identity, new_user: Callable[..., Identity], queue: str) -> None:
    sender = new_user("sender", allow("sqs:SendMessage", arn_of(queue)))
    for path, fields in (
        ("/", {"QueueUrl": url_of(root, queue)}), (path_of(queue), {"QueueUrl": url_of(root, queue)}), (path_of(queue), {}),
    ):  # fmt: skip
        got = ask(sender, "SendMessage", path=path, MessageBody="hello", **fields)
        assert got.status == 200 and "<SendMessageResult>" in got.text, got
    batch = {"SendMessageBatchRequestEntry__1__Id": "1", "SendMessageBatchRequestEntry__1__MessageBody": "again"}
    assert "<SendMessageBatchResultEntry>" in ask(sender, "SendMessageBatch", path=path_of(queue), **batch).text
    got = ask(root, "ReceiveMessage", path=path_of(queue), MaxNumberOfMessages="10")
    assert sorted(re.findall("<Body>([^<]*)</Body>", got.text)) == ["again", "hello", "hello", "hello"]

    # Refused in the protocol that was spoken.
    got = ask(sender, "ReceiveMessage", path=path_of(queue))
    assert (got.status, got.code) == (403, "AccessDenied") and got.text.startswith("<ErrorResponse"), got
    assert got.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/sender is not authorized to perform: sqs:ReceiveMessage on resource: {arn_of(queue)} "
        "because no identity-based policy allows the sqs:ReceiveMessage action"
    )


@pytest.mark.parametrize("path, url", [
    ("/{}", "{}2"), ("/{}2", "{}"), ("/{}2", None), ("/{}/", None), ("/{}/x", None), ("/x/{}", None), ("//{}", "{}"),
    ("/{}", "{}?x"), ("/{}", "{}/"), ("/{}", ""), ("/%2e/{}", None), ("/{}%2F..%2Fvictim", None), ("/", "{}2"), ("/", None),
], ids=str)  # fmt: skip
def test_only_one_queue_is_named(new_user: Callable[..., Identity], queue: str, path: str, url: str | None) -> None:
    sender = new_user("sender", allow("sqs:SendMessage", arn_of(queue)))
    mine = f"{ACCOUNT}/{queue}"
    fields = {} if url is None else {"QueueUrl": url and f"{sender.url}/{url.format(mine)}"}
    got = ask(sender, "SendMessage", path=path.format(mine), MessageBody="x", **fields)
    assert got.status in (400, 403, 404) and "MessageId" not in got.text, got


def test_a_name_that_is_encoded_is_that_name(new_user: Callable[..., Identity], queue: str) -> None:
    sender = new_user("sender", allow("sqs:SendMessage", arn_of(queue)))
    for name in ("Queue%55rl", "%51ueueUrl", "QueueUr%6c"):
        body = f"Action=SendMessage&Version={VERSION}&MessageBody=x&{name}=" + urlencode({"": url_of(sender, queue)})[1:]
        for path, status in ((path_of(queue), 200), (path_of(queue) + "2", 400)):
            request = signed("POST", path, body.encode(), sender, service="sqs", headers={"Content-Type": FORM})
            got = send(int(sender.url.rsplit(":", 1)[1]), request)
            assert got.status == status, (name, path, got)


@pytest.mark.parametrize("fields", [
    {"queueurl": "http://x/444455556666/victim"}, {"Entries.1.Id": "1"}, {"messagebody": "y"}, {"MessageAttributes.1.Name": "a"},
], ids=str)  # fmt: skip
def test_names_that_forms_have_not(root: Identity, queue: str, fields: dict[str, str]) -> None:
    action = "SendMessageBatch" if "Entries.1.Id" in fields else "SendMessage"
    body = urlencode({"Action": action, "Version": VERSION, "MessageBody": "x"} | fields).encode()
    got = send(int(root.url.rsplit(":", 1)[1]), signed("POST", path_of(queue), body, root, service="sqs", headers={"Content-Type": FORM}))
    assert got.status == 400 and "read in two ways" in got.text, got


def test_a_policy_that_a_form_sets(cloud: Server, root: Identity, queue: str) -> None:
    guest = NewOrganization(cloud).member("other").user("guest", allow("sqs:*"))
    send_one = {"path": path_of(queue), "MessageBody": "x"}
    assert ask(guest, "SendMessage", **send_one).code == "AccessDenied"
    statement = allow("sqs:SendMessage", arn_of(queue), Principal={"AWS": "*"})
    got = ask(root, "SetQueueAttributes", path=path_of(queue), Attribute__1__Name="Policy", Attribute__1__Value=policy(statement))
    assert got.status == 200, got
    assert ask(guest, "SendMessage", **send_one).status == 200
    assert ask(guest, "ReceiveMessage", path=path_of(queue)).code == "AccessDenied"
    # Who has no signature may, too.
    plain = asking(root, "SendMessage", **send_one)
    nobody = Request("POST", plain.target, {"Content-Type": FORM, "Host": plain.headers["Host"]}, plain.body)
    assert send(cloud.port, nobody).status == 200
    # As a form tells it, when it has been changed past Gatehouse.
    got = ask(root, "SetQueueAttributes", path=path_of(queue), Attribute__Name="Policy", Attribute__Value="")
    assert got.status in (200, 400)
    got = ask(root, "SetQueueAttributes", path=path_of(queue), Attribute__1__Name="Policy", Attribute__1__Value="")
    assert got.status == 200 and ask(guest, "SendMessage", **send_one).code == "AccessDenied"


def test_what_moto_says_goes_through_as_it_is(root: Identity) -> None:
    got = ask(root, "GetQueueAttributes", path=path_of("no-such-queue"), AttributeName__1="All")
    assert got.status == 400 and got.code == "AWS.SimpleQueueService.NonExistentQueue", got
