"""A flood of requests before the web front: it is told of, blocked by the web ACL, and over when it is."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Server, error_of
from harness.upstream import Upstream, answer, answering
from harness.patience import PATIENCE

BALANCER = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/shop/50dc6c495c0c9188"
# Other applications, before which the same web ACL may be.
BRANCH, ANNEX = BALANCER.replace("/shop/", "/branch/"), BALANCER.replace("/shop/", "/annex/")
LISTENS = re.compile(r"The web front listens on http://\S+:(\d+)")
AGENTS = ["Mozilla/5.0 Firefox", "Mozilla/5.0 Safari", "curl/8"]


class Shop:
    """The web front before an application, and Shield Advanced for it."""

    def __init__(self, server: Server, port: int):
        self.server, self.port = server, port
        #: How far the clock was moved.
        self.moved = 0.0
        self.shield, self.waf = server.root.client("shield"), server.root.client("wafv2")

    def ask(self, address: str, path: str, agent: str, times: int = 1) -> int:
        """The last one's status."""
        status = 0
        connection = http.client.HTTPConnection("127.0.0.1", self.port, source_address=(address, 0), timeout=PATIENCE)
        for _ in range(times):
            connection.request("GET", path, headers={"Host": "shop", "User-Agent": agent})
            response = connection.getresponse()
            response.read()
            status = response.status
        connection.close()
        return status

    def advance(self, seconds: float) -> None:
        self.server.advance(seconds)
        self.moved += seconds

    def usual_minute(self) -> None:
        for number in range(40):
            path = ("/", "/products", "/cart", "/about")[number % 4]
            assert self.ask(f"127.2.{number % 20}.7", path, AGENTS[number % 3]) == 200
        self.advance(60)

    def day(self) -> None:
        """Little comes, but something in each hour: of a longer silence nothing is learnt."""
        for _ in range(24):
            assert self.ask("127.2.0.7", "/", AGENTS[0]) == 200
            self.advance(3600)

    def flood_minute(self) -> list[int]:
        statuses = [self.ask(f"127.1.{number}.7", "/search", "bot/1.0", 20) for number in range(60)]
        self.advance(60)
        return statuses

    def told(self, name: str, statistic: str, **more: str) -> float | None:
        """What CloudWatch was told last of the balancer."""
        dimensions = {"ResourceArn": BALANCER} | more
        now = datetime.now(UTC)
        points = self.server.root.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/DDoSProtection", MetricName=name, Period=60, Statistics=[statistic],
            StartTime=now + timedelta(seconds=self.moved - 1200), EndTime=now + timedelta(seconds=self.moved + 120),
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        )["Datapoints"]  # fmt: skip
        return max(points, key=lambda point: point["Timestamp"])[statistic] if points else None

    def attacks(self) -> list[dict[str, Any]]:
        return list(self.shield.list_attacks()["AttackSummaries"])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    file = tmp_path / "web-front"
    with Upstream(answering(answer(b"fine"))) as upstream:
        applications = {"branch": BRANCH, "shop": BALANCER, "annex": ANNEX}
        file.write_text(
            "".join(f"{n} = {upstream.url}\n    arn = {arn}\n    hosts = {n}\n" for n, arn in applications.items())
        )
        with Server("--web-front", str(file), "--web-front-port", "0", log=tmp_path / "log") as server:
            ports = [found.group(1) for line in server.output if (found := LISTENS.search(line))]
            yield Shop(server, int(ports[0]))


def metric(server: Server, name: str) -> int:
    lines = [line for line in server.get("/metrics")[1].splitlines() if line.startswith(name)]
    return sum(int(line.rsplit(" ", 1)[1]) for line in lines)


def test_a_flood_is_told_of_and_blocked_until_it_is_over(shop: Shop) -> None:
    visibility = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "shop"}
    acl = shop.waf.create_web_acl(
        Name="shop", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=visibility
    )["Summary"]  # fmt: skip
    shop.waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=BALANCER)
    shop.shield.create_subscription()
    shop.shield.create_protection(Name="shop", ResourceArn=BALANCER)
    elsewhere = BALANCER.replace("/shop/", "/other/")
    missing = error_of(shop.shield.create_protection, Name="other", ResourceArn=elsewhere)
    assert missing.code == "ResourceNotFoundException"
    shop.shield.enable_application_layer_automatic_response(ResourceArn=BALANCER, Action={"Block": {}})

    # Statistics are of days: what follows the day of what is usual is not to be cut by a midnight.
    now = datetime.now(UTC)
    if (now + timedelta(minutes=30)).date() > now.date():
        shop.advance(3600)
    # A day of what is usual: most of it in its first and last minutes.
    for _ in range(3):
        shop.usual_minute()
    shop.day()
    for _ in range(3):
        shop.usual_minute()
    assert shop.attacks() == [] and metric(shop.server, "gatehouse_shield_ddos_detected{") == 0

    assert set(shop.flood_minute()) <= {200, 429}
    (attack,) = shop.attacks()
    assert attack["ResourceArn"] == BALANCER and "EndTime" not in attack
    assert attack["AttackVectors"] == [{"VectorType": "REQUEST_FLOOD"}]
    assert metric(shop.server, "gatehouse_shield_ddos_detected{") == 1
    assert metric(shop.server, "gatehouse_shield_attacks_total") == 1
    assert shop.told("DDoSDetected", "Maximum") == 1
    detail = shop.shield.describe_attack(AttackId=attack["AttackId"])["Attack"]
    (counter,) = detail["AttackCounters"]
    assert counter["Name"] == "REQUEST_FLOOD_RPS" and counter["Sum"] >= 1200 and counter["Max"] >= 20
    told = shop.told("DDoSAttackRequestsPerSecond", "Maximum", AttackVector="RequestFlood")
    assert told is not None and 0 < told <= counter["Max"] + 0.01
    agents = next(p for p in detail["AttackProperties"] if p["AttackPropertyIdentifier"] == "SOURCE_USER_AGENT")
    assert agents["TopContributors"][0]["Name"] == "bot/1.0" and agents["TopContributors"][0]["Value"] >= 1000
    assert {"MitigationName": "WEB_ACL_RULES"} in detail["Mitigations"]
    assert detail["SubResources"][0]["Id"] == "/search"
    # The attack is blocked, and nobody else is.
    assert shop.ask("127.1.3.7", "/search", "bot/1.0") == 403
    for agent in AGENTS:
        assert shop.ask("127.2.1.7", "/products", agent) == 200

    # What is blocked is an attack all the same, as long as it goes on.
    assert set(shop.flood_minute()) <= {403, 429}
    assert len(shop.attacks()) == 1
    for _ in range(3):
        shop.usual_minute()
    (attack,) = shop.attacks()
    assert isinstance(attack["EndTime"], datetime) and attack["EndTime"] > attack["StartTime"]
    assert metric(shop.server, "gatehouse_shield_ddos_detected{") == 0
    assert shop.told("DDoSDetected", "Minimum") == 0
    # The rules are gone; that of known offenders stays, which lets them have a little.
    assert shop.ask("127.1.3.7", "/search", "bot/1.0") == 200
    # Of a day it is told when it has passed.
    assert shop.shield.describe_attack_statistics()["DataItems"] == [{"AttackCount": 0}]
    shop.advance(86_400)
    # And once a day that there is none.
    assert shop.told("DDoSDetected", "Maximum") == 0
    statistics = shop.shield.describe_attack_statistics()["DataItems"]
    assert len(statistics) == 1 and statistics[0]["AttackCount"] == 1
    assert statistics[0]["AttackVolume"]["RequestsPerSecond"]["Max"] >= counter["Max"]
    start = attack["StartTime"]
    assert shop.shield.list_attacks(StartTime={"FromInclusive": start})["AttackSummaries"] == [attack]
    assert shop.shield.list_attacks(StartTime={"ToExclusive": start})["AttackSummaries"] == []
    assert shop.shield.list_attacks(ResourceArns=[elsewhere])["AttackSummaries"] == []
    shop.shield.disable_application_layer_automatic_response(ResourceArn=BALANCER)
    assert shop.waf.get_web_acl(ARN=acl["ARN"])["WebACL"]["Rules"] == []
    # It is told of for a year.
    shop.advance(360 * 86_400)
    assert shop.shield.describe_attack(AttackId=attack["AttackId"])["Attack"]["ResourceArn"] == BALANCER
    shop.advance(10 * 86_400)
    assert error_of(shop.shield.describe_attack, AttackId=attack["AttackId"]).code == "AccessDeniedException"


def test_applications_behind_one_web_acl_share_its_rules(shop: Shop) -> None:
    visibility = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "all"}
    acl = shop.waf.create_web_acl(
        Name="all", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=visibility
    )["Summary"]  # fmt: skip
    shop.shield.create_subscription()
    for name, arn in (("branch", BRANCH), ("shop", BALANCER), ("annex", ANNEX)):
        shop.waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=arn)
        shop.shield.create_protection(Name=name, ResourceArn=arn)
        action = {"Block": {}} if name == "shop" else {"Count": {}}
        shop.shield.enable_application_layer_automatic_response(ResourceArn=arn, Action=action)
    assert len(shop.waf.get_web_acl(ARN=acl["ARN"])["WebACL"]["Rules"]) == 1
    for _ in range(3):
        shop.usual_minute()
    shop.day()
    for _ in range(3):
        shop.usual_minute()
    shop.flood_minute()
    # Nothing happens to the others, which changes nothing of what is done here, and by this one's action.
    assert shop.ask("127.1.3.7", "/search", "bot/1.0") == 403
    assert set(shop.flood_minute()) <= {403, 429}
    assert shop.ask("127.1.3.7", "/search", "bot/1.0") == 403
    shop.shield.update_application_layer_automatic_response(ResourceArn=ANNEX, Action={"Block": {}})
    assert shop.ask("127.1.3.7", "/search", "bot/1.0") == 403
    shop.shield.disable_application_layer_automatic_response(ResourceArn=BRANCH)
    shop.flood_minute()
    assert shop.ask("127.1.3.7", "/search", "bot/1.0") == 403
    assert metric(shop.server, "gatehouse_shield_failed_responses_total") == 0


def test_more_of_the_same_is_no_attack(shop: Shop) -> None:
    for _ in range(3):
        shop.usual_minute()
    shop.day()
    for _ in range(2):
        shop.usual_minute()
    for number in range(200):
        path = ("/", "/products", "/cart", "/about")[number % 4]
        shop.ask(f"127.2.{number % 20}.7", path, AGENTS[number % 3], 4)
    shop.advance(60)
    assert shop.attacks() == []
