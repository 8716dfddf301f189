import AccessAnalyzerAPI
import Ledger
import Platform
import Wire

// Archiving findings, and making them active again.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-archive.html>

extension AccessAnalyzer.UpdateFindings: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access("UpdateFindings", onAnalyzer: input.analyzerArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let status = AnalyzedFinding.Status(rawValue: input.status), status != .resolved else {
            throw .invalidField("status", "Invalid status. The valid values are: ACTIVE, ARCHIVED.")
        }
        guard (input.ids == nil) != (input.resourceArn == nil) else {
            throw .invalidRequest("Specify either ids or resourceArn.")
        }
        let analyzer = try records.analyzer(arn: input.analyzerArn, call)
        if let ids = input.ids {
            for id in ids {
                try records.set(status, try records.finding(id, of: analyzer), of: analyzer, at: call.time)
            }
        } else if let arn = input.resourceArn {
            for finding in try Findings.rows(ofResource: arn, of: analyzer.findingsPartition, records) {
                try records.set(status, finding, of: analyzer, at: call.time)
            }
        }
        return Output()
    }
}

extension AccessAnalyzer.ApplyArchiveRule: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access("ApplyArchiveRule", onAnalyzer: input.analyzerArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(arn: input.analyzerArn, call)
        let rule = analyzer.archiveRules[try analyzer.index(ofRule: input.ruleName)]
        var after: RowKey?
        while true {
            let batch = try records.list(
                AnalyzedFinding.self, of: analyzer.findingsPartition, RowRange(after: after.map { .key($0) }),
                limit: 256)
            for finding in batch where finding.status == .active && FindingFilter.matches(rule.filter, finding) {
                try records.set(.archived, finding, of: analyzer, at: call.time)
            }
            guard batch.count == 256, let last = batch.last else { return Output() }
            after = last.key
        }
    }
}

extension MutableRecords {
    /// Archives a finding, or makes it active again. What is resolved stays so.
    fileprivate func set(
        _ status: AnalyzedFinding.Status, _ finding: AnalyzedFinding, of analyzer: Analyzer, at time: Double
    ) throws(ServiceError) {
        guard finding.status != status, finding.status != .resolved else { return }
        var finding = finding
        finding.status = status
        finding.updated = time
        try put(finding)
        try announce(finding, of: analyzer)
    }
}
