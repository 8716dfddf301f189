"""Importing users from a CSV file, whose URL comes with the job."""

import json
import time
from typing import Any

import pytest
import requests

from harness import ACCOUNT, Server, Trail, allow, error_of
from harness.patience import PATIENCE
from harness.user_pools import UserPool

ROLE = f"arn:aws:iam::{ACCOUNT}:role/import"
ENDS = ("Succeeded", "Failed", "Stopped", "Expired")


@pytest.fixture
def pool(cloud: Server) -> UserPool:
    return UserPool(
        cloud,
        AutoVerifiedAttributes=["email"],
        Schema=[{"Name": "team", "AttributeDataType": "String", "Mutable": True}],
    )


def create(pool: UserPool) -> Any:
    return pool.admin.create_user_import_job(UserPoolId=pool.id, JobName="people", CloudWatchLogsRoleArn=ROLE)[
        "UserImportJob"
    ]


def csv(pool: UserPool, *users: dict[str, str]) -> str:
    header = pool.admin.get_csv_header(UserPoolId=pool.id)["CSVHeader"]
    lines = [header] + [[user.get(column, "") for column in header] for user in users]
    return "".join(",".join(line) + "\r\n" for line in lines)


def describe(pool: UserPool, job: Any) -> Any:
    return pool.admin.describe_user_import_job(UserPoolId=pool.id, JobId=job["JobId"])["UserImportJob"]


def ended(pool: UserPool, job: Any) -> Any:
    deadline = time.monotonic() + PATIENCE
    while True:
        job = describe(pool, job)
        if job["Status"] in ENDS:
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.1)


def run(pool: UserPool, text: str) -> Any:
    job = create(pool)
    uploaded = requests.put(job["PreSignedUrl"], data=text.encode(), headers={"x-amz-server-side-encryption": "aws:kms"})
    assert uploaded.status_code == 200, uploaded.text
    started = pool.admin.start_user_import_job(UserPoolId=pool.id, JobId=job["JobId"])["UserImportJob"]
    assert started["Status"] == "Pending"
    return ended(pool, job)


def test_users_are_imported(pool: UserPool) -> None:
    header = pool.admin.get_csv_header(UserPoolId=pool.id)
    assert header["UserPoolId"] == pool.id
    assert header["CSVHeader"][:2] == ["name", "given_name"]
    assert header["CSVHeader"][-3:] == ["custom:team", "cognito:mfa_enabled", "cognito:username"]
    pool.create("taken", None)
    proved = {"email_verified": "TRUE", "cognito:mfa_enabled": "false"}
    users: list[dict[str, str]] = [
        {"cognito:username": "ann", "email": "ann@example.com", "name": " Ann\\, the first ", "birthdate": "02/01/1985"},
        {"cognito:username": "bob", "email": "bob@example.com", "custom:team": "red"},
        {"cognito:username": "taken", "email": "taken@example.com"},
        {"cognito:username": "two words", "email": "two@example.com"},
        {"cognito:username": "noaddress"},
        {"cognito:username": "wrong", "email": "wrong"},
        {"cognito:username": "factor", "email": "factor@example.com", "cognito:mfa_enabled": "true"},
        {"cognito:username": "unproved", "email": "un@example.com", "email_verified": "false"},
    ]
    job = run(pool, csv(pool, *(proved | user for user in users)) + "too,few\r\n")
    assert (job["Status"], job["CompletionMessage"]) == ("Succeeded", "Import Job Completed Successfully.")
    assert (job["ImportedUsers"], job["SkippedUsers"], job["FailedUsers"]) == (2, 1, 6)
    assert pool.status("ann") == "RESET_REQUIRED"
    assert pool.attributes("ann") | {"sub": ""} == {
        "sub": "",
        "name": "Ann, the first",
        "email": "ann@example.com",
        "email_verified": "true",
        "birthdate": "1985-02-01",
    }
    # They choose a password by the address that came with them.
    error = error_of(pool.sign_in, username="ann", password="Anything-at-all-1")
    assert error.code == "PasswordResetRequiredException"
    pool.app.forgot_password(ClientId=pool.client, Username="ann")
    reset = {"ClientId": pool.client, "Username": "ann", "ConfirmationCode": pool.code()}
    pool.app.confirm_forgot_password(**reset, Password="Another-Horse-8")
    assert pool.access_token("ann", "Another-Horse-8")


def test_many_users(pool: UserPool) -> None:
    users = [
        {"cognito:username": f"user{number}", "email": f"user{number}@example.com", "email_verified": "true"}
        | {"profile": "x" * 900}
        for number in range(650)
    ]
    job = run(pool, csv(pool, *users))
    assert (job["Status"], job["ImportedUsers"], job["FailedUsers"]) == ("Succeeded", 650, 0)
    assert pool.user("user649")["UserStatus"] == "RESET_REQUIRED"
    assert pool.attributes("user300")["profile"] == "x" * 900


def test_files_that_are_none(pool: UserPool) -> None:
    wrong = "The header in the CSV does not match the expected headers for the user pool."
    for text, message in {
        "": "The CSV file is empty.",
        "cognito:username,email\r\nann,ann@example.com\r\n": wrong,
        "\ufeff" + csv(pool): wrong,
        csv(pool, {"cognito:username": "ann"}): "Too many users have failed or been skipped during the import.",
        csv(pool) + "x" * 200_000 + "\r\n": "Too many users have failed or been skipped during the import.",
    }.items():
        job = run(pool, text)
        assert (job["Status"], job["CompletionMessage"], job["ImportedUsers"]) == ("Failed", message, 0)
    job = create(pool)
    requests.put(job["PreSignedUrl"], data=csv(pool).encode()[:-1] + b"\xff\xfe,\r\n")
    pool.admin.start_user_import_job(UserPoolId=pool.id, JobId=job["JobId"])
    assert ended(pool, job)["Status"] == "Failed"


def test_who_may_upload_and_until_when(pool: UserPool) -> None:
    job = create(pool)
    start = {"UserPoolId": pool.id, "JobId": job["JobId"]}
    error = error_of(pool.admin.start_user_import_job, **start)
    assert error.code == "PreconditionNotMetException"
    url = job["PreSignedUrl"]
    for bad in (url[:-1] + "!", url.split("?")[0], url.replace(job["JobId"], "import-0000000000"), url + "&more=1"):
        answer = requests.put(bad, data="x")
        assert answer.status_code == 403 and "AccessDenied" in answer.text
    assert requests.get(url).status_code >= 400
    assert requests.put(url, data="first").status_code == 200
    # The last upload is the one that counts.
    assert requests.put(url, data=csv(pool)).status_code == 200
    pool.cloud.advance(901)
    answer = requests.put(url, data="x")
    assert answer.status_code == 403 and "Request has expired" in answer.text
    pool.admin.start_user_import_job(**start)
    assert ended(pool, job)["Status"] == "Succeeded"
    for call in (pool.admin.start_user_import_job, pool.admin.stop_user_import_job):
        assert error_of(call, **start).code == "PreconditionNotMetException"


def test_events_do_not_show_where_to_upload(pool: UserPool, trail: Trail) -> None:
    job = create(pool)
    secret = job["PreSignedUrl"].split("?")[1]
    requests.put(job["PreSignedUrl"], data=csv(pool))
    pool.admin.start_user_import_job(UserPoolId=pool.id, JobId=job["JobId"])
    ended(pool, job)
    pool.admin.list_user_import_jobs(UserPoolId=pool.id, MaxResults=2)
    error_of(pool.admin.stop_user_import_job, UserPoolId=pool.id, JobId=job["JobId"])
    for name in ("CreateUserImportJob", "StartUserImportJob", "StopUserImportJob", "ListUserImportJobs"):
        text = json.dumps(trail.named(name))
        assert secret not in text and secret[-20:] not in text
    assert trail.named("CreateUserImportJob")["responseElements"]["userImportJob"]["jobId"] == job["JobId"]


@pytest.mark.memory
def test_imports_expire_and_are_listed(pool: UserPool) -> None:
    jobs = [create(pool) for _ in range(3)]
    names = [job["JobId"] for job in jobs]
    first = pool.admin.list_user_import_jobs(UserPoolId=pool.id, MaxResults=2)
    rest = pool.admin.list_user_import_jobs(UserPoolId=pool.id, MaxResults=2, PaginationToken=first["PaginationToken"])
    listed = [job["JobId"] for job in first["UserImportJobs"] + rest["UserImportJobs"]]
    assert sorted(listed) == sorted(names) and "PaginationToken" not in rest
    pool.cloud.advance(24 * 3600 + 1)
    assert {describe(pool, job)["Status"] for job in jobs} == {"Expired"}
    error = error_of(pool.admin.start_user_import_job, UserPoolId=pool.id, JobId=names[0])
    assert error.code == "PreconditionNotMetException"
    error = error_of(pool.admin.describe_user_import_job, UserPoolId=pool.id, JobId="import-nothing")
    assert error.code == "ResourceNotFoundException"


def test_an_import_goes_on_after_a_crash(durable: Any) -> None:
    server = durable()
    with server:
        pool = UserPool(server, AutoVerifiedAttributes=["email"])
        users = [
            {"cognito:username": f"user{number}", "email": f"user{number}@example.com", "email_verified": "true"}
            for number in range(2000)
        ]
        job = create(pool)
        requests.put(job["PreSignedUrl"], data=csv(pool, *users))
        pool.admin.start_user_import_job(UserPoolId=pool.id, JobId=job["JobId"])
        deadline = time.monotonic() + PATIENCE
        while describe(pool, job)["ImportedUsers"] == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        server.kill()
        server.start()
        pool.admin = server.root.client("cognito-idp")
        # Work that nobody is known to be at any more is taken up again after a minute.
        deadline = time.monotonic() + 90
        while describe(pool, job)["Status"] not in ENDS and time.monotonic() < deadline:
            time.sleep(0.5)
        done = describe(pool, job)
        assert (done["Status"], done["ImportedUsers"], done["SkippedUsers"]) == ("Succeeded", 2000, 0)


def test_an_import_is_stopped(pool: UserPool) -> None:
    users = [
        {"cognito:username": f"user{number}", "email": f"user{number}@example.com", "email_verified": "true"}
        for number in range(20_000)
    ]
    job = create(pool)
    requests.put(job["PreSignedUrl"], data=csv(pool, *users))
    start = {"UserPoolId": pool.id, "JobId": job["JobId"]}
    pool.admin.start_user_import_job(**start)
    other = create(pool)
    requests.put(other["PreSignedUrl"], data=csv(pool))
    error = error_of(pool.admin.start_user_import_job, UserPoolId=pool.id, JobId=other["JobId"])
    assert error.code == "PreconditionNotMetException" and "Only one" in error.message
    assert pool.admin.stop_user_import_job(**start)["UserImportJob"]["Status"] == "Stopping"
    done = ended(pool, job)
    assert (done["Status"], done["CompletionMessage"]) == ("Stopped", "The Import Job was stopped by the developer.")
    assert done["ImportedUsers"] < 20_000


def test_policies_decide(pool: UserPool, new_user: Any) -> None:
    arn = f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{pool.id}"
    clerk = new_user("clerk", allow("cognito-idp:*", arn)).client("cognito-idp")
    call = {"UserPoolId": pool.id, "JobName": "people", "CloudWatchLogsRoleArn": ROLE}
    error = error_of(clerk.create_user_import_job, **call)
    assert error.code == "AccessDeniedException" and "iam:PassRole" in error.message
    reader = new_user("reader", allow("cognito-idp:DescribeUserImportJob", arn)).client("cognito-idp")
    for name in ("start_user_import_job", "stop_user_import_job"):
        error = error_of(getattr(reader, name), UserPoolId=pool.id, JobId="import-x")
        assert error.code == "AccessDeniedException"
    assert error_of(reader.get_csv_header, UserPoolId=pool.id).code == "AccessDeniedException"
