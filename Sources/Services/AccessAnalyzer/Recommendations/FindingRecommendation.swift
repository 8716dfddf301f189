import Ledger
import Platform
import Wire

/// What is recommended for a finding of unused permissions, asked for or done.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingRecommendation.html>
struct FindingRecommendation: Record {
    static let kind = "Gatehouse::AccessAnalyzer::FindingRecommendation"
    static let keepsHistory = false
    /// How long it is kept, in seconds: as long as findings that are resolved.
    static let lifetime = 90.0 * 86_400

    /// The names are AWS's.
    enum Action: String, Sendable, Codable {
        case createPolicy = "CREATE_POLICY"
        case detachPolicy = "DETACH_POLICY"
    }

    /// Something to be done to a policy.
    struct Step: Sendable, Codable, Equatable {
        var action: Action
        /// The document that takes the policy's place.
        var policy: String?
        /// The ARN of a managed policy; the name of an inline one.
        var existingPolicy: String
        /// When the existing policy was changed last, seconds since 1970; nil: nobody knows.
        var updated: Double?
    }

    /// Why there is none.
    struct Failure: Sendable, Codable, Equatable, Error {
        var code: String
        var message: String
    }

    let id: String
    let analyzer: String
    let findingID: String
    /// The ARN of the user or role.
    let resource: String
    /// Seconds since 1970.
    let started: Double
    /// nil while it is in the making.
    var completed: Double?
    var steps: [Step] = []
    var failure: Failure?

    /// `Status`
    var status: String { completed == nil ? "IN_PROGRESS" : failure == nil ? "SUCCEEDED" : "FAILED" }

    init(_ finding: AnalyzedFinding, of analyzer: Analyzer, started: Double) {
        id = Self.id(finding.id, of: analyzer)
        self.analyzer = analyzer.name
        findingID = finding.id
        resource = finding.resource
        self.started = started
    }

    /// The id of what is recommended for a finding.
    static func id(_ finding: String, of analyzer: Analyzer) -> String { "\(analyzer.findingsPartition)/\(finding)" }
}

/// Forgets what was recommended long ago.
struct ForgetRecommendation: Job {
    static let kind = "AccessAnalyzer::ForgetRecommendation"

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = context.id
        try await context.finish { (records) throws(ServiceError) in
            if let old = try records.get(FindingRecommendation.self, id) { try records.delete(old) }
        }
    }
}
