import Ledger

/// What is still to be looked at for an analyzer. The follower of the journal does it step by step, in turn with changes, so that
/// nobody's older look comes after a newer one.
struct AnalysisTask: Record, Equatable {
    static let kind = "AWS::AccessAnalyzer::AnalysisTask"
    static let keepsHistory = false
    static let journalsBefore = false

    enum Work: Sendable, Codable, Equatable {
        /// All resources of some accounts; then those that were looked at before and are there no longer.
        case scan(accounts: [String], type: Int, after: String?)
        /// The resources that were looked at before: those that are gone, or not of the zone any more, are forgotten.
        case sweep(after: [UInt8]?)
        /// One resource.
        case resource(String)
        /// The rows of an analyzer that is deleted.
        case purge
    }

    let id: String
    /// The analyzer's name.
    let analyzer: String
    /// The analyzer's ``Analyzer/findingsPartition``.
    let partition: String
    var work: Work
    /// The accounts to begin anew with at the end: something has changed meanwhile.
    var again: [String]?

    /// Whether it looks at all resources of the analyzer.
    var isOfAll: Bool { id.hasPrefix("scan ") }

    /// All resources of an analyzer, from the beginning.
    static func scan(_ analyzer: Analyzer, accounts: [String]) -> AnalysisTask {
        AnalysisTask(
            id: "scan \(analyzer.findingsPartition)", analyzer: analyzer.name, partition: analyzer.findingsPartition,
            work: .scan(accounts: accounts, type: 0, after: nil))
    }

    /// Some accounts' resources, for instance after a change to all of an account's.
    static func scan(_ analyzer: Analyzer, account: String) -> AnalysisTask {
        AnalysisTask(
            id: "account \(account) \(analyzer.findingsPartition)", analyzer: analyzer.name,
            partition: analyzer.findingsPartition, work: .scan(accounts: [account], type: 0, after: nil))
    }

    static func resource(_ arn: String, _ analyzer: Analyzer) -> AnalysisTask {
        AnalysisTask(
            id: "resource \(arn) \(analyzer.findingsPartition)", analyzer: analyzer.name,
            partition: analyzer.findingsPartition, work: .resource(arn))
    }

    static func purge(_ name: String, _ partition: String) -> AnalysisTask {
        AnalysisTask(id: "purge \(partition)", analyzer: name, partition: partition, work: .purge)
    }
}
