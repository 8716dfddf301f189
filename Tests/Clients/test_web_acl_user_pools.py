"""Web ACLs before user pools: requests of the API and of pages, and what is told of them: samples, metrics, paths, logs."""

import gzip
import hashlib
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore import UNSIGNED

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy
from harness.hosted import Pool, make_pool
from harness.patience import PATIENCE
from harness.user_pools import PASSWORD, UserPool
from harness.web_acls import LOGS, NONE, WebACL, body, header, path, rule

DELIVERY = {"Service": "delivery.logs.amazonaws.com"}


@pytest.fixture
def pool(cloud: Server) -> UserPool:
    pool = UserPool(cloud)
    pool.admin.admin_create_user(UserPoolId=pool.id, Username="ann", MessageAction="SUPPRESS")
    pool.admin.admin_set_user_password(UserPoolId=pool.id, Username="ann", Password=PASSWORD, Permanent=True)
    return pool


def sign_in(pool: UserPool, agent: str = "curl") -> requests.Response:
    """As an application without an SDK."""
    given = {
        "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": pool.client,
        "AuthParameters": {"USERNAME": "ann", "PASSWORD": PASSWORD},
    }  # fmt: skip
    return requests.post(
        pool.cloud.url, json.dumps(given), timeout=30, headers={
            "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth", "User-Agent": agent,
            "Content-Type": "application/x-amz-json-1.1",
        },
    )  # fmt: skip


# What is refused


def test_a_refused_request_never_reaches_the_pool(pool: UserPool, root: Identity) -> None:
    acl = WebACL(root, pool.id, rule("bots", header("user-agent", "sqlmap")))
    assert sign_in(pool).status_code == 200
    refused = sign_in(pool, "sqlmap/1.8")
    assert refused.status_code == 403
    assert refused.json() == {"__type": "ForbiddenException", "message": "Request not allowed due to WAF block."}
    # A change holds from the next request on, and so does what a rule refers to.
    acl.update(rule("bots", header("user-agent", "curl")))
    assert sign_in(pool, "sqlmap/1.8").status_code == 200 and sign_in(pool).status_code == 403
    networks = acl.waf.create_ip_set(
        Name="us", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=["192.0.2.0/24"]
    )["Summary"]  # fmt: skip
    acl.update(rule("addresses", {"IPSetReferenceStatement": {"ARN": networks["ARN"]}}))
    assert sign_in(pool).status_code == 200
    acl.waf.update_ip_set(
        Name="us", Scope="REGIONAL", Id=networks["Id"], LockToken=networks["LockToken"], Addresses=["127.0.0.0/8"]
    )
    assert sign_in(pool).status_code == 403
    acl.waf.disassociate_web_acl(ResourceArn=acl.protected)
    assert sign_in(pool).status_code == 200


def test_administrators_and_other_pools_are_not_asked_about(pool: UserPool, cloud: Server, root: Identity) -> None:
    other = UserPool(cloud)
    WebACL(root, pool.id, DefaultAction={"Block": {}})
    assert error_of(pool.app.sign_up, ClientId=pool.client, Username="bob", Password=PASSWORD).code == (
        "ForbiddenException"
    )
    assert pool.admin.admin_get_user(UserPoolId=pool.id, Username="ann")["Username"] == "ann"
    assert other.app.sign_up(ClientId=other.client, Username="bob", Password=PASSWORD)["UserSub"]
    # Nobody may take what protects a pool away from it while it does.
    acl = root.client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"][0]
    kept = error_of(
        root.client("wafv2").delete_web_acl, Name="pools", Scope="REGIONAL", Id=acl["Id"], LockToken=acl["LockToken"]
    )
    assert kept.code == "WAFAssociatedItemException"


def test_a_token_says_of_which_pool_a_request_is(pool: UserPool, root: Identity) -> None:
    token = sign_in(pool).json()["AuthenticationResult"]["AccessToken"]
    assert pool.app.get_user(AccessToken=token)["Username"] == "ann"
    WebACL(root, pool.id, rule("get", header("x-amz-target", "GetUser")))
    assert error_of(pool.app.get_user, AccessToken=token).code == "ForbiddenException"


def test_rules_see_what_is_asked_and_nothing_of_whom(pool: UserPool, root: Identity) -> None:
    acl = WebACL(
        root, pool.id, rule("flow", body("USER_PASSWORD_AUTH"), Count={}), rule("password", body(PASSWORD), 1),
        rule("name", body("ann"), 2),
    )  # fmt: skip
    assert sign_in(pool).status_code == 200
    assert [one["Action"] for one in acl.samples("m-flow")] == ["COUNT"]
    assert acl.samples("m-password") == [] and acl.samples("m-name") == []


def test_too_many_requests(pool: UserPool, root: Identity) -> None:
    limit = {"RateBasedStatement": {"Limit": 10, "EvaluationWindowSec": 60, "AggregateKeyType": "IP"}}
    acl = WebACL(root, pool.id, rule("rate", limit))
    statuses = [sign_in(pool).status_code for _ in range(13)]
    assert statuses == [200] * 10 + [403] * 3
    keys = acl.waf.get_rate_based_statement_managed_keys(
        Scope="REGIONAL", WebACLName=acl.name, WebACLId=acl.id, RuleName="rate"
    )
    assert keys["ManagedKeysIPV4"]["Addresses"] == ["127.0.0.1/32"]
    # A change of other rules goes on with the counts; another limit begins anew.
    acl.update(rule("rate", limit), rule("more", header("user-agent", "x"), 1))
    assert sign_in(pool).status_code == 403
    limit["RateBasedStatement"]["Limit"] = 11
    acl.update(rule("rate", limit))
    assert sign_in(pool).status_code == 200


def test_a_signature_gets_nobody_past(pool: UserPool, root: Identity, new_user: Callable[..., Identity]) -> None:
    given = {
        "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": pool.client,
        "AuthParameters": {"USERNAME": "ann", "PASSWORD": PASSWORD},
    }  # fmt: skip
    assert sign_in(pool).status_code == 200
    WebACL(root, pool.id, DefaultAction={"Block": {}})
    for who in (root, new_user("nobody")):
        client = who.client("cognito-idp")
        signed: list[bool] = []
        # Of itself boto3 does not sign what needs no signature.
        client.meta.events.register_first("choose-signer", lambda **_: "v4")
        client.meta.events.register(
            "before-send", lambda request, signed=signed, **_: signed.append("Authorization" in request.headers)
        )
        assert error_of(client.initiate_auth, **given).code == "ForbiddenException"
        assert signed == [True]


# Pages


@pytest.fixture
def pages(cloud: Server, root: Identity) -> Pool:
    return make_pool(cloud, root)


def test_pages_are_protected(pages: Pool, root: Identity) -> None:
    login = path("/login")
    acl = WebACL(root, pages.id, rule("login", login))
    refused = requests.get(pages.address("/login"), timeout=PATIENCE)
    assert refused.status_code == 403 and "<h1>403 Forbidden</h1>" in refused.text
    assert requests.get(pages.address("/signup"), timeout=PATIENCE).status_code == 200
    response = {
        "ResponseCode": 429, "CustomResponseBodyKey": "later",
        "ResponseHeaders": [{"Name": "Retry-After", "Value": "60"}],
    }  # fmt: skip
    acl.update(
        rule("login", login, Block={"CustomResponse": response}),
        CustomResponseBodies={"later": {"ContentType": "APPLICATION_JSON", "Content": '{"later": true}'}},
    )
    refused = requests.get(pages.address("/login"), timeout=PATIENCE)
    assert refused.status_code == 429 and refused.json() == {"later": True} and refused.headers["Retry-After"] == "60"
    assert refused.headers["Content-Type"] == "application/json"
    # The token endpoint is one of the pool's as well.
    acl.update(rule("grant", body("client_credentials")))
    assert pages.token(grant_type="client_credentials", client_id=pages.client_id).status_code == 403
    assert pages.token(grant_type="refresh_token", client_id=pages.client_id).status_code == 400


def test_one_that_can_not_be_made_ready_lets_nothing_through(tmp_path: Path) -> None:
    # In the place of the library that finds injection.
    (tmp_path / "libmodsecurity.so.3").write_bytes(b"")
    said = tmp_path / "said.log"
    with Server(environment={"LD_LIBRARY_PATH": str(tmp_path)}, log=said) as server:
        pages = make_pool(server, server.root)
        query = {"FieldToMatch": {"QueryString": {}}, "TextTransformations": NONE}
        acl = WebACL(server.root, pages.id)
        acl.update(rule("injection", {"SqliMatchStatement": query}, Count={}))
        for _ in range(3):
            assert requests.get(pages.address("/login"), timeout=PATIENCE).status_code == 500
        # The log has the reason, of all these requests once.
        (reason,) = [line for line in said.read_text().splitlines() if "can't be made ready" in line]
        assert acl.arn in reason
        app = server.root.client("cognito-idp", signature_version=UNSIGNED)
        refused = error_of(app.sign_up, ClientId=pages.client_id, Username="bob", Password=PASSWORD)
        assert refused.code == "InternalErrorException" and refused.status == 500
        assert re.search(r"^gatehouse_waf_failures_total 4$", server.get("/metrics")[1], re.M)
        # Nor is it put before anything else.
        refused = error_of(acl.waf.associate_web_acl, WebACLArn=acl.arn, ResourceArn=acl.protected)
        assert refused.code == "WAFUnavailableEntityException"
        acl.update()
        assert requests.get(pages.address("/login"), timeout=PATIENCE).status_code == 200
        acl.waf.associate_web_acl(WebACLArn=acl.arn, ResourceArn=acl.protected)


# What is told of requests


def test_metrics(pool: UserPool, root: Identity) -> None:
    WebACL(root, pool.id, rule("count", header("user-agent", "curl"), Count={}), rule("bots", header("user-agent", "bot"), 1))
    before = metrics(pool.cloud)
    for agent in ("curl", "curl bot", "bot", "else"):
        sign_in(pool, agent)
    after = metrics(pool.cloud)
    counted = {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key, 0)}
    assert counted == {
        ("pools", "m-count", "CountedRequests"): 2, ("pools", "m-bots", "BlockedRequests"): 2,
        ("pools", "Default_Action", "AllowedRequests"): 2, ("pools", "ALL", "AllowedRequests"): 2,
        ("pools", "ALL", "BlockedRequests"): 2,
    }  # fmt: skip


def metrics(cloud: Server) -> dict[tuple[str, ...], int]:
    text = cloud.get("/metrics")[1]
    found = re.findall(r'^gatehouse_waf_requests_total\{web_acl="(.*)",rule="(.*)",metric="(.*)"\} (\d+)$', text, re.M)
    return {(acl, name, metric): int(count) for acl, name, metric, count in found}


def test_paths(pages: Pool, root: Identity) -> None:
    acl = WebACL(root, pages.id)
    for asked in ("/login", "/login", "/signup", "/oauth2/authorize", "/oauth2/idpresponse"):
        requests.get(pages.base + asked, timeout=PATIENCE, allow_redirects=False)

    def top(**more: Any) -> Any:
        given = {"Limit": 100, "NumberOfTopTrafficBotsPerPath": 10, "TimeWindow": acl.window()} | more
        return acl.waf.get_top_path_statistics_by_traffic(WebAclArn=acl.arn, Scope="REGIONAL", **given)

    told = top()
    assert told["TotalRequestCount"] == 5
    assert [(one["Path"], one["RequestCount"], one["Percentage"]) for one in told["PathStatistics"]] == [
        ("/login", 2, 40.0), ("/oauth2/", 2, 40.0), ("/signup", 1, 20.0),
    ]  # fmt: skip
    below = top(UriPathPrefix="/oauth2/")
    assert below["TotalRequestCount"] == 2
    assert {one["Path"] for one in below["PathStatistics"]} == {"/oauth2/authorize", "/oauth2/idpresponse"}
    first = top(Limit=1)
    assert len(first["PathStatistics"]) == 1 and first["TotalRequestCount"] == 5
    assert [one["Path"] for one in top(Limit=2, NextMarker=first["NextMarker"])["PathStatistics"]] == ["/oauth2/", "/signup"]
    # Nobody here says which clients are bots.
    assert top(BotName="gptbot")["PathStatistics"] == []


def test_of_many_requests_some_are_kept(pages: Pool, root: Identity) -> None:
    acl = WebACL(root, pages.id)
    with requests.Session() as session:
        for _ in range(250):
            session.get(pages.base + "/oauth2/authorize", timeout=30, allow_redirects=False)
    told = acl.waf.get_sampled_requests(
        WebAclArn=acl.arn, RuleMetricName="pools", Scope="REGIONAL", TimeWindow=acl.window(), MaxItems=500
    )
    assert told["PopulationSize"] == 250 and 100 < len(told["SampledRequests"]) < 250


def test_who_may_ask(pool: UserPool, root: Identity, new_user: Callable[..., Identity]) -> None:
    acl = WebACL(root, pool.id)
    given = {
        "WebAclArn": acl.arn, "Scope": "REGIONAL", "TimeWindow": acl.window(), "Limit": 1,
        "NumberOfTopTrafficBotsPerPath": 1,
    }  # fmt: skip
    ask = "wafv2:GetTopPathStatisticsByTraffic"
    reader = new_user("reader", allow(ask, acl.arn)).client("wafv2")
    assert reader.get_top_path_statistics_by_traffic(**given)["TotalRequestCount"] == 0
    other = new_user("other", allow(ask, "*"), deny(ask, acl.arn)).client("wafv2")
    assert error_of(other.get_top_path_statistics_by_traffic, **given).code == "AccessDeniedException"


# What is not told


def test_samples_have_an_end(pool: UserPool, root: Identity) -> None:
    acl = WebACL(root, pool.id)
    assert sign_in(pool, "z" * 14_000).status_code == 200
    (sample,) = acl.samples("pools")
    kept = sample["Request"]["Headers"]
    assert 8000 < sum(len(one["Name"]) + len(one["Value"]) for one in kept) <= 8192


def test_protected_data_is_neither_in_samples_nor_in_logs(tmp_path: Path) -> None:
    def covered(kind: str, *keys: str, action: str = "SUBSTITUTION") -> dict[str, Any]:
        return {"Field": {"FieldType": kind} | ({"FieldKeys": list(keys)} if keys else {}), "Action": action}

    file = tmp_path / "waf.log"
    with Server("--web-acl-log", str(file)) as server:
        pages = make_pool(server, server.root)
        protections = [
            covered("SINGLE_HEADER", "X-Secret"), covered("SINGLE_HEADER", "x-known", action="HASH"),
            covered("SINGLE_COOKIE"), covered("SINGLE_QUERY_ARGUMENT", "redirect_uri"),
        ]  # fmt: skip
        # Rules see what is there all the same.
        acl = WebACL(
            server.root, pages.id, rule("sees", header("x-secret", "s3cr3t")),
            DataProtectionConfig={"DataProtections": protections},
        )  # fmt: skip
        answer = requests.get(
            pages.address("/login", redirect_uri="https://s3cr3t.example", lang="de"), timeout=30,
            headers={"X-Secret": "s3cr3t", "X-Known": "s3cr3t", "Cookie": "aws-waf-token=s3cr3t", "X-Other": "plain"},
        )
        assert answer.status_code == 403
        (sample,) = acl.samples("m-sees")
        shown = {one["Name"].lower(): one["Value"] for one in sample["Request"]["Headers"]}
        assert (shown["x-secret"], shown["cookie"], shown["x-other"]) == ("REDACTED", "aws-waf-token=REDACTED", "plain")
        assert shown["x-known"] == hashlib.sha256(b"s3cr3t").hexdigest()
        deadline = time.monotonic() + PATIENCE
        while not file.exists() or not file.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (line,) = file.read_text().splitlines()
        assert "s3cr3t" not in line and "redirect_uri=REDACTED" in json.loads(line)["httpRequest"]["args"]
        assert "lang=de" in json.loads(line)["httpRequest"]["args"]


# Logs


@pytest.fixture
def bucket(root: Identity) -> Any:
    s3 = root.client("s3")
    s3.create_bucket(Bucket=LOGS)
    condition = {
        "StringEquals": {"aws:SourceAccount": ACCOUNT, "s3:x-amz-acl": "bucket-owner-full-control"},
        "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:*"},
    }
    grant = allow(
        "s3:PutObject", f"arn:aws:s3:::{LOGS}/AWSLogs/{ACCOUNT}/*", Principal=DELIVERY, Condition=condition
    )
    s3.put_bucket_policy(Bucket=LOGS, Policy=policy(grant))
    return s3


def delivered(s3: Any, cloud: Server, count: int) -> list[dict[str, Any]]:
    """What is in all logs together, in the order of time."""
    deadline = time.monotonic() + PATIENCE
    while True:
        cloud.advance(301)
        lines = []
        for one in s3.list_objects_v2(Bucket=LOGS).get("Contents", []):
            assert re.fullmatch(
                rf"AWSLogs/{ACCOUNT}/WAFLogs/us-east-1/pools/\d{{4}}/\d\d/\d\d/\d\d/\d[05]/"
                rf"{ACCOUNT}_waflogs_us-east-1_pools_\d{{8}}T\d\d\d[05]Z_[0-9a-f]{{8}}\.log\.gz",
                one["Key"],
            ), one["Key"]
            text = gzip.decompress(s3.get_object(Bucket=LOGS, Key=one["Key"])["Body"].read()).decode()
            lines += [json.loads(line) for line in text.splitlines()]
        if len(lines) >= count or time.monotonic() > deadline:
            assert len(lines) == count, lines
            return sorted(lines, key=lambda line: line["timestamp"])
        time.sleep(0.1)


def test_logs_are_delivered(pool: UserPool, root: Identity, bucket: Any) -> None:
    label = [{"Name": "agent:curl"}]
    acl = WebACL(
        root, pool.id, rule("count", header("user-agent", "curl"), Count={}) | {"RuleLabels": label},
        rule("bots", header("user-agent", "bot"), 1),
    )  # fmt: skip
    acl.log(RedactedFields=[{"SingleHeader": {"Name": "Content-Type"}}, {"Method": {}}])
    assert sign_in(pool).status_code == 200
    assert sign_in(pool, "bot").status_code == 403
    (passed, refused) = delivered(bucket, pool.cloud, 2)
    assert abs(passed["timestamp"] / 1000 - time.time()) < 3600
    assert passed["formatVersion"] == 1 and passed["webaclId"] == acl.arn
    assert passed["terminatingRuleId"] == "Default_Action" and passed["terminatingRuleType"] == "REGULAR"
    assert passed["action"] == "ALLOW" and passed["terminatingRuleMatchDetails"] == []
    assert passed["httpSourceName"] == "COGNITOIDP" and passed["httpSourceId"] == f"{ACCOUNT}-{pool.id}"
    assert passed["ruleGroupList"] == [] and passed["rateBasedRuleList"] == []
    assert passed["nonTerminatingMatchingRules"] == [{"ruleId": "count", "action": "COUNT", "ruleMatchDetails": []}]
    assert passed["requestHeadersInserted"] is None and passed["responseCodeSent"] is None
    assert passed["labels"] == [{"name": f"awswaf:{ACCOUNT}:webacl:pools:agent:curl"}]
    asked = passed["httpRequest"]
    sent = {one["name"].lower(): one["value"] for one in asked.pop("headers")}
    assert sent["user-agent"] == "curl" and sent["content-type"] == "REDACTED"
    assert asked.pop("requestId")
    assert asked == {
        "clientIp": "127.0.0.1", "country": "-", "uri": "/", "args": "", "httpVersion": "HTTP/1.1",
        "httpMethod": "REDACTED", "fragment": "", "scheme": "http", "host": "127.0.0.1",
    }  # fmt: skip
    assert refused["terminatingRuleId"] == "bots" and refused["action"] == "BLOCK" and "labels" not in refused
    assert refused["requestBodySize"] == refused["requestBodySizeInspectedByWAF"] > 0


def test_logs_keep_what_their_filter_says(pool: UserPool, root: Identity, bucket: Any) -> None:
    acl = WebACL(root, pool.id, rule("count", header("user-agent", "curl"), Count={}), rule("bots", header("user-agent", "bot"), 1))
    blocked = [{"ActionCondition": {"Action": "BLOCK"}}]
    both = [*blocked, {"ActionCondition": {"Action": "COUNT"}}]
    acl.log(
        LoggingFilter={
            "DefaultBehavior": "DROP",
            "Filters": [
                {"Behavior": "DROP", "Requirement": "MEETS_ALL", "Conditions": both},
                {"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": blocked},
            ],
        }
    )
    for agent in ("curl", "curl bot", "bot", "else"):
        sign_in(pool, agent)
    (kept,) = delivered(bucket, pool.cloud, 1)
    assert kept["action"] == "BLOCK" and kept["nonTerminatingMatchingRules"] == []


def test_what_a_bucket_does_not_take_is_lost(pool: UserPool, root: Identity, bucket: Any) -> None:
    acl = WebACL(root, pool.id)
    acl.log()
    bucket.delete_bucket_policy(Bucket=LOGS)
    sign_in(pool)
    time.sleep(0.5)
    pool.cloud.advance(301)
    assert "Contents" not in bucket.list_objects_v2(Bucket=LOGS)


def test_logs_are_delivered_to_a_log_group(pool: UserPool, root: Identity) -> None:
    acl = WebACL(root, pool.id)
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:aws-waf-logs-x"
    assert error_of(acl.log, LogDestinationConfigs=[group]).code == "WAFInvalidParameterException"
    logs = root.client("logs")
    logs.create_log_group(logGroupName="aws-waf-logs-x")
    acl.log(LogDestinationConfigs=[group])
    assert [one["policyName"] for one in logs.describe_resource_policies()["resourcePolicies"]] == ["AWSWAF-LOGS"]
    assert sign_in(pool).status_code == 200
    deadline = time.monotonic() + PATIENCE
    found: list[Any] = []
    while not found and time.monotonic() < deadline:
        # The line is written after the answer.
        pool.cloud.advance(301)
        found = logs.filter_log_events(logGroupName="aws-waf-logs-x")["events"]
    assert [one["logStreamName"] for one in found] == ["us-east-1_pools_0"]
    assert json.loads(found[0]["message"])["webaclId"] == acl.arn
    assert found[0]["timestamp"] == json.loads(found[0]["message"])["timestamp"]


def test_what_is_not_built_says_so(pool: UserPool, root: Identity) -> None:
    acl = WebACL(root, pool.id)
    stream = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/aws-waf-logs-x"
    refused = error_of(acl.log, LogDestinationConfigs=[stream])
    assert refused.code == "WAFInvalidOperationException" and "S3 buckets" in refused.message


def test_the_operators_file(tmp_path: Path) -> None:
    file = tmp_path / "waf.log"
    with Server("--web-acl-log", str(file)) as server:
        pool = UserPool(server)
        WebACL(server.root, pool.id, DefaultAction={"Block": {}})
        assert sign_in(pool).status_code == 403
        deadline = time.monotonic() + PATIENCE
        while not file.exists() or not file.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (line,) = file.read_text().splitlines()
        assert json.loads(line)["action"] == "BLOCK"
        assert file.stat().st_mode & 0o777 == 0o600
