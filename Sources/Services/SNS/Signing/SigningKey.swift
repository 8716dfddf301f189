import Crypto
import CryptoExtras
import FoundationEssentials
import Ledger
import OIDC
import Platform
import SwiftASN1
import Synchronization
import Wire
import X509

/// What the messages of a Region are signed with: a key, and a certificate of it that anybody can get. Those that were are kept, so
/// that old messages stay valid.
struct SigningKey: Record, CustomStringConvertible, CustomReflectable {
    static let kind = "Gatehouse::SNSSigningKey"
    static let keepsHistory = false
    static let journalsBefore = false

    /// For so many seconds a certificate is valid: a year and a day.
    private static let validity = 366.0 * 86_400
    /// So many seconds before its end there is another.
    static let overlap = 30.0 * 86_400

    /// 32 hexadecimal digits: part of the certificate's address.
    let id: String
    let region: String
    /// In PEM.
    let key: String
    /// In PEM.
    let certificate: String
    /// Seconds since 1970.
    let created: Double
    /// Seconds since 1970.
    let end: Double

    /// They belong to no account.
    static func scope(_ region: String) -> Scope { Scope(account: "", region: region) }

    /// Makes one, which takes a good part of a second.
    /// - Parameter time: seconds since 1970.
    static func make(in region: String, at time: Double) throws -> SigningKey {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let name = try DistinguishedName { CommonName(MessageSigner.host(in: region)) }
        let start = time.rounded(.down)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Date(timeIntervalSince1970: start),
            notValidAfter: Date(timeIntervalSince1970: start + validity), issuer: name, subject: name,
            signatureAlgorithm: .sha256WithRSAEncryption,
            extensions: try Certificate.Extensions {
                Critical(KeyUsage(digitalSignature: true))
                SubjectAlternativeNames([.dnsName(MessageSigner.host(in: region))])
            },
            issuerPrivateKey: Certificate.PrivateKey(key))
        return SigningKey(
            id: TextHash.hexadecimal(Identifiers.randomBytes(16)), region: region, key: key.pemRepresentation,
            certificate: try certificate.serializeAsPEM().pemString, created: time, end: start + validity)
    }

    /// Without the key, so that no log ever shows it.
    var description: String { "SigningKey \(id)" }
    var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}

/// Signs messages.
final class MessageSigner: Sendable {
    /// The certificate's address, by which clients check signatures. It is of AWS's host, since clients trust no other: whoever has
    /// them reach Gatehouse by that name gets it (``PublicPath/signingCertificates``).
    let certificateURL: String
    let certificate: String
    let created: Double
    let end: Double
    private let key: _RSA.Signing.PrivateKey

    init(_ record: SigningKey) throws {
        key = try _RSA.Signing.PrivateKey(pemRepresentation: record.key)
        certificate = record.certificate
        (created, end) = (record.created, record.end)
        certificateURL = "https://\(Self.host(in: record.region))\(SigningCertificates.path(of: record.id))"
    }

    static func host(in region: String) -> String { "sns.\(region).amazonaws.com" }

    /// The signature in base64: of version 1 over SHA-1, and of version 2 over SHA-256.
    /// - Throws: InternalFailure.
    func sign(_ text: String, version: String) throws(ServiceError) -> String {
        let bytes = Data(text.utf8)
        do {
            let signature =
                version == "2"
                ? try key.signature(for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5)
                : try key.signature(for: Insecure.SHA1.hash(data: bytes), padding: .insecurePKCS1v1_5)
            return String(decoding: Base64.encode(Array(signature.rawRepresentation)), as: UTF8.self)
        } catch { throw .internalFailure }
    }
}

/// The keys of all Regions, by which messages are signed and whose certificates are handed out.
final class SigningKeyIndex: Projection {
    static let kinds: Set<String> = [SigningKey.kind]

    private let state = Mutex<(byID: [String: MessageSigner], byRegion: [String: MessageSigner])>(([:], [:]))

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            guard let record = try change.decodeAfter(SigningKey.self) else {
                state.withLock { $0.byID[change.id] = nil }
                continue
            }
            let signer: MessageSigner
            do { signer = try MessageSigner(record) } catch {
                throw LedgerError(.corrupt, "The signing key \(change.id) of SNS can't be read.")
            }
            state.withLock { state in
                state.byID[change.id] = signer
                if state.byRegion[record.region].map({ $0.created < signer.created }) ?? true {
                    state.byRegion[record.region] = signer
                }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = ([:], [:]) }
        try apply(changes)
    }

    func signer(in region: String) -> MessageSigner? { state.withLock { $0.byRegion[region] } }
    func signer(_ id: String) -> MessageSigner? { state.withLock { $0.byID[id] } }
}

extension Environment {
    private static let makingSigningKeys = SingleFlight<String>()

    /// What signs the messages of a Region; made when it is first needed, and made anew before its certificate ends.
    /// - Throws: InternalFailure.
    func signer(in region: String) async throws(ServiceError) -> MessageSigner {
        let index = projection(SigningKeyIndex.self)
        // The end is by the clocks of the world outside, as clients check it.
        if let known = index.signer(in: region), clock.realTime < known.end - SigningKey.overlap { return known }
        try await Self.makingSigningKeys.run(region) { [self] () async throws(ServiceError) in
            if let known = index.signer(in: region), clock.realTime < known.end - SigningKey.overlap { return }
            let time = clock.realTime
            let made: SigningKey
            do { made = try await KeyMaking.run { try SigningKey.make(in: region, at: time) } } catch {
                throw .internalFailure
            }
            try await write(SigningKey.scope(region), requestID: "") { (records) throws(ServiceError) in
                // Another node may have been first.
                guard try records.list(SigningKey.self).allSatisfy({ $0.end - SigningKey.overlap <= time }) else {
                    return
                }
                try records.put(made)
            }
        }
        return try knownSigner(in: region)
    }

    /// The same, where it was asked for before.
    func knownSigner(in region: String) throws(ServiceError) -> MessageSigner {
        guard let signer = projection(SigningKeyIndex.self).signer(in: region) else { throw .internalFailure }
        return signer
    }
}
