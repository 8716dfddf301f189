import Directory
import Ledger
import Platform
import Policy
import Wire

/// Finds anew what a change concerns: follows the records of all resources that are analysed, of analyzers and organizations, and of
/// what is still to be done.
///
/// Everything that is found goes through here, in the order of the journal: by whichever node, once.
struct FollowAnalyzedResources: Follower {
    static let name = "AccessAnalyzer::Findings"
    static let source = FollowedSource.journal(kinds: [Analyzer.kind, AnalysisTask.kind])

    /// Where there is no analyzer, nothing is followed but the making of one.
    static func source(_ environment: Environment) -> FollowedSource {
        let analyzers = environment.projection(AnalyzerIndex.self)
        guard analyzers.isSearching else { return source }
        // The journal is looked through kind by kind.
        let inside = analyzers.isSearchingInside ? InternalExposure.kinds : []
        return .journal(
            kinds: environment.analyzedKinds.union(organizationKinds).union([Analyzer.kind, AnalysisTask.kind])
                .union(inside))
    }

    private static let organizationKinds: Set<String> = [
        Account.kind, Organization.kind, OrganizationAccount.kind, OrganizationPolicy.kind, OrganizationalUnit.kind,
    ]

    static func prepare(
        _ batch: FollowedBatch, _ environment: Environment
    ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
        guard case .changes(let entries, let hasGap) = batch else { return { _ in } }
        try await environment.catchUp()
        let plan = AnalysisPlan(
            entries.map(\.change), hasGap: hasGap, try await begun(environment), environment)
        var work = AnalysisWork()
        for (resource, type, analyzers) in plan.resources {
            await work.look(at: resource, type, for: analyzers, environment)
        }
        for task in plan.tasks { try await work.step(task, environment) }
        let done = work
        let tasks = plan.newTasks
        let time = environment.clock.now
        return { (records) throws(ServiceError) in
            for (scope, task) in tasks { try begin(task, records.of(scope)) }
            try done.write(records, at: time)
        }
    }
}

/// The analyzers that have begun to look: what changed before an analyzer was made, its first look sees.
private func begun(_ environment: Environment) async throws(ServiceError) -> [Analyzer] {
    let analyzers = environment.projection(AnalyzerIndex.self).all.filter { $0.type.search != .unused }
    return try await environment.read(Scope(account: "")) { (records) throws(ServiceError) in
        var begun: [Analyzer] = []
        for analyzer in analyzers where try records.of(analyzer.scope).progress(of: analyzer) != nil {
            begun.append(analyzer)
        }
        return begun
    }
}

/// Begins a task, or sees to it that one of its name that has begun begins anew at its end.
private func begin(_ task: AnalysisTask, _ records: MutableRecords) throws(ServiceError) {
    if task.isOfAll, try records.get(AnalyzerProgress.self, task.partition) == nil {
        try records.put(AnalyzerProgress(id: task.partition))
    }
    guard case .scan(let accounts, _, _) = task.work, var running = try records.get(AnalysisTask.self, task.id) else {
        try records.put(task)
        return
    }
    running.again = accounts
    try records.put(running)
}

/// What a batch of changes makes necessary.
struct AnalysisPlan {
    /// Single resources, and the analyzers that look at them.
    private(set) var resources: [(arn: String, type: AnalyzedResourceType, analyzers: [Analyzer])] = []
    /// Tasks that are to go on.
    private(set) var tasks: [(scope: Scope, id: String)] = []
    /// Tasks that are to begin.
    private(set) var newTasks: [(Scope, AnalysisTask)] = []

    /// - Parameter analyzers: those that have begun to look.
    init(_ changes: [Change], hasGap: Bool, _ analyzers: [Analyzer], _ environment: Environment) {
        let types = environment.analyzedResources
        var seen: Set<String> = []
        var begun: Set<String> = []
        func begin(_ task: AnalysisTask, _ scope: Scope) {
            if begun.insert("\(scope.account) \(scope.region) \(task.id)").inserted { newTasks.append((scope, task)) }
        }
        func rescan(_ analyzer: Analyzer) {
            begin(.scan(analyzer, accounts: ZoneOfTrust.accounts(of: analyzer, environment)), analyzer.scope)
        }
        if hasGap {
            // The making of an analyzer may be among what is gone.
            for analyzer in environment.projection(AnalyzerIndex.self).all where analyzer.type.search != .unused {
                rescan(analyzer)
            }
        }
        for change in changes {
            switch change.kind {
            case Analyzer.kind:
                let (old, new) = (try? change.decodeBefore(Analyzer.self), try? change.decodeAfter(Analyzer.self))
                if let old, old.findingsPartition != new?.findingsPartition {
                    begin(.purge(old.name, old.findingsPartition), change.scope)
                }
                if let new, new.type.search != .unused,
                    old?.findingsPartition != new.findingsPartition || old?.configuration != new.configuration
                {
                    rescan(new)
                }
            case AnalysisTask.kind:
                if change.after != nil, seen.insert("task \(change.scope) \(change.id)").inserted {
                    tasks.append((change.scope, change.id))
                }
            case Account.kind where !Self.concerns(change): break
            case Account.kind, Organization.kind, OrganizationAccount.kind, OrganizationPolicy.kind,
                OrganizationalUnit.kind:
                // Who is in the zone, or what binds its accounts, may be different now: of accounts of an organization, too.
                for analyzer in analyzers
                where analyzer.type.isOfOrganization || analyzer.accountID == change.id || change.kind != Account.kind {
                    rescan(analyzer)
                }
            default: break
            }
            if InternalExposure.kinds.contains(change.kind) {
                for analyzer in analyzers where analyzer.type.search == .internal { rescan(analyzer) }
            }
            for type in types where type.kinds.contains(change.kind) {
                guard let concerns = try? type.concerned(change, environment) else { continue }
                for concern in concerns {
                    switch concern {
                    case .account(let account):
                        for analyzer in analyzers where ZoneOfTrust.looks(analyzer, at: account, environment) {
                            begin(.scan(analyzer, account: account), analyzer.scope)
                        }
                    case .resource(let arn, let account, let region):
                        guard seen.insert("\(type.name) \(arn)").inserted else { continue }
                        let own = analyzers.filter {
                            (type.isGlobal || $0.region == region) && ZoneOfTrust.looks($0, at: account, environment)
                        }
                        if !own.isEmpty { resources.append((arn, type, own)) }
                    }
                }
            }
        }
    }
}

extension AnalysisPlan {
    /// Whether an account was opened, closed, or has moved.
    private static func concerns(_ change: Change) -> Bool {
        guard let new = try? change.decodeAfter(Account.self), let old = try? change.decodeBefore(Account.self) else {
            return true
        }
        return old.state != new.state || old.managementAccountID != new.managementAccountID
    }
}

extension ZoneOfTrust {
    /// Whether an analyzer looks at an account's resources.
    static func looks(_ analyzer: Analyzer, at account: String, _ environment: Environment) -> Bool {
        if analyzer.accountID == account { return true }
        guard analyzer.type.isOfOrganization,
            let own = environment.directory.organization(ofAccount: analyzer.accountID)?.id
        else { return false }
        // Of one that has left, what was found is forgotten when its organization's analyzers are looked through.
        return environment.directory.organization(ofAccount: account)?.id == own
    }
}
