"""What users of a pool with threat protection have done: their history, and what is said of it."""

from typing import Any

import pytest

from harness import Server, error_of
from harness.pool_tokens import unverified
from harness.sign_in import FLOWS, refusal, srp
from harness.user_pools import PASSWORD, UserPool


@pytest.fixture
def pool(cloud: Server) -> UserPool:
    pool = UserPool(
        cloud, client={"ExplicitAuthFlows": FLOWS}, UserPoolTier="PLUS",
        UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"},
    )  # fmt: skip
    pool.create("ann")
    return pool


def listed(pool: UserPool, name: str = "ann", **more: Any) -> Any:
    return pool.admin.admin_list_user_auth_events(UserPoolId=pool.id, Username=name, **more)


def test_what_is_kept(pool: UserPool) -> None:
    assert refusal(lambda: pool.sign_in("ann", "Wrong-1-wrong"))[0] == "NotAuthorizedException"
    tokens = pool.sign_in("ann")["AuthenticationResult"]
    srp(pool, "ann").authenticate_user()
    by_srp, passed, failed = listed(pool)["AuthEvents"]
    assert (failed["EventType"], failed["EventResponse"]) == ("SignIn", "Fail")
    assert failed["ChallengeResponses"] == [{"ChallengeName": "Password", "ChallengeResponse": "Failure"}]
    for event in (passed, by_srp):
        assert event["EventResponse"] == "Pass"
        assert event["ChallengeResponses"] == [{"ChallengeName": "Password", "ChallengeResponse": "Success"}]
    # The tokens tell of which event they are.
    assert unverified(tokens["AccessToken"])["event_id"] == passed["EventId"]
    # Of a user who does not exist there is nothing to list.
    assert refusal(lambda: pool.sign_in("nobody"))[0] in ("NotAuthorizedException", "UserNotFoundException")
    assert refusal(lambda: listed(pool, "nobody"))[0] == "UserNotFoundException"


def test_guesses_within_one_sign_in_are_all_there(pool: UserPool) -> None:
    client = srp(pool, "ann", "Wrong-1-wrong")
    parameters = client.get_auth_params()
    step = pool.app.initiate_auth(ClientId=pool.client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)
    proof = client.process_challenge(step["ChallengeParameters"], parameters)
    for _ in range(3):
        error_of(
            pool.app.respond_to_auth_challenge,
            ClientId=pool.client, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=proof,
        )  # fmt: skip
    assert [event["EventResponse"] for event in listed(pool)["AuthEvents"]] == ["Fail"] * 3


def test_pages(pool: UserPool) -> None:
    for _ in range(5):
        pool.sign_in("ann")
    every = [event["EventId"] for event in listed(pool)["AuthEvents"]]
    assert len(every) == 5
    found: list[str] = []
    more: dict[str, str] = {}
    while True:
        page = listed(pool, MaxResults=2, **more)
        found += [event["EventId"] for event in page["AuthEvents"]]
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}
    assert found == every
    assert refusal(lambda: listed(pool, NextToken="x"))[0] == "InvalidParameterException"


def test_feedback(pool: UserPool) -> None:
    pool.sign_in("ann")
    event = listed(pool)["AuthEvents"][0]["EventId"]
    names = {"UserPoolId": pool.id, "Username": "ann", "EventId": event}
    pool.admin.admin_update_auth_event_feedback(**names, FeedbackValue="Invalid")
    feedback = listed(pool)["AuthEvents"][0]["EventFeedback"]
    assert (feedback["FeedbackValue"], feedback["Provider"]) == ("Invalid", "Admin") and feedback["FeedbackDate"]
    pool.sign_in("ann")
    assert listed(pool)["AuthEvents"][0]["EventRisk"]["RiskLevel"] == "High"
    pool.admin.admin_update_auth_event_feedback(**names, FeedbackValue="Valid")
    pool.sign_in("ann")
    assert "RiskLevel" not in listed(pool)["AuthEvents"][0]["EventRisk"]
    absent = names | {"EventId": "01890000-0000-7000-8000-000000000000"}
    error = error_of(pool.admin.admin_update_auth_event_feedback, **absent, FeedbackValue="Valid")
    assert error.code == "InvalidParameterException"
    forged = error_of(pool.app.update_auth_event_feedback, **names, FeedbackToken="eA", FeedbackValue="Valid")
    assert (forged.code, forged.message) == ("NotAuthorizedException", "Invalid feedback token")


def test_a_feedback_token(cloud: Server, pool: UserPool) -> None:
    """It is of one event, and of no other."""
    pool.admin.update_user_pool(
        UserPoolId=pool.id, UserPoolTier="PLUS", UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"}
    )
    pool.admin.admin_update_user_attributes(
        UserPoolId=pool.id, Username="ann", UserAttributes=[{"Name": "email", "Value": "ann@example.com"}]
    )
    template = {"Subject": "x", "TextBody": "{feedback-token}"}
    actions = {f"{level}Action": {"EventAction": "NO_ACTION", "Notify": True} for level in ("Low", "Medium", "High")}
    source = "arn:aws:ses:us-east-1:111122223333:identity/app@example.com"
    pool.admin.set_risk_configuration(
        UserPoolId=pool.id,
        AccountTakeoverRiskConfiguration={
            "Actions": actions, "NotifyConfiguration": {"SourceArn": source, "NoActionEmail": template},
        },
    )  # fmt: skip
    pool.sign_in("ann")
    first = listed(pool)["AuthEvents"][0]["EventId"]
    names = {"UserPoolId": pool.id, "Username": "ann"}
    pool.admin.admin_update_auth_event_feedback(**names, EventId=first, FeedbackValue="Invalid")
    pool.sign_in("ann")
    token, second = pool.message()["text"], listed(pool)["AuthEvents"][0]["EventId"]
    told = {"FeedbackToken": token, "FeedbackValue": "Valid"}
    assert error_of(pool.app.update_auth_event_feedback, **names, EventId=first, **told).code == "NotAuthorizedException"
    pool.create("bob")
    other = names | {"Username": "bob"}
    assert error_of(pool.app.update_auth_event_feedback, **other, EventId=second, **told).code == "NotAuthorizedException"
    pool.app.update_auth_event_feedback(**names, EventId=second, **told)
    assert listed(pool)["AuthEvents"][0]["EventFeedback"]["Provider"] == "ann"


def test_events_are_kept_for_two_years(cloud: Server, pool: UserPool) -> None:
    pool.sign_in("ann")
    cloud.advance(729 * 86_400)
    assert len(listed(pool)["AuthEvents"]) == 1
    cloud.advance(2 * 86_400)
    assert listed(pool)["AuthEvents"] == []


def test_events_go_with_the_user(pool: UserPool) -> None:
    pool.sign_in("ann")
    pool.admin.admin_delete_user(UserPoolId=pool.id, Username="ann")
    pool.create("ann", PASSWORD)
    assert listed(pool)["AuthEvents"] == []
