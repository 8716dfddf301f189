import ACME
import FoundationEssentials
import Keyring
import Ledger
import Platform
import Wire

/// The nonces of ACME: each is good for one request (RFC 8555, section 6.5). They are sealed, so that none has to be kept that
/// was only handed out; those that were used are kept until they would be too old, on whichever node that was.
struct Nonces: Sendable {
    /// Seconds for which a nonce is good.
    static let lifetime = 3600.0
    private static let purpose = "acme-nonce"

    let environment: Environment
    let endpoint: ACMEEndpoint

    private var context: [UInt8] { Array("gatehouse acme nonce \(endpoint.id)".utf8) }

    /// - Throws: InternalFailure when there is no randomness, or no key.
    func make() throws(ServiceError) -> String {
        let issued = Int64(exactly: (environment.now() * 1000).rounded(.down)) ?? 0
        let plaintext = withUnsafeBytes(of: issued.bigEndian) { Array($0) } + (try randomBytes(16))
        let key = try environment.sessionTokens.key(for: Self.purpose)
        do throws(KeyringError) {
            return Base64URL.encode(try key.seal(plaintext, authenticating: context))
        } catch {
            throw .internalFailure
        }
    }

    private static let bad = Problem(.badNonce, "The nonce is not valid, too old, or was used before.")

    /// Makes sure that a nonce was made here, and lately. Whether it was used has to be asked before anything is done.
    /// - Throws: `badNonce`.
    func check(_ nonce: String?) throws(Problem) { _ = try opened(nonce) }

    private func opened(_ nonce: String?) throws(Problem) -> UsedNonce {
        let bad = Self.bad
        guard let nonce, nonce.utf8.count <= 200, let sealed = Base64URL.decode(nonce),
            let key = try? environment.sessionTokens.key(for: Self.purpose),
            let plaintext = try? key.open(sealed, authenticating: context), plaintext.count == 24
        else { throw bad }
        let issued = plaintext.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let age = environment.now() - Double(issued) / 1000
        guard (-60..<Self.lifetime).contains(age) else { throw bad }
        return UsedNonce(issued: issued, random: Data(plaintext.suffix(16)))
    }

    /// Uses a nonce up. That is kept on disk, so that strangers should have proved something first.
    /// - Throws: `badNonce` for one that was not made here, is too old, or was used.
    func use(_ nonce: String?) async throws(Problem) {
        let row = try opened(nonce)
        let isNew: Bool
        do throws(ServiceError) {
            isNew = try await environment.write(UsedNonce.scope, requestID: "") { (records) throws(ServiceError) in
                guard try records.get(UsedNonce.self, row.key) == nil else { return false }
                try records.put(row)
                return true
            }
        } catch {
            throw Problem(error)
        }
        guard isNew else { throw Self.bad }
    }
}

extension UsedNonce {
    /// They belong to no account.
    static let scope = Scope(account: "")
}

/// Forgets the nonces that are too old to be used again.
struct ForgetNonces: RecurringJob {
    static let kind = "ACM::ForgetAcmeNonces"
    static let interval = Nonces.lifetime

    func run(_ context: JobContext) async throws(ServiceError) {
        let oldest = Int64(exactly: ((context.environment.now() - Nonces.lifetime - 120) * 1000).rounded()) ?? 0
        while true {
            let count = try await context.environment.write(UsedNonce.scope, requestID: "") {
                (records) throws(ServiceError) in
                let old = try records.list(UsedNonce.self, limit: 256).filter { $0.issued < oldest }
                for nonce in old { try records.delete(UsedNonce.self, nonce.key) }
                return old.count
            }
            guard count == 256 else { return }
        }
    }
}
