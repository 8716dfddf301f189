"""Cognito user pools: their settings and defaults, schema, app clients, groups, tags, and who may change them."""

import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy, trust
from harness.patience import PATIENCE

POOL_ID = re.compile(r"us-east-1_[0-9A-Za-z]{9}\Z")
MISSING = "us-east-1_missing00"


@pytest.fixture
def cognito(root: Identity) -> Any:
    return root.client("cognito-idp", parameter_validation=False)


def new_pool(cognito: Any, **settings: Any) -> str:
    return str(cognito.create_user_pool(PoolName="people", **settings)["UserPool"]["Id"])


def test_a_pool_has_the_defaults_of_aws(cognito: Any) -> None:
    created = cognito.create_user_pool(PoolName="people")["UserPool"]
    assert POOL_ID.match(created["Id"])
    pool = cognito.describe_user_pool(UserPoolId=created["Id"])["UserPool"]
    assert pool == created
    schema = pool.pop("SchemaAttributes")
    assert [one["Name"] for one in schema][:2] == ["sub", "name"] and len(schema) == 20
    assert schema[0] == {
        "Name": "sub",
        "AttributeDataType": "String",
        "DeveloperOnlyAttribute": False,
        "Mutable": False,
        "Required": True,
        "StringAttributeConstraints": {"MinLength": "1", "MaxLength": "2048"},
    }
    assert schema[-1]["NumberAttributeConstraints"] == {"MinValue": "0"}
    assert pool.pop("CreationDate") == pool.pop("LastModifiedDate")
    assert pool == {
        "Id": created["Id"],
        "Name": "people",
        "Arn": f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{created['Id']}",
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": 8,
                "RequireUppercase": True,
                "RequireLowercase": True,
                "RequireNumbers": True,
                "RequireSymbols": True,
                "TemporaryPasswordValidityDays": 7,
            },
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]},
        },
        "DeletionProtection": "INACTIVE",
        "LambdaConfig": {},
        "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
        "MfaConfiguration": "OFF",
        "EstimatedNumberOfUsers": 0,
        "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
        "UserPoolTags": {},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7},
        "UserPoolTier": "ESSENTIALS",
    }


def test_what_a_pool_refuses(cognito: Any) -> None:
    def refused(code: str, message: str, **settings: Any) -> None:
        error = error_of(cognito.create_user_pool, PoolName="people", **settings)
        assert (error.code, error.status) == (code, 400), error
        assert message in error.message

    invalid = "InvalidParameterException"
    refused(invalid, "Only one of the aliasAttributes", AliasAttributes=["email"], UsernameAttributes=["email"])
    refused(
        invalid,
        "Required custom attributes are not supported currently.",
        Schema=[{"Name": "team", "AttributeDataType": "String", "Required": True}],
    )
    refused(invalid, "Invalid AttributeDataType input", Schema=[{"Name": "team"}])
    refused(
        invalid,
        "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email",
        Schema=[{"Name": "email", "AttributeDataType": "Number"}],
    )
    refused(invalid, "SMS configuration and Auto verification for phone_number", MfaConfiguration="OPTIONAL")
    refused(
        invalid,
        "1 validation error detected: Value '5' at 'policies.passwordPolicy.minimumLength' failed to satisfy "
        "constraint: Member must have value greater than or equal to 6",
        Policies={"PasswordPolicy": {"MinimumLength": 5}},
    )
    refused(
        invalid,
        "cannot use admin_only",
        AccountRecoverySetting={
            "RecoveryMechanisms": [{"Priority": 1, "Name": "admin_only"}, {"Priority": 2, "Name": "verified_email"}]
        },
    )
    refused(
        "FeatureUnavailableInTierException",
        "Threat Protection",
        UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"},
    )
    refused("UserPoolTaggingException", "at most 50", UserPoolTags={str(n): "x" for n in range(51)})


def test_custom_attributes(cognito: Any) -> None:
    pool = new_pool(
        cognito,
        Schema=[
            {"Name": "email", "Required": True, "Mutable": True},
            {"Name": "team", "AttributeDataType": "String", "StringAttributeConstraints": {"MaxLength": "20"}},
            {"Name": "rank", "AttributeDataType": "Number", "DeveloperOnlyAttribute": True, "Mutable": False},
        ],
    )
    cognito.add_custom_attributes(
        UserPoolId=pool, CustomAttributes=[{"Name": "since", "AttributeDataType": "DateTime"}]
    )
    schema = {
        one["Name"]: one for one in cognito.describe_user_pool(UserPoolId=pool)["UserPool"]["SchemaAttributes"]
    }
    assert list(schema)[-3:] == ["custom:team", "dev:custom:rank", "custom:since"]
    assert schema["email"]["Required"] and schema["custom:team"]["Mutable"]
    assert schema["custom:team"]["StringAttributeConstraints"] == {"MaxLength": "20"}
    assert not schema["dev:custom:rank"]["Mutable"] and schema["dev:custom:rank"]["NumberAttributeConstraints"] == {}
    again = error_of(
        cognito.add_custom_attributes,
        UserPoolId=pool,
        CustomAttributes=[{"Name": "team", "AttributeDataType": "String"}],
    )
    assert again.message == "custom:team: Existing attribute already has name custom:team."
    for part in range(2):
        cognito.add_custom_attributes(
            UserPoolId=pool,
            CustomAttributes=[{"Name": f"a{part}-{n}", "AttributeDataType": "String"} for n in range(23)],
        )
    more = [{"Name": "one-more", "AttributeDataType": "String"}, {"Name": "two", "AttributeDataType": "String"}]
    error = error_of(cognito.add_custom_attributes, UserPoolId=pool, CustomAttributes=more)
    assert error.code == "InvalidParameterException" and "50" in error.message
    cognito.add_custom_attributes(UserPoolId=pool, CustomAttributes=more[:1])


def test_an_update_sets_what_it_does_not_say_to_defaults(cognito: Any) -> None:
    pool = new_pool(
        cognito,
        Policies={"PasswordPolicy": {"MinimumLength": 12, "PasswordHistorySize": 3}},
        AutoVerifiedAttributes=["email"],
        AliasAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
        UserPoolTier="PLUS",
        EmailVerificationMessage="It is {####}.",
    )
    before = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
    assert before["VerificationMessageTemplate"]["EmailMessage"] == "It is {####}."
    assert before["Policies"]["PasswordPolicy"]["RequireSymbols"] is False
    cognito.update_user_pool(
        UserPoolId=pool,
        PoolName="others",
        LambdaConfig={"PreTokenGeneration": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:tokens"},
    )
    after = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
    assert after["Name"] == "others" and after["UserPoolTier"] == "PLUS"
    assert after["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
    assert "AutoVerifiedAttributes" not in after and "EmailVerificationMessage" not in after
    for kept in ("AliasAttributes", "UsernameConfiguration", "SchemaAttributes"):
        assert after[kept] == before[kept]
    assert after["LambdaConfig"]["PreTokenGenerationConfig"]["LambdaVersion"] == "V1_0"


def test_second_factors_of_a_pool(cognito: Any) -> None:
    pool = new_pool(cognito)
    assert cognito.get_user_pool_mfa_config(UserPoolId=pool)["MfaConfiguration"] == "OFF"
    nothing = error_of(cognito.set_user_pool_mfa_config, UserPoolId=pool, MfaConfiguration="ON")
    assert "can't disable all MFAs" in nothing.message
    both = error_of(
        cognito.set_user_pool_mfa_config,
        UserPoolId=pool,
        MfaConfiguration="OFF",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    assert "can't turn off MFA and configure an MFA together" in both.message
    answer = cognito.set_user_pool_mfa_config(
        UserPoolId=pool,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        WebAuthnConfiguration={"RelyingPartyId": "example.com", "UserVerification": "required"},
    )
    answer.pop("ResponseMetadata")
    told = cognito.get_user_pool_mfa_config(UserPoolId=pool)
    told.pop("ResponseMetadata")
    assert told == answer and told["SoftwareTokenMfaConfiguration"] == {"Enabled": True}
    assert cognito.describe_user_pool(UserPoolId=pool)["UserPool"]["MfaConfiguration"] == "OPTIONAL"
    late = error_of(cognito.update_user_pool, UserPoolId=pool, MfaConfiguration="ON")
    assert late.message == "cannot turn MFA functionality ON, once the user pool has been created"


def test_the_role_for_text_messages(cognito: Any, root: Identity) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/sms"
    sms = {"SnsCallerArn": role, "ExternalId": "pools"}

    def refusal(call: Any, **parameters: Any) -> str:
        return error_of(call, **parameters).code

    create = {"PoolName": "people", "SmsConfiguration": sms}
    trusting, publishing = "InvalidSmsRoleTrustRelationshipException", "InvalidSmsRoleAccessPolicyException"
    assert refusal(cognito.create_user_pool, **create) == trusting
    condition = {"StringEquals": {"sts:ExternalId": "pools"}, "ArnLike": {"aws:SourceArn": "arn:aws:cognito-idp:*:*:*"}}
    document = trust({"Service": "cognito-idp.amazonaws.com"}, Condition=condition)
    root.iam.create_role(RoleName="sms", AssumeRolePolicyDocument=document)
    assert refusal(cognito.create_user_pool, **create) == publishing
    root.iam.put_role_policy(RoleName="sms", PolicyName="own", PolicyDocument=policy(allow("sns:Publish")))
    other = {"SmsConfiguration": sms | {"ExternalId": "others"}}
    assert refusal(cognito.create_user_pool, **(create | other)) == trusting
    pool = new_pool(cognito, SmsConfiguration=sms, MfaConfiguration="OPTIONAL")
    told = cognito.get_user_pool_mfa_config(UserPoolId=pool)["SmsMfaConfiguration"]["SmsConfiguration"]
    assert told == sms
    assert refusal(cognito.update_user_pool, UserPoolId=pool, **other) == trusting
    # Once a pool sends messages, an update can't make it stop.
    cognito.update_user_pool(UserPoolId=pool, MfaConfiguration="OPTIONAL")
    assert cognito.describe_user_pool(UserPoolId=pool)["UserPool"]["SmsConfiguration"] == sms
    assert refusal(
        cognito.set_user_pool_mfa_config, UserPoolId=pool, MfaConfiguration="ON", SmsMfaConfiguration=other
    ) == (trusting)


def test_deletion_and_its_protection(cognito: Any) -> None:
    pool = new_pool(cognito, DeletionProtection="ACTIVE")
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="app")["UserPoolClient"]["ClientId"]
    cognito.create_group(UserPoolId=pool, GroupName="staff")
    assert "deletion protection is activated" in error_of(cognito.delete_user_pool, UserPoolId=pool).message
    cognito.update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")
    cognito.delete_user_pool(UserPoolId=pool)
    for call, more in (
        (cognito.describe_user_pool, {}),
        (cognito.describe_user_pool_client, {"ClientId": client}),
        (cognito.get_group, {"GroupName": "staff"}),
        (cognito.delete_user_pool, {}),
    ):
        error = error_of(call, UserPoolId=pool, **more)
        assert (error.code, error.message) == ("ResourceNotFoundException", f"User pool {pool} does not exist.")


def test_the_rows_of_a_pool_go_with_it(durable: Callable[..., Server], tmp_path: Path) -> None:
    with durable() as server:
        cognito = server.root.client("cognito-idp")
        pools = [new_pool(cognito) for _ in range(2)]
        for pool in pools:
            cognito.create_group(UserPoolId=pool, GroupName="staff")
            for number in range(3):
                user = {"UserPoolId": pool, "Username": f"user-{number}"}
                cognito.admin_create_user(**user, MessageAction="SUPPRESS")
                cognito.admin_add_user_to_group(**user, GroupName="staff")

        def rows(pool: str) -> int:
            with sqlite3.connect(f"file:{tmp_path / 'data' / 'ledger.sqlite'}?mode=ro", uri=True) as database:
                found = database.execute("SELECT count(*) FROM table_row WHERE partition = ?", (pool,))
                return int(found.fetchone()[0])

        assert rows(pools[0]) >= 7
        cognito.delete_user_pool(UserPoolId=pools[0])
        deadline = time.monotonic() + PATIENCE
        while rows(pools[0]):
            assert time.monotonic() < deadline, "the rows of a pool that is gone are still there"
            time.sleep(0.1)
        assert rows(pools[1]) >= 7


def test_a_group_takes_its_members_along(cognito: Any) -> None:
    pool = new_pool(cognito)
    user = {"UserPoolId": pool, "Username": "ada"}
    cognito.admin_create_user(**user, MessageAction="SUPPRESS")
    for name in ("staff", "staffed"):
        cognito.create_group(UserPoolId=pool, GroupName=name)
        cognito.admin_add_user_to_group(**user, GroupName=name)
    cognito.delete_group(UserPoolId=pool, GroupName="staff")
    cognito.create_group(UserPoolId=pool, GroupName="staff")
    assert cognito.list_users_in_group(UserPoolId=pool, GroupName="staff")["Users"] == []
    groups = cognito.admin_list_groups_for_user(**user)["Groups"]
    assert [one["GroupName"] for one in groups] == ["staffed"]


def test_pools_are_listed_by_pages(cognito: Any) -> None:
    made = {new_pool(cognito) for _ in range(5)}
    pages = list(
        cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 2})
    )
    found = [pool["Id"] for page in pages for pool in page["UserPools"]]
    assert len(found) == len(set(found)) and made <= set(found)
    assert all(len(page["UserPools"]) <= 2 for page in pages)
    assert error_of(cognito.list_user_pools, MaxResults=1, NextToken="nonsense!").code == "InvalidParameterException"
    assert "less than or equal to 60" in error_of(cognito.list_user_pools, MaxResults=61).message


def test_an_app_client_has_the_defaults_of_aws(cognito: Any) -> None:
    pool = new_pool(cognito)
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="app")["UserPoolClient"]
    assert re.fullmatch(r"[0-9a-z]{26}", client["ClientId"])
    assert cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client["ClientId"])["UserPoolClient"] == client
    for name in ("ClientId", "CreationDate", "LastModifiedDate"):
        client.pop(name)
    assert client == {
        "UserPoolId": pool,
        "ClientName": "app",
        "RefreshTokenValidity": 30,
        "TokenValidityUnits": {},
        "AllowedOAuthFlowsUserPoolClient": False,
        "EnableTokenRevocation": True,
        "EnablePropagateAdditionalUserContextData": False,
        "AuthSessionValidity": 3,
    }


OAUTH = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email"],
    "CallbackURLs": ["https://app.example.com/back", "http://localhost:8001/back", "myapp://back"],
    "SupportedIdentityProviders": ["COGNITO"],
}


def test_what_an_app_client_refuses(cognito: Any) -> None:
    pool = new_pool(cognito, Schema=[{"Name": "email", "Required": True}])

    def refused(code: str, message: str, **settings: Any) -> None:
        error = error_of(cognito.create_user_pool_client, UserPoolId=pool, ClientName="app", **settings)
        assert (error.code, error.status) == (code, 400), error
        assert message in error.message, error

    invalid, flow = "InvalidParameterException", "InvalidOAuthFlowException"
    range_text = "Invalid range for token validity."
    seconds = {"AccessToken": "seconds", "IdToken": "seconds", "RefreshToken": "seconds"}
    refused(invalid, range_text, AccessTokenValidity=25)
    refused(invalid, range_text, IdTokenValidity=299, TokenValidityUnits=seconds)
    refused(invalid, range_text, RefreshTokenValidity=3651)
    refused(invalid, range_text, RefreshTokenValidity=3599, TokenValidityUnits=seconds)
    refused(
        invalid,
        "can not be longer than the refresh token",
        AccessTokenValidity=2,
        RefreshTokenValidity=1,
        TokenValidityUnits={"RefreshToken": "hours"},
    )
    refused(invalid, "REFRESH_TOKEN_AUTH should always be allowed.", ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    refused(invalid, "ALLOW_", ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH", "USER_PASSWORD_AUTH"])
    refused(invalid, "Invalid write attributes", WriteAttributes=["name"])
    refused(invalid, "Invalid write attributes", WriteAttributes=["email", "email_verified"])
    refused(invalid, "Invalid read attributes", ReadAttributes=["custom:none"])
    refused(invalid, "AllowedOAuthFlows and AllowedOAuthScopes are required", AllowedOAuthFlowsUserPoolClient=True)
    refused(invalid, "CallbackURLs", **(OAUTH | {"CallbackURLs": []}))
    refused(invalid, "cannot use the HTTP protocol.", **(OAUTH | {"CallbackURLs": ["http://example.com"]}))
    refused(invalid, "fragment", **(OAUTH | {"CallbackURLs": ["https://example.com/#x"]}))
    refused(invalid, "DefaultRedirectURI", **OAUTH, DefaultRedirectURI="https://app.example.com/other")
    cats = OAUTH | {"AllowedOAuthScopes": ["cats/pet"]}
    refused("ScopeDoesNotExistException", "Invalid scope requested: cats/pet", **cats)
    both = OAUTH | {"AllowedOAuthFlows": ["code", "client_credentials"]}
    refused(flow, "can not be selected along with code flow", **both)
    alone = OAUTH | {"AllowedOAuthFlows": ["client_credentials"]}
    refused(flow, "does not have a client secret", **alone)
    refused(flow, "openid is not supported with client_credentials flow", **alone, GenerateSecret=True)
    refused(
        invalid,
        f"The provider Google does not exist for User Pool {pool}.",
        SupportedIdentityProviders=["COGNITO", "Google"],
    )
    refused(invalid, "client secret", EnablePropagateAdditionalUserContextData=True)
    refused(invalid, "GenerateSecret", GenerateSecret=True, ClientSecret="x" * 24)
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="app", **OAUTH)["UserPoolClient"]
    assert {name: client[name] for name in OAUTH} == OAUTH


def test_updating_and_deleting_an_app_client(cognito: Any) -> None:
    pool, other = new_pool(cognito), new_pool(cognito)
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="app", GenerateSecret=True, **OAUTH)
    client_id = client["UserPoolClient"]["ClientId"]
    updated = cognito.update_user_pool_client(UserPoolId=pool, ClientId=client_id, ClientName="web")["UserPoolClient"]
    assert updated["ClientName"] == "web" and "CallbackURLs" not in updated
    assert updated["ClientSecret"] == client["UserPoolClient"]["ClientSecret"]
    error = error_of(cognito.describe_user_pool_client, UserPoolId=other, ClientId=client_id)
    assert error.message == f"User pool client {client_id} does not exist."
    listed = cognito.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"]
    assert listed == [{"ClientId": client_id, "UserPoolId": pool, "ClientName": "web"}]
    cognito.delete_user_pool_client(UserPoolId=pool, ClientId=client_id)
    assert error_of(cognito.delete_user_pool_client, UserPoolId=pool, ClientId=client_id).code == (
        "ResourceNotFoundException"
    )


def test_secrets_are_exchanged_one_for_the_other(cognito: Any) -> None:
    pool = new_pool(cognito)
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="app", GenerateSecret=True)["UserPoolClient"]
    names = {"UserPoolId": pool, "ClientId": client["ClientId"]}
    (first,) = cognito.list_user_pool_client_secrets(**names)["ClientSecrets"]
    assert first["ClientSecretId"].startswith(client["ClientId"] + "--") and "ClientSecretValue" not in first
    assert error_of(
        cognito.delete_user_pool_client_secret, **names, ClientSecretId=first["ClientSecretId"]
    ).code == ("InvalidParameterException")
    second = cognito.add_user_pool_client_secret(**names)["ClientSecretDescriptor"]
    assert re.fullmatch(r"\w{24,64}", second["ClientSecretValue"])
    assert error_of(cognito.add_user_pool_client_secret, **names).code == "LimitExceededException"
    cognito.delete_user_pool_client_secret(**names, ClientSecretId=first["ClientSecretId"])
    assert cognito.describe_user_pool_client(**names)["UserPoolClient"]["ClientSecret"] == second["ClientSecretValue"]
    own = cognito.add_user_pool_client_secret(**names, ClientSecret="a" * 24)["ClientSecretDescriptor"]
    assert "ClientSecretValue" not in own
    public = cognito.create_user_pool_client(UserPoolId=pool, ClientName="spa")["UserPoolClient"]["ClientId"]
    error = error_of(cognito.add_user_pool_client_secret, UserPoolId=pool, ClientId=public)
    assert error.code == "InvalidParameterException"


def test_groups(cognito: Any, root: Identity) -> None:
    pool = new_pool(cognito)
    role = f"arn:aws:iam::{ACCOUNT}:role/staff"
    group = cognito.create_group(
        UserPoolId=pool, GroupName="staff", Description="Who works here", RoleArn=role, Precedence=0
    )["Group"]
    assert cognito.get_group(UserPoolId=pool, GroupName="staff")["Group"] == group
    assert (group["RoleArn"], group["Precedence"], group["UserPoolId"]) == (role, 0, pool)
    again = error_of(cognito.create_group, UserPoolId=pool, GroupName="staff")
    assert (again.code, again.message) == ("GroupExistsException", "A group with the name already exists.")
    assert cognito.update_group(UserPoolId=pool, GroupName="staff", Precedence=5)["Group"]["Description"]
    for number in range(4):
        cognito.create_group(UserPoolId=pool, GroupName=f"group-{number}")
    pages = list(cognito.get_paginator("list_groups").paginate(UserPoolId=pool, PaginationConfig={"PageSize": 2}))
    assert [len(page["Groups"]) for page in pages] == [2, 2, 1]
    assert {one["GroupName"] for page in pages for one in page["Groups"]} >= {"staff", "group-3"}
    cognito.delete_group(UserPoolId=pool, GroupName="staff")
    gone = error_of(cognito.get_group, UserPoolId=pool, GroupName="staff")
    assert (gone.code, gone.message) == ("ResourceNotFoundException", "Group not found.")


def test_tags(cognito: Any) -> None:
    pool = cognito.create_user_pool(PoolName="people", UserPoolTags={"team": "audit"})["UserPool"]
    arn = pool["Arn"]
    cognito.tag_resource(ResourceArn=arn, Tags={"stage": "test", "team": "web"})
    assert cognito.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"stage": "test", "team": "web"}
    cognito.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert cognito.describe_user_pool(UserPoolId=pool["Id"])["UserPool"]["UserPoolTags"] == {"stage": "test"}
    assert error_of(cognito.tag_resource, ResourceArn=arn, Tags={"aws:x": "y"}).code == "InvalidParameterException"
    missing = arn.replace(pool["Id"], MISSING)
    assert error_of(cognito.list_tags_for_resource, ResourceArn=missing).code == "ResourceNotFoundException"


def test_policies_decide_on_pools(cognito: Any, new_user: Callable[..., Identity]) -> None:
    pool, other = new_pool(cognito, UserPoolTags={"team": "audit"}), new_pool(cognito)
    arn = f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/"
    role = f"arn:aws:iam::{ACCOUNT}:role/sms"
    user = new_user(
        "poolkeeper",
        {
            "Effect": "Allow",
            "Action": ["cognito-idp:Describe*", "cognito-idp:CreateGroup"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "audit"}},
        },
        {
            "Effect": "Allow",
            "Action": "cognito-idp:CreateUserPool",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestTag/team": "audit"}},
        },
    )
    theirs = user.client("cognito-idp")
    assert theirs.describe_user_pool(UserPoolId=pool)["UserPool"]["Id"] == pool
    denied = error_of(theirs.describe_user_pool, UserPoolId=other)
    assert (denied.code, denied.status) == ("AccessDeniedException", 400)
    assert denied.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/poolkeeper is not authorized to perform: "
        f"cognito-idp:DescribeUserPool on resource: {arn}{other} "
        "because no identity-based policy allows the cognito-idp:DescribeUserPool action"
    )
    # Whether there is such a pool, only those learn who may ask.
    assert error_of(theirs.describe_user_pool, UserPoolId=MISSING).code == "AccessDeniedException"
    assert theirs.create_user_pool(PoolName="x", UserPoolTags={"team": "audit"})["UserPool"]
    assert error_of(theirs.create_user_pool, PoolName="x").code == "AccessDeniedException"
    sms = {"SnsCallerArn": role, "ExternalId": "x"}
    passing = error_of(theirs.create_user_pool, PoolName="x", UserPoolTags={"team": "audit"}, SmsConfiguration=sms)
    assert f"iam:PassRole on resource: {role}" in passing.message
    theirs.create_group(UserPoolId=pool, GroupName="plain")
    passing = error_of(theirs.create_group, UserPoolId=pool, GroupName="roles", RoleArn=role)
    assert f"iam:PassRole on resource: {role}" in passing.message


def test_the_command_line(root: Identity) -> None:
    pool = root.aws("cognito-idp", "create-user-pool", "--pool-name", "people")["UserPool"]["Id"]
    client = root.aws(
        "cognito-idp", "create-user-pool-client", "--user-pool-id", pool, "--client-name", "app", "--generate-secret"
    )["UserPoolClient"]
    assert len(client["ClientSecret"]) == 51
    refused = root.aws_refused("cognito-idp", "describe-user-pool", "--user-pool-id", MISSING)
    assert (refused.code, refused.message.strip()) == (
        "ResourceNotFoundException",
        f"User pool {MISSING} does not exist.",
    )
