"""DynamoDB behind the gate: fine-grained access control, statements, transactions, streams, and what is on record of them.

The endpoint is moto_server, which has none of it. What each request asks for is tested in Tests/MappingTests/DynamoDB; this is
the whole way, with a real client.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, deny, error_of
from harness.moto import Moto
from harness.trails import Delivered, make_bucket

@pytest.fixture(scope="module")
def worker_server(moto: Moto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gate")
    with Server(*moto.configuration(folder), "--trail-delivery", "1", log=folder / "log") as server:
        yield server


@pytest.fixture
def table(root: Identity, request: pytest.FixtureRequest) -> Iterator[str]:
    """GameScores of the developer guide's examples, under a name of the test's own."""
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
    dynamodb = root.client("dynamodb")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[key("UserId", "HASH"), key("GameTitle", "RANGE")],
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": kind}
            for attribute, kind in (("UserId", "S"), ("GameTitle", "S"), ("TopScore", "N"))
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "ByGame",
                "KeySchema": [key("GameTitle", "HASH"), key("TopScore", "RANGE")],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    for user in ("alice", "bob"):
        dynamodb.put_item(TableName=name, Item=score(user, "Go", Wins={"N": "3"}, Password={"S": "hush"}))
    yield name
    dynamodb.delete_table(TableName=name)


def key(attribute: str, kind: str) -> dict[str, str]:
    return {"AttributeName": attribute, "KeyType": kind}


def keyed(user: str, game: str = "Go") -> dict[str, Any]:
    return {"UserId": {"S": user}, "GameTitle": {"S": game}}


def score(user: str, game: str, **more: Any) -> dict[str, Any]:
    return keyed(user, game) | {"TopScore": {"N": "10"}} | more


def arn(table: str) -> str:
    return f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}"


def denied(call: Callable[..., Any], **parameters: Any) -> str:
    error = error_of(call, **parameters)
    assert error.code == "AccessDeniedException", error
    return error.message


def game_policy(table: str) -> dict[str, Any]:
    """The first example of the developer guide's `specifying-conditions.html`, with IAM's own name of the caller."""
    actions = ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"]
    return allow(
        [f"dynamodb:{action}" for action in actions],
        arn(table),
        Condition={
            "ForAllValues:StringEquals": {
                "dynamodb:LeadingKeys": ["${aws:username}"],
                "dynamodb:Attributes": ["UserId", "GameTitle", "Wins", "Losses", "TopScore", "TopScoreDateTime"],
            },
            "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
        },
    )


def test_the_mobile_game(new_user: Callable[..., Identity], moto: Moto, table: str) -> None:
    alice = new_user("alice", game_policy(table)).client("dynamodb")
    mine, theirs = keyed("alice"), keyed("bob")
    found = alice.get_item(TableName=table, Key=mine, ProjectionExpression="Wins")
    assert found["Item"] == {"Wins": {"N": "3"}}
    alice.update_item(
        TableName=table, Key=mine, UpdateExpression="SET Wins = Wins + :one", ExpressionAttributeValues={":one": {"N": "1"}}
    )
    query = {"TableName": table, "KeyConditionExpression": "UserId = :u", "ProjectionExpression": "#w"}
    query |= {"ExpressionAttributeNames": {"#w": "Wins"}}
    assert alice.query(**query, ExpressionAttributeValues={":u": {"S": "alice"}})["Items"] == [{"Wins": {"N": "4"}}]
    batch = alice.batch_get_item(RequestItems={table: {"Keys": [mine], "AttributesToGet": ["Wins"]}})
    assert batch["Responses"][table] == [{"Wins": {"N": "4"}}]
    transaction = alice.transact_get_items(
        TransactItems=[{"Get": {"TableName": table, "Key": mine, "ProjectionExpression": "Wins"}}]
    )
    # moto ignores the projection here; the gate decides on what is asked.
    assert transaction["Responses"][0]["Item"]["Wins"] == {"N": "4"}
    alice.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": score("alice", "Chess")}}]})

    before = moto.requests()
    denied(alice.get_item, TableName=table, Key=theirs, ProjectionExpression="Wins")
    denied(alice.get_item, TableName=table, Key=mine)
    denied(alice.get_item, TableName=table, Key=mine, ProjectionExpression="Wins, Password")
    named = {"#x": "Password"}
    denied(alice.get_item, TableName=table, Key=mine, ProjectionExpression="#x", ExpressionAttributeNames=named)
    denied(alice.update_item, TableName=table, Key=mine, UpdateExpression="SET Wins = Password")
    denied(alice.put_item, TableName=table, Item=score("bob", "alice"))
    denied(alice.put_item, TableName=table, Item=score("alice", "Go", IsAdmin={"BOOL": True}))
    denied(alice.query, **query, ExpressionAttributeValues={":u": {"S": "bob"}})
    denied(alice.batch_get_item, RequestItems={table: {"Keys": [mine, theirs], "AttributesToGet": ["Wins"]}})
    both = [{"DeleteRequest": {"Key": mine}}, {"DeleteRequest": {"Key": theirs}}]
    denied(alice.batch_write_item, RequestItems={table: both})
    gets = [{"Get": {"TableName": table, "Key": each, "ProjectionExpression": "Wins"}} for each in (mine, theirs)]
    denied(alice.transact_get_items, TransactItems=gets)
    denied(alice.scan, TableName=table, ProjectionExpression="Wins")
    # What moto returns everything for.
    denied(alice.scan, TableName=table, Select="SPECIFIC_ATTRIBUTES")
    # An expression that is none could be read as anything.
    message = denied(alice.get_item, TableName=table, Key=mine, ProjectionExpression="Wins; Password")
    assert "ProjectionExpression has a character that expressions do not have" in message
    assert moto.requests() == before, "what is denied reaches nobody"


def test_statements(new_user: Callable[..., Identity], table: str) -> None:
    verbs = [f"dynamodb:PartiQL{verb}" for verb in ("Select", "Insert", "Update", "Delete")]
    alice = new_user(
        "alice",
        allow(verbs, arn(table), Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "${aws:username}"}}),
        deny("dynamodb:PartiQLSelect", arn(table), Condition={"Bool": {"dynamodb:FullTableScan": "true"}}),
    ).client("dynamodb")

    def run(statement: str, *parameters: Any) -> Any:
        more = {"Parameters": list(parameters)} if parameters else {}
        return alice.execute_statement(Statement=statement.format(f'"{table}"'), **more)["Items"]

    def refuse(statement: str, *parameters: Any) -> None:
        more = {"Parameters": list(parameters)} if parameters else {}
        denied(alice.execute_statement, Statement=statement.format(f'"{table}"'), **more)

    assert run("SELECT Wins FROM {} WHERE UserId = 'alice' AND GameTitle = 'Go'") == [{"Wins": {"N": "3"}}]
    assert run("SELECT Wins FROM {} WHERE UserId = ? AND GameTitle = 'Go'", {"S": "alice"}) == [{"Wins": {"N": "3"}}]
    refuse("SELECT Wins FROM {} WHERE UserId='bob'")
    refuse("SELECT Wins FROM {} WHERE UserId=?", {"S": "bob"})
    refuse("SELECT Wins FROM {} WHERE UserId='alice' OR UserId='bob'")
    refuse("SELECT Wins FROM {} WHERE UserId='alice' OR GameTitle='Go'")
    refuse("SELECT * FROM {}")
    refuse("SELECT * FROM {} WHERE UserId='alice' -- AND GameTitle='Go'")
    refuse("DELETE FROM {} WHERE UserId='bob' AND GameTitle='Go'")
    batch = [f"SELECT Wins FROM \"{table}\" WHERE UserId='{user}' AND GameTitle='Go'" for user in ("alice", "bob")]
    alice.batch_execute_statement(Statements=[{"Statement": batch[0]}])
    denied(alice.batch_execute_statement, Statements=[{"Statement": each} for each in batch])
    denied(alice.execute_transaction, TransactStatements=[{"Statement": each} for each in batch])


def test_an_index(new_user: Callable[..., Identity], table: str) -> None:
    reader = new_user("reader", allow("dynamodb:Query", f"{arn(table)}/index/ByGame")).client("dynamodb")
    condition = {"KeyConditionExpression": "GameTitle = :g", "ExpressionAttributeValues": {":g": {"S": "Go"}}}
    assert reader.query(TableName=table, IndexName="ByGame", **condition)["Count"] == 2
    message = denied(reader.query, TableName=table, **condition)
    assert "WHERE" not in message
    owned = {"KeyConditionExpression": "UserId = :g", "ExpressionAttributeValues": {":g": {"S": "alice"}}}
    assert f"dynamodb:Query on resource: {arn(table)} because" in denied(reader.query, TableName=table, **owned)


def test_transactions_only(new_user: Callable[..., Identity], table: str) -> None:
    """Example 2 of the developer guide's `transaction-apis-iam.html`."""
    actions = ["ConditionCheckItem", "PutItem", "UpdateItem", "DeleteItem", "GetItem"]
    enclosing = {"dynamodb:EnclosingOperation": ["TransactWriteItems", "TransactGetItems"]}
    writer = new_user(
        "writer",
        allow(
            [f"dynamodb:{action}" for action in actions],
            arn(table),
            Condition={"ForAnyValue:StringEquals": enclosing},
        ),
    ).client("dynamodb")
    writer.transact_write_items(
        TransactItems=[
            {"ConditionCheck": {"TableName": table, "Key": keyed("alice"), "ConditionExpression": "attribute_exists(Wins)"}},
            {"Put": {"TableName": table, "Item": score("carol", "Go")}},
        ]
    )
    denied(writer.put_item, TableName=table, Item=score("carol", "Go"))


def test_what_is_not_there(root: Identity, new_user: Callable[..., Identity], table: str) -> None:
    """Whoever may use any key gets the endpoint's own errors."""
    anyone = root.client("dynamodb")
    missing = {"TableName": "no-such-table", "Key": keyed("alice")}
    assert error_of(anyone.get_item, **missing).code == "ResourceNotFoundException"
    assert error_of(anyone.get_item, TableName=table, Key={"Id": {"S": "x"}}).code == "ValidationException"
    alice = new_user(
        "alice",
        allow("dynamodb:*", "*", Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "${aws:username}"}}),
    ).client("dynamodb")
    denied(alice.get_item, **missing)
    denied(alice.get_item, TableName=table, Key={"Id": {"S": "x"}})


def test_a_stream(root: Identity, new_user: Callable[..., Identity], table: str) -> None:
    stream = root.client("dynamodbstreams").list_streams(TableName=table)["Streams"][0]["StreamArn"]
    reader = new_user(
        "reader", allow(["dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"], stream)
    ).client("dynamodbstreams")
    shard = reader.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    at = {"StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = reader.get_shard_iterator(**at)["ShardIterator"]
    records = reader.get_records(ShardIterator=iterator)["Records"]
    assert [record["dynamodb"]["Keys"]["UserId"]["S"] for record in records] == ["alice", "bob"]
    other = new_user("other", allow("dynamodb:GetRecords", arn("another") + "/stream/*")).client("dynamodbstreams")
    assert stream in denied(other.get_records, ShardIterator=iterator)


def test_data_events(root: Identity, table: str) -> None:
    """As `understanding-ddb-log-entries.html` has them: the names of attributes, and values of keys alone."""
    make_bucket(root, "tables-log")
    root.cloudtrail.create_trail(Name="tables", S3BucketName="tables-log")
    selected = [("eventCategory", "Data"), ("resources.type", "AWS::DynamoDB::Table")]
    root.cloudtrail.put_event_selectors(
        TrailName="tables",
        AdvancedEventSelectors=[{"FieldSelectors": [{"Field": field, "Equals": [value]} for field, value in selected]}],
    )
    root.cloudtrail.start_logging(Name="tables")
    dynamodb = root.client("dynamodb")
    put = dynamodb.put_item(TableName=table, Item=score("carol", "Go", Password={"S": "hush"}))
    select = dynamodb.execute_statement(
        Statement=f"SELECT * FROM \"{table}\" WHERE UserId='carol' AND GameTitle='Go' AND Password='hush'"
    )
    logs = Delivered(root, "tables-log")
    event = logs.wait_for_request(put)
    assert event["requestParameters"] == {
        "tableName": table,
        "key": {"UserId": "carol", "GameTitle": "Go"},
        "item": ["UserId", "GameTitle", "TopScore", "Password"],
    }
    assert event["resources"] == [{"accountId": ACCOUNT, "type": "AWS::DynamoDB::Table", "ARN": arn(table)}]
    assert (event["managementEvent"], event["readOnly"], event["eventCategory"]) == (False, False, "Data")
    statement = logs.wait_for_request(select)["requestParameters"]["statement"]
    assert statement == (
        f"SELECT * FROM \"{table}\" WHERE UserId='carol' AND GameTitle='Go' AND Password=***(Redacted)"
    )
    assert "hush" not in json.dumps(logs.records())
