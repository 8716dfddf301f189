import AccessAnalyzerAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Analyzers: making, showing, changing and deleting them.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-getting-started.html>

extension AccessAnalyzer.CreateAnalyzer: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = (input.tags ?? [:]).map { Tag(key: $0.key, value: $0.value) }
        let analyzer = Access(
            "access-analyzer:CreateAnalyzer", on: AnalyzerName(input.analyzerName, call).arn,
            context: ConditionKeys.requestTags(tags))
        return .required([analyzer] + (call.needForServiceLinkedRole.map { [$0] } ?? []))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let type = try AnalyzerType(input.type)
        guard try records.get(Analyzer.self, input.analyzerName) == nil else {
            throw .conflict(
                AnalyzerName(input.analyzerName, call).arn, type: "Analyzer",
                "An analyzer named \(input.analyzerName) already exists.")
        }
        if type.isOfOrganization { try call.checkOrganizationAnalyzers() }
        try records.checkRoom(for: type, call)
        let analyzer = Analyzer(
            name: input.analyzerName, accountID: call.accountID, region: call.region, type: type, created: call.time,
            configuration: try Analyzer.Configuration(input.configuration, of: type, call),
            archiveRules: try ArchiveRule.new(input.archiveRules ?? [], call),
            tags: try TagRules.ofAnalyzers.merge(input.tags ?? [:], into: []))
        try records.ensureServiceLinkedRole(of: AnalyzerAdministration.service, at: call.time)
        if type.isOfOrganization { try records.ensureOrganizationRoles(call) }
        try records.put(analyzer)
        return Output { $0.arn = analyzer.arn }
    }
}

extension AccessAnalyzer.GetAnalyzer: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(on: AnalyzerName(input.analyzerName, call))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(AnalyzerName(input.analyzerName, call), call)
        var summary = AccessAnalyzer.AnalyzerSummary(analyzer, call)
        summary.configuration = AccessAnalyzer.AnalyzerConfiguration(analyzer)
        return Output(analyzer: summary)
    }
}

extension AccessAnalyzer.ListAnalyzers: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessWithoutResource() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let type = try input.type.map { text throws(ServiceError) in try AnalyzerType(text) }
        let page = try records.page(Analyzer.self, try Paging(checking: input)) { type == nil || $0.type == type }
        return Output(page) { AccessAnalyzer.AnalyzerSummary($0, call) }
    }
}

extension AccessAnalyzer.UpdateAnalyzer: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(on: AnalyzerName(input.analyzerName, call))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var analyzer = try records.analyzer(AnalyzerName(input.analyzerName, call), call)
        guard analyzer.type.search != .external else {
            throw .invalidRequest("External access analyzers can't be updated.", reason: "notSupported")
        }
        try analyzer.checkIsCustomerManaged()
        if input.configuration != nil {
            analyzer.configuration = try Analyzer.Configuration(input.configuration, of: analyzer.type, call)
            try records.put(analyzer)
        }
        return Output(configuration: AccessAnalyzer.AnalyzerConfiguration(analyzer))
    }
}

extension AccessAnalyzer.DeleteAnalyzer: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(on: AnalyzerName(input.analyzerName, call))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(AnalyzerName(input.analyzerName, call), call)
        try analyzer.checkIsCustomerManaged()
        try records.delete(analyzer)
        return Output()
    }
}

// MARK: - What must hold

extension AnalyzerType {
    /// - Throws: ValidationException for what is none.
    init(_ text: String) throws(ServiceError) {
        guard let type = AnalyzerType(rawValue: text) else { throw .invalidField("type", "Invalid analyzer type.") }
        self = type
    }
}

extension Analyzer {
    /// - Throws: AccessDeniedException for an analyzer of a service, which alone changes it.
    func checkIsCustomerManaged() throws(ServiceError) {
        guard managedBy == nil else {
            throw AccessAnalyzer.Failure.accessDeniedException(
                "The analyzer \(name) is service-linked. Use DeleteServiceLinkedAnalyzer to delete it.")
        }
    }
}

extension Quota {
    /// In a Region.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-quotas.html>
    static let organizationAnalyzers = Quota("OrganizationAnalyzersPerType", 5)
}

extension MutableRecords {
    /// One analyzer for the account of each type; more for the organization.
    /// - Throws: ServiceQuotaExceededException.
    func checkRoom(for type: AnalyzerType, _ call: Call) throws(ServiceError) {
        let most = type.isOfOrganization && type.search != .internal ? call.quotas[.organizationAnalyzers] : 1
        let present = try list(Analyzer.self).count { $0.type == type && $0.managedBy == nil }
        guard present < most else {
            throw .quotaExceeded(
                type.rawValue, type: "Analyzer",
                "The account has reached its quota of analyzers of type \(type.rawValue) in this Region: \(most).")
        }
    }
}

// MARK: - What answers say

extension AccessAnalyzer.AnalyzerSummary {
    init(_ analyzer: Analyzer, _ call: Call) {
        self.init()
        arn = analyzer.arn
        name = analyzer.name
        type = analyzer.type.rawValue
        createdAt = Timestamp(secondsSinceEpoch: analyzer.created)
        tags = Dictionary(analyzer.tags.map { ($0.key, $0.value) }) { $1 }
        status = call.status(of: analyzer).rawValue
        if status == AnalyzerStatus.disabled.rawValue {
            statusReason = AccessAnalyzer.StatusReason { $0.code = call.reasonForBeingDisabled(analyzer) }
        }
        managedBy = analyzer.managedBy
    }
}

/// AWS's names.
enum AnalyzerStatus: String {
    case active = "ACTIVE"
    case disabled = "DISABLED"
}
