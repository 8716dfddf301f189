"""What stands behind AWS's managed rule groups: the OWASP Core Rule Set, asked by Gatehouse and by libmodsecurity."""

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

from harness import Identity, Server
from harness.modsecurity import ModSecurity
from harness.user_pools import UserPool
from harness.web_acls import WebACL, body, visibility
from harness.web_requests import ATTACKS, BROWSER, HARMLESS, Request, placed
from harness.web_requests import requests as made_up
from harness.patience import PATIENCE

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / ".build" / "debug" / "core-rules"


def asked(level: int, wanted: list[Request], *options: str) -> list[dict[str, Any]]:
    lines = "\n".join(json.dumps(request) for request in wanted)
    done = subprocess.run(
        [PROGRAM, str(level), *options], input=lines, capture_output=True, text=True, check=True, timeout=120
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(("level", "count"), [(1, 450), (4, 300)])
def test_the_same_rules_match_as_in_libmodsecurity(level: int, count: int) -> None:
    reference = ModSecurity(level)
    wanted = made_up(seed=level, count=count)
    answers = asked(level, wanted)
    assert len(answers) == len(wanted) > 250
    different = []
    matching = set()
    for request, answer in zip(wanted, answers, strict=True):
        expected = reference.matches(request)
        matching |= expected
        if set(answer["rules"]) != expected:
            different.append((sorted(set(answer["rules"]) ^ expected), request))
        assert answer["denied"] == (949110 in expected), request
    assert different == []
    # They are many: the comparison is of something.
    assert len(matching) > (60 if level == 1 else 110)


def argument(text: str) -> Request:
    return {"method": "GET", "uri": f"/?q={text}", "headers": [["Host", "a.example"], ["User-Agent", BROWSER]]}


def test_where_gatehouse_finds_more() -> None:
    """libmodsecurity's decoders take a NUL for the end, it cuts a path at an encoded question mark, and it drops the ends of
    lines in forms: attackers can hide behind each."""
    reference = ModSecurity(1)
    form = "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n<object\r\ndata=x>\r\n--B--\r\n"
    hidden: list[tuple[int, Request]] = [
        (941110, argument("<scr%2500ipt>alert(1)")),
        (930130, argument("") | {"uri": "/x%3f/.git/config"}),
        (
            941300,
            argument("") | {
                "method": "POST", "body": form,
                "headers": [["Host", "a.example"], ["Content-Type", "multipart/form-data; boundary=B"]],
            },
        ),
    ]  # fmt: skip
    for (number, request), answer in zip(hidden, asked(1, [request for _, request in hidden]), strict=True):
        assert number in answer["rules"], request
        assert number not in reference.matches(request), request


def test_what_is_found_and_what_is_a_false_alarm() -> None:
    """Bounds, by which a change for the worse is noticed; the guide has the numbers."""
    chance = random.Random(7)
    attacks = [placed(chance, text, agents=[BROWSER]) for text in ATTACKS for _ in range(5)]
    harmless = [placed(chance, text, agents=[BROWSER]) for text in HARMLESS for _ in range(15)]
    (found, alarms) = ([], [])
    for level in (1, 2, 3, 4):
        found.append(sum(answer["denied"] for answer in asked(level, attacks)) / len(attacks))
        alarms.append(sum(answer["denied"] for answer in asked(level, harmless)) / len(harmless))
    print("found", found, "false alarms", alarms)
    assert found == sorted(found) and alarms == sorted(alarms)
    assert found[0] > 0.7 and found[3] > 0.85
    assert alarms[0] < 0.2


def test_aws_rules_have_their_own_parts_of_a_request() -> None:
    script = "<script>alert(1)</script>"
    cookie = argument("") | {"headers": [["Cookie", f"a={script}"]]}
    text = {"method": "POST", "uri": "/", "headers": [["Content-Type", "text/plain"]], "body": script}
    answers = asked(1, [argument(script), cookie, text, argument("") | {"uri": f"/{script}"}], "--managed")
    parts = [{name for name in answer["managed"] if name.startswith("Cross")} for answer in answers]
    assert parts == [
        {f"CrossSiteScripting_{part}"} for part in ("QUERYARGUMENTS", "COOKIE", "BODY", "URIPATH")
    ]


def managed(vendor: str, name: str, priority: int = 0) -> dict[str, Any]:
    return {
        "Name": name, "Priority": priority, "OverrideAction": {"None": {}}, "VisibilityConfig": visibility(f"m-{name}"),
        "Statement": {"ManagedRuleGroupStatement": {"VendorName": vendor, "Name": name}},
    }  # fmt: skip


def ask(pool: UserPool, note: str = "hello", agent: str = BROWSER) -> requests.Response:
    """Names and passwords no web ACL sees; what an application says besides, it does."""
    given = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": pool.client, "ClientMetadata": {"note": note}}
    return requests.post(
        pool.cloud.url, json.dumps(given), timeout=60, headers={
            "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth", "User-Agent": agent,
            "Content-Type": "application/x-amz-json-1.1",
        },
    )  # fmt: skip


def test_a_managed_group_before_a_user_pool(cloud: Server, root: Identity) -> None:
    pool = UserPool(cloud)
    acl = WebACL(root, pool.id, managed("AWS", "AWSManagedRulesCommonRuleSet"))
    assert ask(pool).status_code == 400
    assert ask(pool, "<script>alert(1)</script>").status_code == 403
    assert ask(pool, agent="sqlmap/1.7").status_code == 403
    sample = acl.samples("m-AWSManagedRulesCommonRuleSet")
    rules = {entry["RuleNameWithinRuleGroup"].split("#")[-1] for entry in sample}
    assert rules == {"CrossSiteScripting_BODY", "UserAgent_BadBots_HEADER"}
    labels = {label["Name"] for entry in sample for label in entry["Labels"]}
    assert "awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body" in labels
    # A group for something else does not mind.
    acl.update(managed("AWS", "AWSManagedRulesSQLiRuleSet"))
    assert ask(pool, "<script>alert(1)</script>").status_code == 400
    assert ask(pool, "1' or '1'='1").status_code == 403
    # The whole Core Rule Set does not know the type of such bodies, and says so.
    acl.update(managed("OWASP", "CoreRuleSet"))
    assert ask(pool).status_code == 403
    labels = {label["Name"] for entry in acl.samples("m-CoreRuleSet") for label in entry["Labels"]}
    assert "awswaf:managed:owasp:core-rule-set:rule:920420" in labels


def test_bots_before_a_user_pool(cloud: Server, root: Identity) -> None:
    pool = UserPool(cloud)
    acl = WebACL(root, pool.id, managed("AWS", "AWSManagedRulesBotControlRuleSet"))
    assert ask(pool).status_code == 400 and ask(pool, agent="curl/8.5.0").status_code == 403
    (sample,) = acl.samples("m-AWSManagedRulesBotControlRuleSet")
    assert sample["RuleNameWithinRuleGroup"] == "CategoryHttpLibrary"
    labels = {label["Name"].removeprefix("awswaf:managed:") for label in sample["Labels"]}
    assert labels >= {"token:absent", "aws:bot-control:bot:category:http_library", "aws:bot-control:CategoryHttpLibrary"}


def test_rules_in_groups_have_samples_and_metrics(cloud: Server, root: Identity) -> None:
    pool = UserPool(cloud)
    waf = root.client("wafv2")
    evil = {
        "Name": "evil", "Priority": 0, "Statement": body("evil"), "Action": {"Block": {}},
        "VisibilityConfig": visibility("m-evil"),
    }  # fmt: skip
    group = waf.create_rule_group(
        Name="inner", Scope="REGIONAL", Capacity=50, Rules=[evil], VisibilityConfig=visibility("m-inner")
    )["Summary"]
    statement = {"RuleGroupReferenceStatement": {"ARN": group["ARN"]}}
    acl = WebACL(
        root, pool.id, managed("AWS", "none")
        | {"Name": "outer", "Statement": statement, "VisibilityConfig": visibility("m-outer")},
    )  # fmt: skip
    assert ask(pool).status_code == 400 and ask(pool, "evil").status_code == 403
    for metric in ("m-evil", "m-outer"):
        (sample,) = acl.samples(metric)
        assert sample["RuleNameWithinRuleGroup"] == "evil" and sample["Action"] == "BLOCK", metric
    metrics = cloud.get("/metrics")[1]
    assert 'rule="m-outer/m-evil",metric="BlockedRequests"' in metrics


def test_lists_of_addresses_and_mistakes_of_operators(root: Identity, tmp_path: Path) -> None:
    file = tmp_path / "addresses"
    file.write_text("# Ours.\n127.0.0.0/8 HostingProviderIPList VerifiedBots\n2001:db8::1\n")
    with Server("--address-lists", str(file)) as server:
        pool = UserPool(server)
        acl = WebACL(server.root, pool.id, managed("AWS", "AWSManagedRulesAmazonIpReputationList"))
        assert ask(pool).status_code == 400
        acl.update(managed("AWS", "AWSManagedRulesAnonymousIpList"))
        assert ask(pool).status_code == 403
        # Bots that come from where they say are let through.
        acl.update(managed("AWS", "AWSManagedRulesBotControlRuleSet"))
        assert ask(pool, agent="curl/8.5.0").status_code == 400 and ask(pool, agent="GPTBot/1.0").status_code == 403
    (tmp_path / "empty").mkdir()
    (tmp_path / "hashes").write_text("\nabc\n")
    for options, reason in (
        (["--core-rule-set", "/nowhere"], "can't be read from '/nowhere'"),
        (["--core-rule-set", str(tmp_path / "empty")], "there are no rules"),
        (["--core-rule-set-paranoia", "5"], "takes 1 to 4"),
        (["--address-lists", str(tmp_path / "none")], "can't be read"),
        (["--compromised-credentials", str(tmp_path / "hashes")], "line 2: neither 40 nor 64 hexadecimal digits"),
    ):
        failed = subprocess.run(
            [ROOT / ".build" / "debug" / "gatehouse", "serve", "--in-memory", "--port", "0", *options],
            capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
        assert failed.returncode != 0 and reason in failed.stderr, failed.stderr
