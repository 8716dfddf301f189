import AccessAnalyzerAPI
import Platform
import Policy
import Wire

// Archive rules: which of an analyzer's findings are archived as soon as they are made.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-archive-rules.html>

extension Quota {
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-quotas.html>
    static let archiveRules = Quota("ArchiveRulesPerAnalyzer", 100)
}

/// An operation on the archive rule that its input names.
protocol OnArchiveRule: Operation where InputFields: AccessAnalyzer.WithAnalyzerName & AccessAnalyzer.WithRuleName {}

extension OnArchiveRule {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onRule: input.ruleName, of: AnalyzerName(input.analyzerName, call))
    }
}

extension AccessAnalyzer.CreateArchiveRule: WriteOperation, OnArchiveRule {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var analyzer = try records.analyzer(AnalyzerName(input.analyzerName, call), call)
        let name = AnalyzerName(input.analyzerName, call).arn(ofRule: input.ruleName)
        guard !analyzer.archiveRules.contains(where: { $0.name == input.ruleName }) else {
            throw .conflict(name, type: "ArchiveRule", "An archive rule named \(input.ruleName) already exists.")
        }
        guard analyzer.archiveRules.count < call.quotas[.archiveRules] else { throw .tooManyRules(call) }
        analyzer.archiveRules.append(try ArchiveRule(input.ruleName, input.filter, at: call.time))
        analyzer.archiveRules.sort { $0.name < $1.name }
        try records.put(analyzer)
        return Output()
    }
}

extension AccessAnalyzer.UpdateArchiveRule: WriteOperation, OnArchiveRule {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var analyzer = try records.analyzer(AnalyzerName(input.analyzerName, call), call)
        let index = try analyzer.index(ofRule: input.ruleName)
        analyzer.archiveRules[index].filter = try ArchiveRule(input.ruleName, input.filter, at: call.time).filter
        analyzer.archiveRules[index].updated = call.time
        try records.put(analyzer)
        return Output()
    }
}

extension AccessAnalyzer.DeleteArchiveRule: WriteOperation, OnArchiveRule {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var analyzer = try records.analyzer(AnalyzerName(input.analyzerName, call), call)
        analyzer.archiveRules.remove(at: try analyzer.index(ofRule: input.ruleName))
        try records.put(analyzer)
        return Output()
    }
}

extension AccessAnalyzer.GetArchiveRule: ReadOperation, OnArchiveRule {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(AnalyzerName(input.analyzerName, call), call)
        let rule = analyzer.archiveRules[try analyzer.index(ofRule: input.ruleName)]
        return Output(archiveRule: AccessAnalyzer.ArchiveRuleSummary(rule))
    }
}

extension AccessAnalyzer.ListArchiveRules: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(on: AnalyzerName(input.analyzerName, call))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(AnalyzerName(input.analyzerName, call), call)
        let rules = page(analyzer.archiveRules, by: \.name, try Paging(checking: input))
        return Output(rules) { AccessAnalyzer.ArchiveRuleSummary($0) }
    }
}

extension Analyzer {
    /// - Throws: ResourceNotFoundException.
    func index(ofRule name: String) throws(ServiceError) -> Int {
        guard let index = archiveRules.firstIndex(where: { $0.name == name }) else {
            throw .notFound(
                "\(arn)/archive-rule/\(name)", type: "ArchiveRule", "No archive rule named \(name) was found.")
        }
        return index
    }
}

extension ServiceError {
    fileprivate static func tooManyRules(_ call: Call) -> ServiceError {
        .quotaExceeded(
            "ArchiveRules", type: "ArchiveRule",
            "An analyzer has at most \(call.quotas[.archiveRules]) archive rules.")
    }
}

extension ArchiveRule {
    /// - Throws: ValidationException.
    init(_ name: String, _ filter: [String: AccessAnalyzer.Criterion], at time: Double) throws(ServiceError) {
        let criteria = try Criterion.filter(filter)
        try FindingFilter.check(criteria)
        self.init(name: name, filter: criteria, created: time, updated: time)
    }

    /// The rules that a new analyzer comes with.
    /// - Throws: ValidationException, ServiceQuotaExceededException.
    static func new(_ rules: [AccessAnalyzer.InlineArchiveRule], _ call: Call) throws(ServiceError) -> [ArchiveRule] {
        guard Set(rules.map(\.ruleName)).count == rules.count else {
            throw .invalidField("archiveRules", "The names of archive rules must differ.")
        }
        guard rules.count <= call.quotas[.archiveRules] else { throw .tooManyRules(call) }
        let made = try rules.map { rule throws(ServiceError) in
            try ArchiveRule(rule.ruleName, rule.filter, at: call.time)
        }
        return made.sorted { $0.name < $1.name }
    }
}

extension Criterion {
    /// - Throws: ValidationException for a criterion that says nothing.
    static func filter(_ given: [String: AccessAnalyzer.Criterion]) throws(ServiceError) -> [String: Criterion] {
        guard !given.isEmpty else { throw .invalidField("filter", "A filter has at least one criterion.") }
        var filter: [String: Criterion] = [:]
        for (key, given) in given {
            let criterion = Criterion(eq: given.eq, neq: given.neq, contains: given.contains, exists: given.exists)
            guard criterion != Criterion() else {
                throw .invalidField("filter.\(key)", "A criterion has one of eq, neq, contains and exists.")
            }
            filter[key] = criterion
        }
        return filter
    }
}

extension AccessAnalyzer.Criterion {
    init(_ criterion: Criterion) {
        self.init()
        eq = criterion.eq
        neq = criterion.neq
        contains = criterion.contains
        exists = criterion.exists
    }
}

extension AccessAnalyzer.ArchiveRuleSummary {
    init(_ rule: ArchiveRule) {
        self.init()
        ruleName = rule.name
        filter = rule.filter.mapValues { AccessAnalyzer.Criterion($0) }
        createdAt = Timestamp(secondsSinceEpoch: rule.created)
        updatedAt = Timestamp(secondsSinceEpoch: rule.updated)
    }
}
