import AccessAnalyzerAPI
import Ledger
import Platform
import Wire

// The resources that an analyzer has looked at.
// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetAnalyzedResource.html>

extension AccessAnalyzer.ListAnalyzedResources: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access("ListAnalyzedResources", onAnalyzer: input.analyzerArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(arn: input.analyzerArn, call)
        let paging = try Paging(marker: input.nextToken, limit: input.maxResults)
        let prefix = input.resourceType.map { RowPrefix(.text($0)) } ?? .none
        // The key of the last one of a page: its type and its ARN, neither of which has a space in it.
        let after = paging.after.flatMap { text -> RowKey? in
            let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
            return parts.count == 2 ? RowKey(.text(parts[0]), .text(parts[1])) : nil
        }
        let rows = try records.list(
            AnalyzedResourceRow.self, of: analyzer.findingsPartition, RowRange(prefix, after: after.map { .key($0) }),
            limit: paging.limit + 1)
        let shown = Array(rows.prefix(paging.limit))
        let isEnd = rows.count <= paging.limit
        let marker = isEnd ? nil : shown.last.map { Paging.marker(after: "\($0.type) \($0.arn)") }
        return Output(
            analyzedResources: shown.map { row in
                AccessAnalyzer.AnalyzedResourceSummary {
                    $0.resourceArn = row.arn
                    $0.resourceOwnerAccount = row.owner
                    $0.resourceType = row.type
                }
            }, nextToken: marker)
    }
}

extension AccessAnalyzer.GetAnalyzedResource: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access("GetAnalyzedResource", onAnalyzer: input.analyzerArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(arn: input.analyzerArn, call)
        try analyzer.checkIsOfExternalAccess()
        let arn = input.resourceArn
        let partition = analyzer.findingsPartition
        var found: AnalyzedResourceRow?
        for type in call.environment.analyzedResources where found == nil {
            found = try records.get(AnalyzedResourceRow.self, RowKey(.text(type.name), .text(arn)), of: partition)
        }
        guard let row = found else {
            throw .notFound(arn, type: "AnalyzedResource", "The analyzer has not analyzed the resource \(arn).")
        }
        let findings = try Findings.rows(ofResource: arn, of: partition, records)
        let access = findings.filter { $0.status != .resolved && $0.error == nil }.compactMap { finding in
            if case .external(let access) = finding.details { access } else { nil }
        }
        return Output {
            $0.resource = AccessAnalyzer.AnalyzedResource {
                $0.resourceArn = row.arn
                $0.resourceType = row.type
                $0.resourceOwnerAccount = row.owner
                $0.createdAt = Timestamp(secondsSinceEpoch: row.created)
                $0.analyzedAt = Timestamp(secondsSinceEpoch: row.analyzed)
                $0.updatedAt = Timestamp(secondsSinceEpoch: row.updated)
                $0.isPublic = access.contains(where: \.isPublic)
                $0.error = row.error
                guard !findings.isEmpty else { return }
                $0.actions = Set(access.flatMap(\.actions)).sorted()
                $0.sharedVia = Set(access.flatMap(\.sources).map(\.kind.rawValue)).sorted()
                let states = Set(findings.map(\.status))
                $0.status =
                    [AnalyzedFinding.Status.active, .archived, .resolved].first(where: states.contains)?.rawValue
            }
        }
    }
}

extension AccessAnalyzer.StartResourceScan: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access("StartResourceScan", onAnalyzer: input.analyzerArn)
    }

    /// - Returns: the account that owns the resource.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String {
        let arn = input.resourceArn
        for type in call.environment.analyzedResources {
            guard let resource = try await type.fetch(arn, call.environment), resource.arn == arn else { continue }
            if let owner = input.resourceOwnerAccount, owner != resource.owner { break }
            return resource.owner
        }
        throw .notFound(arn, type: "Resource", "The resource \(arn) was not found.")
    }

    public static func handle(
        _ input: Input, _ owner: String, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(arn: input.analyzerArn, call)
        guard analyzer.type.search != .unused else {
            throw .invalidRequest(
                "Resource scans are not supported for analyzers of type \(analyzer.type.rawValue).",
                reason: "notSupported")
        }
        guard ZoneOfTrust.looks(analyzer, at: owner, call.environment) else {
            throw .notFound(input.resourceArn, type: "Resource", "The resource \(input.resourceArn) was not found.")
        }
        try records.put(AnalysisTask.resource(input.resourceArn, analyzer))
        return Output()
    }
}
