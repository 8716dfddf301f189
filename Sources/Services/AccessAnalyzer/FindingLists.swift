import AccessAnalyzerAPI
import Ledger
import Platform
import Wire

// Findings: lists of them, and single ones. What lists only external access came first; the second version of the operations
// knows all kinds, and needs the same permission.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html>

extension Call {
    /// What is needed for an action of its own name on the analyzer that a request names by its ARN.
    func access(_ action: String, onAnalyzer arn: String) throws(ServiceError) -> Authorization {
        .required(Access("access-analyzer:\(action)", on: try AnalyzerName(arn: arn).arn))
    }
}

extension RecordReading {
    /// The analyzer that a request names by its ARN.
    /// - Throws: ValidationException, ResourceNotFoundException.
    func analyzer(arn: String, _ call: Call) throws(ServiceError) -> Analyzer {
        try analyzer(AnalyzerName(arn: arn), call)
    }

    /// An analyzer's finding.
    /// - Throws: ResourceNotFoundException.
    func finding(_ id: String, of analyzer: Analyzer) throws(ServiceError) -> AnalyzedFinding {
        guard
            id.utf8.count <= 256,
            let finding = try get(AnalyzedFinding.self, RowKey(.text(id)), of: analyzer.findingsPartition)
        else { throw .notFound(id, type: "Finding", "No finding with the id \(id) was found.") }
        return finding
    }
}

extension Analyzer {
    /// - Throws: ValidationException for an analyzer whose findings only the second version of the operations knows.
    func checkIsOfExternalAccess() throws(ServiceError) {
        guard type.search == .external else {
            throw .invalidRequest(
                "This operation supports external access analyzers only. Use the operation's V2 for analyzers of type \(type.rawValue).",
                reason: "notSupported")
        }
    }
}

extension AccessAnalyzer.ListFindings: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access("ListFindings", onAnalyzer: input.analyzerArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(arn: input.analyzerArn, call)
        try analyzer.checkIsOfExternalAccess()
        let page = try records.findings(of: analyzer, input.filter, input.sort, try Paging(checking: input))
        return Output(
            Page(
                items: page.items.compactMap { finding in
                    guard case .external(let access) = finding.details else { return nil }
                    return AccessAnalyzer.FindingSummary(finding, access)
                }, marker: page.marker))
    }
}

extension AccessAnalyzer.ListFindingsV2: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access("ListFindings", onAnalyzer: input.analyzerArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(arn: input.analyzerArn, call)
        let page = try records.findings(of: analyzer, input.filter, input.sort, try Paging(checking: input))
        return Output(page) { AccessAnalyzer.FindingSummaryV2($0) }
    }
}

extension AccessAnalyzer.GetFinding: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access("GetFinding", onAnalyzer: input.analyzerArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(arn: input.analyzerArn, call)
        try analyzer.checkIsOfExternalAccess()
        let finding = try records.finding(input.id, of: analyzer)
        guard case .external(let access) = finding.details else { throw .internalFailure }
        return Output { $0.finding = AccessAnalyzer.Finding(finding, access) }
    }
}

extension AccessAnalyzer.GetFindingV2: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access("GetFinding", onAnalyzer: input.analyzerArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try Paging(marker: input.nextToken, limit: input.maxResults)
        let analyzer = try records.analyzer(arn: input.analyzerArn, call)
        let finding = try records.finding(input.id, of: analyzer)
        return Output {
            $0.id = finding.id
            $0.resource = finding.resource
            $0.resourceType = finding.resourceType
            $0.resourceOwnerAccount = finding.owner
            $0.createdAt = Timestamp(secondsSinceEpoch: finding.created)
            $0.analyzedAt = Timestamp(secondsSinceEpoch: finding.analyzed)
            $0.updatedAt = Timestamp(secondsSinceEpoch: finding.updated)
            $0.status = finding.status.rawValue
            $0.error = finding.error
            $0.findingType = finding.details.kind.rawValue
            $0.findingDetails = []
            guard finding.error == nil else { return }
            let page = page(AccessAnalyzer.FindingDetails.all(of: finding.details, owner: finding.owner), paging)
            $0.findingDetails = page.items
            $0.nextToken = page.marker
        }
    }
}

extension Paging {
    /// - Throws: ValidationException for a token that is not one of ours, or a number that can't be.
    init(marker: String?, limit: Int?) throws(ServiceError) {
        if let limit, limit < 1 { throw .invalidField("maxResults", "maxResults must be at least 1.") }
        do throws(ServiceError) { try self.init(marker: marker, maxItems: limit) } catch {
            throw .invalidField("nextToken", "Invalid token.")
        }
    }
}

extension Records {
    /// A page of an analyzer's findings.
    ///
    /// - Complexity: without a sort, the findings that are looked at until the page is full; with one, all of the analyzer's.
    fileprivate func findings(
        of analyzer: Analyzer, _ filter: [String: AccessAnalyzer.Criterion]?, _ sort: AccessAnalyzer.SortCriteria?,
        _ paging: Paging
    ) throws(ServiceError) -> Page<AnalyzedFinding> {
        let filter = try filter.flatMap { given throws(ServiceError) in
            given.isEmpty ? nil : try Criterion.filter(given)
        }
        if let filter { try FindingFilter.check(filter) }
        let partition = analyzer.findingsPartition
        func isWanted(_ finding: AnalyzedFinding) -> Bool { filter.map { FindingFilter.matches($0, finding) } ?? true }
        guard let attribute = sort?.attributeName else {
            var items: [AnalyzedFinding] = []
            var after = paging.after.map { RowKey(.text($0)) }
            while true {
                let batch = try list(
                    AnalyzedFinding.self, of: partition, RowRange(after: after.map { .key($0) }),
                    limit: paging.limit + 1)
                for finding in batch where isWanted(finding) {
                    if items.count == paging.limit {
                        return Page(items: items, marker: items.last.map { Paging.marker(after: $0.id) })
                    }
                    items.append(finding)
                }
                guard batch.count > paging.limit, let last = batch.last else { return Page(items: items) }
                after = last.key
            }
        }
        try FindingFilter.check(sort: attribute)
        let all = try list(AnalyzedFinding.self, of: partition, limit: .max).filter(isWanted)
        return Platform.page(
            FindingFilter.sorted(all, by: attribute, isDescending: sort?.orderBy == "DESC"), paging)
    }
}
