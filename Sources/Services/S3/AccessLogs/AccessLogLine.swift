import Directory
import FoundationEssentials
import Platform
import S3API
import Wire

/// A request as access logs have it: one line of 26 fields, a hyphen for what there is not.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>
struct AccessLogLine {
    let answered: AnsweredRequest
    let bucket: Bucket
    /// The access point by which it came; nil: by none.
    let accessPoint: AccessPoint?
    /// As the path has it, without the bucket; empty for a request of the bucket itself.
    let key: String

    var text: String {
        let request = answered.request
        let seconds = Timestamp(secondsSinceEpoch: answered.time)
        var fields: [String] = []
        func add(_ value: String?) { fields.append(value.flatMap { $0.isEmpty ? nil : $0 } ?? "-") }
        func quote(_ value: String?) {
            // A quotation mark or a line's end in it would begin a field of the client's choice.
            let safe = value?.unicodeScalars.map { scalar in
                scalar == "\"" || scalar.value < 0x20
                    ? "%\(scalar.value < 0x10 ? "0" : "")\(String(scalar.value, radix: 16, uppercase: true))"
                    : String(scalar)
            }.joined()
            fields.append("\"\(safe.flatMap { $0.isEmpty ? nil : $0 } ?? "-")\"")
        }
        add(CanonicalUser.id(ofAccount: bucket.accountID))
        add(bucket.name)
        add("[\(Self.date(seconds))]")
        add(answered.address)
        add(requester)
        add(answered.requestID)
        add(operation)
        // Encoded twice, as AWS does it.
        add(key.isEmpty ? nil : URLEncoding.encode(URLEncoding.encode(key)))
        quote("\(request.method) \(answered.target) HTTP/1.1")
        add(String(answered.status))
        add(answered.errorCode)
        add(answered.length.map { $0 == 0 ? "-" : String($0) })
        add(objectSize)
        add(String(answered.milliseconds))
        add(String(answered.milliseconds))
        quote(request.header("referer"))
        quote(request.header("user-agent"))
        add(version)
        add(answered.requestID)
        add(answered.signature == nil ? nil : "SigV4")
        add(answered.tls?.cipherSuite)
        add(answered.signature.map { $0.form == .header ? "AuthHeader" : "QueryString" })
        add(request.header("host"))
        add(answered.tls?.versionName)
        add(accessPoint?.arn)
        add("-")
        return fields.joined(separator: " ")
    }

    /// `06/Feb/2019:00:00:38 +0000`
    private static func date(_ time: Timestamp) -> String {
        // `Sun, 06 Nov 1994 08:49:37 GMT`
        let parts = time.httpDate.split(separator: " ")
        guard parts.count == 6 else { return "-" }
        return "\(parts[1])/\(parts[2])/\(parts[3]):\(parts[4]) +0000"
    }

    /// The root user is known by the account's canonical id.
    private var requester: String? {
        guard let caller = answered.caller, !caller.isAnonymous else { return nil }
        if case .root = caller.identity { return CanonicalUser.id(ofAccount: caller.accountID) }
        return caller.arn
    }

    private var objectSize: String? {
        let headers = answered.headers
        func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        guard answered.errorCode == nil, !key.isEmpty else { return nil }
        switch answered.request.method {
        case "GET", "HEAD":
            if let range = header("content-range")?.split(separator: "/").last { return String(range) }
            return header("content-length") ?? answered.length.map { String($0) }
        case "PUT":
            return answered.request.header("x-amz-decoded-content-length") ?? answered.request.header("content-length")
        default: return nil
        }
    }

    private var version: String? {
        for pair in answered.request.query.split(separator: "&") where pair.hasPrefix("versionId=") {
            return String(pair.dropFirst("versionId=".count))
        }
        return nil
    }

    // MARK: Operations

    private var operation: String {
        let shape = S3.service
        let name =
            (try? shape.wireProtocol(of: answered.request).operationName(of: answered.request, for: shape)) ?? nil
        let method =
            name.flatMap { $0.hasPrefix("Copy") || $0.hasSuffix("Copy") ? "COPY" : nil } ?? answered.request.method
        return "REST.\(method).\(name.flatMap { Self.resources[$0] } ?? resource)"
    }

    private var resource: String {
        let parameters = answered.request.query.split(separator: "&").map { $0.prefix { $0 != "=" } }
        let named = parameters.first { Self.subresources.contains(String($0)) }
        return named.map { $0.uppercased().replacing("-", with: "_") } ?? (key.isEmpty ? "BUCKET" : "OBJECT")
    }

    /// What logs call the things that operations are on, where it is not what the query names.
    private static let resources = [
        "DeleteObjects": "MULTI_OBJECT_DELETE", "ListObjectVersions": "BUCKETVERSIONS",
        "CreateMultipartUpload": "UPLOADS", "ListMultipartUploads": "UPLOADS", "CompleteMultipartUpload": "UPLOAD",
        "AbortMultipartUpload": "UPLOAD", "ListParts": "UPLOAD", "UploadPart": "PART", "UploadPartCopy": "PART",
        "GetObjectTagging": "OBJECT_TAGGING", "PutObjectTagging": "OBJECT_TAGGING",
        "DeleteObjectTagging": "OBJECT_TAGGING", "GetBucketPolicy": "BUCKETPOLICY", "PutBucketPolicy": "BUCKETPOLICY",
        "DeleteBucketPolicy": "BUCKETPOLICY", "GetBucketLogging": "LOGGING_STATUS",
        "PutBucketLogging": "LOGGING_STATUS",
        "GetPublicAccessBlock": "PUBLIC_ACCESS_BLOCK", "PutPublicAccessBlock": "PUBLIC_ACCESS_BLOCK",
        "DeletePublicAccessBlock": "PUBLIC_ACCESS_BLOCK", "GetBucketRequestPayment": "REQUEST_PAYMENT",
        "PutBucketRequestPayment": "REQUEST_PAYMENT",
    ]

    /// What a query names in a request of a bucket that does not list objects, versions or uploads.
    static let bucketSubresources = subresources.union(["policy", "publicAccessBlock", "requestPayment"])

    private static let subresources: Set<String> = [
        "accelerate", "acl", "analytics", "attributes", "cors", "encryption", "intelligent-tiering", "inventory",
        "legal-hold", "lifecycle", "location", "metrics", "notification", "object-lock", "ownershipControls",
        "policyStatus", "replication", "restore", "retention", "tagging", "torrent", "versioning", "website",
    ]
}
