"""`gatehouse generate-policy`: what a principal did becomes a policy, and that policy is enough to do it again."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

from harness import ACCOUNT, AwsError, Identity, Server, allow, error_of, policy, trust
from harness.server import gatehouse


def user(server: Server, name: str, *statements: dict[str, Any]) -> Identity:
    server.root.iam.create_user(UserName=name)
    if statements:
        server.root.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
    return Identity.of_key(server.url, server.root.iam.create_access_key(UserName=name)["AccessKey"])


def arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{name}"


def generate(server: Server, principal: str, *options: str) -> subprocess.CompletedProcess[str]:
    return gatehouse("generate-policy", "--principal", principal, "--data", str(server.data), *options)


def documents(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done
    decoder, rest, found = json.JSONDecoder(), done.stdout.strip(), []
    while rest:
        document, end = decoder.raw_decode(rest)
        found.append(document)
        rest = rest[end:].strip()
    return found


def workload(client: Identity, key: str, role: str) -> None:
    """Calls of four services, some of which fail for another reason than permission."""
    client.iam.list_users()
    client.iam.get_user(UserName="worker")
    error_of(client.iam.get_user, UserName="nobody")
    client.iam.list_attached_user_policies(UserName="worker")
    client.client("s3").put_object(Bucket="box", Key="a*b", Body=b"x")
    assert client.client("s3").get_object(Bucket="box", Key="a*b")["Body"].read() == b"x"
    client.client("s3").list_objects_v2(Bucket="box", Prefix="a")
    client.client("s3").put_object(Bucket="box", Key="sealed", Body=b"y", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    client.client("s3").get_object(Bucket="box", Key="sealed")["Body"].read()
    sealed = client.client("kms").encrypt(KeyId=key, Plaintext=b"z")["CiphertextBlob"]
    client.client("kms").decrypt(CiphertextBlob=sealed)
    client.client("kms").list_keys()
    client.sts.get_caller_identity()
    client.sts.assume_role(RoleArn=role, RoleSessionName="session")


def test_what_was_done_can_be_done_again(durable: Callable[..., Server]) -> None:
    server = durable().start()
    root = server.root
    root.client("s3").create_bucket(Bucket="box")
    key = root.client("kms").create_key()["KeyMetadata"]["KeyId"]
    root.iam.create_role(RoleName="helper", AssumeRolePolicyDocument=trust({"AWS": arn("root")}))
    workload(user(server, "worker", allow("*", "*")), key, arn("role/helper"))

    done = generate(server, arn("user/worker"), "--since", "1h")
    (document,) = documents(done)
    assert "It covers" in done.stderr
    assert root.iam.create_policy(PolicyName="learnt", PolicyDocument=json.dumps(document))
    statements = document["Statement"]
    assert not any("*" in str(statement["Action"]) for statement in statements)
    box = next(each for each in statements if "s3:PutObject" in each["Action"])
    assert box == {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": ["arn:aws:s3:::box/a${*}b", "arn:aws:s3:::box/sealed"],
    }

    fresh = user(server, "fresh")
    error_of(fresh.iam.list_users)
    root.iam.attach_user_policy(UserName="fresh", PolicyArn=arn("policy/learnt"))
    workload(fresh, key, arn("role/helper"))
    # And it is no more than that.
    for call, parameters in [
        (fresh.iam.create_user, {"UserName": "x"}),
        (fresh.iam.get_user, {"UserName": "fresh"}),
        (fresh.client("s3").get_object, {"Bucket": "box", "Key": "aXb"}),
        (fresh.client("s3").delete_object, {"Bucket": "box", "Key": "sealed"}),
    ]:
        assert error_of(call, **parameters).code == "AccessDenied"

    # What is learnt of whoever has only what is needed is the same.
    again = documents(generate(server, arn("user/fresh")))
    assert again == [document]


def test_conditions(durable: Callable[..., Server]) -> None:
    server = durable().start()
    root = server.root
    root.client("s3").create_bucket(Bucket="box")
    key = root.client("kms").create_key()["KeyMetadata"]
    client = user(server, "worker", allow("*", "*"))
    client.client("s3").put_object(Bucket="box", Key="a", Body=b"y", ServerSideEncryption="aws:kms", SSEKMSKeyId=key["KeyId"])
    for _ in range(2):
        client.client("s3").list_objects_v2(Bucket="box", Prefix="a/")
    (document,) = documents(generate(server, arn("user/worker"), "--conditions", "--regions"))
    conditions = {tuple([each["Action"]]) if isinstance(each["Action"], str) else tuple(each["Action"]): each["Condition"]
                  for each in document["Statement"]}
    region = {"aws:RequestedRegion": "us-east-1"}
    assert conditions[("s3:ListBucket",)] == {"StringEquals": {**region, "s3:prefix": "a/"}}
    assert conditions[("kms:GenerateDataKey",)] == {
        "StringEquals": {**region, "kms:ViaService": "s3.us-east-1.amazonaws.com"}
    }
    fresh = user(server, "fresh")
    root.iam.put_user_policy(UserName="fresh", PolicyName="p", PolicyDocument=json.dumps(document))
    fresh.client("s3").put_object(Bucket="box", Key="a", Body=b"y", ServerSideEncryption="aws:kms", SSEKMSKeyId=key["KeyId"])
    fresh.client("s3").list_objects_v2(Bucket="box", Prefix="a/")
    error_of(fresh.client("s3").list_objects_v2, Bucket="box", Prefix="b/")
    error_of(fresh.client("kms").generate_data_key, KeyId=key["KeyId"], KeySpec="AES_256")


def test_sessions_and_denials(durable: Callable[..., Server]) -> None:
    server = durable().start()
    root = server.root
    root.iam.create_role(RoleName="app", Path="/team/", AssumeRolePolicyDocument=trust({"AWS": arn("root")}))
    root.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=policy(allow("iam:ListUsers", "*")))
    role = arn("role/team/app")
    for session in ["one", "two"]:
        taken = user(server, session, allow("sts:AssumeRole", "*")).sts.assume_role(RoleArn=role, RoleSessionName=session)
        client = Identity.of_session(server.url, taken["Credentials"])
        client.iam.list_users()
        if session == "two":
            error_of(client.iam.get_user, UserName="one")
    done = generate(server, role)
    assert [each["Action"] for each in documents(done)[0]["Statement"]] == ["iam:ListUsers"]
    assert "It covers 2 calls" in done.stderr
    assert "1 call was denied, and is left out: --include-denied adds it." in done.stderr
    with_denied = documents(generate(server, role, "--include-denied"))[0]["Statement"]
    assert [(each["Action"], each["Resource"]) for each in with_denied] == [
        ("iam:GetUser", arn("user/one")),
        ("iam:ListUsers", arn("user/")),
    ]
    # One session alone.
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one"
    made = json.loads(generate(server, session, "--format", "json", "--include-denied").stdout)
    assert made["principal"] == session and made["calls"] == 1 and made["deniedCallsLeftOut"] == 0
    (only,) = made["policies"]
    assert only["actions"] == ["iam:ListUsers"] and only["accesses"] == 1
    assert only["document"]["Statement"][0]["Action"] == "iam:ListUsers"
    assert only["size"] == len("".join(json.dumps(only["document"]).split()))


def test_long_policies(durable: Callable[..., Server]) -> None:
    server = durable().start()
    server.root.client("s3").create_bucket(Bucket="box")
    client = user(server, "worker", allow("*", "*"))
    for number in range(340):
        client.client("s3").put_object(Bucket="box", Key=f"folder/{number:010d}", Body=b"")
    done = generate(server, arn("user/worker"))
    made = documents(done)
    assert len(made) == 3 and "3 policies cover 340 calls" in done.stderr
    for number, document in enumerate(made):
        server.root.iam.create_policy(PolicyName=f"p{number}", PolicyDocument=json.dumps(document))
    assert sum(len(each["Statement"][0]["Resource"]) for each in made) == 340
    (collapsed,) = documents(generate(server, arn("user/worker"), "--collapse", "100"))
    assert collapsed["Statement"][0]["Resource"] == "arn:aws:s3:::box/folder/0000000*"


def test_nothing_to_write(durable: Callable[..., Server]) -> None:
    server = durable().start()
    client = user(server, "worker")

    def refusal(principal: str, *options: str) -> str:
        done = generate(server, principal, *options)
        assert done.returncode not in (0, 2) and not done.stdout, done
        return done.stderr

    assert f"No call of {arn('user/worker')} is recorded in" in refusal(arn("user/worker"))
    assert f"There is no {arn('user/nobody')} in" in refusal(arn("user/nobody"))
    assert "'worker' is no principal: give its whole ARN" in refusal("worker")
    assert "neither a user nor a role" in refusal(arn("policy/x"))
    client.sts.get_caller_identity()
    assert "made only calls that need no permission" in refusal(arn("user/worker"))
    denial: AwsError = error_of(client.iam.list_users)
    assert denial.code == "AccessDenied"
    assert "was denied: allow it with --include-denied" in refusal(arn("user/worker"))
    error_of(client.iam.list_roles)
    assert "All 2 calls of" in refusal(arn("user/worker"))
    assert documents(generate(server, arn("user/worker"), "--include-denied"))
    assert "since 2020" not in refusal(arn("user/worker"), "--until", "2020-01-01T00:00:00Z")
    for options in (["--since", "yesterday"], ["--since", "1h", "--until", "2h"], ["--collapse", "1"]):
        done = generate(server, arn("user/worker"), *options)
        assert done.returncode == 64 and options[0] in done.stderr, done
