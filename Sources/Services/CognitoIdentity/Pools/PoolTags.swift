import CognitoIdentityAPI
import Directory
import Platform
import Policy
import Wire

/// An operation on the tags of the identity pool whose ARN its request has.
protocol OnTaggedPool: Platform.Operation where InputFields: CognitoIdentity.WithResourceArn {
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnTaggedPool {
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            Access(
                "cognito-identity:\(call.operation)",
                on: IdentityPool.arn(try poolID(input, call), region: call.region, account: call.accountID),
                context: keys(input)))
    }

    /// - Throws: InvalidParameterException for an ARN that no pool of the caller's account and region has.
    fileprivate static func poolID(_ input: Input, _ call: Call) throws(ServiceError) -> String {
        guard let arn = ARN(parsing: input.resourceArn), arn.service == "cognito-identity",
            arn.region == call.region, arn.account == call.accountID, let parts = arn.typeAndRest,
            parts.type == "identitypool"
        else { throw .invalidParameter("Invalid ARN: \(input.resourceArn)") }
        return String(parts.rest)
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_TagResource.html>
extension CognitoIdentity.TagResource: WriteOperation, OnTaggedPool {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.requestTags([Tag](input.tags)) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var pool = try records.identityPool(try poolID(input, call))
        pool.tags = try TagRules.ofIdentityPools.merge([Tag](input.tags), into: pool.tags)
        try records.put(pool)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_UntagResource.html>
extension CognitoIdentity.UntagResource: WriteOperation, OnTaggedPool {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.tagKeys(input.tagKeys) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var pool = try records.identityPool(try poolID(input, call))
        pool.tags = TagRules.ofIdentityPools.remove(input.tagKeys, from: pool.tags)
        try records.put(pool)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_ListTagsForResource.html>
extension CognitoIdentity.ListTagsForResource: ComputeOperation, OnTaggedPool {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        Output(tags: try call.identityPool(try poolID(input, call)).tags.byKey)
    }
}
