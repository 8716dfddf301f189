"""Every page of the console that can be reached by links, opened by somebody who may do everything, and by somebody who may
do nothing: none breaks, none has barriers, none is heavy, and nothing is asked of another machine."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from harness import Server, allow, policy
from harness.browser import PASSWORD, Person, signed_up, violations
from harness.saml import IdentityProvider
from harness.server import ACCOUNT

#: How many pages of one kind are opened: two users are enough.
OF_A_KIND = 2
#: Bytes of a page without its style and script. The policy editor may have more.
HEAVIEST = 100_000


def furnished(cloud: Server) -> None:
    """An account with one of everything that has pages."""
    root = cloud.root
    signed_up(root, "admin", "arn:aws:iam::aws:policy/AdministratorAccess")
    signed_up(root, "nobody")
    iam = root.iam
    iam.create_group(GroupName="readers")
    iam.add_user_to_group(GroupName="readers", UserName="nobody")
    document = policy(allow("s3:GetObject", "arn:aws:s3:::papers/*"))
    own = iam.create_policy(PolicyName="Papers", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="readers", PolicyArn=own)
    iam.create_access_key(UserName="nobody")
    trust = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName="Server", AssumeRolePolicyDocument=trust, Tags=[{"Key": "team", "Value": "web"}])
    iam.create_saml_provider(Name="Example", SAMLMetadataDocument=IdentityProvider().metadata())
    iam.create_open_id_connect_provider(Url="https://issuer.example", ThumbprintList=["a" * 40], ClientIDList=["app"])
    key = root.client("kms").create_key(Description="papers")["KeyMetadata"]["KeyId"]
    root.client("kms").create_alias(AliasName="alias/papers", TargetKeyId=key)
    s3 = root.client("s3")
    s3.create_bucket(Bucket="papers")
    s3.put_object(Bucket="papers", Key="2026/plan.txt", Body=b"plan")
    root.client("accessanalyzer").create_analyzer(analyzerName="outside", type="ACCOUNT")
    organizations = root.client("organizations")
    organizations.create_organization()
    organizations.create_organizational_unit(ParentId=organizations.list_roots()["Roots"][0]["Id"], Name="Labs")
    organizations.create_account(Email="lab@example.com", AccountName="lab")


@pytest.fixture(scope="module")
def account() -> Iterator[Server]:
    with Server() as cloud:
        furnished(cloud)
        yield cloud


def kind(path: str) -> str:
    """The page that a path is of, whatever it shows."""
    parts = urlsplit(path).path.split("/")
    return "/".join(part if re.fullmatch(r"[a-z-]{2,24}", part) else "*" for part in parts)


def reachable(person: Person) -> list[str]:
    """All pages that links lead to from home, each looked at on the way."""
    seen: dict[str, None] = {}
    kinds: Counter[str] = Counter()
    waiting = ["/ui/home"]
    while waiting:
        path = waiting.pop(0)
        if path in seen or kinds[kind(path)] >= OF_A_KIND:
            continue
        seen[path] = None
        kinds[kind(path)] += 1
        answer = person.page.goto(path)
        assert answer is not None and answer.status == 200, (path, answer and answer.status)
        assert person.page.locator("h1").count() == 1, path
        assert violations(person.page) == [], path
        size = len(answer.body())
        assert size <= HEAVIEST or "editor" in path, (path, size)
        links = person.page.locator("a[href^='/ui/']:not([download])")
        for address in links.evaluate_all("links => links.map((link) => link.getAttribute('href'))"):
            target = address.split("#")[0]
            if not re.search(r"static/|[./](csv|json|metadata)\b|download|after=", target):
                waiting.append(target)
    return list(seen)


def test_every_page(account: Server, browser: object) -> None:
    administrator = Person(browser, account)  # type: ignore[arg-type]
    administrator.sign_in(ACCOUNT, "admin", PASSWORD)
    pages = reachable(administrator)
    nobody = Person(browser, account)  # type: ignore[arg-type]
    nobody.sign_in(ACCOUNT, "nobody", PASSWORD)
    for path in pages:
        answer = nobody.page.goto(path)
        assert answer is not None and answer.status in (200, 400, 403, 404), (path, answer and answer.status)
        assert nobody.page.locator("h1").count() == 1, path
    administrator.close()
    nobody.close()
    without = Person(browser, account, script=False, viewport={"width": 375, "height": 800}, color_scheme="dark")  # type: ignore[arg-type]
    without.sign_in(ACCOUNT, "admin", PASSWORD)
    for path in pages:
        answer = without.page.goto(path)
        assert answer is not None and answer.status == 200, path
    without.close()
