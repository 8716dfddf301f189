import Inspector2API
import Ledger
import Platform
import Wire

/// Brings the findings of a resource up to date with what a scan has found.
/// <https://docs.aws.amazon.com/inspector/latest/user/findings-understanding.html>
struct FindingUpdate: Sendable {
    /// How long a remediated finding stays, in seconds.
    static let keptRemediated = 30.0 * 86_400
    /// How long the findings of what is gone stay.
    static let keptOfGone = 3.0 * 86_400
    /// Within which a finding that comes back is the same one.
    static let reopened = 7.0 * 86_400
    /// Findings in one transaction.
    private static let batch = 100

    let scope: Scope
    let resourceType: String
    let resource: String
    /// `PACKAGE_VULNERABILITY`
    let type: String
    /// Whether the resource is gone.
    var isGone = false

    /// Records what was found, and closes what was not found any more.
    func apply(_ found: [Found], _ environment: Environment) async throws(ServiceError) {
        let rules = try environment.suppressionRules(scope.account, scope.region)
        var current: Set<String> = []
        for start in stride(from: 0, to: found.count, by: Self.batch) {
            let part = Array(found[start..<min(start + Self.batch, found.count)])
            for one in part { current.insert(id(one.identity)) }
            let now = environment.now()
            try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                for one in part { try observe(one, rules, records, at: now) }
            }
        }
        try await close(allBut: current, environment)
    }

    private func id(_ identity: String) -> String {
        InspectorName.findingID([scope.account, scope.region, resourceType, resource, type, identity])
    }

    private func observe(
        _ found: Found, _ rules: [Inspector2.FilterCriteria], _ records: MutableRecords, at time: Double
    ) throws(ServiceError) {
        let (id, content) = (id(found.identity), found.content.structure.json)
        let before = try records.get(StoredFinding.self, RowKey(.text(id)))
        var finding =
            before
            ?? StoredFinding(
                id: id, accountID: scope.account, region: scope.region, type: type, resourceType: resourceType,
                resource: resource, status: .active, firstObserved: time, lastObserved: time, updated: time,
                content: content)
        if finding.status == .closed, time - finding.updated > Self.reopened { finding.firstObserved = time }
        finding.content = content
        finding.facts = found.facts
        finding.lastObserved = time
        finding.deletion = nil
        let view = try finding.view()
        finding.status = rules.contains { FindingMatch.matches($0, view, isForRule: true) } ? .suppressed : .active
        let isNews =
            before == nil || before?.status != finding.status || before?.content != content
            || before?.facts != finding.facts
        if isNews { finding.updated = time }
        try records.put(finding)
        if isNews { try records.announce(finding) }
    }

    private func close(allBut current: Set<String>, _ environment: Environment) async throws(ServiceError) {
        var after: (value: RowKey, key: RowKey)?
        while true {
            let (place, now) = (after, environment.now())
            let rows = try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                let rows = try records.list(
                    StoredFinding.self, by: StoredFinding.byResource,
                    RowIndexRange(RowPrefix(.text(resource), .text(type)), after: place), limit: Self.batch)
                for var row in rows where row.status != .closed && !current.contains(row.id) {
                    row.status = .closed
                    row.updated = now
                    row.deletion = now + (isGone ? Self.keptOfGone : Self.keptRemediated)
                    try records.put(row)
                    try records.announce(row)
                }
                return rows
            }
            guard rows.count == Self.batch, let last = rows.last else { return }
            after = (RowKey(.text(resource), .text(type)), last.key)
        }
    }
}

/// Deletes findings that have been closed for long enough, and what is known of old reports.
struct ForgetClosedFindings: RecurringJob {
    static let kind = "Inspector2::ForgetClosedFindings"
    static let interval = 3600.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        for scope in environment.inspector.scopes {
            let latest = Int64(environment.now())
            while true {
                let count = try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                    let oldest = try records.list(StoredFinding.self, by: StoredFinding.byDeletion, limit: 64)
                    let old = oldest.filter { ($0.deletion.map { Int64($0) } ?? .max) <= latest }
                    for finding in old { try records.delete(StoredFinding.self, finding.key) }
                    return old.count
                }
                guard count == 64 else { break }
            }
            for kind in [StoredReport.findings, StoredReport.materials] {
                try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                    let oldest = try records.list(StoredReport.self, by: StoredReport.byTime, of: kind, limit: 256)
                    for report in oldest where report.created + StoredReport.kept <= Double(latest) {
                        try records.delete(StoredReport.self, report.key, of: kind)
                    }
                }
            }
        }
        try await context.finish { _ in }
    }
}
