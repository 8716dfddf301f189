import Platform
import Wire

/// What `Put…Configuration` operations told a bucket, by the names that AWS Config has for it. It is kept by those of S3's XML.
enum BucketParts {
    static func encryption(_ json: JSONValue) -> JSONValue {
        guard case .array(let rules)? = json["Rule"] else { return .members(["rules": .array([])]) }
        return .members([
            "rules": .array(
                rules.map { rule in
                    let usual = rule["ApplyServerSideEncryptionByDefault"]
                    return .members([
                        "applyServerSideEncryptionByDefault": .members([
                            "sseAlgorithm": usual?["SSEAlgorithm"] ?? .null,
                            "kmsMasterKeyID": usual?["KMSMasterKeyID"] ?? .null,
                        ]), "bucketKeyEnabled": rule["BucketKeyEnabled"] ?? .boolean(false),
                    ])
                })
        ])
    }

    static func crossOrigin(_ json: JSONValue) -> JSONValue {
        guard case .array(let rules)? = json["CORSRule"] else { return .members(["rules": .array([])]) }
        return .members([
            "rules": .array(
                rules.map {
                    .members([
                        "id": $0["ID"] ?? .null, "allowedMethods": $0["AllowedMethod"] ?? .null,
                        "allowedOrigins": $0["AllowedOrigin"] ?? .null, "allowedHeaders": $0["AllowedHeader"] ?? .null,
                        "exposedHeaders": $0["ExposeHeader"] ?? .null,
                        "maxAgeSeconds": $0["MaxAgeSeconds"] ?? .integer(0),
                    ])
                })
        ])
    }

    // MARK: Lifecycle

    static func lifecycle(_ json: JSONValue) -> JSONValue {
        guard case .array(let rules)? = json["Rule"] else { return .members(["rules": .array([])]) }
        return .members(["rules": .array(rules.map(rule))])
    }

    private static func rule(_ rule: JSONValue) -> JSONValue {
        let (expiration, noncurrent) = (rule["Expiration"], rule["NoncurrentVersionExpiration"])
        return .members([
            "id": rule["ID"] ?? .null, "prefix": rule["Prefix"] ?? .null, "status": rule["Status"] ?? .null,
            "filter": rule["Filter"].map { .members(["predicate": predicate($0)]) } ?? .null,
            "expirationInDays": expiration?["Days"] ?? .integer(-1),
            "expirationDate": expiration?["Date"] ?? .null,
            "expiredObjectDeleteMarker": expiration?["ExpiredObjectDeleteMarker"] ?? .boolean(false),
            "noncurrentVersionExpirationInDays": noncurrent?["NoncurrentDays"] ?? .integer(-1),
            "transitions": transitions(rule["Transition"], "Days"),
            "noncurrentVersionTransitions": transitions(rule["NoncurrentVersionTransition"], "NoncurrentDays"),
            "abortIncompleteMultipartUpload": rule["AbortIncompleteMultipartUpload"]?.withLoweredNames ?? .null,
        ])
    }

    private static func transitions(_ json: JSONValue?, _ days: String) -> JSONValue {
        guard case .array(let all)? = json else { return .null }
        return .array(
            all.map {
                .members([
                    "days": $0[days] ?? .integer(-1), "date": $0["Date"] ?? .null,
                    "storageClass": $0["StorageClass"] ?? .null,
                ])
            })
    }

    private static func predicate(_ filter: JSONValue) -> JSONValue {
        if let both = filter["And"] {
            var operands: [JSONValue] = []
            if let prefix = both["Prefix"] { operands.append(ofPrefix(prefix)) }
            if case .array(let tags)? = both["Tag"] { operands += tags.map(ofTag) }
            return .members(["type": .string("LifecycleAndOperator"), "operands": .array(operands)])
        }
        if let tag = filter["Tag"] { return ofTag(tag) }
        return filter["Prefix"].map(ofPrefix) ?? .null
    }

    private static func ofPrefix(_ prefix: JSONValue) -> JSONValue {
        .members(["type": .string("LifecyclePrefixPredicate"), "prefix": prefix])
    }

    private static func ofTag(_ tag: JSONValue) -> JSONValue {
        .members(["type": .string("LifecycleTagPredicate"), "tag": tag.withLoweredNames])
    }

    // MARK: Others

    static func notifications(_ json: JSONValue?) -> JSONValue {
        var found: [JSONMember] = []
        for (list, type, target, name) in [
            ("TopicConfiguration", "TopicConfiguration", "Topic", "topicARN"),
            ("QueueConfiguration", "QueueConfiguration", "Queue", "queueARN"),
            ("CloudFunctionConfiguration", "LambdaConfiguration", "CloudFunction", "functionARN"),
        ] {
            guard case .array(let rules)? = json?[list] else { continue }
            for (index, rule) in rules.enumerated() {
                var id = "\(type)-\(index)"
                if case .string(let text)? = rule["Id"] { id = text }
                guard !found.contains(where: { $0.key == id }) else { continue }
                let value: JSONValue = .object([
                    JSONMember(key: "events", value: rule["Event"] ?? .array([])),
                    JSONMember(key: "filter", value: rule["Filter"]?.withLoweredNames ?? .null),
                    JSONMember(key: name, value: rule[target] ?? .null),
                    JSONMember(key: "type", value: .string(type)),
                ])
                found.append(JSONMember(key: id, value: value))
            }
        }
        return .members(["configurations": .object(found)])
    }

    static func replication(_ json: JSONValue) -> JSONValue {
        var rules: [JSONMember] = []
        if case .array(let all)? = json["Rule"] {
            for (index, rule) in all.enumerated() {
                var id = "rule-\(index)"
                if case .string(let text)? = rule["ID"] { id = text }
                guard !rules.contains(where: { $0.key == id }) else { continue }
                rules.append(
                    JSONMember(
                        key: id,
                        value: .members([
                            "prefix": rule["Prefix"] ?? .null, "status": rule["Status"] ?? .null,
                            "priority": rule["Priority"] ?? .null,
                            "destinationConfig": .members([
                                "bucketARN": rule["Destination"]?["Bucket"] ?? .null,
                                "storageClass": rule["Destination"]?["StorageClass"] ?? .null,
                                "account": rule["Destination"]?["Account"] ?? .null,
                            ]),
                        ])))
            }
        }
        return .members(["roleARN": json["Role"] ?? .null, "rules": .object(rules)])
    }

    static func website(_ json: JSONValue) -> JSONValue {
        .members([
            "indexDocumentSuffix": json["IndexDocument"]?["Suffix"] ?? .null,
            "errorDocument": json["ErrorDocument"]?["Key"] ?? .null,
            "redirectAllRequestsTo": json["RedirectAllRequestsTo"]?.withLoweredNames ?? .null,
            "routingRules": json["RoutingRules"]?.withLoweredNames ?? .array([]),
        ])
    }
}
