import Ledger
import Platform
import Wire

/// Forgets the results of a rule that is no more, or whose results somebody wants forgotten.
struct ForgetResults: Job {
    static let kind = "Config::ForgetResults"

    /// The rule's name.
    let rule: String
    /// Whether the rule is to be deleted after that.
    var deletesRule = false
    /// Seconds since 1970: results that are recorded later stay. nil: none do.
    var before: Double?

    func run(_ context: JobContext) async throws(ServiceError) {
        let (rule, deletes, before) = (rule, deletesRule, before)
        let environment = context.environment
        var after: RowKey?
        repeat {
            let from = after
            after = try await environment.write(context.scope, requestID: "") {
                (records) throws(ServiceError) -> RowKey? in
                // Another of the name may have taken its place meanwhile: what that says is no concern of this.
                let found = try records.get(StoredRule.self, rule)
                guard !deletes || found?.isDeleting ?? true else { return nil }
                return try records.forgetResults(
                    of: rule, at: environment.now(), before: before, after: from)
            }
            await Task.yield()
        } while after != nil
        try await context.finish { (records) throws(ServiceError) in
            guard deletes, let found = try records.get(StoredRule.self, rule), found.state == "DELETING" else { return }
            try records.delete(found)
            if let status = try records.get(RuleStatus.self, rule) { try records.delete(status) }
        }
    }
}

/// Forgets how resources were put right for a rule, and which were not to be: for a rule or a remediation that is no more.
struct ForgetRemediations: Job {
    static let kind = "Config::ForgetRemediations"

    /// The rule's name.
    let rule: String
    /// Seconds since 1970: what is later belongs to another of the name, and stays.
    let before: Double

    func run(_ context: JobContext) async throws(ServiceError) {
        let (rule, before) = (rule, before)
        let environment = context.environment
        var after: RowKey?
        repeat {
            let from = after
            after = try await environment.write(context.scope, requestID: "") {
                (records) throws(ServiceError) -> RowKey? in
                try records.forget(RemediationExecution.self, of: rule, before: before, after: from)
            }
        } while after != nil
        repeat {
            let from = after
            after = try await environment.write(context.scope, requestID: "") {
                (records) throws(ServiceError) -> RowKey? in
                try records.forget(RemediationExemption.self, of: rule, before: before, after: from)
            }
        } while after != nil
        try await context.finish { _ in }
    }
}

/// What belongs to a rule's remediation.
protocol OfRemediation: TableRow {
    /// Seconds since 1970.
    var since: Double { get }
}

extension RemediationExecution: OfRemediation {
    var since: Double { invoked }
}

extension RemediationExemption: OfRemediation {
    var since: Double { put ?? 0 }
}

extension MutableRecords {
    /// Forgets some of what belongs to a rule's remediation.
    /// - Returns: where to go on; nil: that was all.
    fileprivate func forget<R: OfRemediation>(
        _ type: R.Type, of rule: String, before: Double, after: RowKey?
    ) throws(ServiceError) -> RowKey? {
        let limit = 256
        let rows = try list(type, of: rule, RowRange(after: after.map { .key($0) }), limit: limit)
        for row in rows where row.since < before { try delete(type, row.key, of: rule) }
        return rows.count == limit ? rows.last?.key : nil
    }
}
