"""Finding users of a user pool: filters, pages, groups."""

from typing import Any

import pytest

from harness import Server, error_of
from harness.user_pools import UserPool, attributes, named


@pytest.fixture
def pool(cloud: Server) -> UserPool:
    return UserPool(cloud)


def found(pool: UserPool, condition: str, **more: Any) -> list[str]:
    return [one["Username"] for one in pool.admin.list_users(UserPoolId=pool.id, Filter=condition, **more)["Users"]]


def test_filters(pool: UserPool) -> None:
    pool.create("ann", None, email="Ann@example.com", phone_number="+13125550100", family_name="Reddy")
    pool.create("anna", email="anna@example.com", given_name='A "B"', family_name="Reddy")
    pool.create("bob", None, email="bob@example.org", phone_number="+14155550100", name="Bob")
    pool.admin.admin_disable_user(UserPoolId=pool.id, Username="bob")
    assert found(pool, "") == ["ann", "anna", "bob"]
    assert found(pool, 'username = "ann"') == ["ann"]
    assert found(pool, 'username ^= "an"') == ["ann", "anna"]
    assert found(pool, 'username = "Ann"') == []
    # Other searches don't tell cases apart, and answer in the order of what is searched.
    assert found(pool, 'email = "ann@EXAMPLE.com"') == ["ann"]
    assert found(pool, 'email^="a"') == ["ann", "anna"]
    assert found(pool, 'phone_number ^= "+1312"') == ["ann"]
    assert found(pool, 'family_name = "reddy"') == ["ann", "anna"]
    assert found(pool, 'given_name = "a \\"b\\""') == ["anna"]
    assert found(pool, 'name ^= "B"') == ["bob"]
    assert found(pool, 'cognito:user_status = "confirmed"') == ["anna"]
    assert found(pool, 'cognito:user_status ^= "force"') == ["ann", "bob"]
    assert found(pool, 'status = "Disabled"') == ["bob"]
    assert found(pool, 'status = "disabled"') == []
    sub = pool.attributes("bob")["sub"]
    assert found(pool, f'sub = "{sub}"') == ["bob"]
    assert found(pool, f'sub ^= "{sub[:8]}"') == ["bob"]
    # What is found follows what is changed.
    pool.admin.admin_update_user_attributes(
        UserPoolId=pool.id, Username="bob", UserAttributes=attributes(email="ann@example.com", name="")
    )
    assert found(pool, 'email = "ann@example.com"') == ["ann", "bob"]
    assert found(pool, 'name ^= "B"') == []
    pool.admin.admin_delete_user(UserPoolId=pool.id, Username="ann")
    assert found(pool, 'email = "ann@example.com"') == ["bob"]


def test_filters_that_are_none(pool: UserPool) -> None:
    for text in ("email", 'email = "x', "email = x", 'email == "x"', 'email = "x" and name = "y"', '= "x"'):
        error = error_of(pool.admin.list_users, UserPoolId=pool.id, Filter=text)
        assert (error.code, error.status) == ("InvalidParameterException", 400), text
    error = error_of(pool.admin.list_users, UserPoolId=pool.id, Filter='custom:team = "red"')
    assert error.message == "Invalid search attribute: custom:team"
    error = error_of(pool.admin.list_users, UserPoolId=pool.id, PaginationToken="nonsense")
    assert error.code == "InvalidParameterException"


def test_long_values_are_compared_whole(pool: UserPool) -> None:
    long = "x" * 900
    pool.create("ann", None, name=long + "a")
    pool.create("bob", None, name=long + "b")
    # A filter has at most 256 characters, the index 400 bytes.
    assert found(pool, f'name ^= "{long[:200]}"') == ["ann", "bob"]
    pool.create("eve", None, email=f"{'e' * 500}@example.com", email_verified="true")
    assert pool.user("eve")["Username"] == "eve"


def test_pages(pool: UserPool) -> None:
    for number in range(7):
        pool.create(f"user{number}", None, family_name="Reddy", email=f"u{number}@example.com")
    for condition in ("", 'family_name = "Reddy"', 'email ^= "U"', 'username ^= "user"'):
        pages, more = [], {}
        while True:
            answer = pool.admin.list_users(UserPoolId=pool.id, Limit=3, Filter=condition, **more)
            pages.append([one["Username"] for one in answer["Users"]])
            if "PaginationToken" not in answer:
                break
            more = {"PaginationToken": answer["PaginationToken"]}
        assert [len(page) for page in pages] == [3, 3, 1], condition
        assert sum(pages, []) == [f"user{number}" for number in range(7)]


def test_user_names_in_any_case(cloud: Server) -> None:
    pool = UserPool(cloud, UsernameConfiguration={"CaseSensitive": False})
    pool.create("Ann", None)
    pool.create("bob", None)
    for condition in ('username = "aNN"', 'username ^= "AN"', 'username = "Ann"'):
        assert [name.lower() for name in found(pool, condition)] == ["ann"], condition


def test_a_page_ends_after_some_rows(pool: UserPool) -> None:
    # The index has the first 400 bytes of a value.
    long = "\U0001f600" * 150
    for number in range(30):
        pool.create(f"user{number:02}", None, name=long + "a")
    pool.create("zoe", None, name=long + "b")
    names, pages, more = [], 0, {}
    while True:
        answer = pool.admin.list_users(UserPoolId=pool.id, Limit=1, Filter=f'name = "{long}b"', **more)
        names += [one["Username"] for one in answer["Users"]]
        pages += 1
        if "PaginationToken" not in answer:
            break
        more = {"PaginationToken": answer["PaginationToken"]}
    assert names == ["zoe"] and pages > 1


def test_only_some_attributes(pool: UserPool) -> None:
    pool.create("ann", None, email="ann@example.com", name="Ann")
    (user,) = pool.admin.list_users(UserPoolId=pool.id, AttributesToGet=["email"])["Users"]
    assert named(user["Attributes"]) == {"email": "ann@example.com"}
    for names in (["custom:nothing"], ["nickname"]):
        error = error_of(pool.admin.list_users, UserPoolId=pool.id, AttributesToGet=names)
        assert error.message == "One or more requested attributes do not exist."


def test_groups(pool: UserPool) -> None:
    admin = pool.admin
    for name in ("ann", "bob", "eve"):
        pool.create(name, None)
    for name in ("clerks", "managers"):
        admin.create_group(UserPoolId=pool.id, GroupName=name)
    for user in ("ann", "bob", "eve"):
        admin.admin_add_user_to_group(UserPoolId=pool.id, Username=user, GroupName="clerks")
    for _ in range(2):
        admin.admin_add_user_to_group(UserPoolId=pool.id, Username="ann", GroupName="managers")

    def groups(user: str) -> list[str]:
        listed = admin.admin_list_groups_for_user(UserPoolId=pool.id, Username=user)["Groups"]
        return [one["GroupName"] for one in listed]

    assert (groups("ann"), groups("bob")) == (["clerks", "managers"], ["clerks"])
    first = admin.list_users_in_group(UserPoolId=pool.id, GroupName="clerks", Limit=2)
    rest = admin.list_users_in_group(UserPoolId=pool.id, GroupName="clerks", NextToken=first["NextToken"])
    assert [one["Username"] for one in first["Users"] + rest["Users"]] == ["ann", "bob", "eve"]
    assert "NextToken" not in rest
    pages = admin.get_paginator("admin_list_groups_for_user").paginate(
        UserPoolId=pool.id, Username="ann", PaginationConfig={"PageSize": 1}
    )
    assert [[one["GroupName"] for one in page["Groups"]] for page in pages] == [["clerks"], ["managers"]]
    for _ in range(2):
        admin.admin_remove_user_from_group(UserPoolId=pool.id, Username="ann", GroupName="clerks")
    assert groups("ann") == ["managers"]
    for call in (admin.admin_add_user_to_group, admin.admin_remove_user_from_group):
        error = error_of(call, UserPoolId=pool.id, Username="ann", GroupName="none")
        assert (error.code, error.message) == ("ResourceNotFoundException", "Group not found.")
        assert error_of(call, UserPoolId=pool.id, Username="x", GroupName="clerks").code == "UserNotFoundException"
    # Who is gone is in no group, and who comes by the same name is in none either.
    admin.admin_delete_user(UserPoolId=pool.id, Username="bob")
    assert len(admin.list_users_in_group(UserPoolId=pool.id, GroupName="clerks")["Users"]) == 1
    pool.create("bob", None)
    assert groups("bob") == []
