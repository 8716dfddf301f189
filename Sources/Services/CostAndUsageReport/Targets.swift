import CostAndUsageReportAPI
import Directory
import Ledger
import Platform
import Policy
import Synchronization
import Wire

/// A report: what is delivered where, and how far that is.
struct ReportDefinition: Record {
    static let kind = "AWS::CUR::ReportDefinition"
    static let keepsHistory = false

    /// The name.
    let id: String
    let accountID: String
    /// As `CostAndUsageReport.ReportDefinition` in JSON.
    var definition: String
    var tags: [Tag] = []
    /// When it was made, seconds since 1970; nil: before that was kept.
    var created: Double?
    /// When it was delivered, seconds since 1970; nil: never.
    var delivered: Double?
    /// `SUCCESS`, `ERROR_PERMISSIONS` or `ERROR_NO_BUCKET`
    var status: String?

    var arn: String { Self.arn(id, accountID) }
    var requirements: [Requirement] { [.account(accountID)] }

    static func arn(_ name: String, _ account: String) -> String {
        "arn:aws:cur:us-east-1:\(account):definition/\(name)"
    }

    /// - Throws: InternalFailure for one that this version can't read.
    func view() throws(ServiceError) -> CostAndUsageReport.ReportDefinition {
        CostAndUsageReport.ReportDefinition(
            try Structure(json: definition, of: CostAndUsageReport.ReportDefinitionFields.shape))
    }
}

/// An operation on the report that its request names.
protocol OnReport: Platform.Operation where InputFields: CostAndUsageReport.WithReportName {}

extension OnReport {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("cur:\(call.operation)", on: ReportDefinition.arn(input.reportName, call.accountID)))
    }
}

extension ServiceError {
    static func invalidReport(_ message: String) -> ServiceError {
        CostAndUsageReport.Failure.validationException(message)
    }
}

extension RecordReading {
    /// - Throws: ResourceNotFoundException.
    func report(_ name: String) throws(ServiceError) -> ReportDefinition {
        guard let report = try get(ReportDefinition.self, name) else {
            throw CostAndUsageReport.Failure.resourceNotFoundException("The report \(name) does not exist.")
        }
        return report
    }
}

/// The tags of reports, by their ARNs, for `aws:ResourceTag`.
final class ReportTags: Projection {
    static let kinds: Set<String> = [ReportDefinition.kind]

    private let tags = Mutex<[String: [Tag]]>([:])

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let report = try change.decodeAfter(ReportDefinition.self)
            let arn = ReportDefinition.arn(change.id, change.scope.account)
            tags.withLock { $0[arn] = report?.tags.isEmpty == false ? report?.tags : nil }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        tags.withLock { $0 = [:] }
        try apply(changes)
    }

    func tags(of arn: String) -> [Tag] { tags.withLock { $0[arn] ?? [] } }
}

extension ResourceType {
    /// Reports, with their tags.
    static let ofReports = ResourceType("cur", "definition/", hasOwnTagKey: false) { access, _, call in
        let tags = call.environment.projection(ReportTags.self).tags(of: access.resource)
        return tags.isEmpty ? nil : Resource(tags: tags)
    }
}
