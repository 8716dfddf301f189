"""Every protocol of AWS's, by botocore's own serializers and parsers.

The shapes are services of the tests (Tests/Probe), one for each protocol, with one model that has every shape; they echo
what they are given. What botocore wrote must be what botocore reads. Malformed requests are made by hand.
"""

import datetime
import functools
import json
import math
import re
import struct
import types

import botocore.exceptions
import botocore.parsers
import pytest

from harness import raw
from harness.probe import KEY, MODELS, Probe

RPC = ["shapes-query", "shapes-ec2", "shapes-json-1.0", "shapes-json-1.1", "shapes-cbor"]
REST = ["shapes-rest-json", "shapes-rest-xml"]
XML = {"shapes-query", "shapes-ec2", "shapes-rest-xml"}
FORMS = {"shapes-query", "shapes-ec2"}
UTC = datetime.timezone.utc
NOON = datetime.datetime(2026, 11, 21, 12, 0, 1, tzinfo=UTC)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
# Python writes earlier years without their zeros.
FIRST = datetime.datetime(1000, 1, 1, tzinfo=UTC)
# A character of every plane that has any, and those that notations escape.
PLANES = "aé߿ࠀ€\uffee" + "".join(chr(plane << 16 | 0x42) for plane in range(1, 17)) + "\U0010ffff"
ESCAPED = "<&>\"' ]]> \t\n %41+=;/\\ \x7f\x80\u2028"
CONTROLS = "".join(map(chr, [0, 1, 8, 11, 12, 14, 31]))


@pytest.fixture(scope="module")
def probe():
    with Probe() as probe:
        yield probe


@functools.cache
def client(probe, service, **options):
    return probe.client(service, parameter_validation=False, inject_host_prefix=False, **options)


def echoed(probe, service, **members):
    answer = client(probe, service).echo(**members)
    del answer["ResponseMetadata"]
    return answer


def same(left, right):
    """Whether two values are equal; NaN is NaN, also as the string that botocore leaves it in JSON."""
    if left in ("NaN", "Infinity", "-Infinity") and isinstance(right, float):
        left = float(left)
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return left == right


def supported(service, value):
    """Whether botocore's own serializer and parser carry a value."""
    empties = ([], {}) if service == "shapes-ec2" else ({},) if service == "shapes-query" else ()
    return value not in empties


VALUES = {
    "Text": ["plain", "", " blanks  at both ends ", PLANES, ESCAPED, "\r", "\r\n", "x" * 100_000],
    "Renamed": ["other"],
    "Kind": ["plain", "with space"],
    "Integer": [0, -1, 2**31 - 1, -(2**31)],
    "Long": [0, 2**53 + 1, 2**63 - 1, -(2**63)],
    "Float": [0.0, -0.5, 1.5e9, float("nan"), float("inf"), float("-inf")],
    "Double": [0.0, 1 / 3, -1e-300, 1.7976931348623157e308, 5e-324, float("nan"), float("inf"), float("-inf")],
    "Flag": [True, False],
    "Bytes": [b"", b"\0", bytes(range(256)), b"x" * 3],
    "Moment": [NOON, EPOCH],
    "MomentISO": [NOON, EPOCH],
    "MomentHTTP": [NOON, EPOCH],
    "MomentEpoch": [NOON, EPOCH],
    "Texts": [["a", "b"], [""], [], ["", "x", ""], [PLANES, ESCAPED]],
    "Integers": [list(range(12)), [-1]],
    "Moments": [[NOON, EPOCH]],
    "Trees": [[{"Label": "a"}, {"Label": "b", "Left": {"Label": "c"}}]],
    "Lists": [[["a", "b"], ["c"]], [["a"], ["", "b"]]],
    "Named": [["a", "b"]],
    "Flat": [["a", "b", "c"], ["one"]],
    "FlatRenamed": [["a", "b"]],
    "FlatTrees": [[{"Label": "a"}, {"Left": {"Label": "b"}}]],
    "FlatNamed": [["a", "b"]],
    "TextMap": [{"a": "1", "b": ""}, {PLANES: ESCAPED}, {}],
    "TreeMap": [{"x": {"Label": "a"}, "y": {"Named": {"z": {"Label": "b"}}}}],
    "ListMap": [{"x": ["a", "b"], "y": ["c"]}],
    "NamedMap": [{"a": 1, "b": -2}],
    "FlatMap": [{"a": "1", "b": "2"}],
    "Tree": [
        {"Label": "root", "Left": {"Left": {"Left": {"Label": "deep"}}},
         "Branches": [{"Label": "a"}, {"Branches": [{"Label": "b"}]}], "Named": {"k": {"Label": "c"}}}],
    "Choice": [{"Number": 7}, {"Words": ["a", "b"]}, {"Tree": {"Label": "t"}}],
    "Attributed": [{"Type": "Kind", "Language": "de \"&< x", "Content": "text"}, {"Type": "only"}],
    "Spaced": [{"Label": "in a namespace"}],
    "Token": ["given"],
}
CASES = [(member, index) for member, values in VALUES.items() for index in range(len(values))]


@pytest.mark.parametrize("service", RPC + REST)
@pytest.mark.parametrize("member, index", CASES, ids=lambda each: str(each))
def test_a_value_comes_back(probe, service, member, index):
    value = VALUES[member][index]
    if not supported(service, value):
        pytest.skip("botocore has no such value in this protocol")
    if service == "shapes-rest-xml" and value in ("\r", "\r\n"):
        pytest.skip("botocore writes a carriage return as it is, which XML reads as a newline")
    answer = echoed(probe, service, **{"Token": "t", member: value})
    wanted = {"Token": "t", member: value}
    if service in ("shapes-query", "shapes-ec2") and member == "Attributed":
        value.setdefault("Content", "")
        answer["Attributed"].setdefault("Content", "")
    assert same(answer, wanted), answer


@pytest.mark.parametrize("service", RPC + REST)
def test_everything_at_once(probe, service):
    given = {member: values[0] for member, values in VALUES.items()}
    assert same(echoed(probe, service, **given), given)


@pytest.mark.parametrize("service", RPC + REST)
def test_nothing_is_absent_and_not_empty(probe, service):
    assert set(echoed(probe, service)) == {"Token"}, "an idempotency token, which botocore made up"


@pytest.mark.parametrize("service", RPC + REST)
def test_an_empty_structure(probe, service):
    answer = echoed(probe, service, Nothing={}, Tree={}, Token="t")
    # Forms have no way to say it.
    assert answer == ({"Token": "t"} if service in FORMS else {"Nothing": {}, "Tree": {}, "Token": "t"})


@pytest.mark.parametrize("service", RPC + REST)
def test_operations_without_members(probe, service):
    for call in (client(probe, service).echo_nothing, client(probe, service).echo_empty):
        answer = call()
        assert set(answer) == {"ResponseMetadata"}
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-request-id" if service == "shapes-rest-xml" else "x-amzn-requestid"]


@pytest.mark.parametrize("service", RPC + REST)
def test_control_characters(probe, service):
    if service == "shapes-rest-xml":
        with pytest.raises(botocore.exceptions.ClientError) as error:
            echoed(probe, service, Text=CONTROLS)
        assert error.value.response["Error"]["Code"] == "MalformedXML"
        return
    answer = echoed(probe, service, Text=CONTROLS)["Text"]
    # XML 1.0 can't say them.
    assert answer == ("\ufffd" * len(CONTROLS) if service in XML else CONTROLS)


@pytest.mark.parametrize("service", ["shapes-json-1.0", "shapes-json-1.1", "shapes-rest-json"])
def test_sparse_collections_and_documents(probe, service):
    given = {"Sparse": ["a", None, "b"], "SparseMap": {"x": None, "y": "z"}, "Token": "t"}
    assert echoed(probe, service, **given) == given
    body = {"Document": {"any": [1, 2.5, None, True, {"deep": "x"}], "Token": None}, "Texts": ["a"]}
    assert json.loads(raw_call(probe, service, json.dumps(body).encode()).text) == body
    for document in ("text", [1], 0, False):
        assert json.loads(raw_call(probe, service, json.dumps({"Document": document}).encode()).text) == {
            "Document": document}


@pytest.mark.parametrize("service", ["shapes-json-1.0", "shapes-json-1.1", "shapes-cbor", "shapes-query"])
def test_moments_with_fractions(probe, service):
    given = NOON.replace(microsecond=500_000)
    answer = echoed(probe, service, MomentEpoch=given, Token="t")["MomentEpoch"]
    # botocore itself leaves the fraction out when it writes an epoch.
    assert answer in (given, NOON)


def test_milliseconds_in_xml(probe):
    body = b"<EverythingRequest><Moment>2026-11-21T12:00:01.25Z</Moment></EverythingRequest>"
    answer = raw_call(probe, "shapes-rest-xml", body)
    assert "<Moment>2026-11-21T12:00:01.250Z</Moment>" in answer.text


@pytest.mark.parametrize("service", RPC + REST)
@pytest.mark.parametrize("moment", [FIRST, LAST], ids=["first", "last"])
def test_moments_at_the_ends(probe, service, moment):
    if service == "shapes-cbor" and moment == FIRST:
        pytest.skip("botocore can't write a moment before 1970 in CBOR")
    assert echoed(probe, service, MomentISO=moment, MomentEpoch=moment, Token="t")["MomentEpoch"] == moment


@pytest.mark.parametrize("service", RPC)
def test_a_deep_tree(probe, service):
    depth = 12
    tree = {"Label": "leaf"}
    for _ in range(depth):
        tree = {"Left": tree}
    assert echoed(probe, service, Tree=tree, Token="t")["Tree"] == tree


# What only REST has


BOUND = {
    "Label": "with / slash é%", "Number": 2**53 + 1, "Rest": "a/b c/é+", "Query": "q &=+%é", "QueryFlag": True,
    "QueryMoment": NOON, "QueryEpoch": NOON, "QueryList": ["a", "b&c"], "QueryMap": {"x": "1", "y": "é"},
    "Header": "plain text", "HeaderInteger": -7, "HeaderDouble": 0.5, "HeaderFlag": False, "HeaderMoment": NOON,
    "HeaderISO": NOON, "HeaderEpoch": NOON, "HeaderMap": {"one": "1", "two": "b c"}, "BodyText": "body",
    "BodyMoment": NOON, "BodyTree": {"Label": "x"},
}


@pytest.mark.parametrize("service", REST)
def test_bindings(probe, service):
    given = dict(BOUND)
    if service == "shapes-rest-json":
        given |= {"HeaderList": ["a", "b c"], "HeaderJSON": {"a": [1, "é"]}}
    answer = client(probe, service).echo_bindings(**given)
    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    assert answer.pop("Status") == 200
    # What the operation's own path has stands in the map as well, as Smithy has it.
    assert answer["QueryMap"].pop("fixed") == ""
    assert answer == given


@pytest.mark.parametrize("service", REST)
@pytest.mark.parametrize("rest", ["a", "a/", "a//b", "a/b/", "%2F", "é/ü", "."])
def test_a_greedy_label_keeps_its_slashes(probe, service, rest):
    answer = client(probe, service).echo_bindings(Label="l", Number=1, Rest=rest)
    assert answer["Rest"] == rest


@pytest.mark.parametrize("service", REST)
def test_payloads(probe, service):
    shapes = client(probe, service)
    answer = shapes.echo_data(Data=bytes(range(256)), Type="image/x-test")
    assert answer["Data"].read() == bytes(range(256))
    assert answer["Type"] == "image/x-test"
    assert shapes.echo_data()["Data"].read() == b""
    assert shapes.echo_text(Data=PLANES)["Data"] == PLANES
    answer = shapes.echo_tree(Tree={"Label": "x", "Left": {"Label": "y"}}, Note="n")
    assert (answer["Tree"], answer["Note"]) == ({"Label": "x", "Left": {"Label": "y"}}, "n")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201


@pytest.mark.parametrize("service", REST)
def test_head_has_no_body(probe, service):
    answer = client(probe, service).echo_head(Label="x")
    assert answer["Label"] == "x"
    assert "content-type" not in answer["ResponseMetadata"]["HTTPHeaders"]


def test_the_form_of_xml(probe):
    answer = raw_call(probe, "shapes-rest-xml", b"""<?xml version="1.0" encoding="UTF-8"?>
        <!-- any namespace, comments, references, CDATA, blanks around numbers -->
        <s:EverythingRequest xmlns:s="http://elsewhere.example/"><s:Text>a<!-- -->b&#x43;<![CDATA[<d>]]></s:Text>
        <Integer> 7 </Integer><Unknown><Text>no</Text></Unknown>
        <Attributed xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="T" lang="de"/>
        </s:EverythingRequest>""")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/xml"
    assert answer.text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Everything xmlns="http://shapes.example/doc/">'
        "<Text>abC&lt;d&gt;</Text><Integer>7</Integer>"
        '<Attributed xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="T" lang="de"></Attributed>'
        "</Everything>")


def test_the_form_of_ec2(probe):
    body = raw.form("Echo", "2026-01-01", AskedAs="x", OtherName="y", **{"Texts.1": "a", "Texts.3": "b"})
    answer = raw_call(probe, "shapes-ec2", body)
    request_id = answer.headers["x-amzn-requestid"]
    assert answer.text == (
        f'<EchoResponse xmlns="http://shapes.example/doc/"><requestId>{request_id}</requestId>'
        "<otherName>y</otherName><Texts><member>a</member><member>b</member></Texts><queried>x</queried></EchoResponse>")


# CBOR's other ways to say the same

CBOR_CASES = {
    "half": ("a166446f75626c65f93e00", {"Double": 1.5}),
    "single": ("a166446f75626c65fa3fc00000", {"Double": 1.5}),
    "a whole number for a double": ("a166446f75626c6503", {"Double": 3.0}),
    "a whole double for a number": ("a167496e7465676572fb4008000000000000", {"Integer": 3}),
    "a long way to say 3": ("a167496e74656765721b0000000000000003", {"Integer": 3}),
    "indefinite map and list": ("bf6554657874739f61616162ffff", {"Texts": ["a", "b"]}),
    "text in pieces": ("a164546578747f61616162ff", {"Text": "ab"}),
    "bytes in pieces": ("a16542797465735f41004101ff", {"Bytes": b"\0\1"}),
    "null and undefined": ("a26454657874f667496e7465676572f7", {}),
    "unknown members": ("a26158bf6179c18201f9fc00ff64546578746161", {"Text": "a"}),
    "sparse list": ("a166537061727365826161f6", {"Sparse": ["a", None]}),
    "null in a dense map": ("a167546578744d6170a26161f661626163", {"TextMap": {"b": "c"}}),
    "moment with a fraction": ("a1664d6f6d656e74c1fb3ff8000000000000",
                               {"Moment": EPOCH + datetime.timedelta(seconds=1.5)}),
    "moment before 1970": ("a1664d6f6d656e74c120", {"Moment": EPOCH - datetime.timedelta(seconds=1)}),
    "empty": ("a0", {}),
    "no body": ("", {}),
}


def cbor_call(probe, body, operation="Echo", headers=None, service="shapes-cbor", name="ShapesCBOR"):
    headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"} | (headers or {})
    return send(probe, service, "POST", f"/service/{name}/operation/{operation}", body, headers)


def parsed_cbor(probe, answer, operation="Echo"):
    model = client(probe, "shapes-cbor").meta.service_model
    shape = model.operation_model(operation).output_shape
    parser = botocore.parsers.create_parser("smithy-rpc-v2-cbor")
    parsed = parser.parse({"status_code": answer.status, "headers": answer.headers, "body": answer.body}, shape)
    parsed.pop("ResponseMetadata")
    return parsed


@pytest.mark.parametrize("case", CBOR_CASES)
def test_forms_of_cbor(probe, case):
    body, wanted = CBOR_CASES[case]
    answer = cbor_call(probe, bytes.fromhex(body))
    assert answer.status == 200, answer
    assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert answer.headers["content-type"] == "application/cbor"
    assert parsed_cbor(probe, answer) == wanted


def test_a_null_in_a_sparse_map_of_cbor(probe):
    body = bytes.fromhex("a1695370617273654d6170a16161f6")
    # botocore leaves it out.
    assert cbor_call(probe, body).body == body


# Errors


ERROR_CODES = dict.fromkeys(XML, "ShapeConflict")
FAILURE = {"message": "It <conflicts> é.", "Detail": "why & how", "Count": 3,
           "Tree": {"Label": "t", "Left": {"Label": "u"}}}


@pytest.mark.parametrize("service", RPC + REST)
def test_an_error_with_members(probe, service):
    shapes = client(probe, service)
    with pytest.raises(botocore.exceptions.ClientError) as error:
        shapes.fail(**FAILURE, Code=ERROR_CODES.get(service, "ShapeConflictException"), RetryAfter=30)
    answer = error.value.response
    # The query protocols know errors by their codes, the others by the names of their shapes.
    assert answer["Error"]["Code"] == ERROR_CODES.get(service, "ShapeConflictException")
    assert answer["Error"]["Message"] == FAILURE["message"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert answer["ResponseMetadata"]["RequestId"]
    if service != "shapes-ec2":
        assert (answer["Detail"], answer["Count"], answer["Tree"]) == ("why & how", 3, FAILURE["Tree"])
        assert isinstance(error.value, shapes.exceptions.ShapeConflictException)
    if service in REST:
        assert answer["RetryAfter"] == 30
        assert answer["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "30"


@pytest.mark.parametrize("service", RPC + REST)
def test_an_error_that_the_model_lacks(probe, service):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        client(probe, service).fail(Code="Unheard", message="of")
    assert error.value.response["Error"] | {"Type": None} == {"Code": "Unheard", "Message": "of", "Type": None}


@pytest.mark.parametrize("service", RPC + REST)
def test_the_services_own_fault(probe, service):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        client(probe, service).fail(Code="BrokenException", message="m")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert error.value.response["Error"]["Code"] == "BrokenException"


DENIED = {"shapes-query": ("AccessDenied", 403), "shapes-ec2": ("UnauthorizedOperation", 403),
          "shapes-json-1.0": ("AccessDeniedException", 400), "shapes-json-1.1": ("AccessDeniedException", 400),
          "shapes-cbor": ("AccessDeniedException", 400), "shapes-rest-json": ("AccessDeniedException", 403),
          "shapes-rest-xml": ("AccessDenied", 403)}


@pytest.fixture(scope="module")
def nobody(probe):
    return probe.user("nobody")


@pytest.mark.parametrize("service", RPC + REST)
def test_a_denial_in_the_protocols_own_words(probe, nobody, service):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        client(probe, service, key=nobody).echo()
    answer = error.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == DENIED[service]
    assert "is not authorized to perform" in answer["Error"]["Message"]


UNSIGNED = {"shapes-query": "InvalidClientTokenId", "shapes-ec2": "AuthFailure",
            "shapes-json-1.0": "UnrecognizedClientException", "shapes-json-1.1": "UnrecognizedClientException",
            "shapes-cbor": "UnrecognizedClientException", "shapes-rest-json": "UnrecognizedClientException",
            "shapes-rest-xml": "InvalidClientTokenId"}


@pytest.mark.parametrize("service", RPC + REST)
def test_an_unknown_key_in_the_protocols_own_words(probe, service):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        client(probe, service, key=("AKIANOBODYSKEYATALL0", "x")).echo()
    assert error.value.response["Error"]["Code"] == UNSIGNED[service]


# Malformed requests


def identity(probe):
    return types.SimpleNamespace(url=probe.url, key_id=KEY[0], secret=KEY[1], token=None)


def send(probe, service, method, target, body=b"", headers=None):
    return raw.send(probe.port, raw.signed(method, target, body, identity(probe), service=service, headers=headers))


def raw_call(probe, service, body):
    """`Echo` with a body made by hand."""
    if service in FORMS:
        return send(probe, service, "POST", "/", body)
    if service.startswith("shapes-json"):
        version = service[-3:]
        return send(probe, service, "POST", "/", body, {
            "X-Amz-Target": f"ShapesJSON{version.replace('.', '')}.Echo",
            "Content-Type": f"application/x-amz-json-{version}"})
    if service == "shapes-cbor":
        return cbor_call(probe, body)
    kind = "application/xml" if service == "shapes-rest-xml" else "application/json"
    return send(probe, service, "POST", "/echo", body, {"Content-Type": kind})


def echo_form(parameters):
    return b"Action=Echo&Version=2026-01-01&" + parameters


def root(text):
    return f"<EverythingRequest>{text}</EverythingRequest>".encode()


def deep(opening, closing, depth):
    return opening * depth + closing * depth


MALFORMED_FORMS = {
    "not a number": echo_form(b"Integer=x"), "too big for 32 bits": echo_form(b"Integer=2147483648"),
    "too big for 64 bits": echo_form(b"Long=9223372036854775808"), "not a boolean": echo_form(b"Flag=yes"),
    "not a moment": echo_form(b"Moment=noon"), "not base64": echo_form(b"Bytes=*"),
    "text for a structure": echo_form(b"Tree=x"), "structure for text": echo_form(b"Text.Label=x"),
    "given twice": echo_form(b"Text=a&Text=b"),
}
MALFORMED_JSON = {
    "not JSON": b"{", "empty name": b'{"Text"}', "list": b"[]", "number for text": b'{"Text": 1}',
    "text for a number": b'{"Integer": "1"}', "too big for 32 bits": b'{"Integer": 2147483648}',
    "too big for 64 bits": b'{"Long": 9223372036854775808}', "fraction": b'{"Integer": 1.5}',
    "not a moment": b'{"Moment": "noon"}', "not base64": b'{"Bytes": "*"}', "null in a dense list": b'{"Texts": [null]}',
    "list for a structure": b'{"Tree": []}', "not UTF-8": b'{"Text": "\xff"}', "two values": b"{}{}",
    "deep": b'{"Tree": ' + deep(b'{"Left":', b"}", 200) + b"}",
}
MALFORMED_XML = {
    "not XML": b"<EverythingRequest>", "empty": b" ", "JSON": b"{}", "other root": b"<Other/>",
    "not a number": root("<Integer>x</Integer>"), "too big for 32 bits": root("<Integer>2147483648</Integer>"),
    "too big for 64 bits": root("<Long>9223372036854775808</Long>"), "not a boolean": root("<Flag>yes</Flag>"),
    "not a moment": root("<Moment>noon</Moment>"), "not base64": root("<Bytes>*</Bytes>"),
    "given twice": root("<Text>a</Text><Text>b</Text>"), "not an element of the list": root("<Texts><other>a</other></Texts>"),
    "an entry without a key": root("<TextMap><entry><value>a</value></entry></TextMap>"),
    "a key twice": root("<TextMap>" + "<entry><key>a</key><value>b</value></entry>" * 2 + "</TextMap>"),
    "a document type": b"<!DOCTYPE EverythingRequest>" + root(""),
    "an entity": b'<!DOCTYPE EverythingRequest [<!ENTITY a "b">]>' + root("<Text>&a;</Text>"),
    "a file": b'<!DOCTYPE EverythingRequest [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + root("<Text>&a;</Text>"),
    "an undeclared entity": root("<Text>&a;</Text>"), "a control character": root("<Text>\x01</Text>"),
    "not UTF-8": b"<EverythingRequest><Text>\xff</Text></EverythingRequest>", "two roots": root("") + root(""),
    "deep": root("<Tree>" + deep("<Left>", "</Left>", 300) + "</Tree>"),
}


def cbor(**members):
    """A map of text to bytes that are CBOR already."""
    return bytes([0xA0 | len(members)]) + b"".join(
        bytes([0x60 | len(name)]) + name.encode() + value for name, value in members.items())


MALFORMED_CBOR = {
    "ends early": cbor(Text=b"\x63ab"), "a list": b"\x80", "two values": b"\xa0\xa0", "a reserved head": b"\xfc",
    "a break": b"\xff", "no end": b"\xbf", "number for text": cbor(Text=b"\x01"), "text for a number": cbor(Integer=b"\x611"),
    "too big for 32 bits": cbor(Integer=b"\x1a\x80\x00\x00\x00"),
    "too big for 64 bits": cbor(Long=b"\x1b" + b"\xff" * 8), "too small for 64 bits": cbor(Long=b"\x3b" + b"\xff" * 8),
    "fraction": cbor(Integer=b"\xf9\x3e\x00"), "moment without a tag": cbor(Moment=b"\x01"),
    "moment with another tag": cbor(Moment=b"\xc0\x01"), "a moment that never comes": cbor(Moment=b"\xc1\xf9\x7c\x00"),
    "text for bytes": cbor(Bytes=b"\x61a"), "bytes for text": cbor(Text=b"\x41a"), "not UTF-8": cbor(Text=b"\x61\xff"),
    "null in a dense list": cbor(Texts=b"\x81\xf6"), "list for a structure": cbor(Tree=b"\x80"),
    "a key that is no text": b"\xa1\x01\x01", "given twice": b"\xa2" + 2 * b"\x64Text\x61a",
    "a piece of another kind": cbor(Text=b"\x7f\x41a\xff"), "a length that is not there": cbor(Text=b"\x7b" + b"\xff" * 8),
    "a count that is not there": cbor(Texts=b"\x9b" + b"\xff" * 8),
    "deep": cbor(Tree=b"\xa1\x64Left" * 200 + b"\xa0"), "deep and unknown": cbor(X=b"\x81" * 200 + b"\x80"),
    "tags without end": cbor(X=b"\xc1" * 1000 + b"\x00"),
}
MALFORMED = (
    [(service, case, "MalformedInput") for service in ("shapes-query", "shapes-ec2") for case in MALFORMED_FORMS]
    + [(service, case, "SerializationException")
       for service in ("shapes-json-1.0", "shapes-json-1.1", "shapes-rest-json") for case in MALFORMED_JSON]
    + [("shapes-rest-xml", case, "MalformedXML") for case in MALFORMED_XML]
    + [("shapes-cbor", case, "SerializationException") for case in MALFORMED_CBOR])


def error_code(service, answer):
    if service == "shapes-cbor":
        parser = botocore.parsers.create_parser("smithy-rpc-v2-cbor")
        return parser.parse({"status_code": answer.status, "headers": answer.headers, "body": answer.body}, None)["Error"]["Code"]
    return answer.headers.get("x-amzn-errortype") or answer.code


@pytest.mark.parametrize("service, case, code", MALFORMED, ids=lambda each: str(each))
def test_malformed_input(probe, service, case, code):
    bodies = (MALFORMED_FORMS if service in FORMS else MALFORMED_XML if service == "shapes-rest-xml"
              else MALFORMED_CBOR if service == "shapes-cbor" else MALFORMED_JSON)
    answer = raw_call(probe, service, bodies[case])
    assert (answer.status, error_code(service, answer)) == (400, code), answer.text


def test_malformed_bindings(probe):
    for service, code in (("shapes-rest-json", "SerializationException"), ("shapes-rest-xml", "InvalidArgument")):
        for target, headers in (
            ("/bindings/a/x/b?fixed", {}), ("/bindings/a/1/b?fixed&flag=perhaps", {}),
            ("/bindings/a/1/b?fixed&moment=noon", {}), ("/bindings/a/1/b?fixed", {"x-shapes-integer": "x"}),
            ("/bindings/a/1/b?fixed", {"x-shapes-moment": "noon"}),
        ):
            answer = send(probe, service, "PUT", target, b"", headers)
            assert (answer.status, error_code(service, answer)) == (400, code), target


UNKNOWN = {
    "shapes-query": ("InvalidAction", 400), "shapes-ec2": ("InvalidAction", 400),
    "shapes-json-1.0": ("UnknownOperationException", 400), "shapes-json-1.1": ("UnknownOperationException", 400),
    "shapes-cbor": ("UnknownOperationException", 404), "shapes-rest-json": ("UnknownOperationException", 404),
    "shapes-rest-xml": ("MethodNotAllowed", 405),
}


@pytest.mark.parametrize("service", RPC + REST)
def test_an_unknown_operation(probe, service):
    if service in FORMS:
        answer = send(probe, service, "POST", "/", raw.form("Other", "2026-01-01"))
    elif service.startswith("shapes-json"):
        name = "ShapesJSON" + service[-3:].replace(".", "")
        answer = send(probe, service, "POST", "/", b"{}", {"X-Amz-Target": f"{name}.Other", "Content-Type": "x/y"})
    elif service == "shapes-cbor":
        answer = cbor_call(probe, b"", "Other")
    else:
        answer = send(probe, service, "PATCH", "/nowhere/at/all")
    assert (error_code(service, answer), answer.status) == UNKNOWN[service], answer.text


def test_a_request_that_names_no_operation(probe):
    for service in FORMS:
        answer = send(probe, service, "POST", "/", b"Version=2026-01-01")
        assert (answer.status, answer.code) == (400, "MissingAction")


# One service, three protocols


@pytest.fixture(scope="module")
def meters(probe, tmp_path_factory):
    """A client of the meter for each of its protocols, whose model knows no other."""
    clients = {}
    for protocol in ("smithy-rpc-v2-cbor", "json", "query"):
        folder = tmp_path_factory.mktemp(protocol)
        model = json.loads((MODELS / "shapes-meter" / "2026-01-01" / "service-2.json").read_text())
        model["metadata"] |= {"protocol": protocol, "protocols": [protocol]}
        if protocol == "query":
            del model["metadata"]["awsQueryCompatible"]
        (folder / "shapes-meter" / "2026-01-01").mkdir(parents=True)
        (folder / "shapes-meter" / "2026-01-01" / "service-2.json").write_text(json.dumps(model))
        clients[protocol] = client(probe, "shapes-meter", models=folder)
    return clients


CONTENT_TYPES = {"smithy-rpc-v2-cbor": "application/cbor", "json": "application/x-amz-json-1.0", "query": "text/xml"}


@pytest.mark.parametrize("protocol", CONTENT_TYPES)
def test_a_service_answers_in_the_requests_own_protocol(meters, protocol):
    answer = meters[protocol].echo(Text="x", Trees=[{"Label": "y"}], Moment=NOON, Token="t")
    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-type"] == CONTENT_TYPES[protocol]
    del answer["ResponseMetadata"]
    assert answer == {"Text": "x", "Trees": [{"Label": "y"}], "Moment": NOON, "Token": "t"}


@pytest.mark.parametrize("protocol", CONTENT_TYPES)
def test_errors_come_in_the_requests_own_protocol(meters, protocol):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        meters[protocol].fail(**FAILURE, Code="ShapeConflict")
    answer = error.value.response
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == CONTENT_TYPES[protocol]
    # Clients of the newer protocols find the code of the query protocol in a header.
    assert answer["Error"]["Code"] == "ShapeConflict"
    assert headers.get("x-amzn-query-error") == (None if protocol == "query" else "ShapeConflict;Sender")
    assert answer["Detail"] == FAILURE["Detail"]


@pytest.mark.parametrize("protocol", CONTENT_TYPES)
def test_refusals_come_in_the_requests_own_protocol(probe, nobody, meters, protocol):
    headers = {"json": {"X-Amz-Target": "ShapesMeter.Echo", "Content-Type": "application/x-amz-json-1.0"},
               "smithy-rpc-v2-cbor": {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"},
               "query": {}}[protocol]
    path = "/service/ShapesMeter/operation/Echo" if protocol == "smithy-rpc-v2-cbor" else "/"
    body = {"json": b"{}", "query": raw.form("Echo", "2026-01-01")}.get(protocol, b"\xa0")
    good = raw.signed("POST", path, body, identity(probe), service="shapes-meter", headers=headers)
    assert raw.send(probe.port, good).status == 200
    for spoilt in (good.but(body=body + b" "), good.with_header("Authorization", None)):
        answer = raw.send(probe.port, spoilt)
        assert 400 <= answer.status < 500
        assert answer.headers["content-type"] == CONTENT_TYPES[protocol]


def test_json_1_0_says_the_namespace_of_an_error(probe):
    body = json.dumps({"Code": "ShapeConflictException"}).encode()
    for version, kind in (("1.0", "com.amazonaws.shapes-json-1.0#ShapeConflictException"), ("1.1", "ShapeConflictException")):
        answer = send(probe, f"shapes-json-{version}", "POST", "/", body, {
            "X-Amz-Target": f"ShapesJSON{version.replace('.', '')}.Fail",
            "Content-Type": f"application/x-amz-json-{version}"})
        assert json.loads(answer.body)["__type"] == kind
        assert answer.headers["content-type"] == f"application/x-amz-json-{version}"


# Hosts


def at_host(probe, host, target, method="GET", headers=None):
    answer = send(probe, "shapes-rest-xml", method, target, b"", {"Host": host} | (headers or {}))
    return answer.status, dict(re.findall("<(Bucket|Key|Part|Code)>([^<]*)<", answer.text))


@pytest.mark.parametrize("host, bucket", [
    ("box.shapes-rest-xml.localhost:4566", "box"), ("box.shapes-rest-xml.localhost", "box"),
    ("box.shapes-rest-xml.us-east-1.localhost:4566", "box"), ("box.shapes-rest-xml.eu-west-1.amazonaws.com", "box"),
    ("box.shapes-rest-xml-eu-west-1.amazonaws.com", "box"), ("a.b.shapes-rest-xml.us-east-1.amazonaws.com", "a.b"),
    ("box.localhost:4566", "box"), ("a.b.localhost", "a.b"), ("BOX.shapes-rest-xml.example.org", "BOX"),
])
def test_virtual_hosts_route_like_paths(probe, host, bucket):
    assert at_host(probe, host, "/a/key?part=7") == (200, {"Bucket": bucket, "Key": "a/key", "Part": "7"})
    assert at_host(probe, host, "/a/key") == (200, {"Bucket": bucket, "Key": "a/key"})
    assert at_host(probe, host, "/folder/") == (200, {"Bucket": bucket, "Key": "folder/"})
    assert at_host(probe, host, "/") == (200, {"Bucket": bucket})


@pytest.mark.parametrize("host", [
    "localhost:4566", "127.0.0.1:4566", "shapes-rest-xml.localhost:4566", "shapes-rest-xml.eu-west-1.amazonaws.com",
    "[::1]:4566", "gatehouse", "box.example.org",
])
def test_other_hosts_have_the_bucket_in_the_path(probe, host):
    assert at_host(probe, host, "/box/a/key") == (200, {"Bucket": "box", "Key": "a/key"})
    assert at_host(probe, host, "/box") == (200, {"Bucket": "box"})


def test_only_a_service_that_says_so_has_virtual_hosts(probe):
    answer = send(probe, "shapes-rest-json", "POST", "/echo", b'{"Text": "x"}', {"Host": "echo.localhost:4566"})
    assert json.loads(answer.body) == {"Text": "x"}


def test_without_a_signature_a_virtual_host_is_answered_in_its_services_protocol(probe):
    answer = raw.send(probe.port, raw.Request("GET", "/key", {"Host": "box.shapes-rest-xml.localhost"}))
    assert answer.status == 403
    assert answer.text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>')
    assert answer.headers["x-amz-id-2"]


def test_two_services_of_one_signing_name(probe):
    control = client(probe, "shapes-control")
    answer = control.get_setting(AccountId="111122223333", Name="n")
    assert (answer["AccountId"], answer["Name"]) == ("111122223333", "n")
    # The same path without the account is the other service's.
    assert at_host(probe, "127.0.0.1", "/v1/setting/n") == (200, {"Bucket": "v1", "Key": "setting/n"})
    status, found = at_host(probe, "111122223333.localhost:4566", "/v1/setting/n",
                            headers={"x-shapes-account-id": "111122223333"})
    assert (status, found) == (200, {})
    assert at_host(probe, "box.localhost:4566", "/v1/setting/n") == (200, {"Bucket": "box", "Key": "v1/setting/n"})


def test_a_bare_error_has_s3s_form(probe):
    answer = send(probe, "shapes-rest-xml", "POST", "/fail/Unheard", root("").replace(b"Everything", b"Fail"))
    request_id, host_id = answer.headers["x-amz-request-id"], answer.headers["x-amz-id-2"]
    assert answer.text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>Unheard</Code>'
        f"<RequestId>{request_id}</RequestId><HostId>{host_id}</HostId></Error>")


def test_floats_are_single_in_cbor(probe):
    answer = cbor_call(probe, cbor(Float=b"\xfb" + struct.pack(">d", 0.5), Double=b"\xf9\x38\x00"))
    assert b"\x65Float\xfa" + struct.pack(">f", 0.5) in answer.body
    assert b"\x66Double\xfb" + struct.pack(">d", 0.5) in answer.body
