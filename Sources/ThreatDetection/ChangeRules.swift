import Policy
import Wire

extension CallRules {
    /// Changes that make an account less safe, by what the request asks for.
    static func change(_ call: ObservedCall, _ around: Surroundings) -> [Detection] {
        switch (call.source, call.name) {
        case ("cloudtrail.amazonaws.com", "StopLogging"), ("cloudtrail.amazonaws.com", "DeleteTrail"),
            ("cloudtrail.amazonaws.com", "UpdateTrail"):
            return trail(call)
        case ("s3.amazonaws.com", "PutBucketLogging"): return accessLogs(call)
        case ("s3.amazonaws.com", "PutAccountPublicAccessBlock"),
            ("s3.amazonaws.com", "DeleteAccountPublicAccessBlock"),
            ("s3.amazonaws.com", "PutBucketPublicAccessBlock"), ("s3.amazonaws.com", "DeleteBucketPublicAccessBlock"):
            return block(call)
        case ("s3.amazonaws.com", "PutBucketPolicy"): return policy(call, around)
        case ("s3.amazonaws.com", "PutBucketAcl"), ("s3.amazonaws.com", "CreateBucket"): return list(call, around)
        default: return []
        }
    }

    private static func trail(_ call: ObservedCall) -> [Detection] {
        guard call.succeeded, let name = call.request.named("Name")?.text else { return [] }
        if call.name == "UpdateTrail" {
            // What leaves out most of what was logged disables it as well.
            guard
                call.request.named("IsMultiRegionTrail") == .boolean(false)
                    || call.request.named("IncludeGlobalServiceEvents") == .boolean(false)
            else { return [] }
        }
        let done =
            switch call.name {
            case "StopLogging": "stopped"
            case "DeleteTrail": "deleted"
            default: "narrowed"
            }
        return [
            Detection(
                .trailDisabled, call, title: "AWS CloudTrail trail \(name) was disabled.",
                description: "AWS CloudTrail trail \(name) was \(done) by \(call.actor.described) calling \(call.name) "
                    + "from \(call.sourceAddress). This can be an attacker's attempt to cover tracks.",
                identity: [call.actor.id, name])
        ]
    }

    private static func accessLogs(_ call: ObservedCall) -> [Detection] {
        guard call.succeeded, let bucket = call.bucket else { return [] }
        let status = call.request.named("BucketLoggingStatus") ?? .null
        guard status.named("LoggingEnabled") == nil || status.named("LoggingEnabled") == .null else { return [] }
        return [
            Detection(
                .accessLogsDisabled, call,
                title: "Amazon S3 server access logging was disabled for the S3 bucket \(bucket).",
                description: "Amazon S3 server access logging was disabled for the S3 bucket \(bucket) by "
                    + "\(call.actor.described) calling \(call.name) from \(call.sourceAddress).",
                identity: [call.actor.id, bucket])
        ]
    }

    private static let settings = [
        "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets",
    ]

    private static func block(_ call: ObservedCall) -> [Detection] {
        guard call.succeeded else { return [] }
        let isOfAccount = call.name.contains("Account")
        guard isOfAccount || call.bucket != nil else { return [] }
        if call.name.hasPrefix("Put") {
            let wanted = call.request.named("PublicAccessBlockConfiguration") ?? .null
            guard settings.contains(where: { wanted.named($0)?.isTrue != true }) else { return [] }
        }
        let place = isOfAccount ? "account \(call.recipient)" : "S3 bucket \(call.bucket ?? "")"
        return [
            Detection(
                isOfAccount ? .accountBlockDisabled : .bucketBlockDisabled, call,
                title: "Amazon S3 Block Public Access was disabled for \(place).",
                description: "Amazon S3 Block Public Access was disabled for \(place) by \(call.actor.described) "
                    + "calling \(call.name) from \(call.sourceAddress).",
                identity: [call.actor.id, isOfAccount ? call.recipient : call.bucket ?? ""])
        ]
    }

    // MARK: - Buckets that are opened

    private static func policy(_ call: ObservedCall, _ around: Surroundings) -> [Detection] {
        guard call.succeeded, let bucket = call.bucket, !around.isRestricted(bucket),
            let text = policyText(call.request)
        else { return [] }
        guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable),
            document.isPublic
        else { return [] }
        return [opened(call, bucket, .anonymousAccess, by: "its bucket policy", to: "everybody")]
    }

    /// The request's own text, or AWS's form, which has the document in its place.
    private static func policyText(_ request: Wire.JSONValue) -> String? {
        guard let value = request.named("Policy") ?? request["bucketPolicy"] else { return nil }
        if let text = value.text { return text }
        guard case .object = value else { return nil }
        var writer = JSONWriter()
        writer.json(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static let everybody = "http://acs.amazonaws.com/groups/global/AllUsers"
    private static let everyUser = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"

    private static func list(_ call: ObservedCall, _ around: Surroundings) -> [Detection] {
        guard call.succeeded, let bucket = call.bucket, !around.isRestricted(bucket) else { return [] }
        var groups: Set<String> = []
        switch call.request["x-amz-acl"]?.firstText ?? call.request.named("ACL")?.text {
        case "public-read", "public-read-write": groups.insert(everybody)
        case "authenticated-read": groups.insert(everyUser)
        default: break
        }
        for header in ["GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP"] {
            guard let text = call.request.named(header)?.text else { continue }
            for group in [everybody, everyUser] where text.contains(group) { groups.insert(group) }
        }
        collect(call.request.named("AccessControlPolicy") ?? .null, &groups)
        // Who gives something to everybody gives it to every user as well.
        if groups.contains(everybody) {
            return [opened(call, bucket, .anonymousAccess, by: "its access control list", to: "everybody")]
        }
        guard groups.contains(everyUser) else { return [] }
        return [opened(call, bucket, .publicAccess, by: "its access control list", to: "all AWS users")]
    }

    /// The groups that a list names, wherever they stand in it: events write lists in more than one form.
    private static func collect(_ value: Wire.JSONValue, _ groups: inout Set<String>) {
        switch value {
        case .string(let text): if text == everybody || text == everyUser { groups.insert(text) }
        case .array(let elements): for element in elements { collect(element, &groups) }
        case .object(let members): for member in members { collect(member.value, &groups) }
        default: break
        }
    }

    private static func opened(
        _ call: ObservedCall, _ bucket: String, _ type: FindingType, by what: String, to whom: String
    ) -> Detection {
        Detection(
            type, call, title: "Amazon S3 public access was granted to \(whom) for S3 bucket \(bucket).",
            description: "S3 bucket \(bucket) was opened to \(whom) through \(what) by \(call.actor.described) calling "
                + "\(call.name) from \(call.sourceAddress).", identity: [call.actor.id, bucket])
    }
}

extension Wire.JSONValue {
    /// AWS writes some headers as lists.
    fileprivate var firstText: String? {
        if case .array(let elements) = self { return elements.first?.text }
        return text
    }
}
