import Directory
import Ledger
import Platform
import Wire

/// What has been found out and is yet to be written.
struct AnalysisWork: Sendable {
    private enum Outcome: Sendable {
        case found(FoundResource, [FindingDetails], isUndecided: Bool)
        case gone(FoundResource)
    }

    private var outcomes: [(analyzer: Analyzer, outcome: Outcome)] = []
    /// Tasks that went on: what they were, what they are now, and whether that is the end of an analyzer's first look.
    private var tasks: [(scope: Scope, old: AnalysisTask, new: AnalysisTask?, completes: Analyzer?)] = []

    /// How many resources a step of a task looks at.
    static let step = 64

    // MARK: Looking

    /// Looks at one resource for some analyzers.
    mutating func look(
        at arn: String, _ type: AnalyzedResourceType, for analyzers: [Analyzer], _ environment: Environment
    ) async {
        let resource: AnalyzedResource?
        do throws(ServiceError) { resource = try await type.fetch(arn, environment) } catch {
            // It can't be read: nothing is known of it.
            let owner = ARN(parsing: arn).flatMap { $0.account.isEmpty ? nil : $0.account }
            let found = FoundResource(arn: arn, type: type.name, owner: owner ?? analyzers.first?.accountID ?? "")
            for analyzer in analyzers { outcomes.append((analyzer, .found(found, [], isUndecided: true))) }
            return
        }
        for analyzer in analyzers { take(resource, arn, type, analyzer, environment) }
    }

    private mutating func take(
        _ resource: AnalyzedResource?, _ arn: String, _ type: AnalyzedResourceType, _ analyzer: Analyzer,
        _ environment: Environment
    ) {
        guard let resource, ZoneOfTrust.looks(analyzer, at: resource.owner, environment) else {
            outcomes.append((analyzer, .gone(FoundResource(arn: arn, type: type.name, owner: ""))))
            return
        }
        let found = FoundResource(arn: arn, type: type.name, owner: resource.owner)
        switch analyzer.type.search {
        case .external:
            let exposure = Exposure.external(resource, type, ZoneOfTrust(of: analyzer, environment))
            outcomes.append(
                (
                    analyzer,
                    .found(found, exposure.findings.map { .external($0) }, isUndecided: exposure.isUndecided)
                ))
        case .internal:
            guard InternalExposure.includes(resource, analyzer) else {
                outcomes.append((analyzer, .gone(found)))
                return
            }
            let (access, isUndecided) = InternalExposure.find(resource, type, analyzer, environment)
            outcomes.append((analyzer, .found(found, access.map { .internal($0) }, isUndecided: isUndecided)))
        case .unused: break
        }
    }

    // MARK: Tasks

    /// Does some of a task.
    mutating func step(_ place: (scope: Scope, id: String), _ environment: Environment) async throws(ServiceError) {
        let (task, analyzer) = try await environment.read(place.scope) { (records) throws(ServiceError) in
            let task = try records.get(AnalysisTask.self, place.id)
            return (
                task, try task.flatMap { task throws(ServiceError) in try records.get(Analyzer.self, task.analyzer) }
            )
        }
        // What has been done, or is of an analyzer that is gone.
        guard let task else { return }
        guard task.work != .purge else {
            tasks.append((place.scope, task, nil, nil))
            return
        }
        guard let analyzer, analyzer.findingsPartition == task.partition else {
            tasks.append((place.scope, task, nil, nil))
            return
        }
        var next = task
        var completes: Analyzer?
        let isEnd: Bool
        switch task.work {
        case .purge: return
        case .resource(let arn):
            if let type = await Self.type(of: arn, environment) {
                await look(at: arn, type, for: [analyzer], environment)
            } else {
                outcomes.append((analyzer, .gone(FoundResource(arn: arn, type: "", owner: ""))))
            }
            isEnd = true
        case .scan(let accounts, let type, let after):
            let types = environment.analyzedResources
            guard let account = accounts.first else {
                // After a change to one account nothing else can be gone.
                isEnd = !task.isOfAll
                next.work = .sweep(after: nil)
                completes = task.isOfAll ? analyzer : nil
                break
            }
            guard type < types.count else {
                next.work = .scan(accounts: Array(accounts.dropFirst()), type: 0, after: nil)
                isEnd = false
                break
            }
            let (arns, rest) = try await types[type].list(account, analyzer.region, after, Self.step, environment)
            for arn in arns { await look(at: arn, types[type], for: [analyzer], environment) }
            next.work =
                rest == nil
                ? .scan(accounts: accounts, type: type + 1, after: nil)
                : .scan(accounts: accounts, type: type, after: rest)
            isEnd = false
        case .sweep(let after):
            let partition = task.partition
            let rows = try await environment.read(place.scope) { (records) throws(ServiceError) in
                try records.list(
                    AnalyzedResourceRow.self, of: partition,
                    RowRange(after: after.map { .key(RowKey(bytes: $0)) }), limit: Self.step)
            }
            for row in rows {
                guard let type = environment.analyzedResources.first(where: { $0.name == row.type }) else { continue }
                if try await type.fetch(row.arn, environment) == nil
                    || !ZoneOfTrust.looks(analyzer, at: row.owner, environment)
                {
                    outcomes.append((analyzer, .gone(FoundResource(arn: row.arn, type: row.type, owner: row.owner))))
                }
            }
            next.work = .sweep(after: rows.last?.key.bytes)
            isEnd = rows.count < Self.step
        }
        tasks.append((place.scope, task, isEnd ? nil : next, completes))
    }

    /// The type of a resource that there is.
    static func type(of arn: String, _ environment: Environment) async -> AnalyzedResourceType? {
        for type in environment.analyzedResources {
            if let found = try? await type.fetch(arn, environment), found.arn == arn { return type }
        }
        return nil
    }

    // MARK: Writing

    /// Writes what was found, unless it has become out of date.
    func write(_ records: MutableRecords, at time: Double) throws(ServiceError) {
        var last: [String: (Analyzer, String)] = [:]
        for (analyzer, outcome) in outcomes {
            let own = records.of(analyzer.scope)
            // It may have been deleted, or have other archive rules by now.
            let partition = analyzer.findingsPartition
            guard let analyzer = try own.get(Analyzer.self, analyzer.name), analyzer.findingsPartition == partition
            else { continue }
            switch outcome {
            case .found(let resource, let details, let isUndecided):
                try Findings.settle(
                    details, of: resource, analyzer: analyzer, at: time, isUndecided: isUndecided, own)
                last[analyzer.arn] = (analyzer, resource.arn)
            case .gone(let resource): try Findings.forget(resource, analyzer: analyzer, at: time, own)
            }
        }
        for (analyzer, arn) in last.values {
            try Findings.note(lastResource: arn, analyzer, at: time, records.of(analyzer.scope))
        }
        for (scope, old, new, completes) in tasks {
            let own = records.of(scope)
            // One that was begun anew meanwhile goes on from there.
            guard try own.get(AnalysisTask.self, old.id) == old else { continue }
            if old.work == .purge {
                try purge(old, own)
            } else if let new {
                try own.put(new)
            } else if let accounts = old.again {
                var anew = old
                anew.work = .scan(accounts: accounts, type: 0, after: nil)
                anew.again = nil
                try own.put(anew)
            } else {
                try own.delete(old)
            }
            if let completes { try Findings.noteComplete(completes, own) }
        }
    }

    private func purge(_ task: AnalysisTask, _ records: MutableRecords) throws(ServiceError) {
        let findings = try records.deleteAll(AnalyzedFinding.self, of: task.partition)
        let resources = try records.deleteAll(AnalyzedResourceRow.self, of: task.partition)
        if let progress = try records.get(AnalyzerProgress.self, task.partition) { try records.delete(progress) }
        if findings < 256, resources < 256 {
            try records.delete(task)
        } else {
            try records.put(task)
        }
    }
}
