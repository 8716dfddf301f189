import ArtifactAPI
import Compression
import Documents
import Foundation
import KMSAPI
import Platform
import Posture
import Wire

/// A document that was made, and is yet to be kept.
public struct MadeReport: Sendable {
    let kind: ReportKind
    let document: [UInt8]
    let signature: StoredReport.Signature?

    /// Makes a report about the caller's account, and signs it with the account's key, if there is one.
    /// - Throws: ConflictException where no PDF can be made; what KMS says of a key that may not be used.
    static func make(_ kind: ReportKind, _ call: Call) async throws(ServiceError) -> MadeReport {
        let document = try await contents(kind, call)
        return MadeReport(kind: kind, document: document, signature: try await sign(document, call))
    }

    private static func contents(_ kind: ReportKind, _ call: Call) async throws(ServiceError) -> [UInt8] {
        switch kind.subject {
        case .build:
            let contents = try await buildContents(call)
            return kind.form == .json
                ? bytes(BuildReport.json(contents, at: call.time))
                : try pdf(BuildReport.document(contents, at: call.time), kind)
        case .controls(let standard):
            let checks = PostureCheck.all.filter { check in check.controls.contains { $0.standard == standard } }
            let all = try await call.environment.posture(of: call.accountID, checks: checks, at: call.time)
            let report = ControlsReport.restricted(all, to: standard)
            guard kind.form == .json else { return try pdf(ControlsReport.document(report, standard), kind) }
            let title = "Controls by \(standard.rawValue), account \(call.accountID)"
            return bytes(
                OSCALAssessment([report], tool: call.environment.programVersion, title: title).json)
        }
    }

    /// Reads files and hashes them, which takes a while.
    private static let reading = SlowWork("gatehouse.artifact")

    private static func buildContents(_ call: Call) async throws(ServiceError) -> BuildContents {
        let version = call.environment.programVersion
        let read = try await reading.run { () throws(Never) in BuildContents.read(version: version) }
        switch read {
        case .success(let contents): return contents
        }
    }

    private static func bytes(_ json: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.json(json)
        return writer.bytes
    }

    private static func pdf(_ document: Document, _ kind: ReportKind) throws(ServiceError) -> [UInt8] {
        do { return try document.pdf() } catch {
            throw .noDocument(kind.id, "No PDF can be made: \(error.description). The report as JSON is there.")
        }
    }

    // MARK: Signing

    /// - Returns: nil: the account has no key of that name.
    private static func sign(_ document: [UInt8], _ call: Call) async throws(ServiceError) -> StoredReport.Signature? {
        let identity = ServiceIdentity.forwarding(ArtifactName.principal)
        let key: KMS.GetPublicKey.Output
        do throws(ServiceError) {
            key = try await call.services.call(
                KMS.GetPublicKey.self, KMS.GetPublicKey.Input { $0.keyId = ArtifactName.signingKey }, as: identity)
        } catch {
            guard error.code == "NotFoundException" else { throw error }
            return nil
        }
        let known = ["RSASSA_PKCS1_V1_5_SHA_256", "ECDSA_SHA_256", "RSASSA_PSS_SHA_256"]
        guard let algorithm = known.first(where: { key.signingAlgorithms?.contains($0) == true }),
            let arn = key.keyId, let publicKey = key.publicKey
        else {
            throw .noDocument(
                ArtifactName.signingKey, "The key \(ArtifactName.signingKey) can't sign with SHA-256.")
        }
        let signed = try await call.services.call(
            KMS.Sign.self,
            KMS.Sign.Input {
                $0.keyId = arn
                $0.message = Blob(digest(document))
                $0.messageType = "DIGEST"
                $0.signingAlgorithm = algorithm
            }, as: identity)
        guard let value = signed.signature else { throw .internalFailure }
        return StoredReport.Signature(
            key: arn, algorithm: algorithm, value: Data(value.bytes).base64EncodedString(),
            publicKey: pem(publicKey.bytes))
    }

    private static func digest(_ document: [UInt8]) -> [UInt8] {
        let hex = ArtifactName.sha256(document)
        var bytes: [UInt8] = []
        var rest = hex[...]
        while let byte = UInt8(rest.prefix(2), radix: 16) {
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    private static func pem(_ key: [UInt8]) -> String {
        var text = Data(key).base64EncodedString()[...]
        var lines = ["-----BEGIN PUBLIC KEY-----"]
        while !text.isEmpty {
            lines.append(String(text.prefix(64)))
            text = text.dropFirst(64)
        }
        lines.append("-----END PUBLIC KEY-----\n")
        return lines.joined(separator: "\n")
    }

    // MARK: Keeping

    /// Keeps it as the next version, and forgets the oldest ones.
    func keep(_ records: MutableRecords, at time: Double) throws(ServiceError) -> StoredReport {
        let last = try records.lastReport(kind.id)?.version ?? 0
        guard let compressed = Gzip.compress(document) else { throw .internalFailure }
        let report = StoredReport(
            report: kind.id, version: last + 1, created: time, document: Data(compressed).base64EncodedString(),
            sha256: ArtifactName.sha256(document), length: document.count, signature: signature)
        try records.put(report)
        let oldest = report.version - StoredReport.kept
        if oldest > 0 { try records.delete(StoredReport.self, StoredReport.key(oldest), of: kind.id) }
        return report
    }
}

extension StoredReport {
    /// The document itself.
    /// - Throws: an internal failure for what can't be read.
    func bytes() throws(ServiceError) -> [UInt8] {
        guard let compressed = Data(base64Encoded: document),
            let bytes = Gunzip.decompress(Array(compressed), most: length)
        else { throw .internalFailure }
        return bytes
    }
}
