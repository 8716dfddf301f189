"""Fixtures. The pieces they are made of lie in harness/."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from harness import Identity, Server, Trail, policy
from harness import postgres
from harness.browser import PASSWORD, Person, chromium, signed_up
from harness.hosted import Application, Pool, make_pool
from harness.login_provider import LoginProvider
from harness.moto import Moto
from harness.openid import Authority
from harness.server import ACCOUNT, BINARY, LOOPBACK
from harness.visitor import Somebody

# The clients' models are millions of objects that stay: to look for cycles among them after each 700 new ones took a sixth of
# Python's time.
gc.set_threshold(100_000, 50, 100)


def pytest_sessionstart(session: pytest.Session) -> None:
    if not BINARY.exists():
        raise pytest.UsageError(
            f"{BINARY} is not there: build it first (swift build), or name another by GATEHOUSE_BIN"
        )


#: Seconds that files take on two quiet cores, of those that take long: the number of their tests does not say so.
SECONDS = {
    "test_nodes_bodies.py": 85, "test_passwords.py": 40, "test_s3_crash.py": 100, "test_database_commands.py": 55,
    "test_documentation.py": 600, "test_verify.py": 50, "test_cloudtrail_validation.py": 45, "test_s3_many_parts.py": 40,
    "test_cli_commands.py": 40, "test_bodies.py": 40, "test_web_identity.py": 35, "test_s3_terraform.py": 150,
    "test_kms_key_stores.py": 35, "test_organization_policies.py": 35, "test_organizations_terraform.py": 30,
    "test_lab2_least_privilege.py": 30, "test_backup.py": 30, "test_s3_notifications.py": 30, "test_keyring.py": 25,
    "test_database_rotation.py": 25, "test_service_credentials.py": 25, "test_s3_conditions.py": 25, "test_simulate.py": 25,
    "test_s3_directory_crash.py": 60, "test_s3_directory_access.py": 25,
    "test_account.py": 25, "test_walk_every_operation.py": 300, "test_gate_upstreams.py": 70, "test_gate_requests.py": 25,
    "test_gate_operations.py": 25, "test_console_every_page.py": 100, "test_console_attacks.py": 60,
    "test_console_oauth.py": 30, "test_console_simulator.py": 30, "test_console_whole_path.py": 20,
    "test_bad_input.py": 90, "test_shield_floods.py": 90, "test_wafv2_terraform.py": 45, "test_terraform_federation.py": 35,
    "test_terraform_iam.py": 30, "test_nodes.py": 45, "test_shield_terraform.py": 20, "test_web_acl_tokens.py": 20,
    "test_acme.py": 20, "test_acme_validations.py": 20, "test_acme_protocol.py": 20, "test_acm_public.py": 120,
    "test_web_front.py": 20, "test_web_front_http2.py": 15, "test_core_rule_set.py": 15, "test_acmpca_terraform.py": 15,
    "test_instance_metadata_perimeter.py": 45, "test_sqs_terraform.py": 60, "test_sqs_crash.py": 30,
    "test_instance_names.py": 20, "test_instance_crash.py": 20, "test_instance_nodes.py": 20, "test_ec2_crash.py": 40,
    "test_audit.py": 45, "test_cost_terraform.py": 45, "test_cost_metering_crash.py": 25,
    "test_cost_parquet.py": 20, "test_guardduty_lists.py": 80, "test_cost_faults.py": 20, "test_reviews_crash.py": 30,
    "test_budgets.py": 20, "test_cost_explorer.py": 20, "test_guardduty_crash.py": 30, "test_inspector_crash.py": 30,
    "test_ec2_instances_terraform.py": 45, "test_ec2_terraform.py": 45, "test_kms_terraform.py": 45, "test_gate_terraform.py": 60,
    "test_console_users.py": 60, "test_console_roles.py": 45, "test_console_credentials.py": 45, "test_escalate.py": 45,
    "test_cognito_hosted_pages.py": 60, "test_inspector_terraform.py": 25, "test_shield_attacks.py": 45,
}  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Files that take long come first, so that the last worker has not much to do when the others are done.
    weights: dict[Path, float] = {}
    for item in items:
        weights[item.path] = weights.get(item.path, 0) + (15 if item.get_closest_marker("slow") else 0.1)
    for path in weights:
        weights[path] = SECONDS.get(path.name, weights[path])
    items.sort(key=lambda item: (-weights[item.path], str(item.path)))
    if postgres.IS_USED:
        for item in items:
            if item.get_closest_marker("memory"):
                item.add_marker(pytest.mark.skip(reason="only a server in memory can do that"))


@pytest.fixture(scope="session")
def worker_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for each worker, in memory or on a database. Tests use `cloud`, which is this one, emptied."""
    # Tests make users faster than AWS lets anybody.
    options = ("--quota", "UserCreationPerSecond=100000", *LOOPBACK)
    server = Server(*options, log=tmp_path_factory.mktemp("server") / "log")
    with server:
        yield server


@pytest.fixture
def cloud(worker_server: Server) -> Server:
    """An empty account. A server that the test before has killed is started again."""
    if not worker_server.alive:
        worker_server.start()
    worker_server.reset()
    return worker_server


@pytest.fixture
def root(cloud: Server) -> Identity:
    """The account's root user."""
    return cloud.root


@pytest.fixture
def trail(root: Identity) -> Trail:
    return Trail(root)


@pytest.fixture
def new_user(cloud: Server, root: Identity) -> Callable[..., Identity]:
    """new_user("alice", statement, …) makes a user with that inline policy and an access key, and returns it."""

    def make(name: str, *statements: dict[str, Any], managed: str | None = None, **parameters: Any) -> Identity:
        root.iam.create_user(UserName=name, **parameters)
        if statements:
            root.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        if managed:
            root.iam.attach_user_policy(UserName=name, PolicyArn=f"arn:aws:iam::aws:policy/{managed}")
        return Identity.of_key(cloud.url, root.iam.create_access_key(UserName=name)["AccessKey"])

    return make


@pytest.fixture
def new_role(root: Identity) -> Callable[..., str]:
    """new_role("reader", trust_policy, statement, …) makes a role with that inline policy and returns its ARN."""

    def make(
        name: str, trust_policy: str, *statements: dict[str, Any], managed: str | None = None, **parameters: Any
    ) -> str:
        role = root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_policy, **parameters)["Role"]
        if statements:
            root.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
        if managed:
            root.iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::aws:policy/{managed}")
        return str(role["Arn"])

    return make


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    """An endpoint of AWS's services for the tests of a file, to stand behind the gate."""
    with Moto(tmp_path_factory.mktemp("moto") / "log") as moto:
        yield moto


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """durable("--audit", "strict") is a server with a data directory; started by the test, ended here."""
    started: list[Server] = []

    def make(*options: str, **more: Any) -> Server:
        more.setdefault("data", tmp_path / "data")
        more.setdefault("log", tmp_path / "log")
        server = Server(*options, **more)
        started.append(server)
        return server

    yield make
    for server in started:
        server.kill()


@pytest.fixture
def lasting(durable: Callable[..., Server], tmp_path: Path) -> Callable[..., Server]:
    """As `durable`, but on a database of its own where the tests are run on one."""
    if not postgres.IS_USED:
        return durable
    return lambda *options, **more: durable(*options, data=None, log=tmp_path / "log", **more)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for each worker. Tests use `person`, who has cookies of their own."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def new_person(cloud: Server, browser: Browser) -> Iterator[Callable[..., Person]]:
    """Makes people at browsers of their own. Options are Playwright's for a context, and `script=False`."""
    people: list[Person] = []

    def make(**options: Any) -> Person:
        people.append(Person(browser, cloud, **options))
        return people[-1]

    yield make
    for person in people:
        person.close()


@pytest.fixture
def person(new_person: Callable[..., Person]) -> Person:
    """Somebody at a browser, not signed in."""
    return new_person()


@pytest.fixture
def administrator(person: Person, root: Identity) -> Person:
    """Somebody signed in as the IAM user `admin`, who may do everything."""
    signed_up(root, "admin", "arn:aws:iam::aws:policy/AdministratorAccess")
    person.sign_in(ACCOUNT, "admin", PASSWORD)
    assert person.heading == "Home", person.text
    return person


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of providers that the tests start."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[LoginProvider]:
    """What the operator has put in Google's place."""
    provider = LoginProvider(tmp_path_factory.mktemp("google"), authority)
    yield provider
    provider.stop()


@pytest.fixture
def application() -> Iterator[Application]:
    """One that a real browser comes back to."""
    application = Application()
    yield application
    application.close()


@pytest.fixture
def new_pool(cloud: Server, root: Identity, application: Application) -> Callable[..., Pool]:
    """Makes user pools whose pages lead to `application`."""

    def make(*, client: dict[str, Any] | None = None, **options: Any) -> Pool:
        return make_pool(cloud, root, client={"CallbackURLs": [application.callback]} | (client or {}), **options)

    return make


@pytest.fixture
def somebody(new_person: Callable[..., Person], application: Application) -> Callable[..., Somebody]:
    """somebody(pool, script=False) is a person who comes from `application` to that pool."""
    return lambda pool, **options: Somebody(new_person(**options), pool, application)
