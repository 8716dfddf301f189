import CertificateIssuing
import Crypto
import CryptoExtras
import FoundationEssentials
import InstanceMetadata
public import Ledger
import OIDC
public import Platform
import SwiftASN1
import Synchronization
import Wire
import X509

/// Signs identity documents of one Region's instances.
///
/// All signatures are RSA with 2,048 bits over SHA-256, also that which is DSA over SHA-1 in AWS (`pkcs7`): who verifies it as AWS
/// says, by the certificate, sees no difference.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-iid.html>
final class IdentitySigner: Sendable {
    /// In PEM.
    let certificate: String
    /// Seconds since 1970.
    let created: Double
    /// Seconds since 1970.
    let end: Double
    private let key: _RSA.Signing.PrivateKey
    private let certificateDER: [UInt8]
    private let keyDER: [UInt8]
    /// What was signed lately: instances ask for the same all the time, and a signature takes a millisecond.
    private let known = Mutex<[Asked: String]>([:])
    private static let mostKnown = 4096

    private struct Asked: Hashable {
        let document: String
        let part: IdentityPart
    }

    /// - Throws: what keeps the key from being read.
    init(_ record: InstanceIdentityKey) throws {
        key = try _RSA.Signing.PrivateKey(pemRepresentation: record.key)
        certificate = record.certificate
        (created, end) = (record.created, record.end)
        certificateDER = try PEMDocument(pemString: record.certificate).derBytes
        keyDER = try PEMDocument(pemString: record.key).derBytes
    }

    /// A part of a document as the metadata shows it.
    /// - Throws: InternalFailure.
    func text(_ part: IdentityPart, of document: String) throws(ServiceError) -> String {
        if part == .document { return document }
        let asked = Asked(document: document, part: part)
        if let text = known.withLock({ $0[asked] }) { return text }
        let text = Self.lines(try signature(part, of: Array(document.utf8)))
        known.withLock { known in
            if known.count >= Self.mostKnown { known.removeAll(keepingCapacity: true) }
            known[asked] = text
        }
        return text
    }

    private func signature(_ part: IdentityPart, of document: [UInt8]) throws(ServiceError) -> [UInt8] {
        do {
            switch part {
            case .document: return document
            case .signature:
                return Array(
                    try key.signature(for: SHA256.hash(data: document), padding: .insecurePKCS1v1_5).rawRepresentation)
            case .pkcs7, .rsa2048:
                return try SignedMessage.der(document, certificate: certificateDER, key: keyDER)
            }
        } catch {
            throw .internalFailure
        }
    }

    /// Base64 in lines of 64 letters, the last one without an end, as AWS writes it.
    private static func lines(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for (index, letter) in Base64.encode(bytes).enumerated() {
            if index > 0, index.isMultiple(of: 64) { text.append(UInt8(ascii: "\n")) }
            text.append(letter)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension InstanceIdentityKey {
    /// For so many seconds a certificate is valid: ten years.
    private static let validity = 3653.0 * 86_400
    /// So many seconds before its end there is another: the documents of instances that run then are to outlive it.
    static let overlap = 365.0 * 86_400

    /// Makes one, which takes a good part of a second.
    /// - Parameter time: seconds since 1970.
    static func make(in region: String, at time: Double) throws -> InstanceIdentityKey {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let name = try DistinguishedName { CommonName("ec2.\(region).amazonaws.com") }
        let start = time.rounded(.down)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Date(timeIntervalSince1970: start),
            notValidAfter: Date(timeIntervalSince1970: start + validity), issuer: name, subject: name,
            signatureAlgorithm: .sha256WithRSAEncryption,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
            },
            issuerPrivateKey: Certificate.PrivateKey(key))
        return InstanceIdentityKey(
            id: Identifiers.lowercase(26), region: region, key: key.pkcs8PEMRepresentation,
            certificate: try certificate.serializeAsPEM().pemString, created: time, end: start + validity)
    }
}

/// The keys of all Regions by which identity documents are signed, and their certificates.
public final class IdentityKeyIndex: Projection {
    public static let kinds: Set<String> = [InstanceIdentityKey.kind]

    private let signers = Mutex<[String: [String: IdentitySigner]]>([:])

    /// There are none yet.
    public init() {}

    public func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let record = try change.decodeAfter(InstanceIdentityKey.self)
            var signer: IdentitySigner?
            if let record {
                do { signer = try IdentitySigner(record) } catch {
                    throw LedgerError(.corrupt, "The key \(change.id) of instances' identity documents can't be read.")
                }
            }
            signers.withLock { $0[change.scope.region, default: [:]][change.id] = signer }
        }
    }

    public func replaceAll(with changes: [Change]) throws(LedgerError) {
        signers.withLock { $0 = [:] }
        try apply(changes)
    }

    /// The Region's signers, the newest first.
    func signers(in region: String) -> [IdentitySigner] {
        signers.withLock { $0[region].map { Array($0.values) } ?? [] }.sorted { $0.created > $1.created }
    }
}

extension Environment {
    private static let makingIdentityKeys = SingleFlight<String>()

    /// What signs the identity documents of a Region's instances; made when it is first needed, and made anew before its certificate
    /// ends.
    /// - Throws: InternalFailure.
    func identitySigner(in region: String) async throws(ServiceError) -> IdentitySigner {
        if let known = goodIdentitySigner(in: region) { return known }
        try await Self.makingIdentityKeys.run(region) { [self] () async throws(ServiceError) in
            if goodIdentitySigner(in: region) != nil { return }
            let time = clock.realTime
            let made: InstanceIdentityKey
            do { made = try await KeyMaking.run { try InstanceIdentityKey.make(in: region, at: time) } } catch {
                throw .internalFailure
            }
            try await write(InstanceIdentityKey.scope(region), requestID: "") { (records) throws(ServiceError) in
                // Another node may have been first.
                let all = try records.list(InstanceIdentityKey.self)
                guard all.allSatisfy({ $0.end - InstanceIdentityKey.overlap <= time }) else { return }
                try records.put(made)
            }
        }
        guard let made = projection(IdentityKeyIndex.self).signers(in: region).first else { throw .internalFailure }
        return made
    }

    /// By the clocks of the world outside, as those who verify see its certificate.
    private func goodIdentitySigner(in region: String) -> IdentitySigner? {
        projection(IdentityKeyIndex.self).signers(in: region).first {
            clock.realTime < $0.end - InstanceIdentityKey.overlap
        }
    }
}
