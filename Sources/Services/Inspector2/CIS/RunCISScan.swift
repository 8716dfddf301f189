import Ledger
import Packages
import Platform
import Wire

/// Compares the instances of a scan whose root folders are on this machine with the benchmarks that the operator has named, by OpenSCAP
/// if it is installed; where there is none for a system, Lynis looks at it, if the operator wants that. All others wait for their
/// agents.
struct RunCISScan: Job {
    static let kind = "Inspector2::RunCISScan"
    private static let slow = SlowWork("gatehouse.benchmarks")

    /// The ``CISScan/id``.
    let scan: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope, id) = (context.environment, context.scope, scan)
        let file = environment.inspectedPlaces.file()
        let scanners = Scanners(
            openSCAP: OpenSCAP(), benchmarks: file?.benchmarks ?? [], lynis: file?.lynis == true ? Lynis() : nil)
        if scanners.areThere {
            let found = try await environment.read(scope) { (records) throws(ServiceError) in
                (
                    try records.get(CISScan.self, RowKey(.text(id))),
                    try records.list(CISTarget.self, of: id, limit: .max)
                )
            }
            for target in found.1 where target.status == nil && target.session == nil {
                guard let scan = found.0, let root = environment.root(of: target, scope.region) else { continue }
                try await compare(target, of: scan, root, scanners, environment)
            }
        }
        try await context.finish { (records) throws(ServiceError) in try records.concludeCISScan(id) }
    }

    /// What compares systems with benchmarks.
    private struct Scanners: Sendable {
        let openSCAP: OpenSCAP?
        let benchmarks: [InspectedFile.Benchmark]
        let lynis: Lynis?

        var areThere: Bool { openSCAP != nil && !benchmarks.isEmpty || lynis != nil }

        /// nil: there is none for the system, or it could not be done.
        func results(_ platform: String, _ level: String, root: String) -> [BenchmarkResult]? {
            if let openSCAP, let benchmark = benchmarks.first(where: { $0.platform == platform }),
                let profile = benchmark.profiles[level]
            {
                return openSCAP.results(benchmark.content, profile: profile, root: root)
            }
            return lynis?.results(root: root)
        }
    }

    private func compare(
        _ target: CISTarget, of scan: CISScan, _ root: String, _ scanners: Scanners, _ environment: Environment
    ) async throws(ServiceError) {
        let read: Result<(platform: String, results: [BenchmarkResult])?, Never> = try await Self.slow.run {
            guard let platform = (try? Inventory.reading(root: root))?.system?.platform,
                let results = scanners.results(platform, scan.level, root: root)
            else { return nil }
            return (platform, results)
        }
        guard case .success(let outcome?) = read else { return }
        try await environment.write(
            Scope(account: scan.accountID, region: scan.region), requestID: ""
        ) { (records) throws(ServiceError) in
            // An agent may have begun meanwhile, and what it says counts.
            guard var target = try records.get(CISTarget.self, target.key, of: scan.id), target.session == nil,
                target.status == nil
            else { return }
            target.platform = outcome.platform
            for one in outcome.results {
                let status =
                    switch one.result {
                    case "pass", "fixed": "PASSED"
                    case "fail", "error": "FAILED"
                    default: "SKIPPED"
                    }
                target.count(status, 1)
                try records.put(
                    CISResult(
                        partition: scan.id, accountID: target.accountID, resource: target.resource, check: one.rule,
                        title: one.title, status: status, details: one.details ?? one.result, level: scan.level,
                        platform: outcome.platform))
            }
            target.status = "COMPLETED"
            try records.put(target)
        }
    }
}

extension Environment {
    /// The root folder of an instance, where it is on this machine.
    fileprivate func root(of target: CISTarget, _ region: String) -> String? {
        let scope = Scope(account: target.accountID, region: region)
        let named = inspectedPlaces.file()?.instances?.first { one in
            one.id == target.resource && (one.account ?? directory.firstAccount?.id) == scope.account
                && (one.region ?? self.region) == scope.region
        }
        if let named { return named.folder }
        guard let instance = projection(EC2Index.self).estate(scope).get(StoredInstance.self, target.resource) else {
            return nil
        }
        return instances.sources.first { $0.name == instance.source }?.folder
    }
}
