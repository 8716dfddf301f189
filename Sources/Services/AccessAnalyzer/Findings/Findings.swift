import Crypto
import Directory
import Ledger
import Platform
import Wire

/// A resource, or a principal, of which there may be findings.
struct FoundResource: Sendable, Hashable {
    var arn: String
    /// `AWS::S3::Bucket`
    var type: String
    /// The account that owns it.
    var owner: String
}

/// Keeps an analyzer's findings: makes, changes, archives and resolves them.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-remediate.html>
enum Findings {
    /// How long what is resolved is kept, in seconds.
    static let keptResolved = 90.0 * 86_400

    /// Makes an analyzer's findings of a resource what has been found of it now.
    ///
    /// New ones are archived at once if an archive rule fits. Those that are not found any more are resolved; resolved ones that
    /// are found again are as new. Doing it twice changes nothing but the time of the analysis.
    ///
    /// - Parameters:
    ///   - found: all that there is to say of the resource.
    ///   - isUndecided: whether something could not be found out. Then there is a finding that says so, and none is resolved.
    ///   - time: seconds since 1970.
    ///   - records: those of the analyzer's scope.
    /// - Throws: an internal failure when the ledger can't be written.
    static func settle(
        _ found: [FindingDetails], of resource: FoundResource, analyzer: Analyzer, at time: Double,
        isUndecided: Bool = false, _ records: MutableRecords
    ) throws(ServiceError) {
        let partition = analyzer.findingsPartition
        var known: [String: AnalyzedFinding] = [:]
        for row in try rows(ofResource: resource.arn, of: partition, records) { known[row.id] = row }
        var hasChanged = false
        func put(_ row: AnalyzedFinding, replacing old: AnalyzedFinding?) throws(ServiceError) {
            guard row != old else { return }
            try records.put(row)
            if row.updated != old?.updated || row.status != old?.status { try records.announce(row, of: analyzer) }
        }
        func take(_ details: FindingDetails, _ id: String, error: String?) throws(ServiceError) {
            let old = known.removeValue(forKey: id)
            var row =
                old
                ?? AnalyzedFinding(
                    partition: partition, id: id, resource: resource.arn, resourceType: resource.type,
                    owner: resource.owner, details: details, error: error, status: .active, created: time,
                    analyzed: time, updated: time)
            row.analyzed = time
            if old == nil || row.status == .resolved || !row.details.saysTheSame(as: details) {
                hasChanged = true
                row.updated = time
                row.details = details
                if old == nil || row.status == .resolved { row.status = analyzer.archives(row) ? .archived : .active }
            }
            try put(row, replacing: old)
        }
        for details in found { try take(details, id(of: details.identity, resource, analyzer), error: nil) }
        if isUndecided {
            let failure = ExternalAccess(
                principalType: "", principal: "", actions: [], conditions: [:], isPublic: false, sources: [],
                resourceControl: .notApplicable, witness: nil)
            try take(.external(failure), id(of: "error", resource, analyzer), error: "INTERNAL_ERROR")
        }
        for (_, old) in known where old.status != .resolved {
            // What can't be decided is not resolved either.
            guard !isUndecided else { continue }
            var row = old
            row.status = .resolved
            row.analyzed = time
            row.updated = time
            hasChanged = true
            try put(row, replacing: old)
        }
        try note(resource, partition, at: time, error: isUndecided ? "INTERNAL_ERROR" : nil, hasChanged, records)
    }

    private static func note(
        _ resource: FoundResource, _ partition: String, at time: Double, error: String?, _ hasChanged: Bool,
        _ records: MutableRecords
    ) throws(ServiceError) {
        let key = RowKey(.text(resource.type), .text(resource.arn))
        var row =
            try records.get(AnalyzedResourceRow.self, key, of: partition)
            ?? AnalyzedResourceRow(
                partition: partition, arn: resource.arn, type: resource.type, owner: resource.owner, created: time,
                analyzed: time, updated: time)
        row.analyzed = time
        row.error = error
        if hasChanged { row.updated = time }
        try records.put(row)
    }

    /// Resolves all findings of a resource that is gone, and takes it from the analyzed ones.
    static func forget(
        _ resource: FoundResource, analyzer: Analyzer, at time: Double, _ records: MutableRecords
    ) throws(ServiceError) {
        let partition = analyzer.findingsPartition
        for old in try rows(ofResource: resource.arn, of: partition, records) where old.status != .resolved {
            var row = old
            row.status = .resolved
            row.analyzed = time
            row.updated = time
            try records.put(row)
            try records.announce(row, of: analyzer, isOfDeleted: true)
        }
        try records.delete(
            AnalyzedResourceRow.self, RowKey(.text(resource.type), .text(resource.arn)), of: partition)
    }

    /// The findings of a resource, resolved ones too.
    static func rows(
        ofResource arn: String, of partition: String, _ records: some RecordReading
    ) throws(ServiceError) -> [AnalyzedFinding] {
        try records.list(
            AnalyzedFinding.self, by: AnalyzedFinding.byResource, of: partition,
            RowIndexRange(RowPrefix(.text(arn))), limit: .max)
    }

    /// What a finding is called: a UUID that is made of what it is about.
    static func id(of identity: String, _ resource: FoundResource, _ analyzer: Analyzer) -> String {
        var hash = SHA256()
        for part in [analyzer.accountID, analyzer.region, analyzer.findingsPartition, resource.arn, identity] {
            withUnsafeBytes(of: UInt64(part.utf8.count).bigEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: Array(part.utf8))
        }
        var bytes = Array(hash.finalize().prefix(16))
        // A UUID of version 8: its bits are the maker's own.
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return text
    }

    // MARK: How far an analyzer is

    /// Notes that an analyzer has looked at everything once.
    static func noteComplete(_ analyzer: Analyzer, _ records: MutableRecords) throws(ServiceError) {
        var progress = try records.progress(of: analyzer) ?? AnalyzerProgress(id: analyzer.findingsPartition)
        guard !progress.isComplete else { return }
        progress.isComplete = true
        try records.put(progress)
    }

    /// Notes which resource an analyzer has looked at last.
    static func note(
        lastResource arn: String, _ analyzer: Analyzer, at time: Double, _ records: MutableRecords
    ) throws(ServiceError) {
        var progress = try records.progress(of: analyzer) ?? AnalyzerProgress(id: analyzer.findingsPartition)
        progress.lastResource = arn
        progress.lastAnalyzed = time
        try records.put(progress)
    }
}

extension RecordReading {
    /// How far an analyzer is; nil: it has not begun.
    /// - Note: of the records of the analyzer's scope.
    func progress(of analyzer: Analyzer) throws(ServiceError) -> AnalyzerProgress? {
        try get(AnalyzerProgress.self, analyzer.findingsPartition)
    }
}

extension Analyzer {
    /// Whether one of its rules archives a finding.
    func archives(_ finding: AnalyzedFinding) -> Bool {
        archiveRules.contains { FindingFilter.matches($0.filter, finding) }
    }
}

extension FindingDetails {
    /// Whether both say the same, whichever request proves it.
    func saysTheSame(as other: FindingDetails) -> Bool { withoutWitness == other.withoutWitness }

    private var withoutWitness: FindingDetails {
        switch self {
        case .external(var access):
            access.witness = nil
            return .external(access)
        case .internal(var access):
            access.witness = nil
            return .internal(access)
        default: return self
        }
    }
}
