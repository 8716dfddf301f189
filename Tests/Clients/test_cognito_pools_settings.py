"""How the pages of Cognito user pools look, their terms, and the settings of threat protection and logs."""

import base64
import urllib.error
import urllib.request
from typing import Any

import pytest

from harness import ACCOUNT, Identity, error_of

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def cognito(root: Identity) -> Any:
    return root.client("cognito-idp", parameter_validation=False)


@pytest.fixture
def pool(cognito: Any) -> str:
    return str(cognito.create_user_pool(PoolName="people", UserPoolTier="PLUS")["UserPool"]["Id"])


@pytest.fixture
def client(cognito: Any, pool: str) -> str:
    return str(cognito.create_user_pool_client(UserPoolId=pool, ClientName="app")["UserPoolClient"]["ClientId"])


def invalid(call: Any, **parameters: Any) -> str:
    error = error_of(call, **parameters)
    assert error.code == "InvalidParameterException", error
    return error.message


def test_the_pages_of_old(cognito: Any, pool: str, client: str) -> None:
    css = ".label-customizable {font-weight: 400;}\n.submitButton-customizable:hover {color: #fff;}"
    assert cognito.get_ui_customization(UserPoolId=pool)["UICustomization"] == {}
    message = invalid(cognito.set_ui_customization, UserPoolId=pool, CSS=css)
    assert message == "There has to be an existing domain associated with this user pool"
    cognito.create_user_pool_domain(UserPoolId=pool, Domain="looks")
    for wrong in (
        "body {color: red}",
        ".label-customizable {background: url(https://example.com/x)}",
        ".label-customizable {color: red",
        "</style><script>",
        "@import 'https://example.com'",
    ):
        assert "Invalid CSS" in invalid(cognito.set_ui_customization, UserPoolId=pool, CSS=wrong)
    assert "PNG" in invalid(cognito.set_ui_customization, UserPoolId=pool, ImageFile=b"GIF89a")
    everybody = cognito.set_ui_customization(UserPoolId=pool, ClientId="ALL", CSS=css, ImageFile=PNG)
    looks = everybody["UICustomization"]
    assert (looks["ClientId"], looks["CSS"]) == ("ALL", css) and looks["CSSVersion"].isdigit()
    assert f"/{pool}/ALL/" in looks["ImageUrl"] and looks["ImageUrl"].endswith("image.png")
    with urllib.request.urlopen(looks["ImageUrl"]) as answer:
        assert answer.read() == PNG and answer.headers["Content-Type"] == "image/png"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(looks["ImageUrl"].replace("/ALL/", "/none/"))
    # A client without looks of its own has those of all.
    assert cognito.get_ui_customization(UserPoolId=pool, ClientId=client)["UICustomization"] == looks
    cognito.set_ui_customization(UserPoolId=pool, ClientId=client, CSS=".banner-customizable {}")
    own = cognito.get_ui_customization(UserPoolId=pool, ClientId=client)["UICustomization"]
    assert own["ClientId"] == client and "ImageUrl" not in own
    nobody = error_of(cognito.get_ui_customization, UserPoolId=pool, ClientId="none")
    assert nobody.code == "ResourceNotFoundException"


def test_styles_of_managed_login(cognito: Any, pool: str, client: str) -> None:
    form = {"form": {"instructions": {"enabled": False}}}
    settings = {"components": {"form": {"borderRadius": 8.0}}, "categories": form}
    logo = {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": PNG}
    names = {"UserPoolId": pool, "ClientId": client}
    create = cognito.create_managed_login_branding
    assert "UseCognitoProvidedValues" in invalid(create, **names)
    assert "can not be set" in invalid(create, **names, UseCognitoProvidedValues=True, Settings=settings)
    assert "not an image" in invalid(create, **names, Assets=[logo | {"Bytes": b"x"}])
    style = create(**names, Settings=settings, Assets=[logo])["ManagedLoginBranding"]
    assert style["Settings"] == settings and style["Assets"] == [logo] and not style["UseCognitoProvidedValues"]
    assert error_of(create, **names, UseCognitoProvidedValues=True).code == "ManagedLoginBrandingExistsException"
    told = {"UserPoolId": pool, "ManagedLoginBrandingId": style["ManagedLoginBrandingId"]}
    assert cognito.describe_managed_login_branding(**told)["ManagedLoginBranding"] == style
    by_client = cognito.describe_managed_login_branding_by_client(**names)["ManagedLoginBranding"]
    assert by_client == style
    dark = logo | {"ColorMode": "DARK"}
    updated = cognito.update_managed_login_branding(**told, Assets=[dark])["ManagedLoginBranding"]
    # What is not said stays as it is.
    assert updated["Settings"] == settings and len(updated["Assets"]) == 2
    back = cognito.update_managed_login_branding(**told, UseCognitoProvidedValues=True)["ManagedLoginBranding"]
    assert back["UseCognitoProvidedValues"] and back["Assets"] == [] and "Settings" not in back
    cognito.delete_managed_login_branding(**told)
    assert error_of(cognito.describe_managed_login_branding, **told).code == "ResourceNotFoundException"
    create(**names, Assets=[logo])
    cognito.delete_user_pool_client(**names)
    assert error_of(cognito.describe_managed_login_branding_by_client, **names).code == "ResourceNotFoundException"


def test_terms(cognito: Any, pool: str, client: str) -> None:
    links = {"cognito:default": "https://example.com/terms", "cognito:german": "https://example.com/agb"}
    terms = {
        "UserPoolId": pool,
        "ClientId": client,
        "TermsName": "terms-of-use",
        "TermsSource": "LINK",
        "Enforcement": "NONE",
    }
    assert "cognito:default" in invalid(cognito.create_terms, **terms, Links={"cognito:german": "https://x.example"})
    assert "Map keys" in invalid(cognito.create_terms, **terms, Links={"cognito:klingon": "https://x.example"})
    made = cognito.create_terms(**terms, Links=links)["Terms"]
    assert made["Links"] == links and made["TermsName"] == "terms-of-use"
    assert error_of(cognito.create_terms, **terms, Links=links).code == "TermsExistsException"
    told = {"UserPoolId": pool, "TermsId": made["TermsId"]}
    assert cognito.describe_terms(**told)["Terms"] == made
    privacy = cognito.create_terms(**(terms | {"TermsName": "privacy-policy"}), Links=links)["Terms"]
    clash = error_of(cognito.update_terms, **told, TermsName="privacy-policy")
    assert clash.code == "TermsExistsException"
    changed = cognito.update_terms(**told, Links={"cognito:default": "https://example.com/new"})["Terms"]
    assert changed["Links"] == {"cognito:default": "https://example.com/new"}
    listed = cognito.list_terms(UserPoolId=pool)["Terms"]
    assert {one["TermsId"] for one in listed} == {made["TermsId"], privacy["TermsId"]}
    cognito.delete_terms(**told)
    assert error_of(cognito.describe_terms, **told).code == "ResourceNotFoundException"


def test_risk_configurations(cognito: Any, pool: str, client: str) -> None:
    off = error_of(cognito.set_risk_configuration, UserPoolId=pool)
    assert off.code == "UserPoolAddOnNotEnabledException"
    cognito.update_user_pool(UserPoolId=pool, UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"})
    block = {"Actions": {"EventAction": "BLOCK"}}
    ranges = {"BlockedIPRangeList": ["198.51.100.0/24"], "SkippedIPRangeList": ["2001:db8::/32"]}
    for wrong in ("198.51.100.0", "198.51.100.0/33", "nonsense/8"):
        message = invalid(
            cognito.set_risk_configuration,
            UserPoolId=pool,
            RiskExceptionConfiguration={"BlockedIPRangeList": [wrong]},
        )
        assert message == f"Invalid IP address range: {wrong}"
    notify = {"Actions": {"HighAction": {"Notify": True, "EventAction": "BLOCK"}}}
    assert "NotifyConfiguration" in invalid(
        cognito.set_risk_configuration, UserPoolId=pool, AccountTakeoverRiskConfiguration=notify
    )
    made = cognito.set_risk_configuration(
        UserPoolId=pool, CompromisedCredentialsRiskConfiguration=block, RiskExceptionConfiguration=ranges
    )["RiskConfiguration"]
    assert made["CompromisedCredentialsRiskConfiguration"]["EventFilter"] == ["SIGN_IN", "PASSWORD_CHANGE", "SIGN_UP"]
    assert made["RiskExceptionConfiguration"] == ranges
    assert cognito.describe_risk_configuration(UserPoolId=pool)["RiskConfiguration"] == made
    own = cognito.describe_risk_configuration(UserPoolId=pool, ClientId=client)["RiskConfiguration"]
    assert own == {"UserPoolId": pool, "ClientId": client}
    cognito.set_risk_configuration(UserPoolId=pool)
    assert cognito.describe_risk_configuration(UserPoolId=pool)["RiskConfiguration"] == {"UserPoolId": pool}


def test_log_delivery(cognito: Any, pool: str) -> None:
    group = {"LogGroupArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:cognito"}
    messages = {"LogLevel": "ERROR", "EventSource": "userNotification", "CloudWatchLogsConfiguration": group}
    users = {"LogLevel": "INFO", "EventSource": "userAuthEvents", "S3Configuration": {"BucketArn": "arn:aws:s3:::logs"}}
    put = cognito.set_log_delivery_configuration
    nothing = cognito.get_log_delivery_configuration(UserPoolId=pool)["LogDeliveryConfiguration"]
    assert nothing == {"UserPoolId": pool, "LogConfigurations": []}
    made = put(UserPoolId=pool, LogConfigurations=[users])["LogDeliveryConfiguration"]
    assert made == {"UserPoolId": pool, "LogConfigurations": [users]}
    assert cognito.get_log_delivery_configuration(UserPoolId=pool)["LogDeliveryConfiguration"] == made
    made = put(UserPoolId=pool, LogConfigurations=[messages, users])["LogDeliveryConfiguration"]
    assert made == {"UserPoolId": pool, "LogConfigurations": [messages, users]}
    elsewhere = {"LogGroupArn": "arn:aws:logs:us-east-1:999988887777:log-group:cognito"}
    assert "Invalid ARN" in invalid(
        put, UserPoolId=pool, LogConfigurations=[messages | {"CloudWatchLogsConfiguration": elsewhere}])  # fmt: skip
    assert "exactly one" in invalid(
        put, UserPoolId=pool, LogConfigurations=[users | {"CloudWatchLogsConfiguration": group}]
    )
    assert "log level" in invalid(put, UserPoolId=pool, LogConfigurations=[messages | {"LogLevel": "INFO"}])
    stream = users | {"S3Configuration": {"BucketArn": "arn:aws:sqs:::logs"}}
    assert "Invalid ARN" in invalid(put, UserPoolId=pool, LogConfigurations=[stream])
    lite = cognito.create_user_pool(PoolName="lite", UserPoolTier="LITE")["UserPool"]["Id"]
    assert error_of(put, UserPoolId=lite, LogConfigurations=[users]).code == "FeatureUnavailableInTierException"
