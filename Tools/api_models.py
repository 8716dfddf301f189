"""The API models of the pinned botocore, and the compact text that Wire's SchemaParser reads of them.

Tools/generate-api writes the models of Gatehouse's own services as Swift code with it, Tools/generate-service-schemas those
of all services as data.
"""

import gzip
import json
import re
import sys
import zipfile

import pinned

BOTOCORE = "1.43.11"
BOTOCORE_SHA256 = "0108b5604df5a26918936c845e1e761866ee9ea8d1c1f9358ed3c69afdc37436"

# The services that Gatehouse answers by a later model, with the botocore that it is from: ACM's operations for ACME (RFC 8555)
# are not in the one that is pinned for all.
LATER = {"acm": ("1.44.8", "76342a76c338701db80dcb8afe1c9bd079283d6fffbb9d881442abb02a215043")}

# What models newer than the pinned one have, and has to be known already: a constraint that is not known would be ignored,
# and the grant would allow more than was asked for. By model: shapes to add, members to add to structures, and members that
# are no longer required. From botocore 1.44.5.
SERVICE_PRINCIPAL = {"shape": "ServicePrincipalType"}
NEWER = {
    "kms": {
        "shapes": {
            "ServicePrincipalType": {"type": "string", "min": 1, "max": 128,
                                     "pattern": r"^([A-Za-z0-9\-]+)\.([A-Za-z0-9\-]+)(\.[A-Za-z0-9\-]+)+$"},
            "GrantConstraintSourceArnType": {"type": "string", "min": 20, "max": 512,
                                             "pattern": "^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$"},
        },
        "members": {
            "CreateGrantRequest": {"GranteeServicePrincipal": SERVICE_PRINCIPAL,
                                   "RetiringServicePrincipal": SERVICE_PRINCIPAL},
            "GrantConstraints": {"SourceArn": {"shape": "GrantConstraintSourceArnType"}},
            "GrantListEntry": {"GranteeServicePrincipal": SERVICE_PRINCIPAL,
                               "RetiringServicePrincipal": SERVICE_PRINCIPAL},
            "ListGrantsRequest": {"GranteeServicePrincipal": SERVICE_PRINCIPAL},
            "ListRetirableGrantsRequest": {"RetiringServicePrincipal": SERVICE_PRINCIPAL},
        },
        "optional": {"CreateGrantRequest": ["GranteePrincipal"], "ListRetirableGrantsRequest": ["RetiringPrincipal"]},
    },
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
    "s3": {
        "shapes": {
            "BucketCannedACL": {"type": "string", "enum": ["private", "public-read", "public-read-write",
                                                           "authenticated-read", "log-delivery-write"]},
            "RestoreStatusCode": {"type": "integer"},
        },
        # 202 for a restoration that begins, 200 for one that is prolonged.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
        "members": {
            "RestoreObjectOutput": {"StatusCode": {"shape": "RestoreStatusCode", "location": "statusCode"}},
        },
    },
}

# The codes that errors have in the query protocol, by which SDKs know them whichever protocol they speak, and their statuses.
# botocore's models before 1.43 had them, Smithy's still have: the traits aws.protocols#awsQueryError.
CODES = {
    "sqs": {
        "BatchEntryIdsNotDistinct": ("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400),
        "BatchRequestTooLong": ("AWS.SimpleQueueService.BatchRequestTooLong", 400),
        "EmptyBatchRequest": ("AWS.SimpleQueueService.EmptyBatchRequest", 400),
        "InvalidBatchEntryId": ("AWS.SimpleQueueService.InvalidBatchEntryId", 400),
        "KmsAccessDenied": ("KMS.AccessDeniedException", 400),
        "KmsDisabled": ("KMS.DisabledException", 400),
        "KmsInvalidKeyUsage": ("KMS.InvalidKeyUsageException", 400),
        "KmsInvalidState": ("KMS.InvalidStateException", 400),
        "KmsNotFound": ("KMS.NotFoundException", 400),
        "KmsOptInRequired": ("KMS.OptInRequired", 403),
        "KmsThrottled": ("KMS.ThrottlingException", 400),
        "MessageNotInflight": ("AWS.SimpleQueueService.MessageNotInflight", 400),
        "OverLimit": ("OverLimit", 403),
        "PurgeQueueInProgress": ("AWS.SimpleQueueService.PurgeQueueInProgress", 403),
        "QueueDeletedRecently": ("AWS.SimpleQueueService.QueueDeletedRecently", 400),
        "QueueDoesNotExist": ("AWS.SimpleQueueService.NonExistentQueue", 400),
        "QueueNameExists": ("QueueAlreadyExists", 400),
        "RequestThrottled": ("RequestThrottled", 403),
        "ResourceNotFoundException": ("ResourceNotFoundException", 404),
        "TooManyEntriesInBatchRequest": ("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400),
        "UnsupportedOperation": ("AWS.SimpleQueueService.UnsupportedOperation", 400),
    },
}

# What botocore's models have not, because its parser can do without it: AWS's Smithy models say it (xmlNamespace and
# restXml of the service, xmlName of the outputs, s3UnwrappedXmlOutput), and S3's API reference shows it.
LOST = {
    "s3": {
        "namespace": "http://s3.amazonaws.com/doc/2006-03-01/",
        "noErrorWrapping": True,
        "unwrapped": ["GetBucketLocation"],
        "roots": {
            "CompleteMultipartUpload": "CompleteMultipartUploadResult",
            "CreateMultipartUpload": "InitiateMultipartUploadResult",
            "CreateSession": "CreateSessionResult",
            "DeleteObjects": "DeleteResult",
            "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
            "GetBucketAcl": "AccessControlPolicy",
            "GetBucketCors": "CORSConfiguration",
            "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
            "GetBucketLogging": "BucketLoggingStatus",
            "GetBucketRequestPayment": "RequestPaymentConfiguration",
            "GetBucketTagging": "Tagging",
            "GetBucketVersioning": "VersioningConfiguration",
            "GetBucketWebsite": "WebsiteConfiguration",
            "GetObjectAcl": "AccessControlPolicy",
            "GetObjectAttributes": "GetObjectAttributesResponse",
            "GetObjectTagging": "Tagging",
            "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
            "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
            "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
            "ListBuckets": "ListAllMyBucketsResult",
            "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
            "ListMultipartUploads": "ListMultipartUploadsResult",
            "ListObjectVersions": "ListVersionsResult",
            "ListObjects": "ListBucketResult",
            "ListObjectsV2": "ListBucketResult",
            "ListParts": "ListPartsResult",
        },
    },
    "s3control": {"namespace": "http://awss3control.amazonaws.com/doc/2018-08-20/"},
}

# Protocols that a service still speaks and that botocore's models no longer have: SQS's forms, which SDKs sent until 2023. What
# members and the parts of maps are called in them; from AWS's API reference, whose examples are in both protocols, and the
# models of botocore before 1.31.81.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html
FORMS = {
    "sqs": {
        "namespace": "http://queue.amazonaws.com/doc/2012-11-05/",
        "members": {
            "AWSAccountIds": "AWSAccountId", "Actions": "ActionName", "AttributeNames": "AttributeName", "Attributes": "Attribute",
            "BinaryListValues": "BinaryListValue", "MessageAttributeNames": "MessageAttributeName",
            "MessageAttributes": "MessageAttribute", "MessageSystemAttributeNames": "MessageSystemAttributeName",
            "MessageSystemAttributes": "MessageSystemAttribute", "Messages": "Message", "QueueUrls": "QueueUrl",
            "StringListValues": "StringListValue", "TagKeys": "TagKey", "Tags": "Tag", "tags": "Tag", "queueUrls": "QueueUrl",
        },
        # Lists whose elements are called as their shape.
        "named": ["Entries", "Successful", "Failed"],
        "maps": {"MessageBodyAttributeMap": ("Name", "Value"), "MessageBodySystemAttributeMap": ("Name", "Value"),
                 "MessageSystemAttributeMap": ("Name", "Value"), "QueueAttributeMap": ("Name", "Value"), "TagMap": ("Key", "Value")},
    },
}


def read(path):
    with (gzip.open if path.suffix == ".gz" else open)(path) as file:
        return json.load(file)


def model_file(models, name):
    """The newest version of a service's model."""
    versions = sorted((models / name).glob("*/service-2.json*"))
    if not versions:
        sys.exit(f"there is no model {name}")
    return versions[-1]


def download(scratch, services=None, version=BOTOCORE, sha256=BOTOCORE_SHA256):
    """The `botocore/data` of the pinned wheel, whose hash is checked.

    Of the services that are asked for, or of all.
    """
    wheel = pinned.download(f"botocore=={version}", sha256, scratch)
    with zipfile.ZipFile(wheel) as archive:
        found = (re.fullmatch(r"botocore/data/([^/]+)/[^/]+/(?:service-2|paginators-1)\.json(?:\.gz)?", each)
                 for each in archive.namelist())
        archive.extractall(scratch, [each[0] for each in found if each and (services is None or each[1] in services)])
    return scratch / "botocore" / "data"


def renew(shapes, newer):
    """Adds what newer models have."""
    shapes.update(newer.get("shapes", {}))
    for name, members in newer.get("members", {}).items():
        shapes[name]["members"].update(members)
    for name, members in newer.get("optional", {}).items():
        shapes[name]["required"] = [each for each in shapes[name]["required"] if each not in members]


class Model:
    """A service's model, with what botocore lacks put in; its lines' grammar is documented in Wire's SchemaParser."""

    def __init__(self, name, model):
        self.name = name
        self.lost = LOST.get(name, {})
        renew(model["shapes"], NEWER.get(name, {}))
        self.signing_name = model["metadata"].get("signingName", model["metadata"]["endpointPrefix"])
        self.metadata, self.shapes, self.operations = model["metadata"], model["shapes"], model["operations"]
        for error, (code, status) in CODES.get(name, {}).items():
            self.shapes[error]["error"] = {"code": code, "httpStatusCode": status}
        self.protocols = self.metadata.get("protocols", [self.metadata["protocol"]])
        if name in FORMS:
            self.add_forms(FORMS[name])

    def add_forms(self, forms):
        self.protocols = self.protocols + ["query"]
        self.lost = self.lost | {"namespace": forms["namespace"]}
        for name, (key, value) in forms["maps"].items():
            self.shapes[name]["key"]["locationName"], self.shapes[name]["value"]["locationName"] = key, value
        for shape in self.shapes.values():
            for member, reference in shape.get("members", {}).items():
                if member in forms["members"]:
                    reference["queryName"] = forms["members"][member]
                elif member in forms["named"]:
                    reference["queryName"] = self.shapes[reference["shape"]]["member"]["shape"]
                if self.shapes[reference["shape"]]["type"] == "list":
                    reference["flattened"] = True
        for name, operation in self.operations.items():
            if "output" in operation:
                operation["output"]["resultWrapper"] = f"{name}Result"

    def schema_lines(self):
        metadata = self.metadata
        yield from (line for line in [
            attributes("service", [
                ("id", self.name), ("signing", self.signing_name), ("endpoint", metadata["endpointPrefix"]),
                ("version", metadata["apiVersion"]), ("serviceID", metadata["serviceId"]),
                ("protocol", ",".join(self.protocols), True),
                ("json", metadata.get("jsonVersion")), ("target", metadata.get("targetPrefix")),
                ("queryCompatible", "awsQueryCompatible" in metadata),
                ("namespace", metadata.get("xmlNamespace", self.lost.get("namespace"))),
                ("bareErrors", metadata.get("noErrorWrapping", self.lost.get("noErrorWrapping"))),
                ("global", metadata.get("globalEndpoint"))])])
        for name, shape in sorted(self.shapes.items()):
            yield from self.shape_lines(name, shape)
        for name, operation in sorted(self.operations.items()):
            yield self.operation_line(name, operation)

    def shape_lines(self, name, shape):
        kind = shape["type"]
        if kind == "character":
            kind = "string"
        error = shape.get("error", {})
        fault = None
        if shape.get("exception"):
            fault = "receiver" if shape.get("fault") or error.get("httpStatusCode", 400) >= 500 else "sender"
        yield attributes(f"{kind} {name}", [
            ("member", shape.get("member", {}).get("shape")), ("element", shape.get("member", {}).get("locationName")),
            ("key", shape.get("key", {}).get("shape")), ("keyName", shape.get("key", {}).get("locationName")),
            ("value", shape.get("value", {}).get("shape")), ("valueName", shape.get("value", {}).get("locationName")),
            ("fault", fault), ("code", error.get("code")), ("status", error.get("httpStatusCode")),
            ("min", number(shape.get("min"))), ("max", number(shape.get("max"))),
            ("format", shape.get("timestampFormat")), ("payload", shape.get("payload")),
            ("locationName", shape.get("locationName")), ("namespace", namespace(shape)),
            ("order", ",".join(map(escape, shape["xmlOrder"])) if "xmlOrder" in shape else None, True),
            ("flattened", shape.get("flattened")), ("sensitive", shape.get("sensitive")),
            ("sparse", shape.get("sparse")), ("union", shape.get("union")), ("document", shape.get("document")),
            ("wrapper", shape.get("wrapper")), ("streaming", shape.get("streaming")),
            ("eventstream", shape.get("eventstream")), ("event", shape.get("event")),
            ("enum", ",".join(map(escape, shape["enum"])) if "enum" in shape else None, True),
            ("pattern", pattern(shape), True)])
        required = set(shape.get("required", []))
        for member, reference in shape.get("members", {}).items():
            mark = "!" if member in required else ""
            yield attributes(f"  {member}{mark} {reference['shape']}", [
                ("location", reference.get("location")), ("locationName", reference.get("locationName")),
                ("queryName", reference.get("queryName")), ("namespace", namespace(reference)),
                ("format", reference.get("timestampFormat")), ("flattened", reference.get("flattened")),
                ("attribute", reference.get("xmlAttribute")), ("token", reference.get("idempotencyToken")),
                ("streaming", reference.get("streaming")), ("eventpayload", reference.get("eventpayload")),
                ("json", reference.get("jsonvalue")), ("label", reference.get("hostLabel"))])

    def operation_line(self, name, operation):
        http, given, result = operation["http"], operation.get("input", {}), operation.get("output", {})
        plain = http["method"] == "POST" and http["requestUri"] == "/"
        return attributes(f"operation {name}", [
            ("method", None if plain else http["method"]), ("uri", None if plain else http["requestUri"]),
            ("status", http.get("responseCode") if http.get("responseCode") != 200 else None),
            ("deprecated", operation.get("deprecated")), ("unwrapped", name in self.lost.get("unwrapped", ())),
            ("root", self.lost.get("roots", {}).get(name)),
            ("host", operation.get("endpoint", {}).get("hostPrefix")),
            ("input", given.get("shape")), ("inputName", given.get("locationName")),
            ("inputNamespace", namespace(given)), ("output", result.get("shape")),
            ("result", result.get("resultWrapper")),
            ("unsigned", operation.get("authtype") == "none"),
            ("errors", ",".join(error["shape"] for error in operation.get("errors", [])) or None, True)])


def attributes(head, pairs):
    """One schema line: the head, then `name=value` for what is set and `name` for flags."""
    line = head
    for name, value, *raw in pairs:
        if value is None or value is False:
            continue
        line += f" {name}" if value is True else f" {name}={value if raw else escape(value)}"
    return line


def escape(value):
    return re.sub(r"[\x00-\x20%,\x7f]", lambda match: f"%{ord(match[0]):02X}", str(value))


def pattern(shape):
    """The pattern stands last on its line and is not escaped; control characters become regex escapes."""
    if "pattern" not in shape:
        return None
    return re.sub(r"[\x00-\x1f\x7f]", lambda match: f"\\u{ord(match[0]):04x}", shape["pattern"])


def number(value):
    return int(value) if isinstance(value, float) and value.is_integer() else value


def namespace(reference):
    value = reference.get("xmlNamespace")
    if value is None or isinstance(value, str):
        return value
    return value["uri"] if "prefix" not in value else f"{value['prefix']}={value['uri']}"
