import CognitoIDPAPI
import Directory
import Platform
import Policy
import Wire

// Tags of user pools. <https://docs.aws.amazon.com/cognito/latest/developerguide/tagging.html>

enum PoolTags {
    static let rules = TagRules(
        keys: .exact, duplicate: .cognito(.userPoolTaggingException, "Duplicate tag keys found."),
        reserved: { _ in .invalidParameter("aws: prefixed tag key names are not allowed for external use.") },
        tooMany: .cognito(.userPoolTaggingException, "A user pool can have at most 50 tags."))

    static func tags(_ map: [String: String]?) -> [Tag] {
        (map ?? [:]).sorted { $0.key < $1.key }.map { Tag(key: $0.key, value: $0.value) }
    }

    /// The user pool of the caller's account and region that an ARN names.
    /// - Throws: InvalidParameterException for another ARN.
    static func poolID(_ text: String, _ call: Call) throws(ServiceError) -> String {
        guard let arn = ARN(parsing: text), arn.service == "cognito-idp", let (type, id) = arn.typeAndRest,
            type == "userpool"
        else { throw .invalidParameter("Invalid ARN: \(text)") }
        guard arn.account == call.accountID, arn.region == call.region else { throw .noSuchPool(String(id)) }
        return String(id)
    }
}

extension CognitoIDP.TagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        var access = Access("cognito-idp:TagResource", on: input.resourceArn)
        access.context = ConditionKeys.requestTags(PoolTags.tags(input.tags))
        return .required(access)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var pool = try records.userPool(try PoolTags.poolID(input.resourceArn, call))
        pool.tags = try PoolTags.rules.merge(PoolTags.tags(input.tags), into: pool.tags)
        try records.put(pool)
        return Output()
    }
}

extension CognitoIDP.UntagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        var access = Access("cognito-idp:UntagResource", on: input.resourceArn)
        access.context = ConditionKeys.tagKeys(input.tagKeys)
        return .required(access)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var pool = try records.userPool(try PoolTags.poolID(input.resourceArn, call))
        pool.tags = PoolTags.rules.remove(input.tagKeys, from: pool.tags)
        try records.put(pool)
        return Output()
    }
}

extension CognitoIDP.ListTagsForResource: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cognito-idp:ListTagsForResource", on: input.resourceArn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try records.userPool(try PoolTags.poolID(input.resourceArn, call))
        return Output(tags: Dictionary(pool.tags.map { ($0.key, $0.value) }) { first, _ in first })
    }
}
