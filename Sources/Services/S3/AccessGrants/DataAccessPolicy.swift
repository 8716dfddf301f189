import Wire

/// The session policy of credentials that S3 lends by a grant: what may be done to the data in its scope, and nothing else.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-get-data.html#access-grants-get-data-supported-actions>
struct DataAccessPolicy {
    let scope: AccessGrantScope
    let permission: AccessGrant.Permission
    /// Whose data it is.
    let account: String
    let region: String

    /// The longest that STS takes, in Unicode scalars.
    private static let longest = 2048

    /// The policy; nil for one that STS would find too long.
    var text: String? {
        let text = json
        return text.unicodeScalars.count <= Self.longest ? text : nil
    }

    private var json: String {
        let bucket = "arn:aws:s3:::\(scope.bucket)"
        let key = Self.escaped(scope.key)
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("Version", "2012-10-17")
        writer.key("Statement")
        writer.beginArray()
        let ofObjects =
            (permission.reads ? Self.reading : []) + (permission.writes ? Self.writing : [])
        allow(ofObjects, on: "\(bucket)/\(key)\(scope.isObject ? "" : "*")", &writer)
        if permission.reads, !scope.isObject {
            allow(Self.listing, on: bucket, prefix: key.isEmpty ? nil : "\(key)*", &writer)
        }
        allowKeys(&writer)
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static let reading = [
        "GetObject", "GetObjectVersion", "GetObjectAcl", "GetObjectVersionAcl", "ListMultipartUploadParts",
    ]
    private static let writing = [
        "PutObject", "PutObjectAcl", "PutObjectVersionAcl", "DeleteObject", "DeleteObjectVersion",
        "AbortMultipartUpload",
    ]
    private static let listing = ["ListBucket", "ListBucketVersions", "ListBucketMultipartUploads"]

    /// - Parameter prefix: what the prefix of a listing must match; nil: anything.
    private func allow(
        _ actions: [String], on resource: String, prefix: String? = nil, _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("Effect", "Allow")
        writer.key("Action")
        writer.beginArray()
        for action in actions { writer.string("s3:\(action)") }
        writer.endArray()
        writer.member("Resource", resource)
        writer.key("Condition")
        writer.beginObject()
        // A later bucket of this name may be somebody else's.
        writer.key("StringEquals")
        writer.beginObject()
        writer.member("aws:ResourceAccount", account)
        writer.endObject()
        if let prefix {
            writer.key("StringLike")
            writer.beginObject()
            writer.member("s3:prefix", prefix)
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
    }

    /// The keys that the objects are encrypted with, as far as S3 asks for them. To put an object together from its parts takes
    /// `kms:Decrypt` as well.
    private func allowKeys(_ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("Effect", "Allow")
        writer.key("Action")
        writer.beginArray()
        writer.string("kms:Decrypt")
        if permission.writes { writer.string("kms:GenerateDataKey") }
        writer.endArray()
        writer.member("Resource", "*")
        writer.key("Condition")
        writer.beginObject()
        writer.key("StringEquals")
        writer.beginObject()
        writer.member("kms:ViaService", "s3.\(region).amazonaws.com")
        writer.endObject()
        writer.endObject()
        writer.endObject()
    }

    /// A key in a pattern that matches it alone.
    private static func escaped(_ key: String) -> String {
        var result = ""
        for scalar in key.unicodeScalars {
            if scalar == "*" || scalar == "?" || scalar == "$" {
                result += "${\(scalar)}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
