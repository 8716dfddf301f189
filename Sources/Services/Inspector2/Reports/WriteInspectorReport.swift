import FoundationEssentials
import Inspector2API
import Ledger
import Packages
import Platform
import SBOM
import Wire

/// Writes a report of findings, or the bills of materials of resources, into a bucket.
struct WriteInspectorReport: Job {
    static let kind = "Inspector2::WriteReport"
    static let concurrency = 2
    static let share = 1

    /// The ``StoredReport/partition``.
    let kind: String
    /// The ``StoredReport/id``.
    let report: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope, partition, key) = (context.environment, context.scope, kind, RowKey(.text(report)))
        let found = try await environment.read(scope) { (records) throws(ServiceError) in
            try records.get(StoredReport.self, key, of: partition)
        }
        guard let report = found, report.status == .running else { return }
        var problem: (code: String, message: String)?
        do throws(ServiceError) {
            let isEmpty = try await !write(report, scope, environment)
            if isEmpty {
                problem = ("NO_FINDINGS_FOUND", "Nothing matches what the report was asked for.")
            }
        } catch {
            guard error.status < 500 || context.hasFailedLong else { throw error }
            problem = error.ofReport
        }
        let end = problem
        try await context.finish { (records) throws(ServiceError) in
            guard var report = try records.get(StoredReport.self, key, of: partition), report.status == .running else {
                return
            }
            report.status = end == nil ? .succeeded : .failed
            report.errorCode = end?.code
            report.errorMessage = end?.message
            try records.put(report)
        }
    }

    /// - Returns: whether there was anything to write.
    private func write(
        _ report: StoredReport, _ scope: Scope, _ environment: Environment
    ) async throws(ServiceError) -> Bool {
        let bucket = ReportBucket(
            environment: environment, report: report, account: scope.account, region: scope.region)
        if kind == StoredReport.findings { return try await writeFindings(report, bucket, scope, environment) }
        return try await writeMaterials(report, bucket, scope, environment)
    }

    private func writeFindings(
        _ report: StoredReport, _ bucket: ReportBucket, _ scope: Scope, _ environment: Environment
    ) async throws(ServiceError) -> Bool {
        let criteria = try report.criteria.map { json throws(ServiceError) in
            Inspector2.FilterCriteria(try Structure(json: json, of: Inspector2.FilterCriteria.shape))
        }
        var text = FindingsReport(isCSV: report.format == "CSV", at: environment.now())
        for account in environment.inspected(by: scope.account, region: scope.region) {
            var after: RowKey?
            while true {
                let place = after
                let rows = try await environment.read(Scope(account: account, region: scope.region)) {
                    (records) throws(ServiceError) in
                    try records.list(StoredFinding.self, RowRange(after: place.map { .key($0) }), limit: 256)
                }
                for row in rows {
                    let view = try row.view()
                    // Without a word about it, the report is of what is active.
                    let isWanted =
                        criteria.map { FindingMatch.matches($0, view) } ?? (row.status == .active)
                    if isWanted { text.add(view) }
                }
                guard rows.count == 256, let last = rows.last else { break }
                after = last.key
            }
        }
        guard text.count > 0 else { return false }
        let isCSV = report.format == "CSV"
        try await bucket.put(
            text.finish(), at: bucket.objectKey("\(report.id).\(isCSV ? "csv" : "json")"),
            type: isCSV ? "text/csv" : "application/json")
        return true
    }

    private func writeMaterials(
        _ report: StoredReport, _ bucket: ReportBucket, _ scope: Scope, _ environment: Environment
    ) async throws(ServiceError) -> Bool {
        guard let format = SBOMFormat(rawValue: report.format) else { return false }
        let criteria = try report.criteria.map { json throws(ServiceError) in
            Inspector2.ResourceFilterCriteria(try Structure(json: json, of: Inspector2.ResourceFilterCriteria.shape))
        }
        var count = 0
        for account in environment.inspected(by: scope.account, region: scope.region) {
            let place = Scope(account: account, region: scope.region)
            let rows = try await environment.read(place) { (records) throws(ServiceError) in
                var wanted: [CoveredResource] = []
                for row in try records.list(CoveredResource.self, limit: .max) {
                    guard row.isActive, row.scanType == "PACKAGE" else { continue }
                    if try MaterialsMatch.matches(criteria, row) { wanted.append(row) }
                }
                return wanted
            }
            for row in rows {
                let key = RowKey(.text(row.type), .text(row.resource))
                let kept = try await environment.read(place) { (records) throws(ServiceError) in
                    try records.get(ResourceInventory.self, key)
                }
                guard let kept else { continue }
                let subject = try row.subject(kept.inventory, at: environment.now())
                let document = format.document(of: kept.inventory, subject)
                let name = row.resource.split(separator: "/").joined(separator: "_")
                try await bucket.put(
                    document,
                    at: bucket.objectKey(
                        "\(report.format)_outputs_\(report.id)/account=\(account)/resource=\(row.type)/"
                            + "\(name)_\(report.format).json"), type: "application/json")
                count += 1
            }
        }
        return count > 0
    }
}

extension CoveredResource {
    /// What a bill of materials of it is about.
    fileprivate func subject(_ inventory: Inventory, at time: Double) throws(ServiceError) -> SBOMSubject {
        let details = try detailsView().details
        let image = details?.awsEcrContainerImage
        let name = image?.repositoryName ?? details?.awsLambdaFunction?.functionName ?? resource
        return SBOMSubject(
            accountID: accountID, resource: name, type: type,
            image: image?.imageHash ?? details?.awsEc2Instance?.imageId, system: inventory.system,
            architecture: image?.architecture, time: time)
    }
}

/// Which resources a bill of materials is wanted of.
enum MaterialsMatch {
    static func matches(
        _ criteria: Inspector2.ResourceFilterCriteria?, _ row: CoveredResource
    ) throws(ServiceError) -> Bool {
        guard let criteria else { return true }
        let metadata = try row.metadataView()
        let repository = CoverageMatch.repository(of: row)
        guard matches(criteria.accountId, [row.accountID]),
            matches(criteria.resourceId, [row.resource]),
            matches(criteria.resourceType, [row.type]),
            matches(criteria.ecrRepositoryName, [repository].compactMap { $0 }),
            matches(criteria.ecrImageTags, metadata.ecrImage?.tags ?? []),
            matches(criteria.lambdaFunctionName, [metadata.lambdaFunction?.functionName].compactMap { $0 }),
            matches(criteria.ec2InstanceTags, metadata.ec2?.tags),
            matches(criteria.lambdaFunctionTags, metadata.lambdaFunction?.functionTags)
        else { return false }
        return true
    }

    private static func matches(_ filters: [Inspector2.ResourceStringFilter]?, _ values: [String]) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        return StringMatch.matches(filters.map { ($0.comparison, $0.value) }, values)
    }

    private static func matches(_ filters: [Inspector2.ResourceMapFilter]?, _ tags: [String: String]?) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        return filters.contains { filter in
            guard let value = tags?[filter.key] else { return false }
            return filter.value.map { $0 == value } ?? true
        }
    }
}
