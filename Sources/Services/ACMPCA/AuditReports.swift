import ACMPCAAPI
import CertificateIssuing
import FoundationEssentials
import Ledger
import Platform
import Wire

// Reports of all certificates that an authority has issued.
// <https://docs.aws.amazon.com/privateca/latest/userguide/PcaAuditReport.html>

extension ACMPCA.CreateCertificateAuthorityAuditReport: PreparedWriteOperation, OnAuthority {
    /// The bucket takes what is written.
    public struct Preparation: Sendable {
        let report: AuditReport
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let name = try AuthorityName(input.certificateAuthorityArn)
        let authority = try await call.read { (records) throws(ServiceError) in
            try records.authority(name, call).authority
        }
        try authority.checkHasReports()
        guard let format = AuditReport.Format(rawValue: input.auditReportResponseFormat) else {
            throw .invalidArgs("The format must be JSON or CSV.")
        }
        let report = AuditReport(
            authorityID: authority.id, id: UUID().uuidString.lowercased(), bucket: input.s3BucketName, format: format,
            created: call.time)
        do throws(ServiceError) {
            try await call.environment.bucket(of: report, authority).check()
        } catch {
            guard error.code == ACMPCA.Failure.invalidPolicyException.rawValue else { throw error }
            // The operation has no such error.
            throw .invalidArgs(error.message)
        }
        return Preparation(report: report)
    }

    public static func handle(
        _ input: Input, _ made: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let (authority, own) = try records.authority(try AuthorityName(input.certificateAuthorityArn), call)
        try authority.checkHasReports()
        let report = made.report
        try own.put(report)
        try own.schedule(WriteReport(authorityID: authority.id, reportID: report.id), id: report.id, at: call.time)
        return Output(auditReportId: report.id, s3Key: report.objectKey)
    }
}

extension CertificateAuthority {
    fileprivate func checkHasReports() throws(ServiceError) {
        guard state == .active || state == .disabled else { throw .wrongState(arn, to: "have an audit report") }
    }
}

extension ACMPCA.DescribeCertificateAuthorityAuditReport: AuthorityRead {
    static func answer(
        _ authority: CertificateAuthority, _ input: Input, _ call: Call, _ records: Records
    ) throws(ServiceError) -> Output {
        let key = RowKey(.text(input.auditReportId))
        guard let report = try records.get(AuditReport.self, key, of: authority.id) else {
            throw .pca(.resourceNotFoundException, "Could not find audit report \(input.auditReportId).")
        }
        return Output(
            auditReportStatus: report.status.rawValue, s3BucketName: report.bucket, s3Key: report.objectKey,
            createdAt: Timestamp(secondsSinceEpoch: report.created))
    }
}

extension Environment {
    fileprivate func bucket(of report: AuditReport, _ authority: CertificateAuthority) -> CRLBucket {
        CRLBucket(
            environment: self, bucket: report.bucket, accessControl: "bucket-owner-full-control", arn: authority.arn,
            account: authority.accountID, region: authority.region)
    }
}

/// Writes a report into its bucket.
struct WriteReport: Job {
    static let kind = "ACMPCA::WriteReport"
    let authorityID: String
    let reportID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id, key) = (context.environment, authorityID, RowKey(.text(reportID)))
        let found = try await environment.read(context.scope) {
            (records) throws(ServiceError) -> (CertificateAuthority, AuditReport)? in
            guard let authority = try records.get(CertificateAuthority.self, id),
                let report = try records.get(AuditReport.self, key, of: id)
            else { return nil }
            return (authority, report)
        }
        guard let (authority, report) = found else { return }
        var text = ReportText(report.format)
        var after: RowRange.Place?
        while true {
            let place = after
            let part = try await environment.read(context.scope) { (records) throws(ServiceError) in
                try records.list(IssuedCertificate.self, of: id, RowRange(after: place), limit: 256)
            }
            for certificate in part { text.add(certificate, of: authority) }
            guard part.count == 256, let last = part.last else { break }
            after = .key(last.key)
        }
        var status = AuditReport.Status.success
        do throws(ServiceError) {
            try await environment.bucket(of: report, authority).put(text.finish(), at: report.objectKey)
        } catch {
            status = .failed
        }
        let end = status
        try await context.finish { (records) throws(ServiceError) in
            guard var report = try records.get(AuditReport.self, key, of: id) else { return }
            report.status = end
            try records.put(report)
        }
    }
}

/// A report as it is written.
private struct ReportText {
    private let format: AuditReport.Format
    private var writer = JSONWriter()
    private var lines: [String] = []

    private static let columns = [
        "awsAccountId", "requestedByServicePrincipal", "certificateArn", "serial", "subject", "notBefore", "notAfter",
        "issuedAt", "revokedAt", "revocationReason", "templateArn",
    ]

    init(_ format: AuditReport.Format) {
        self.format = format
        switch format {
        case .json: writer.beginArray()
        case .csv: lines.append(Self.columns.joined(separator: ","))
        }
    }

    mutating func add(_ certificate: IssuedCertificate, of authority: CertificateAuthority) {
        let values: [String?] = [
            certificate.accountID, certificate.service, authority.arn(ofCertificate: certificate.serial),
            SerialNumber.shown(certificate.serial), certificate.subject, Self.time(certificate.notBefore),
            Self.time(certificate.notAfter), Self.time(certificate.issued),
            certificate.revoked.map { Self.time($0.time) }, certificate.revoked?.reason.name, certificate.template,
        ]
        switch format {
        case .json:
            writer.beginObject()
            for (name, value) in zip(Self.columns, values) { if let value { writer.member(name, value) } }
            writer.endObject()
        case .csv:
            lines.append(values.map { Self.field($0 ?? "") }.joined(separator: ","))
        }
    }

    mutating func finish() -> [UInt8] {
        switch format {
        case .json:
            writer.endArray()
            return writer.bytes
        case .csv:
            return Array((lines.joined(separator: "\n") + "\n").utf8)
        }
    }

    /// `2020-03-02T21:43:57+0000`
    private static func time(_ seconds: Double) -> String {
        Timestamp(secondsSinceEpoch: seconds.rounded(.down)).iso8601.dropLast() + "+0000"
    }

    /// RFC 4180, section 2.
    private static func field(_ text: String) -> String {
        guard text.contains(where: { "\",\r\n".contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
