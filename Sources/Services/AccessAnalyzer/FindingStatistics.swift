import AccessAnalyzerAPI
import Ledger
import Platform
import Wire

// How many findings there are of which kind; the ledger keeps count.
// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingsStatistics.html>

extension AccessAnalyzer.GetFindingsStatistics: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access("GetFindingsStatistics", onAnalyzer: input.analyzerArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(arn: input.analyzerArn, call)
        let counts = FindingCounts(analyzer.findingsPartition, records)
        var statistics = AccessAnalyzer.FindingsStatistics()
        switch analyzer.type.search {
        case .external: statistics.externalAccessFindingsStatistics = try counts.external(call.environment)
        case .internal: statistics.internalAccessFindingsStatistics = try counts.internal()
        case .unused:
            let accounts = ZoneOfTrust.accounts(of: analyzer, call.environment)
            statistics.unusedAccessFindingsStatistics = try counts.unused(accounts)
        }
        let last = try records.progress(of: analyzer)?.lastAnalyzed
        return Output {
            $0.findingsStatistics = [statistics]
            $0.lastUpdatedAt = last.map { Timestamp(secondsSinceEpoch: $0) }
        }
    }
}

private struct FindingCounts {
    private let partition: String
    private let records: Records

    init(_ partition: String, _ records: Records) {
        (self.partition, self.records) = (partition, records)
    }

    private func sum(_ amount: String) throws(ServiceError) -> Int {
        try records.sum(amount, AnalyzedFinding.self, of: partition)
    }

    private func total(_ status: AnalyzedFinding.Status) throws(ServiceError) -> Int { try sum(status.rawValue) }

    private func sum(
        _ statistic: String, ofType type: String, _ status: AnalyzedFinding.Status = .active
    ) throws(ServiceError) -> Int {
        try sum(AnalyzedFinding.amount(status, statistic, ofType: type))
    }

    /// The members that the statistics of each kind of analyzer have.
    private func addTotals(to statistics: inout Structure) throws(ServiceError) {
        statistics["totalActiveFindings"] = .integer(try total(.active))
        statistics["totalArchivedFindings"] = .integer(try total(.archived))
        statistics["totalResolvedFindings"] = .integer(try total(.resolved))
    }

    func external(_ environment: Environment) throws(ServiceError) -> AccessAnalyzer.ExternalAccessFindingsStatistics {
        var types: [String: AccessAnalyzer.ResourceTypeDetails] = [:]
        for type in environment.analyzedResources.map(\.name) {
            let isPublic = try sum(FindingDetails.isPublic, ofType: type)
            let other = try sum(FindingDetails.Kind.external.rawValue, ofType: type)
            let errors = try sum(AnalyzedFinding.failed, ofType: type)
            guard isPublic + other + errors > 0 else { continue }
            types[type] = AccessAnalyzer.ResourceTypeDetails {
                $0.totalActivePublic = isPublic
                $0.totalActiveCrossAccount = other
                $0.totalActiveErrors = errors
            }
        }
        var statistics = AccessAnalyzer.ExternalAccessFindingsStatistics()
        statistics.resourceTypeStatistics = types
        try addTotals(to: &statistics.structure)
        return statistics
    }

    func `internal`() throws(ServiceError) -> AccessAnalyzer.InternalAccessFindingsStatistics {
        var types: [String: AccessAnalyzer.InternalAccessResourceTypeDetails] = [:]
        for type in InternalExposure.types.sorted() {
            let kind = FindingDetails.Kind.internal.rawValue
            let (active, archived, resolved) = (
                try sum(kind, ofType: type, .active), try sum(kind, ofType: type, .archived),
                try sum(kind, ofType: type, .resolved)
            )
            guard active + archived + resolved > 0 else { continue }
            types[type] = AccessAnalyzer.InternalAccessResourceTypeDetails {
                $0.totalActiveFindings = active
                $0.totalArchivedFindings = archived
                $0.totalResolvedFindings = resolved
            }
        }
        var statistics = AccessAnalyzer.InternalAccessFindingsStatistics()
        statistics.resourceTypeStatistics = types
        try addTotals(to: &statistics.structure)
        return statistics
    }

    func unused(_ accounts: [String]) throws(ServiceError) -> AccessAnalyzer.UnusedAccessFindingsStatistics {
        var statistics = AccessAnalyzer.UnusedAccessFindingsStatistics()
        statistics.unusedAccessTypeStatistics = try FindingDetails.Kind.unused.map { kind throws(ServiceError) in
            let total =
                try sum(kind.rawValue, ofType: "AWS::IAM::Role") + sum(kind.rawValue, ofType: "AWS::IAM::User")
            return AccessAnalyzer.UnusedAccessTypeStatistics {
                $0.unusedAccessType = kind.rawValue
                $0.total = total
            }
        }
        var ofAccounts: [(account: String, details: [String: Int], total: Int)] = []
        for account in accounts {
            var details: [String: Int] = [:]
            for kind in FindingDetails.Kind.unused {
                let count = try sum(AnalyzedFinding.amount(kind.rawValue, of: account))
                if count > 0 { details[kind.rawValue] = count }
            }
            if !details.isEmpty { ofAccounts.append((account, details, details.values.reduce(0, +))) }
        }
        if !ofAccounts.isEmpty {
            statistics.topAccounts = ofAccounts.sorted { ($1.total, $0.account) < ($0.total, $1.account) }.prefix(10)
                .map { entry in
                    AccessAnalyzer.FindingAggregationAccountDetails {
                        $0.account = entry.account
                        $0.numberOfActiveFindings = entry.total
                        $0.details = entry.details
                    }
                }
        }
        try addTotals(to: &statistics.structure)
        return statistics
    }
}
