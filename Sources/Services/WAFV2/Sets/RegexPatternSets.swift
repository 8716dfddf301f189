import Ledger
import Platform
import WAF
import WAFV2API
import Wire

// Regex pattern sets. <https://docs.aws.amazon.com/waf/latest/developerguide/waf-regex-pattern-set-managing.html>

extension Quota {
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/limits.html>
    static let regexPatternSets = Quota("RegexPatternSets", 10)
    static let regexPatterns = Quota("PatternsPerRegexPatternSet", 10)
}

extension WAFV2.CreateRegexPatternSet: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.accessToNew(StoredRegexSet.type, scope: input.scope, name: input.name, tags: input.tags)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let head = WAFHead(
            call, name: input.name, scope: try WAFScope(input.scope, region: call.region),
            description: input.description, tags: try TagRules.ofWAF.new(input.tags))
        let set = StoredRegexSet(head: head, patterns: try RegexPatterns.checked(input.regularExpressionList, call))
        try records.checkIsNew(set, most: call.quotas[.regexPatternSets])
        try records.put(set)
        return Output(summary: WAFV2.RegexPatternSetSummary(set))
    }
}

extension WAFV2.GetRegexPatternSet: ReadOperation, OnWAFResource {
    typealias Target = StoredRegexSet

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let set = try records.resource(StoredRegexSet.self, name: input.name, scope: input.scope, id: input.id)
        return Output {
            $0.regexPatternSet = WAFV2.RegexPatternSet {
                $0.name = set.head.name
                $0.id = set.head.id
                $0.arn = set.arn
                $0.description = set.head.description
                $0.regularExpressionList = set.patterns.map { pattern in
                    WAFV2.Regex { $0.regexString = pattern }
                }
            }
            $0.lockToken = set.head.lockToken
        }
    }
}

extension WAFV2.UpdateRegexPatternSet: WriteOperation, OnWAFResource {
    typealias Target = StoredRegexSet

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var set = try records.locked(
            StoredRegexSet.self, name: input.name, scope: input.scope, id: input.id, lockToken: input.lockToken)
        set.patterns = try RegexPatterns.checked(input.regularExpressionList, call)
        set.head.description = input.description
        return Output(nextLockToken: try records.update(set))
    }
}

extension WAFV2.DeleteRegexPatternSet: WriteOperation, OnWAFResource {
    typealias Target = StoredRegexSet

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let set = try records.locked(
            StoredRegexSet.self, name: input.name, scope: input.scope, id: input.id, lockToken: input.lockToken)
        try records.checkIsUnused(set)
        try records.delete(set)
        return Output()
    }
}

extension WAFV2.ListRegexPatternSets: ReadOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let scope = try WAFScope(input.scope, region: call.region)
        let page = try records.page(StoredRegexSet.self, try WAFPage.paging(input.nextMarker, input.limit)) {
            $0.head.scope == scope
        }
        return Output {
            $0.regexPatternSets = page.items.map { WAFV2.RegexPatternSetSummary($0) }
            $0.nextMarker = page.marker
        }
    }
}

extension WAFV2.RegexPatternSetSummary {
    init(_ set: StoredRegexSet) {
        self.init {
            $0.name = set.head.name
            $0.id = set.head.id
            $0.description = set.head.description ?? ""
            $0.lockToken = set.head.lockToken
            $0.arn = set.arn
        }
    }
}

/// The regular expressions of a set.
enum RegexPatterns {
    /// - Throws: WAFInvalidParameterException for what is none, WAFLimitsExceededException for too many or too long ones.
    static func checked(_ views: [WAFV2.Regex], _ call: Call) throws(ServiceError) -> [String] {
        guard views.count <= call.quotas[.regexPatterns] else { throw .limitsExceeded }
        var patterns: [String] = []
        for view in views {
            guard let pattern = view.regexString else { throw .invalid(.regexPatternSet, "RegexString", .missing) }
            try RegexRules.check(pattern, .regexPatternSet)
            patterns.append(pattern)
        }
        return patterns
    }
}
