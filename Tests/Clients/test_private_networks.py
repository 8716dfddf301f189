"""Addresses that users name lead to the public internet, and not to what is near Gatehouse, unless its operator lets them."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness import ACCOUNT, LOOPBACK, Server, allow, error_of, policy, trust
from harness.server import gatehouse

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
DEAD = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"


class Listener:
    """Takes connections, and ends them."""

    def __init__(self) -> None:
        self.connections = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        # A name whose address is near is as good as the address.
        self.url = f"https://localhost:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.socket.close()


@pytest.fixture(scope="module", params=[False, True], ids=["refused", "allowed"])
def one_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(*(LOOPBACK if request.param else ())) as server:
        yield server


@pytest.fixture
def is_allowed(one_server: Server) -> bool:
    return one_server.options == list(LOOPBACK)


@pytest.fixture
def cloud(one_server: Server) -> Server:
    one_server.reset()
    return one_server


def test_identity_providers(cloud: Server, listener: Listener, is_allowed: bool) -> None:
    error = error_of(cloud.root.iam.create_open_id_connect_provider, Url=listener.url)
    assert error.code == "OpenIdIdpCommunicationError"
    assert (listener.connections > 0) == is_allowed
    cognito, before = cloud.root.client("cognito-idp"), listener.connections
    error = error_of(
        cognito.create_identity_provider,
        UserPoolId=cognito.create_user_pool(PoolName="p")["UserPool"]["Id"],
        ProviderName="Corp",
        ProviderType="SAML",
        ProviderDetails={"MetadataURL": f"{listener.url}/metadata"},
    )
    assert error.code == "InvalidParameterException"
    assert (listener.connections > before) == is_allowed


@pytest.mark.memory
def test_subscriptions(cloud: Server, listener: Listener, is_allowed: bool) -> None:
    sns = cloud.root.client("sns")
    sns.create_topic(Name="news")
    sns.subscribe(TopicArn=TOPIC, Protocol="https", Endpoint=f"{listener.url}/")
    cloud.advance(1)
    assert (listener.connections > 0) == is_allowed


@pytest.mark.memory
@pytest.mark.parametrize("is_oauth", [False, True])
def test_api_destinations(
    cloud: Server, listener: Listener, is_allowed: bool, new_role: Callable[..., str], is_oauth: bool
) -> None:
    events, sqs = cloud.root.client("events"), cloud.root.client("sqs")
    service = {"Service": "events.amazonaws.com"}
    dead = sqs.create_queue(
        QueueName="dead", Attributes={"Policy": policy(allow("sqs:SendMessage", DEAD, Principal=service))}
    )["QueueUrl"]
    if is_oauth:
        client = {"ClientID": "me", "ClientSecret": "s3cret"}
        parameters = {
            "OAuthParameters": {
                "ClientParameters": client, "HttpMethod": "POST", "AuthorizationEndpoint": f"{listener.url}/token"}
        }  # fmt: skip
        kind = "OAUTH_CLIENT_CREDENTIALS"
    else:
        parameters = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "s3cret"}}
        kind = "API_KEY"
    connection = events.create_connection(Name="near", AuthorizationType=kind, AuthParameters=parameters)
    arn = events.create_api_destination(
        Name="near", ConnectionArn=connection["ConnectionArn"], HttpMethod="DELETE", InvocationEndpoint=listener.url
    )["ApiDestinationArn"]
    role = new_role("caller", trust(service), allow("events:InvokeApiDestination", arn))
    events.put_rule(Name="near", EventPattern='{"source":["shop"]}')
    target = {"RoleArn": role, "DeadLetterConfig": {"Arn": DEAD}, "RetryPolicy": {"MaximumRetryAttempts": 0}}
    assert events.put_targets(Rule="near", Targets=[{"Id": "1", "Arn": arn} | target])["FailedEntryCount"] == 0
    events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": json.dumps({})}])
    cloud.advance(1)
    (letter,) = sqs.receive_message(QueueUrl=dead, MessageAttributeNames=["All"])["Messages"]
    # What is near is not told, whether it was reached or not.
    told = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert (told["ERROR_CODE"], told["ERROR_MESSAGE"]) == ("SDK_CLIENT_ERROR", "The endpoint could not be reached.")
    assert (listener.connections > 0) == is_allowed


def test_what_is_no_network() -> None:
    done = gatehouse("serve", "--in-memory", "--port", "0", "--allow-private-network", "localhost")
    assert done.returncode != 0 and "--allow-private-network takes a network like 10.1.0.0/16" in done.stderr
