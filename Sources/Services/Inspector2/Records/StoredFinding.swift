import Inspector2API
import Ledger
import Wire

/// A finding: what it says, and what has become of it.
///
/// A row and not a record: there may be hundreds of thousands, and nothing follows their changes.
/// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_Finding.html>
struct StoredFinding: TableRow, Equatable {
    static let kind = "AWS::InspectorV2::Finding"

    /// The names are AWS's.
    enum Status: String, Sendable, Codable {
        case active = "ACTIVE"
        case suppressed = "SUPPRESSED"
        case closed = "CLOSED"
    }

    /// Thirty-two hexadecimal digits, made of what is found where.
    let id: String
    let accountID: String
    let region: String
    /// `PACKAGE_VULNERABILITY`, `NETWORK_REACHABILITY`
    let type: String
    /// `AWS_EC2_INSTANCE`
    let resourceType: String
    /// The resource's id: an instance's, an image's or a function's ARN.
    let resource: String
    var status: Status
    /// Seconds since 1970.
    var firstObserved: Double
    var lastObserved: Double
    var updated: Double
    /// When it may be deleted, of one that is closed; in seconds since 1970.
    var deletion: Double?
    /// A `Finding` as JSON, without the members that the properties above give.
    var content: String
    /// What cannot be shown in a finding, for its details: see ``VulnerabilityFacts``.
    var facts: VulnerabilityFacts?

    var key: RowKey { RowKey(.text(id)) }

    var indexes: [RowIndex] {
        var indexes = [RowIndex(Self.byResource, RowKey(.text(resource), .text(type)))]
        if let deletion { indexes.append(RowIndex(Self.byDeletion, RowKey(.number(Int64(deletion))))) }
        return indexes
    }

    static let byResource = "resource"
    /// Those that are closed, by the time of their deletion.
    static let byDeletion = "deletion"

    var arn: String { InspectorName.finding(id, accountID, region) }

    /// The finding as answers show it.
    /// - Throws: an internal failure for what this version can't read.
    func view() throws(ServiceError) -> Inspector2.Finding {
        var view = Inspector2.Finding(try Structure(json: content, of: Inspector2.Finding.shape))
        view.findingArn = arn
        view.awsAccountId = accountID
        view.type = type
        view.status = status.rawValue
        view.firstObservedAt = Timestamp(secondsSinceEpoch: firstObserved)
        view.lastObservedAt = Timestamp(secondsSinceEpoch: lastObserved)
        view.updatedAt = Timestamp(secondsSinceEpoch: updated)
        return view
    }
}

/// What is known of a vulnerability besides what a finding says.
/// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_FindingDetail.html>
struct VulnerabilityFacts: Sendable, Codable, Equatable {
    var references: [String] = []
    var weaknesses: [String] = []
    var exploitProbability: Double?
}
