import Directory
import Ledger
import Platform

/// A custom lens.
/// <https://docs.aws.amazon.com/wellarchitected/latest/userguide/lenses-custom.html>
struct StoredLens: Record, Equatable {
    static let kind = "AWS::WellArchitected::Lens"

    let id: String
    let accountID: String
    let region: String
    /// Of the last version, or of the draft where there is none.
    var name: String
    var description: String
    /// The published versions, in their order: `1`, `1.1`, `2.0` …
    var versions: [String] = []
    var hasDraft = true
    /// It goes on in the workloads that have it.
    var isDeleted = false
    /// Seconds since 1970.
    let created: Double
    var updated: Double
    var tags: [Tag] = []

    var reviewName: ReviewName { ReviewName(.lens, id, account: accountID, region: region) }
    var arn: String { reviewName.arn }
    var requirements: [Requirement] { [.account(accountID)] }
    /// The last published version.
    var latest: String? { versions.last }
}

/// The text of a version of a custom lens, or of its draft.
struct StoredLensVersion: Record, Equatable {
    static let kind = "AWS::WellArchitected::LensVersion"
    static let journalsBefore = false

    let lens: String
    /// ``draft`` for what is not published.
    let version: String
    let text: String

    var id: String { "\(lens)/\(version)" }
    var references: [Reference] { [Reference(Self.byLens, to: lens)] }

    static let draft = "DRAFT"
    static let byLens = "version-lens"
}

/// What matters to those whose workloads are reviewed.
/// <https://docs.aws.amazon.com/wellarchitected/latest/userguide/profiles.html>
struct StoredProfile: Record, Equatable {
    static let kind = "AWS::WellArchitected::Profile"

    let id: String
    let accountID: String
    let region: String
    let name: String
    var description: String
    /// In their order, the last one is current.
    var versions: [Version]
    /// Seconds since 1970.
    let created: Double
    var updated: Double
    /// It goes on in the workloads that have it.
    var isDeleted = false
    var tags: [Tag] = []

    struct Version: Codable, Sendable, Equatable {
        let version: String
        var answers: [Answer]
    }

    /// What was chosen for a question of the template.
    struct Answer: Codable, Sendable, Equatable {
        let question: String
        var choices: [String]
    }

    var reviewName: ReviewName { ReviewName(.profile, id, account: accountID, region: region) }
    var arn: String { reviewName.arn }
    var requirements: [Requirement] { [.account(accountID)] }
    var references: [Reference] { [Reference(Self.byName, to: StoredWorkload.folded(name))] }
    var current: Version { versions.last ?? Version(version: "1", answers: []) }

    static let byName = "profile-name"

    func version(_ name: String) -> Version? { versions.first { $0.version == name } }
}

/// Answers for workloads that are yet to be made.
/// <https://docs.aws.amazon.com/wellarchitected/latest/userguide/review-templates.html>
struct StoredTemplate: Record, Equatable {
    static let kind = "AWS::WellArchitected::ReviewTemplate"

    let id: String
    let accountID: String
    let region: String
    var name: String
    var description: String
    var notes: String?
    /// The ARNs of its lenses.
    var lenses: [String]
    /// Seconds since 1970.
    let created: Double
    var updated: Double
    var tags: [Tag] = []

    var reviewName: ReviewName { ReviewName(.template, id, account: accountID, region: region) }
    var arn: String { reviewName.arn }
    var requirements: [Requirement] { [.account(accountID)] }
    var references: [Reference] {
        [Reference(Self.byName, to: StoredWorkload.folded(name))]
            + lenses.map { Reference(StoredWorkload.byLens, to: $0) }
    }

    static let byName = "template-name"
}

/// That somebody else may see a workload, a lens, a profile or a template; in the owner's records.
/// <https://docs.aws.amazon.com/wellarchitected/latest/userguide/workloads-sharing.html>
struct StoredShare: Record, Equatable {
    static let kind = "AWS::WellArchitected::Share"
    /// How long an invitation waits for its answer, in seconds.
    static let patience = 7.0 * 86_400

    let id: String
    let invitationID: String
    /// The ARN of what is shared.
    let resource: String
    let sharedWith: String
    /// `READONLY` or `CONTRIBUTOR`
    var permission: String
    /// AWS's names; see ``status(at:)``.
    var status: String
    /// Seconds since 1970.
    let created: Double

    var references: [Reference] { [Reference(Self.byResource, to: resource)] }

    static let byResource = "share-resource"

    func status(at time: Double) -> String {
        status == "PENDING" && time - created > Self.patience ? "EXPIRED" : status
    }

    /// Whether it is in effect.
    var isInEffect: Bool { status == "ACCEPTED" || status == "ASSOCIATED" }
}
