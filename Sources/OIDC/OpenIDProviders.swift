public import Fetch
import FoundationEssentials
public import X509

/// The OpenID Connect providers out there: their keys, fetched and remembered.
///
/// Only registered providers are ever asked, and only over HTTPS. Who registers one says where it is: what is not on the public
/// internet, only the operator lets be asked.
public actor OpenIDProviders {
    /// A provider as it is registered.
    public struct Registration: Sendable, Hashable {
        /// The issuer, without a slash at its end.
        public let url: String
        /// SHA-1 in hexadecimal digits.
        public let thumbprints: [String]

        /// Makes a registration from the record of a provider.
        public init(url: String, thumbprints: [String]) {
            self.url = url
            self.thumbprints = thumbprints.map { $0.lowercased() }
        }
    }

    /// Keys are fetched again after this many seconds.
    private static let freshness = 600.0
    /// A token with an unknown key id causes the keys to be fetched again, but not sooner than this many seconds after
    /// the last time: anybody can send such tokens.
    private static let patience = 5.0
    private static let mostRemembered = 1000

    private struct Entry {
        var keys: Result<KeySet, OIDCError>
        /// Seconds since 1970.
        var fetched: Double
    }

    private let authorities: [Certificate]
    private let reach: Reach
    private var entries: [Registration: Entry] = [:]
    private var running: [Registration: Task<Result<KeySet, OIDCError>, Never>] = [:]

    /// - Parameters:
    ///   - authorities: those that are trusted on top of the system's.
    ///   - reach: where providers may be.
    public init(authorities: [Certificate] = [], reach: Reach = .publicInternet()) {
        self.authorities = authorities
        self.reach = reach
    }

    /// The keys of a provider that may have signed a token.
    /// - Parameter now: seconds since 1970.
    func keys(
        of provider: Registration, keyID: String?, _ algorithm: TokenAlgorithm, now: Double
    ) async throws(OIDCError) -> KeySet {
        if let entry = entries[provider] {
            let age = now - entry.fetched
            if case .success(let keys) = entry.keys, (0..<Self.freshness).contains(age),
                !keys.candidates(keyID: keyID, algorithm).isEmpty
            {
                return keys
            }
            if (0..<Self.patience).contains(age) { return try entry.keys.get() }
        }
        // However many callers wait for a provider, it is asked once.
        let task =
            running[provider]
            ?? Task { [authorities, reach] in await Self.fetch(provider, authorities, reach) }
        running[provider] = task
        let result = await task.value
        if running.removeValue(forKey: provider) != nil {
            if entries.count >= Self.mostRemembered { entries.removeAll() }
            entries[provider] = Entry(keys: result, fetched: now)
        }
        return try result.get()
    }

    private static func fetch(
        _ provider: Registration, _ authorities: [Certificate], _ reach: Reach
    ) async -> Result<KeySet, OIDCError> {
        let fetch = Fetch(
            trust: ServerTrust(authorities: authorities, thumbprints: provider.thumbprints), reach: reach)
        do throws(OIDCError) {
            guard let address = WebAddress(provider.url + "/.well-known/openid-configuration") else {
                throw .unusable("the issuer is no HTTPS address")
            }
            let document = try await fetch.document(at: address)
            guard let discovery = try? JSONDecoder().decode(Discovery.self, from: Data(document)),
                let keys = WebAddress(discovery.keysAddress, mayHaveQuery: true)
            else { throw .unusable("the discovery document names no keys under an HTTPS address") }
            return .success(try KeySet(parsing: try await fetch.document(at: keys)))
        } catch {
            return .failure(error)
        }
    }

    /// <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>
    private struct Discovery: Decodable {
        let keysAddress: String

        private enum CodingKeys: String, CodingKey {
            case keysAddress = "jwks_uri"
        }
    }

    /// The thumbprint to register for a provider when none is given: that of the last certificate in the chain that its
    /// server presents.
    /// - Throws: `OIDCError.unreachable`.
    public nonisolated func thumbprint(of address: WebAddress) async throws(OIDCError) -> String {
        let chain: [[UInt8]]
        do throws(FetchError) {
            chain = try await Fetch(trust: ServerTrust(), reach: reach).presentedChain(of: address)
        } catch {
            throw OIDCError(error)
        }
        guard let top = chain.last else {
            throw .unreachable("no certificate was presented")
        }
        return ServerTrust.thumbprint(of: top)
    }
}

extension Fetch {
    /// The body of an answer with status 200.
    fileprivate func document(at address: WebAddress) async throws(OIDCError) -> [UInt8] {
        let answer: Answer
        do throws(FetchError) { answer = try await get(address) } catch { throw OIDCError(error) }
        guard answer.status == 200 else { throw .unusable("status \(answer.status)") }
        return answer.body
    }
}

extension OIDCError {
    fileprivate init(_ error: FetchError) {
        switch error {
        case .unreachable(let reason): self = .unreachable(reason)
        case .untrustedCertificate: self = .untrustedCertificate
        case .tooSlow: self = .unreachable("it did not answer in time")
        case .tooLarge: self = .unusable("the document is too long")
        case .unreadable(let reason): self = .unreachable("its answer is not HTTP: \(reason)")
        }
    }
}
