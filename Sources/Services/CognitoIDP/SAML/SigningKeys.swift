import CognitoIDPAPI
import Crypto
import CryptoExtras
import FoundationEssentials
import Ledger
import OIDC
import Platform
import SwiftASN1
import Wire
import X509

/// What a user pool signs its SAML requests with: a key, and a certificate of it that identity providers are given.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-signing-encryption.html>
struct SigningKeys: PoolPart, CustomStringConvertible {
    static let kind = "AWS::Cognito::UserPool::SigningKeys"
    static let ofPool = "signing-keys-of-pool"
    // Keys that are gone are gone from the journal, too.
    static let keepsHistory = false

    /// The pools of which keys are being made.
    static let making = SingleFlight<String>()

    /// For so many seconds a certificate is valid: ten years.
    private static let lifetime = 3650.0 * 86_400

    let poolID: String
    /// The private key, in PEM.
    let key: String
    /// The certificate's DER, in base64.
    let certificate: String

    var id: String { poolID }

    /// Makes a key and its certificate, which takes a good part of a second.
    /// - Parameters:
    ///   - time: seconds since 1970, by the clocks of the world outside.
    ///   - encrypts: whether others encrypt for the key, and nothing is signed by it.
    static func make(
        of poolID: String, at time: Double, encrypts: Bool = false
    ) async throws(ServiceError) -> SigningKeys {
        do { return try await KeyMaking.run { try made(of: poolID, at: time, encrypts: encrypts) } } catch {
            throw .internalFailure
        }
    }

    private static func made(of poolID: String, at time: Double, encrypts: Bool) throws -> SigningKeys {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let name = try DistinguishedName { CommonName(poolID) }
        let usage =
            encrypts
            ? KeyUsage(keyEncipherment: true, dataEncipherment: true) : KeyUsage(digitalSignature: true)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Date(timeIntervalSince1970: time.rounded(.down)),
            notValidAfter: Date(timeIntervalSince1970: (time + lifetime).rounded(.down)), issuer: name,
            subject: name,
            signatureAlgorithm: .sha256WithRSAEncryption,
            extensions: try Certificate.Extensions { Critical(usage) },
            issuerPrivateKey: Certificate.PrivateKey(key))
        let der = try certificate.serializeAsPEM().derBytes
        return SigningKeys(
            poolID: poolID, key: key.pemRepresentation,
            certificate: String(decoding: Base64.encode(der), as: UTF8.self))
    }

    /// Without the key, so that no log ever shows it.
    var description: String { "SigningKeys \(poolID)" }
}

extension Environment {
    /// What a pool signs its SAML requests with; it is made when it is first needed.
    func signingKeys(of pool: PoolEntry) async throws(ServiceError) -> SigningKeys {
        let id = pool.id
        let known = try await read(pool.scope) { (records) throws(ServiceError) in try records.get(SigningKeys.self, id)
        }
        if let known { return known }
        try await SigningKeys.making.run(id) { [self] () async throws(ServiceError) in
            let known = try await read(pool.scope) { (records) throws(ServiceError) in
                try records.get(SigningKeys.self, id)
            }
            guard known == nil else { return }
            // Before the transaction, for it takes a while. If another node made some at once, the first count.
            let made = try await SigningKeys.make(of: id, at: clock.realTime)
            try await write(pool.scope, requestID: "") { (records) throws(ServiceError) in
                guard try records.get(SigningKeys.self, id) == nil else { return }
                _ = try records.userPool(id)
                try records.put(made)
            }
        }
        let made = try await read(pool.scope) { (records) throws(ServiceError) in try records.get(SigningKeys.self, id)
        }
        guard let made else { throw .noSuchPool(id) }
        return made
    }
}

extension CognitoIDP.GetSigningCertificate: ComputeOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let keys = try await call.environment.signingKeys(of: try call.userPool(input.userPoolId))
        return Output { $0.certificate = keys.certificate }
    }
}
