import ArtifactAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Reports. <https://docs.aws.amazon.com/artifact/latest/ug/downloading-documents.html>

extension Call {
    /// What an operation on a report asks for.
    func artifactAccess(onReport id: String, _ version: Int?) -> Authorization {
        let kind = ReportKind.named(id)
        let arn =
            version.map { ArtifactName.report(id, $0, region) } ?? "arn:aws:artifact:\(region)::report/\(id):*"
        var context: [String: ContextValue] = [:]
        if let kind {
            context = [
                "artifact:reportcategory": .one(kind.category), "artifact:reportseries": .one(kind.series),
            ]
        }
        var access = Access("artifact:\(operation)", on: arn, context: context)
        // Reports are in no account: those of their callers say who may read them.
        access.resourceAccount = accountID
        return .required(access)
    }
}

/// An operation whose action has no resources.
protocol OnAllOfArtifact: Platform.Operation {}

extension OnAllOfArtifact {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("artifact:\(call.operation)", on: "*"))
    }
}

extension ReportKind {
    /// The report that a request names.
    /// - Throws: ResourceNotFoundException.
    static func find(_ id: String) throws(ServiceError) -> ReportKind {
        guard let kind = named(id) else { throw .reportNotFound(id, nil) }
        return kind
    }

    /// - Parameter stored: nil: it was not made yet.
    func summary(_ stored: StoredReport?, _ call: Call) -> Artifact.ReportSummary {
        let version = stored?.version ?? 1
        return Artifact.ReportSummary {
            $0.id = id
            $0.name = name
            $0.state = "PUBLISHED"
            $0.arn = ArtifactName.report(id, version, call.region)
            $0.version = version
            $0.uploadState = stored == nil ? "PROCESSING" : "COMPLETE"
            $0.description = description
            if let stored {
                $0.periodStart = Timestamp(secondsSinceEpoch: stored.created)
                $0.periodEnd = Timestamp(secondsSinceEpoch: stored.created)
            }
            $0.series = series
            $0.category = category
            $0.companyName = "The operator of this Gatehouse"
            $0.productName = "Gatehouse"
            $0.statusMessage = Self.status(stored)
            $0.acceptanceType = "PASSTHROUGH"
        }
    }

    static func status(_ stored: StoredReport?) -> String {
        guard let stored else { return "Made when its terms are asked for." }
        guard let signature = stored.signature else {
            return "SHA-256 \(stored.sha256). Not signed: there is no key \(ArtifactName.signingKey)."
        }
        return "SHA-256 \(stored.sha256). Signed with \(signature.key) by \(signature.algorithm)."
    }
}

extension Paging {
    /// - Throws: ValidationException for a token that is not one of ours.
    fileprivate init<F: PageRequestFields>(artifact input: View<F>) throws(ServiceError) {
        do throws(ServiceError) { try self.init(marker: input.pageToken, maxItems: input.pageLimit ?? 100) } catch {
            throw .artifactField("nextToken", "The nextToken is not valid.", reason: "invalidToken")
        }
    }
}

extension Artifact.ListReports: ReadOperation, OnAllOfArtifact {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let found = page(ReportKind.all, try Paging(artifact: input))
        let reports = try found.items.map { kind throws(ServiceError) in
            kind.summary(try records.lastReport(kind.id), call)
        }
        return Output {
            $0.reports = reports
            $0.nextToken = found.marker
        }
    }
}

extension Artifact.ListReportVersions: ReadOperation, OnAllOfArtifact {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let kind = try ReportKind.find(input.reportId)
        let stored = try records.list(
            StoredReport.self, of: kind.id, RowRange(isReversed: true), limit: StoredReport.kept)
        let all = stored.isEmpty ? [kind.summary(nil, call)] : stored.map { kind.summary($0, call) }
        let found = page(all, try Paging(artifact: input))
        return Output {
            $0.reports = found.items
            $0.nextToken = found.marker
        }
    }
}

extension Artifact.GetReportMetadata: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.artifactAccess(onReport: input.reportId, input.reportVersion)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let kind = try ReportKind.find(input.reportId)
        var stored = try records.lastReport(kind.id)
        if let version = input.reportVersion, stored != nil || version != 1 {
            stored = try records.report(kind.id, version)
        }
        let version = stored?.version ?? 1
        return Output {
            $0.reportDetails = Artifact.ReportDetail {
                $0.id = kind.id
                $0.name = kind.name
                $0.description = kind.description
                if let stored {
                    let made = Timestamp(secondsSinceEpoch: stored.created)
                    $0.periodStart = made
                    $0.periodEnd = made
                    $0.createdAt = made
                    $0.lastModifiedAt = made
                }
                $0.state = "PUBLISHED"
                $0.arn = ArtifactName.report(kind.id, version, call.region)
                $0.series = kind.series
                $0.category = kind.category
                $0.companyName = "The operator of this Gatehouse"
                $0.productName = "Gatehouse"
                $0.termArn = ArtifactName.terms(kind.id, call.region)
                $0.version = version
                $0.acceptanceType = "PASSTHROUGH"
                $0.sequenceNumber = version
                $0.uploadState = stored == nil ? "PROCESSING" : "COMPLETE"
                $0.statusMessage = ReportKind.status(stored)
            }
        }
    }
}

extension Artifact.GetTermForReport: PreparedWriteOperation {
    public static var isReadOnly: Bool { true }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.artifactAccess(onReport: input.reportId, input.reportVersion)
    }

    /// Makes the report, unless a version is named, or one was made lately.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> MadeReport? {
        let kind = try ReportKind.find(input.reportId)
        let last = try await call.read { (records) throws(ServiceError) in try records.lastReport(kind.id) }
        if let version = input.reportVersion, version != 1 || last != nil { return nil }
        if input.reportVersion == nil, let last, call.time - last.created < StoredReport.fresh { return nil }
        return try await MadeReport.make(kind, call)
    }

    public static func handle(
        _ input: Input, _ made: MadeReport?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let stored: StoredReport
        if let made {
            stored = try made.keep(records, at: call.time)
        } else if let version = input.reportVersion {
            stored = try records.report(input.reportId, version)
        } else {
            guard let last = try records.lastReport(input.reportId) else { throw .reportNotFound(input.reportId, nil) }
            stored = last
        }
        for old in try records.list(FetchedTerms.self, by: FetchedTerms.byExpiration, limit: 16)
        where old.expires < call.time {
            try records.delete(FetchedTerms.self, old.key)
        }
        let terms = FetchedTerms(
            token: ArtifactName.secret(), report: stored.report, version: stored.version,
            principal: call.caller.principalARN, expires: call.time + FetchedTerms.life)
        try records.put(terms)
        let url = try records.link(to: stored.report, version: nil, call)
        return Output {
            $0.documentPresignedUrl = url
            $0.termToken = terms.token
        }
    }
}

extension Artifact.GetReport: WriteOperation {
    public static var isReadOnly: Bool { true }
    public static var secretMembers: Set<String> { ["termToken"] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.artifactAccess(onReport: input.reportId, input.reportVersion)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try ReportKind.find(input.reportId)
        guard let terms = try records.get(FetchedTerms.self, RowKey(.text(input.termToken))),
            terms.expires > call.time, terms.report == input.reportId, terms.principal == call.caller.principalARN
        else {
            throw .artifactField(
                "termToken", "The termToken is not valid for the report: fetch its terms first.", reason: "invalidToken"
            )
        }
        let version = input.reportVersion ?? terms.version
        guard version == terms.version else {
            throw .artifactField(
                "termToken", "The termToken is for version \(terms.version) of the report.", reason: "invalidToken")
        }
        let stored = try records.report(input.reportId, version)
        let url = try records.link(to: stored.report, version: stored.version, call)
        return Output { $0.documentPresignedUrl = url }
    }
}
