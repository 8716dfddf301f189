import Directory
import Ledger
import Platform
import Wire

/// Looks for unused access, for the analyzers that ask for it.
struct UnusedAccessSearch: Sendable {
    let environment: Environment

    /// Users and roles, to a transaction.
    private static let batch = 16

    /// The analyzers of unused access, in a fixed order.
    var analyzers: [Analyzer] {
        environment.projection(AnalyzerIndex.self).all.filter { $0.type.search == .unused }.sorted { $0.arn < $1.arn }
    }

    /// The accounts whose users and roles an analyzer looks at. An analyzer of an organization that its account may no longer have
    /// looks at none.
    func accounts(of analyzer: Analyzer) -> Set<String> {
        let directory = environment.directory
        guard analyzer.type.isOfOrganization else {
            return directory.account(analyzer.accountID) == nil ? [] : [analyzer.accountID]
        }
        guard let organization = directory.organization(administeredBy: analyzer.accountID),
            organization.trustedServices[AnalyzerAdministration.service] != nil
        else { return [] }
        return Set(directory.accounts(managedBy: organization.managementAccountID).filter(\.isActive).map(\.id))
    }

    /// Looks at all users and roles of an analyzer's accounts, and at what it has looked at before and is gone.
    func scan(_ analyzer: Analyzer) async throws(ServiceError) {
        let accounts = accounts(of: analyzer)
        // One that is disabled finds nothing, and what it has found stays as it is.
        guard !accounts.isEmpty else { return }
        var seen: Set<String> = []
        for account in accounts.sorted() {
            let ids = environment.identities(of: account)
            for start in stride(from: 0, to: ids.count, by: Self.batch) {
                var found: [Found] = []
                for id in ids[start..<min(start + Self.batch, ids.count)] {
                    guard let identity = try await environment.analyzedIdentity(uniqueID: id) else { continue }
                    seen.insert(identity.resource.arn)
                    found.append(self.found(of: identity, analyzer))
                    // Requests go first.
                    await Task.yield()
                }
                try await settle(found, analyzer)
            }
        }
        try await forgetGone(analyzer, seen: seen)
        try await environment.write(analyzer.scope, requestID: "") { (records) throws(ServiceError) in
            try Findings.noteComplete(analyzer, records)
        }
    }

    /// Those of some analyzers that have looked at everything once.
    func thatHaveLooked(_ analyzers: [Analyzer]) async throws(ServiceError) -> [Analyzer] {
        var begun: [Analyzer] = []
        for analyzer in analyzers {
            let progress = try await environment.read(analyzer.scope) { (records) throws(ServiceError) in
                try records.progress(of: analyzer)
            }
            if progress?.isComplete == true { begun.append(analyzer) }
        }
        return begun
    }

    /// Looks at some users and roles, by their unique ids, for all analyzers that look at their accounts.
    func look(at ids: Set<String>, _ analyzers: [Analyzer]) async throws(ServiceError) {
        guard !ids.isEmpty else { return }
        var identities: [AnalyzedIdentity] = []
        for id in ids.sorted() {
            if let identity = try await environment.analyzedIdentity(uniqueID: id) { identities.append(identity) }
        }
        for analyzer in analyzers {
            let accounts = accounts(of: analyzer)
            let found = identities.filter { accounts.contains($0.resource.owner) }.map { self.found(of: $0, analyzer) }
            for start in stride(from: 0, to: found.count, by: Self.batch) {
                try await settle(Array(found[start..<min(start + Self.batch, found.count)]), analyzer)
            }
        }
    }

    /// Users and roles that are no more: what was found of them is resolved.
    func forget(_ resources: [FoundResource], _ analyzers: [Analyzer]) async throws(ServiceError) {
        for analyzer in analyzers {
            try await settle(resources.map { Found(resource: $0, findings: nil) }, analyzer)
        }
    }

    /// What is found of a user or role.
    private struct Found: Sendable {
        let resource: FoundResource
        /// nil: the analyzer does not look at it, or no longer.
        let findings: [FindingDetails]?
    }

    private func found(of identity: AnalyzedIdentity, _ analyzer: Analyzer) -> Found {
        Found(
            resource: identity.resource,
            findings: analyzer.excludes(identity) ? nil : access(analyzer).findings(of: identity))
    }

    /// What counts as unused for an analyzer now.
    func access(_ analyzer: Analyzer) -> UnusedAccess {
        let environment = environment
        return UnusedAccess(
            time: environment.now(), age: analyzer.configuration.unusedAccessAge ?? UnusedAccess.usualAge,
            tracked: { environment.trackedActions(of: $0) })
    }

    private func settle(_ found: [Found], _ analyzer: Analyzer) async throws(ServiceError) {
        guard !found.isEmpty else { return }
        let now = environment.now()
        try await environment.write(analyzer.scope, requestID: "") { (records) throws(ServiceError) in
            // It may have been deleted meanwhile, or told otherwise: then it is looked at anew.
            guard let current = try records.get(Analyzer.self, analyzer.id),
                current.findingsPartition == analyzer.findingsPartition
            else { return }
            for one in found {
                if let findings = one.findings {
                    try Findings.settle(findings, of: one.resource, analyzer: current, at: now, records)
                } else {
                    try Findings.forget(one.resource, analyzer: current, at: now, records)
                }
            }
            if let last = found.last(where: { $0.findings != nil }) {
                try Findings.note(lastResource: last.resource.arn, current, at: now, records)
            }
        }
    }

    /// Resolves what was found of users and roles that an analyzer does not look at any more.
    private func forgetGone(_ analyzer: Analyzer, seen: Set<String>) async throws(ServiceError) {
        var last: RowKey?
        while true {
            let after = last
            let rows = try await environment.read(analyzer.scope) { (records) throws(ServiceError) in
                try records.list(
                    AnalyzedResourceRow.self, of: analyzer.findingsPartition, RowRange(after: after.map { .key($0) }),
                    limit: 256)
            }
            guard let end = rows.last else { return }
            last = end.key
            let gone = rows.filter { !seen.contains($0.arn) }
            try await forget(gone.map { FoundResource(arn: $0.arn, type: $0.type, owner: $0.owner) }, [analyzer])
        }
    }
}
