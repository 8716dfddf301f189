import FoundationEssentials
public import Keyring
public import Policy
import Synchronization
public import Wire

/// Seals sessions into tokens and opens them again.
///
/// A token is the sealed session itself: whoever has the keyring can open it, on any node, and nobody else can read or
/// make one.
///
/// ```swift
/// let token = try environment.sessionTokens.seal(session)
/// let opened = environment.sessionTokens.open(token)?.session
/// let isValid = opened.map { now < $0.expires } ?? false
/// ```
public final class SessionTokens: Sendable {
    /// A session taken from its token, with its inline policy compiled.
    public struct Opened: Sendable {
        /// The session. Whether it has expired is for the caller to check.
        public let session: Session
        /// The compiled inline session policy; nil if it has none.
        public let policy: CompiledPolicy?
    }

    private let keyring: any Keyring
    private let key: SealingKey
    /// Tokens opened lately: opening costs a decryption and a compilation, and a client sends its token every time.
    private let opened = Mutex(Remembered())
    private static let mostRemembered = 10_000
    private static let context = Array("gatehouse session token".utf8)
    /// Of another kind, so that neither is ever taken for the other.
    private static let zonalContext = Array("gatehouse zonal session token".utf8)

    private struct Remembered {
        /// The key's: when it has changed, tokens may have ended that opened before.
        var generation = 0
        var tokens: [String: Opened] = [:]
        var zonal: [String: OpenedZonal] = [:]
    }

    /// A session of S3 Express taken from its token.
    public struct OpenedZonal: Sendable {
        /// The session. Whether it has expired is for the caller to check.
        public let session: ZonalSession
        /// Whose it is.
        public let owner: Opened
    }

    /// Makes a sealer with the keyring's key for session tokens.
    /// - Throws: `KeyringError` when the keyring can't provide the key.
    public init(keyring: any Keyring) throws(KeyringError) {
        self.keyring = keyring
        key = try keyring.sealingKey(for: "session-token")
    }

    /// The key of another purpose, for sessions of a service's own that it hands out and wants back.
    /// - Throws: InternalFailure when the keyring can't provide the key.
    public func key(for purpose: String) throws(ServiceError) -> SealingKey {
        do { return try keyring.sealingKey(for: purpose) } catch { throw .internalFailure }
    }

    /// The token of a session.
    /// - Throws: InternalFailure when the session can't be sealed.
    public func seal(_ session: Session) throws(ServiceError) -> String {
        do {
            return Data(try key.seal(session.json, authenticating: Self.context)).base64EncodedString()
        } catch {
            throw .internalFailure
        }
    }

    /// The token of a session of S3 Express.
    /// - Throws: InternalFailure when the session can't be sealed.
    public func seal(_ session: ZonalSession) throws(ServiceError) -> String {
        do {
            let plaintext = Array(try JSONEncoder().encode(session))
            return Data(try key.seal(plaintext, authenticating: Self.zonalContext)).base64EncodedString()
        } catch {
            throw .internalFailure
        }
    }

    /// The session of a token; nil when the token is not one of ours. Its expiry is for the caller to check.
    /// - Complexity: a decryption and a compilation at first; tokens seen lately cost one look-up.
    public func open(_ token: String) -> Opened? {
        open(token, Self.context, rememberedIn: \.tokens) { Opened($0) }
    }

    /// The session of S3 Express of a token; nil when the token is not one of ours, or another kind of token. Its expiry is for
    /// the caller to check.
    /// - Complexity: as of ``open(_:)``.
    public func openZonal(_ token: String) -> OpenedZonal? {
        open(token, Self.zonalContext, rememberedIn: \.zonal) { (session: ZonalSession) in
            Opened(session.owner).map { OpenedZonal(session: session, owner: $0) }
        }
    }

    private func open<Sealed: Decodable, Found: Sendable>(
        _ token: String, _ context: [UInt8],
        rememberedIn place: WritableKeyPath<Remembered, [String: Found]> & Sendable,
        _ make: (Sealed) -> Found?
    ) -> Found? {
        // Read first: a token that is opened while the key changes is not remembered beyond that.
        let generation = key.generation
        let known = opened.withLock { opened in
            if opened.generation != generation { opened = Remembered(generation: generation) }
            return opened[keyPath: place][token]
        }
        if let known { return known }
        guard let sealed = Data(base64Encoded: token),
            let plaintext = try? key.open(Array(sealed), authenticating: context),
            let session = try? JSONDecoder().decode(Sealed.self, from: Data(plaintext)), let result = make(session)
        else { return nil }
        opened.withLock { opened in
            guard opened.generation == generation else { return }
            if opened[keyPath: place].count >= Self.mostRemembered {
                opened[keyPath: place].removeAll(keepingCapacity: true)
            }
            opened[keyPath: place][token] = result
        }
        return result
    }
}

extension SessionTokens.Opened {
    /// - Returns: nil for a session whose inline policy can't be read.
    fileprivate init?(_ session: Session) {
        self.session = session
        guard let document = session.policy else {
            policy = nil
            return
        }
        // It was checked when the token was made.
        guard let parsed = try? PolicyDocument(parsing: document, as: .session, strictness: .evaluable) else {
            return nil
        }
        policy = CompiledPolicy(parsed, source: PolicySource(type: .session, name: ""))
    }
}
