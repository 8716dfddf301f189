import AccessAnalyzerAPI
import Crypto
import Ledger
import Platform
import Wire

// Access previews: what an analyzer would find of a resource if it were guarded otherwise.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-preview-access-apis.html>

extension Quota {
    /// How many access previews may be made of an analyzer in an hour.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-quotas.html>
    static let accessPreviews = Quota("AccessPreviewsPerAnalyzerPerHour", 1000)
}

extension AccessAnalyzer.CreateAccessPreview: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.access(on: try AnalyzerName(arn: input.analyzerArn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = try AnalyzerName(arn: input.analyzerArn)
        let analyzer = try records.analyzer(name, call)
        guard analyzer.type == .account else {
            throw .invalidField(
                "analyzerArn", "Access previews can be created only for analyzers of the type ACCOUNT.")
        }
        guard input.configurations.count == 1, let (arn, configuration) = input.configurations.first else {
            throw .invalidField("configurations", "The configurations must contain exactly one element.")
        }
        let kind = try ConfigurationKind(of: configuration)
        guard kind.names(arn, analyzer) else {
            throw .invalidField(
                "configurations", "The resource \(arn) is not one that a configuration of \(kind.rawValue) can be for.")
        }
        let token = input.clientToken.flatMap { $0.isEmpty ? nil : Self.digest(of: $0) }
        let preview = AccessPreview(
            analyzer: analyzer, id: call.newPreviewID(), resource: arn, configuration: configuration.structure.json,
            token: token, created: call.time)
        if let earlier = try Self.preview(repeatedBy: preview, call, records) { return Output(id: earlier.id) }
        try checkQuota(analyzer, call, records)
        try records.put(preview)
        try records.schedule(
            AnalyzePreview(analyzer: analyzer.name, partition: analyzer.findingsPartition), id: preview.id,
            at: call.time)
        try records.schedule(
            ForgetPreview(partition: analyzer.findingsPartition), id: preview.id,
            at: call.time + AccessPreview.lifetime)
        return Output(id: preview.id)
    }

    /// The preview that a request with the same token has made.
    /// - Throws: ConflictException where that request was another.
    private static func preview(
        repeatedBy preview: AccessPreview, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> AccessPreview? {
        guard let token = preview.token else { return nil }
        let range = RowIndexRange(RowPrefix(.text(token)))
        let known = try records.list(
            AccessPreview.self, by: AccessPreview.byToken, of: preview.partition, range, limit: .max)
        guard let earlier = known.first(where: { $0.isThere(call.time) }) else { return nil }
        guard earlier.resource == preview.resource, earlier.configuration == preview.configuration else {
            throw .conflict(
                earlier.id, type: "AccessPreview", "The client token was used for another access preview.")
        }
        return earlier
    }

    private static func digest(of token: String) -> String {
        var digits = ""
        for byte in SHA256.hash(data: Array(token.utf8)) {
            digits += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return digits
    }

    private static func checkQuota(
        _ analyzer: Analyzer, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        let most = call.quotas[.accessPreviews]
        let partition = analyzer.findingsPartition
        // Those of a whole day are counted already; only where they are that many does it matter when they were made.
        guard try records.count(AccessPreview.self, of: partition) >= most else { return }
        let recent = try records.list(AccessPreview.self, of: partition, RowRange(isReversed: true), limit: most)
        if recent.count >= most, let oldest = recent.last, oldest.created > call.time - 3600 {
            throw .quotaExceeded(
                analyzer.arn, type: "AccessPreview", "The analyzer has had \(most) access previews within an hour.")
        }
    }
}

/// An operation on the access preview that its input names.
protocol OnAccessPreview: Operation
where InputFields: AccessAnalyzer.WithAccessPreviewId & AccessAnalyzer.WithAnalyzerArn {}

extension OnAccessPreview {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.access(on: try AnalyzerName(arn: input.analyzerArn))
    }
}

extension AccessAnalyzer.GetAccessPreview: ReadOperation, OnAccessPreview {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(try AnalyzerName(arn: input.analyzerArn), call)
        let preview = try records.preview(input.accessPreviewId, of: analyzer, call)
        let configuration = try Structure(
            json: preview.configuration, of: AccessAnalyzer.ConfigurationFields.shape)
        return Output {
            $0.accessPreview = AccessAnalyzer.AccessPreview {
                $0.id = preview.id
                $0.analyzerArn = analyzer.arn
                $0.configurations = [preview.resource: AccessAnalyzer.Configuration(configuration)]
                $0.createdAt = Timestamp(secondsSinceEpoch: preview.created)
                $0.status = preview.status.rawValue
                $0.statusReason = preview.statusReason
            }
        }
    }
}

extension AccessAnalyzer.ListAccessPreviews: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.access(on: try AnalyzerName(arn: input.analyzerArn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(try AnalyzerName(arn: input.analyzerArn), call)
        let paging = try Paging(checking: input)
        let after = paging.after.map { RowRange.Place.key(RowKey(.text($0))) }
        let partition = analyzer.findingsPartition
        // The newest first. One that is due to go is gone.
        var rows = try records.list(
            AccessPreview.self, of: partition, RowRange(after: after, isReversed: true), limit: paging.limit + 1)
        let hasMore = rows.count > paging.limit
        if hasMore { rows.removeLast() }
        let marker = hasMore ? rows.last.map { Paging.marker(after: $0.id) } : nil
        let page = Page(items: rows.filter { $0.isThere(call.time) }, marker: marker)
        return Output(page) { preview in
            AccessAnalyzer.AccessPreviewSummary {
                $0.id = preview.id
                $0.analyzerArn = analyzer.arn
                $0.createdAt = Timestamp(secondsSinceEpoch: preview.created)
                $0.status = preview.status.rawValue
                $0.statusReason = preview.statusReason
            }
        }
    }
}

// MARK: -

extension RecordReading {
    /// - Throws: ResourceNotFoundException.
    func preview(_ id: String, of analyzer: Analyzer, _ call: Call) throws(ServiceError) -> AccessPreview {
        let key = RowKey(.text(id))
        guard let preview = try get(AccessPreview.self, key, of: analyzer.findingsPartition),
            preview.isThere(call.time)
        else { throw .notFound(id, type: "AccessPreview", "No access preview with the id \(id) was found.") }
        return preview
    }
}

extension AccessPreview {
    /// Whether it is still to be seen.
    /// - Parameter time: seconds since 1970.
    func isThere(_ time: Double) -> Bool { time < created + Self.lifetime }

    fileprivate var statusReason: AccessAnalyzer.AccessPreviewStatusReason? {
        guard let failure else { return nil }
        return AccessAnalyzer.AccessPreviewStatusReason { $0.code = failure.rawValue }
    }
}

extension Call {
    fileprivate func newPreviewID() -> String {
        var random = SystemRandomNumberGenerator()
        return UUIDv7.make(milliseconds: Int64(exactly: (time * 1000).rounded()) ?? 0, using: &random)
    }
}
