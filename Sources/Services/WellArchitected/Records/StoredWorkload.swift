import Directory
import Ledger
import Platform

/// What is reviewed.
/// <https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_Workload.html>
struct StoredWorkload: Record, Equatable {
    static let kind = "AWS::WellArchitected::Workload"

    let id: String
    let accountID: String
    let region: String
    var name: String
    var description: String
    /// `PRODUCTION` or `PREPRODUCTION`
    var environment: String
    var accountIDs: [String] = []
    var awsRegions: [String] = []
    var nonAwsRegions: [String] = []
    var architecturalDesign: String?
    var reviewOwner: String?
    var isOwnerUpdateAcknowledged = false
    var industryType: String?
    var industry: String?
    var notes: String?
    /// AWS's names; nil: it was never said.
    var improvementStatus: String?
    var pillarPriorities: [String] = []
    var trustedAdvisor: String?
    var resourceDefinition: [String] = []
    var applications: [String] = []
    var jira: JiraSettings?
    /// The ARNs of its lenses, in the order in which they came.
    var lenses: [String] = []
    var profiles: [AppliedProfile] = []
    /// Seconds since 1970.
    let created: Double
    var updated: Double
    /// How many milestones were ever made: the next one's number is one more.
    var milestones = 0
    var tags: [Tag] = []

    /// A profile in the version in which it was associated.
    struct AppliedProfile: Codable, Sendable, Equatable {
        let arn: String
        var version: String
    }

    /// How its questions go to Jira. There is no connector here: it is kept as it was said.
    struct JiraSettings: Codable, Sendable, Equatable {
        var issueManagementStatus: String?
        var issueManagementType: String?
        var projectKey: String?
    }

    var reviewName: ReviewName { ReviewName(.workload, id, account: accountID, region: region) }
    var arn: String { reviewName.arn }
    var references: [Reference] {
        [Reference(Self.byName, to: Self.folded(name))] + lenses.map { Reference(Self.byLens, to: $0) }
    }
    var requirements: [Requirement] { [.account(accountID)] }

    /// The relation to its name, as names are compared: AWS ignores spaces and capitalization.
    static let byName = "workload-name"
    /// The relation to the lenses that it has.
    static let byLens = "workload-lens"

    static func folded(_ name: String) -> String { name.lowercased().filter { !$0.isWhitespace } }
}

/// The answers to a lens's questions: of a workload, or of a review template.
struct StoredReview: Record, Equatable {
    static let kind = "AWS::WellArchitected::LensReview"
    static let journalsBefore = false

    /// The id of the workload or template.
    let subject: String
    /// Its lens's ARN.
    let lens: String
    var version: String
    var notes: String?
    var pillarNotes: [PillarNote] = []
    /// Those that were given, in the order of their questions' ids.
    var answers: [StoredAnswer] = []
    /// Seconds since 1970.
    var updated: Double

    /// What somebody wrote about a pillar.
    struct PillarNote: Codable, Sendable, Equatable {
        let pillar: String
        var text: String
    }

    var id: String { Self.id(subject, lens) }
    var references: [Reference] { [Reference(Self.bySubject, to: subject)] }

    static let bySubject = "review-subject"

    static func id(_ subject: String, _ lens: String) -> String {
        "\(subject)/\(lens.split(separator: "/").last.map(String.init) ?? lens)"
    }

    func answer(_ question: String) -> StoredAnswer? { answers.first { $0.question == question } }

    /// Puts an answer in place of the question's former one.
    mutating func set(_ answer: StoredAnswer) {
        answers.removeAll { $0.question == answer.question }
        answers.append(answer)
        answers.sort { $0.question < $1.question }
    }
}

/// What was answered to a question.
struct StoredAnswer: Codable, Sendable, Equatable {
    let question: String
    var isApplicable = true
    var reason: String?
    var notes: String?
    /// What was said of choices, in the order of their ids.
    var choices: [ChoiceState] = []

    /// What was said of a choice.
    struct ChoiceState: Codable, Sendable, Equatable {
        let id: String
        /// `SELECTED`, `UNSELECTED` or `NOT_APPLICABLE`
        var status: String
        var reason: String?
        var notes: String?
    }

    init(question: String) { self.question = question }

    var selected: [String] { choices.filter { $0.status == "SELECTED" }.map(\.id) }

    /// Whether somebody has answered: selected something, or set aside all that there is to select.
    var isAnswered: Bool { choices.contains { $0.status != "UNSELECTED" } }

    mutating func set(_ state: ChoiceState) {
        choices.removeAll { $0.id == state.id }
        choices.append(state)
        choices.sort { $0.id < $1.id }
    }
}
