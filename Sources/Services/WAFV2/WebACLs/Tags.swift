import Directory
import Ledger
import Platform
import Policy
import WAFV2API
import Wire

// Tags of all resources of WAF. <https://docs.aws.amazon.com/waf/latest/APIReference/API_TagResource.html>

extension TagRules {
    static let ofWAF = TagRules(
        keys: .exact, most: 50, duplicate: .invalid(.tags, "Tags", .duplicate),
        reserved: { .invalid(.tags, $0, .tag) }, tooMany: .limitsExceeded)
}

/// An operation on the tags of the resource whose ARN its request has.
protocol OnTaggedWAFResource: Platform.Operation where InputFields: WAFV2.WithResourceARN {
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnTaggedWAFResource {
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let name = WAFName(arn: input.resourceARN), name.region == call.region else {
            throw .invalid(.resourceArn, input.resourceARN, .arn)
        }
        return .required(call.wafAccess(name.arn, keys(input)))
    }

    /// Changes the tags of whatever has the ARN. They are no part of what lock tokens guard.
    fileprivate static func change(
        _ input: Input, _ records: MutableRecords, _ body: ([Tag]) throws(ServiceError) -> [Tag]
    ) throws(ServiceError) {
        let arn = input.resourceARN
        func change<R: WAFResource>(_ type: R.Type) throws(ServiceError) {
            var resource = try records.resource(type, arn: arn)
            guard resource.fullName.place == records.scope else { throw .nonexistentItem }
            resource.head.tags = try body(resource.head.tags)
            try records.put(resource)
        }
        switch WAFName(arn: arn)?.type {
        case StoredWebACL.type: try change(StoredWebACL.self)
        case StoredRuleGroup.type: try change(StoredRuleGroup.self)
        case StoredIPSet.type: try change(StoredIPSet.self)
        case StoredRegexSet.type: try change(StoredRegexSet.self)
        default: throw .invalid(.resourceArn, arn, .arn)
        }
    }
}

extension WAFV2.TagResource: WriteOperation, OnTaggedWAFResource {
    static func keys(_ input: Input) -> [String: ContextValue] { requestTags(input.tags) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try change(input, records) { (tags) throws(ServiceError) in try TagRules.ofWAF.merge(input.tags, into: tags) }
        return Output()
    }
}

extension WAFV2.UntagResource: WriteOperation, OnTaggedWAFResource {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.tagKeys(input.tagKeys) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try change(input, records) { (tags) throws(ServiceError) in TagRules.ofWAF.remove(input.tagKeys, from: tags) }
        return Output()
    }
}

extension WAFV2.ListTagsForResource: ReadOperation, OnTaggedWAFResource {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let resource = call.environment.projection(WAFIndex.self).resource(input.resourceARN),
            resource.owner == call.accountID
        else { throw .nonexistentItem }
        let page = page(resource.tags, try WAFPage.paging(input.nextMarker, input.limit))
        return Output {
            $0.tagInfoForResource = WAFV2.TagInfoForResource {
                $0.resourceARN = input.resourceARN
                $0.tagList = page.items.map { WAFV2.Tag($0) }
            }
            $0.nextMarker = page.marker
        }
    }
}
