"""CloudWatch Logs Insights: queries, their results and definitions, records and fields; denials; statistics against SQLite."""

import json
import random
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of
from harness.patience import PATIENCE

ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:"
HOUR = 3_600_000
ACTIVE = {"Scheduled", "Running"}


@pytest.fixture
def logs(root: Identity) -> Any:
    return root.client("logs")


@pytest.fixture
def now(cloud: Server, logs: Any) -> int:
    """The server's time in milliseconds: when the group was made."""
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="web")
    return int(logs.describe_log_groups(logGroupNamePrefix="app")["logGroups"][0]["creationTime"])


def put(logs: Any, *events: tuple[int, str], group: str = "app", stream: str = "web") -> None:
    batch = [{"timestamp": at, "message": message} for at, message in events]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)


def ended(logs: Any, query: str, **given: Any) -> dict[str, Any]:
    """The results of a query when it is over."""
    end = time.monotonic() + PATIENCE
    while True:
        answer: dict[str, Any] = logs.get_query_results(queryId=query, **given)
        if answer["status"] not in ACTIVE or time.monotonic() > end:
            return answer
        time.sleep(0.02)


def start(logs: Any, text: str, now: int, **given: Any) -> str:
    given = {"logGroupName": "app"} | given
    return str(logs.start_query(startTime=now // 1000 - 7200, endTime=now // 1000 + 7200, queryString=text, **given)["queryId"])


def rows(logs: Any, text: str, now: int, **given: Any) -> list[dict[str, str]]:
    answer = ended(logs, start(logs, text, now, **given))
    assert answer["status"] == "Complete", answer
    return [{field["field"]: field["value"] for field in row} for row in answer["results"]]


def values(logs: Any, text: str, now: int, **given: Any) -> list[list[str]]:
    return [[value for name, value in row.items() if name != "@ptr"] for row in rows(logs, text, now, **given)]


def test_a_query_and_its_results(root: Identity, logs: Any, now: int) -> None:
    put(logs, *[(now + n, json.dumps({"status": 200 + n % 3, "path": f"/{n}"})) for n in range(30)])
    query = start(logs, "fields status, path | filter status > 200 | sort path asc | limit 4", now)
    answer = ended(logs, query)
    assert [field["field"] for field in answer["results"][0]] == ["status", "path", "@ptr"]
    assert [row[1]["value"] for row in answer["results"]] == ["/1", "/2", "/4", "/5"]
    assert (answer["status"], answer["queryLanguage"]) == ("Complete", "CWLI")
    statistics = answer["statistics"]
    assert (statistics["recordsMatched"], statistics["recordsScanned"], statistics["logGroupsScanned"]) == (20, 30, 1)
    assert statistics["bytesScanned"] > 30 * 20
    pages, token = [], None
    for _ in range(2):
        page = logs.get_query_results(queryId=query, maxItems=2, **({"nextToken": token} if token else {}))
        pages += page["results"]
        token = page.get("nextToken")
    assert pages == answer["results"] and token is None
    # The CLI, and all fields of an event that was found.
    shown = root.aws("logs", "get-query-results", "--query-id", query)
    assert shown["results"] == answer["results"]
    record = logs.get_log_record(logRecordPointer=answer["results"][0][2]["value"])["logRecord"]
    assert record["path"] == "/1" and record["status"] == "201" and record["@log"] == f"{ACCOUNT}:app"
    assert json.loads(record["@message"]) == {"status": 201, "path": "/1"} and record["@logStream"] == "web"
    fields = {field["name"]: field["percent"] for field in logs.get_log_group_fields(logGroupName="app")["logGroupFields"]}
    assert fields["status"] == fields["@message"] == 100
    described = logs.describe_queries(logGroupName="app", status="Complete")["queries"]
    assert described[0]["queryId"] == query and described[0]["bytesScanned"] == statistics["bytesScanned"]
    assert described[0]["userIdentity"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert logs.describe_queries(logGroupName="other")["queries"] == []


def test_only_what_is_asked_for_is_read(logs: Any, now: int) -> None:
    logs.create_log_group(logGroupName="db")
    logs.create_log_stream(logGroupName="db", logStreamName="old")
    logs.create_log_stream(logGroupName="db", logStreamName="new")
    put(logs, *[(now - 5 * HOUR + n, f"early {n}") for n in range(5)], *[(now + n, f"late {n}") for n in range(3)])
    put(logs, (now, "gone"), group="db", stream="old")
    put(logs, (now, "kept"), group="db", stream="new")
    logs.delete_log_stream(logGroupName="db", logStreamName="old")
    first = now // 1000 - 5 * 3600 - 1
    query = logs.start_query(
        logGroupName="app", startTime=first, endTime=first + 60, queryString="stats count(*) as n")["queryId"]
    answer = ended(logs, query)
    assert answer["results"] == [[{"field": "n", "value": "5"}]] and answer["statistics"]["recordsScanned"] == 5
    both = "display @log, @message | filter @message not like 'early'"
    expected = [[f"{ACCOUNT}:app", f"late {n}"] for n in range(3)] + [[f"{ACCOUNT}:db", "kept"]]
    for given in (
        {"logGroupNames": ["app", "db"]}, {"logGroupIdentifiers": [f"{ARN}app", f"{ARN}db"]},
        {"logGroupIdentifiers": ["db", "app"]},
    ):
        query = logs.start_query(startTime=0, endTime=now // 1000 + 60, queryString=both, **given)["queryId"]
        shown = [[field["value"] for field in row[:2]] for row in ended(logs, query)["results"]]
        assert sorted(shown) == sorted(expected)
    query = logs.start_query(
        startTime=0, endTime=now // 1000 + 60, queryString=f"SOURCE logGroups(namePrefix: ['d']) | {both}")["queryId"]
    assert [row[1]["value"] for row in ended(logs, query)["results"]] == ["kept"]
    # No group has an index of this field.
    assert rows(logs, "filterIndex requestId = 1", now) == []
    assert len(rows(logs, "filterIndex @logStream = 'web' | filter @message like 'late'", now)) == 3


def test_what_is_no_query_is_refused(logs: Any, now: int) -> None:
    def refused(text: str = "fields a", **given: Any) -> tuple[str, str]:
        given = {"logGroupName": "app", "startTime": 1, "endTime": now // 1000} | given
        error = error_of(logs.start_query, queryString=text, **{k: v for k, v in given.items() if v is not None})
        return error.code, error.message

    malformed = ("MalformedQueryException", "unexpected symbol found filtr at line 1 and position 11")
    assert refused("fields a | filtr b") == malformed
    try:
        logs.start_query(logGroupName="app", startTime=1, endTime=2, queryString="fields a | filtr b")
    except logs.exceptions.MalformedQueryException as error:
        assert error.response["queryCompileError"] == {
            "location": {"startCharOffset": 11, "endCharOffset": 16}, "message": malformed[1]}
    assert refused("pattern @message")[0] == "NotImplemented"
    assert refused(queryLanguage="SQL")[0] == "NotImplemented"
    assert refused(logGroupName="none")[0] == "ResourceNotFoundException"
    assert refused(startTime=now // 1000 + 1)[0] == "InvalidParameterException"
    assert refused(logGroupName=None)[0] == "InvalidParameterException"
    assert refused(logGroupNames=["app"])[0] == "InvalidParameterException"
    assert refused("SOURCE logGroups() | limit 1")[0] == "InvalidParameterException"
    logs.put_retention_policy(logGroupName="app", retentionInDays=1)
    assert refused(endTime=2)[0] == "MalformedQueryException"
    for call in (logs.get_query_results, logs.stop_query):
        assert error_of(call, queryId="none").code == "ResourceNotFoundException"
    done = start(logs, "", now)
    ended(logs, done)
    assert error_of(logs.stop_query, queryId=done).code == "InvalidParameterException"
    assert error_of(logs.get_query_results, queryId=done, nextToken="x").code == "InvalidParameterException"
    assert error_of(logs.get_log_record, logRecordPointer="x").code == "InvalidParameterException"


def test_definitions_are_kept(logs: Any) -> None:
    made = logs.put_query_definition(name="errors/all", queryString="filter a", logGroupNames=["app"], clientToken="t" * 36)
    again = logs.put_query_definition(name="errors/all", queryString="filter a", logGroupNames=["app"], clientToken="t" * 36)
    assert made["queryDefinitionId"] == again["queryDefinitionId"]
    other = logs.put_query_definition(name="other", queryString="limit 1")["queryDefinitionId"]
    logs.put_query_definition(name="other", queryString="limit 2", queryDefinitionId=other)
    shown = logs.describe_query_definitions(queryDefinitionNamePrefix="o")["queryDefinitions"]
    assert [(one["name"], one["queryString"], one["queryDefinitionId"]) for one in shown] == [("other", "limit 2", other)]
    first = logs.describe_query_definitions(maxResults=1)
    second = logs.describe_query_definitions(maxResults=1, nextToken=first["nextToken"])
    names = [one["name"] for one in first["queryDefinitions"] + second["queryDefinitions"]]
    assert names == ["errors/all", "other"] and "nextToken" not in second
    assert logs.delete_query_definition(queryDefinitionId=other)["success"]
    assert error_of(logs.delete_query_definition, queryDefinitionId=other).code == "ResourceNotFoundException"
    assert error_of(logs.put_query_definition, name="a", queryString="b", queryDefinitionId=other).code == (
        "ResourceNotFoundException")


def test_who_may_ask(logs: Any, now: int, new_user: Callable[..., Identity]) -> None:
    reader = new_user("reader", allow("logs:GetQueryResults"), allow("logs:StartQuery", f"{ARN}app:*")).client("logs")
    put(logs, (now, "hello"))
    assert values(reader, "display @message", now) == [["hello"]]
    logs.create_log_group(logGroupName="secret")
    denied = error_of(
        reader.start_query, logGroupNames=["app", "secret"], startTime=1, endTime=2, queryString="fields a")
    assert denied.code == "AccessDeniedException"
    assert f"logs:StartQuery on resource: {ARN}secret:log-stream:" in denied.message
    # To see what is masked takes another permission.
    denied = error_of(reader.start_query, logGroupName="app", startTime=1, endTime=2, queryString="fields a | unmask")
    assert denied.code == "AccessDeniedException" and "logs:Unmask" in denied.message
    query = start(logs, "", now, logGroupName="secret")
    other = new_user("other", allow("logs:GetQueryResults", f"{ARN}app:*")).client("logs")
    assert error_of(other.get_query_results, queryId=query).code == "AccessDeniedException"
    assert error_of(other.get_query_results, queryId="none").code == "AccessDeniedException"
    pointer = rows(logs, "display @message", now)[0]["@ptr"]
    assert error_of(reader.get_log_record, logRecordPointer=pointer).code == "AccessDeniedException"


def test_results_are_kept_for_a_week(cloud: Server, logs: Any, now: int) -> None:
    query = start(logs, "", now)
    ended(logs, query)
    cloud.advance(6 * 86_400)
    assert logs.get_query_results(queryId=query)["status"] == "Complete"
    cloud.advance(2 * 86_400)
    assert error_of(logs.get_query_results, queryId=query).code == "ResourceNotFoundException"


def test_statistics_are_those_of_sqlite(logs: Any, now: int) -> None:
    """The same events in SQLite, and the same questions."""
    numbers = random.Random(19)
    events = [
        {"n": numbers.randint(-50, 50), "kind": numbers.choice("abc"), "size": numbers.randint(0, 9) or None,
         "host": f"h{numbers.randint(1, 4)}"}
        for _ in range(400)
    ]
    put(logs, *[(now - HOUR + index * 5000, json.dumps(event)) for index, event in enumerate(events)])
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE e (t INTEGER, n INTEGER, kind TEXT, size INTEGER, host TEXT)")
    database.executemany(
        "INSERT INTO e VALUES (?, ?, ?, ?, ?)",
        [(now - HOUR + index * 5000, e["n"], e["kind"], e["size"], e["host"]) for index, e in enumerate(events)])
    conditions = [
        ("n > 10", "n > 10"), ("kind = 'a' or n < 0", "kind = 'a' OR n < 0"),
        ("size >= 5 and not kind = 'c'", "size >= 5 AND NOT kind = 'c'"),
        ("kind in ['a', 'b']", "kind IN ('a', 'b')"), ("host like /[12]$/", "host GLOB '*[12]'"),
        ("ispresent(size)", "size IS NOT NULL"), ("coalesce(size, n) > 3", "coalesce(size, n) > 3"),
        ("abs(n) % 7 = 3", "abs(n) % 7 = 3"),
    ]
    columns = [
        ("count(*)", "count(*)"), ("count(size)", "count(size)"), ("sum(n)", "sum(n)"), ("min(n)", "min(n)"),
        ("max(size)", "max(size)"), ("count_distinct(host)", "count(DISTINCT host)"), ("avg(n)", "round(avg(n), 4)"),
        ("sum(n) / count(*)", "round(sum(n) * 1.0 / count(*), 4)"), ("max(n) - min(n)", "max(n) - min(n)"),
    ]
    groups = [("kind", "kind"), ("kind, host", "kind, host"), ("bin(10m)", "t / 600000"), ("n % 3", "n % 3")]
    for case in range(24):
        (filter_text, where), (by, group) = conditions[case % len(conditions)], groups[case % len(groups)]
        chosen = numbers.sample(columns, 3)
        text = f"filter {filter_text} | stats " + ", ".join(f"{c[0]} as c{i}" for i, c in enumerate(chosen)) + f" by {by}"
        keys = by.count(",") + 1
        found = sorted(
            [None if row.get(f"c{i}") is None else float(row[f"c{i}"]) for i in range(3)]
            for row in rows(logs, text, now))
        sql = f"SELECT {', '.join(c[1] for c in chosen)} FROM e WHERE {where} GROUP BY {group}"
        expected = sorted([None if v is None else float(v) for v in row] for row in database.execute(sql))
        assert keys >= 1 and len(found) == len(expected), text
        for a, b in zip(found, expected):
            assert a == pytest.approx(b, abs=2e-4), f"{text}: {a} {b}"
