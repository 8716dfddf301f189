import Crypto
import Fetch
import FoundationEssentials
import Platform
import Signature

/// Asks the proxy of an external key store: the client's side of AWS's External Key Store Proxy API, version 1.
/// <https://github.com/aws/aws-kms-xksproxy-api-spec/blob/main/xks_proxy_api_spec.md>
///
/// Every request is a POST of JSON, signed with Signature Version 4 by the store's own credential, on a connection of its
/// own. The proxy shows a certificate for its name; it is shown none.
struct ExternalKeyProxy: Sendable {
    /// For whom the proxy is asked: it may have rules of its own for that, and a log.
    struct Metadata: Sendable, Encodable {
        /// nil for a health check, which is nobody's.
        var awsPrincipalArn: String?
        var kmsKeyArn: String?
        let kmsOperation: String
        let kmsRequestId: String
        var kmsViaService: String?
    }

    /// What the proxy has encrypted.
    struct Sealed: Sendable, Equatable {
        let initializationVector: [UInt8]
        let authenticationTag: [UInt8]
        /// Up to 20 bytes of the proxy's own.
        let metadata: [UInt8]
        let ciphertext: [UInt8]

        /// The hash by which a proxy vouches for what it has encrypted.
        func integrityValue(authenticating authenticated: [UInt8]) -> [UInt8] {
            Array(
                SHA256.hash(data: authenticated + metadata + initializationVector + ciphertext + authenticationTag))
        }
    }

    let proxy: CustomKeyStore.Proxy
    let region: String
    let servers: OutsideServers
    /// For an exchange, with its connection.
    let patience: Duration
    /// Seconds since 1970, by the clocks of the world outside.
    let time: Double

    /// Whether the proxy knows the credential, and has a key manager that works.
    func checkHealth(_ metadata: Metadata) async throws(ProxyFailure) {
        let health: Health = try await ask("/health", Request(requestMetadata: metadata))
        guard (1...10).contains(health.ekmFleetDetails.count), health.xksProxyFleetSize > 0 else {
            throw .notUnderstood
        }
        guard health.ekmFleetDetails.contains(where: { ["ACTIVE", "DEGRADED"].contains($0.healthStatus) }) else {
            throw .noKeyManager
        }
    }

    /// Makes sure that a key is there which a KMS key can have behind it.
    func checkKey(_ id: String, _ metadata: Metadata) async throws(ProxyFailure) {
        let key: KeyMetadata = try await ask("/keys/\(id)/metadata", Request(requestMetadata: metadata))
        guard key.keyUsage.count <= 10 else { throw .notUnderstood }
        guard key.keySpec == "AES_256", key.keyUsage.contains("ENCRYPT"), key.keyUsage.contains("DECRYPT") else {
            throw .invalidKeyUsage
        }
        guard key.keyStatus == "ENABLED" else { throw .invalidState }
    }

    /// - Parameter authenticated: is not in the ciphertext, and has to be the same when it is decrypted.
    func encrypt(
        _ plaintext: [UInt8], with id: String, authenticating authenticated: [UInt8], _ metadata: Metadata
    ) async throws(ProxyFailure) -> Sealed {
        let answer: Encrypted = try await ask(
            "/keys/\(id)/encrypt",
            EncryptRequest(
                requestMetadata: metadata, additionalAuthenticatedData: Data(authenticated),
                plaintext: Data(plaintext)))
        let sealed = Sealed(
            initializationVector: Array(answer.initializationVector),
            authenticationTag: Array(answer.authenticationTag), metadata: Array(answer.ciphertextMetadata ?? Data()),
            ciphertext: Array(answer.ciphertext))
        guard sealed.ciphertext.count == plaintext.count, [12, 16].contains(sealed.initializationVector.count),
            sealed.authenticationTag.count == 16, sealed.metadata.count <= 20,
            // Bits that toppled on the way would make it undecryptable, and nobody would know before it is too late.
            sealed.integrityValue(authenticating: authenticated) == Array(answer.ciphertextDataIntegrityValue)
        else { throw .notUnderstood }
        return sealed
    }

    func decrypt(
        _ sealed: Sealed, with id: String, authenticating authenticated: [UInt8], _ metadata: Metadata
    ) async throws(ProxyFailure) -> [UInt8] {
        let answer: Decrypted = try await ask(
            "/keys/\(id)/decrypt",
            DecryptRequest(
                requestMetadata: metadata, additionalAuthenticatedData: Data(authenticated),
                ciphertext: Data(sealed.ciphertext),
                ciphertextMetadata: sealed.metadata.isEmpty ? nil : Data(sealed.metadata),
                initializationVector: Data(sealed.initializationVector),
                authenticationTag: Data(sealed.authenticationTag)))
        guard answer.plaintext.count == sealed.ciphertext.count else { throw .notUnderstood }
        return Array(answer.plaintext)
    }

    // MARK: The exchange

    private func ask<Answer: Decodable>(
        _ path: String, _ request: some Encodable
    ) async throws(ProxyFailure) -> Answer {
        guard let named = WebAddress(proxy.endpoint + proxy.path + path),
            let place = servers.place(of: proxy.endpoint + proxy.path + path),
            let body = try? JSONEncoder().encode(request)
        else { throw .invalidURIPath }
        let host = (name: "Host", value: named.authority)
        let signer = SignatureSigner(
            credentials: SigningCredentials(
                accessKeyID: proxy.accessKeyID, secretAccessKey: proxy.secretAccessKey.text),
            region: region, service: "kms-xks-proxy")
        // The specification has no other signed headers than these.
        let signed = signer.sign(
            SignableRequest(method: "POST", path: named.path, query: "", headers: [host], body: Array(body)),
            timestamp: time)
        var limits = Fetch.Limits()
        limits.time = patience
        limits.body = 65_536
        limits.headers = 16_384
        let answer: Fetch.Answer
        do throws(FetchError) {
            answer = try await servers.fetch(place, limits: limits).send(
                Fetch.Request(
                    "POST", place.address, headers: [host, (name: "Content-Type", value: "application/json")] + signed,
                    body: Array(body)))
        } catch {
            switch error {
            case .unreachable: throw .unreachable
            case .untrustedCertificate: throw .invalidTLS
            case .tooSlow: throw .tooSlow
            case .tooLarge, .unreadable: throw .notUnderstood
            }
        }
        guard answer.status == 200 else {
            guard let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(answer.body)) else {
                throw .notUnderstood
            }
            throw ProxyFailure(named: refusal.errorName)
        }
        guard let read = try? JSONDecoder().decode(Answer.self, from: Data(answer.body)) else { throw .notUnderstood }
        return read
    }
}

// MARK: - What is sent and answered, by the specification's names. Data is Base64 in JSON.

private struct Request: Encodable {
    let requestMetadata: ExternalKeyProxy.Metadata
}

private struct EncryptRequest: Encodable {
    let requestMetadata: ExternalKeyProxy.Metadata
    let additionalAuthenticatedData: Data
    let plaintext: Data
    var encryptionAlgorithm = "AES_GCM"
    var ciphertextDataIntegrityValueAlgorithm = "SHA_256"
}

private struct DecryptRequest: Encodable {
    let requestMetadata: ExternalKeyProxy.Metadata
    let additionalAuthenticatedData: Data
    let ciphertext: Data
    let ciphertextMetadata: Data?
    let initializationVector: Data
    let authenticationTag: Data
    var encryptionAlgorithm = "AES_GCM"
}

private struct Health: Decodable {
    struct KeyManager: Decodable {
        let id: String
        let model: String
        let healthStatus: String
    }

    let xksProxyFleetSize: Int
    let xksProxyVendor: String
    let xksProxyModel: String
    let ekmVendor: String
    let ekmFleetDetails: [KeyManager]
}

private struct KeyMetadata: Decodable {
    let keySpec: String
    let keyUsage: [String]
    let keyStatus: String
}

private struct Encrypted: Decodable {
    let ciphertext: Data
    let ciphertextMetadata: Data?
    let initializationVector: Data
    let authenticationTag: Data
    let ciphertextDataIntegrityValue: Data
}

private struct Decrypted: Decodable {
    let plaintext: Data
}

private struct Refusal: Decodable {
    let errorName: String
}
