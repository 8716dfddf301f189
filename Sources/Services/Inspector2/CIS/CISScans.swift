import Inspector2API
import Ledger
import Platform
import Wire

// Scans of instances by benchmarks: which there were, and what came of them.
// <https://docs.aws.amazon.com/inspector/latest/user/scanning-cis.html>

/// Begins a scan of a configuration, and has the next one begin when it is due.
struct StartCISScan: Job {
    static let kind = "Inspector2::StartCISScan"

    /// The ``CISConfiguration/id``.
    let configuration: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope, id) = (context.environment, context.scope, configuration)
        let now = environment.now()
        try await context.finish { (records) throws(ServiceError) in
            guard let configuration = try records.get(CISConfiguration.self, id) else { return }
            let scan = CISScan(
                id: InspectorName.uuid([id, String(now)]), accountID: scope.account, region: scope.region,
                configurationARN: configuration.arn, name: configuration.name, level: configuration.level,
                scheduledBy: configuration.accountID, started: now, accounts: configuration.accounts,
                targetTags: configuration.targetTags)
            try records.put(scan)
            for target in environment.cisTargets(of: scan) { try records.put(target) }
            try records.schedule(RunCISScan(scan: scan.id), id: scan.id, at: now)
            try records.schedule(EndCISScan(scan: scan.id), id: scan.id, at: now + EndCISScan.patience)
            if configuration.schedule != .once { try records.scheduleNext(configuration, at: now) }
        }
    }
}

extension InspectorName {
    /// A UUID that stands for something, always the same one.
    static func uuid(_ identity: [String]) -> String {
        let digits = Array(findingID(identity))
        let lengths = [8, 4, 4, 4, 12]
        var (parts, start) = ([String](), 0)
        for length in lengths {
            parts.append(String(digits[start..<min(start + length, digits.count)]))
            start += length
        }
        return parts.joined(separator: "-")
    }
}

/// Ends a scan that nobody has reported to the end.
struct EndCISScan: Job {
    static let kind = "Inspector2::EndCISScan"
    /// How long agents have, in seconds.
    static let patience = 6.0 * 3600

    /// The ``CISScan/id``.
    let scan: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = scan
        try await context.finish { (records) throws(ServiceError) in
            for var target in try records.list(CISTarget.self, of: id, limit: .max) where target.status == nil {
                target.status = "TIMED_OUT"
                target.reason = target.session == nil ? "SSM_UNMANAGED" : "SCAN_IN_PROGRESS"
                try records.put(target)
            }
            try records.concludeCISScan(id)
        }
    }
}

extension MutableRecords {
    /// Counts what a scan has found so far, and ends it when all of its targets are through.
    func concludeCISScan(_ id: String) throws(ServiceError) {
        guard var scan = try get(CISScan.self, RowKey(.text(id))) else { return }
        let targets = try list(CISTarget.self, of: id, limit: .max)
        scan.failedChecks = targets.reduce(0) { $0 + $1.failed }
        scan.totalChecks = targets.reduce(0) { $0 + $1.failed + $1.passed + $1.skipped }
        if scan.status == .running, targets.allSatisfy({ $0.status != nil }) {
            scan.status = targets.isEmpty || targets.contains { $0.status == "COMPLETED" } ? .completed : .failed
            try cancel(EndCISScan.self, id: id)
        }
        try put(scan)
    }
}

extension Environment {
    /// The instances that a scan looks at: those of its accounts that have one of the values of each of its tags.
    fileprivate func cisTargets(of scan: CISScan) -> [CISTarget] {
        let accounts: [String]
        switch scan.accounts {
        case ["SELF"]: accounts = [scan.accountID]
        case ["ALL_ACCOUNTS"]: accounts = inspected(by: scan.accountID, region: scan.region)
        default: accounts = scan.accounts
        }
        return accounts.flatMap { account in
            cisInstances(Scope(account: account, region: scan.region)).filter { instance in
                scan.targetTags.allSatisfy { key, values in
                    instance.tags[key].map { values.contains($0) } ?? false
                }
            }.map { instance in
                CISTarget(
                    partition: scan.id, accountID: account, resource: instance.id,
                    tags: instance.tags.mapValues { [$0] })
            }
        }
    }

    /// The instances of an account and Region.
    private func cisInstances(_ scope: Scope) -> [(id: String, tags: [String: String])] {
        let named = (inspectedPlaces.file()?.instances ?? []).filter {
            ($0.account ?? directory.firstAccount?.id) == scope.account && ($0.region ?? region) == scope.region
        }
        let running = projection(EC2Index.self).estate(scope).all(StoredInstance.self).filter { $0.state == .running }
        return named.map { ($0.id, $0.tags ?? [:]) }
            + running.map { ($0.id, Dictionary($0.head.tags.map { ($0.key, $0.value) }) { $1 }) }
    }
}

extension RecordReading {
    /// A scan that the caller may see.
    /// - Throws: ResourceNotFoundException.
    func cisScan(_ arn: String, _ call: Call) throws(ServiceError) -> CISScan {
        guard let name = OwnedName(arn), name.kind == .cisScan, name.isOf(call),
            let scan = try get(CISScan.self, RowKey(.text(name.id)))
        else { throw .inspectorNotFound("The CIS scan \(arn) does not exist.") }
        return scan
    }
}

extension Inspector2.ListCisScans: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let criteria = input.filterCriteria
        let paging = try Paging(inspector: input, limit: 50)
        var found: [CISScan] = []
        for scan in try records.list(CISScan.self, limit: .max) {
            guard CISMatch.matches(criteria?.scanNameFilters, [scan.name]),
                CISMatch.matches(criteria?.scanArnFilters, [scan.arn]),
                CISMatch.matches(criteria?.scanConfigurationArnFilters, [scan.configurationARN]),
                CISMatch.matches(criteria?.scheduledByFilters, [scan.scheduledBy]),
                CISMatch.matches(criteria?.targetResourceTagFilters, scan.targetTags),
                CISMatch.matches(criteria?.scanAtFilters, scan.started),
                CISMatch.matches(criteria?.failedChecksFilters, scan.failedChecks),
                CISMatch.isOne(of: criteria?.scanStatusFilters?.map(\.value), scan.status.rawValue)
            else { continue }
            if criteria?.targetResourceIdFilters != nil || criteria?.targetAccountIdFilters != nil {
                let targets = try records.list(CISTarget.self, of: scan.id, limit: .max)
                guard
                    targets.contains(where: { target in
                        CISMatch.matches(criteria?.targetResourceIdFilters, [target.resource])
                            && CISMatch.matches(criteria?.targetAccountIdFilters, [target.accountID])
                    })
                else { continue }
            }
            found.append(scan)
        }
        let sorted = sorted(found, by: input.sortBy, isDescending: input.sortOrder == "DESC")
        return Output(page(sorted, paging)) { scan in
            Inspector2.CisScan {
                $0.scanArn = scan.arn
                $0.scanConfigurationArn = scan.configurationARN
                $0.status = scan.status.rawValue
                $0.scanName = scan.name
                $0.scanDate = Timestamp(secondsSinceEpoch: scan.started)
                $0.failedChecks = scan.failedChecks
                $0.totalChecks = scan.totalChecks
                $0.scheduledBy = scan.scheduledBy
                $0.securityLevel = scan.level
                $0.targets = Inspector2.CisTargets {
                    $0.accountIds = scan.accounts
                    $0.targetResourceTags = scan.targetTags
                }
            }
        }
    }

    private static func sorted(_ scans: [CISScan], by field: String?, isDescending: Bool) -> [CISScan] {
        let ascending = scans.sorted { a, b in
            switch field {
            case "STATUS": (a.status.rawValue, a.id) < (b.status.rawValue, b.id)
            case "SCHEDULED_BY": (a.scheduledBy, a.id) < (b.scheduledBy, b.id)
            case "FAILED_CHECKS": (a.failedChecks, a.id) < (b.failedChecks, b.id)
            default: (a.started, a.id) < (b.started, b.id)
            }
        }
        return isDescending ? ascending.reversed() : ascending
    }
}
