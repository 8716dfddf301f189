import FoundationEssentials
import Keyring
import Ledger
import Logging
import Platform
import ServiceLifecycle
import Synchronization
import Wire

/// The rotation of the root key: a new one is made, everything in the ledger is sealed with it anew, and the old one is
/// forgotten.
///
/// Session tokens are sealed, too, and are kept by those to whom they were given. So the old key is kept, by default, until
/// the last of them has expired.
///
/// All of it can be done beside a server that answers, is taken up again where a process has ended, and changes nothing when
/// it was done already.
final class KeyringRotation: Sendable {
    /// The longest that temporary credentials last is 36 hours; and an hour more, since clocks differ.
    static let keptSeconds: Int64 = 37 * 3600

    /// Stands for a time long past: the old key need not be kept.
    private static let sessionsEnd: Int64 = 0

    private let keyring: KeyFile
    private let ledger: Ledger
    private let log: Logger
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())

    private struct State {
        var task: Task<Void, Never>?
        var stage = Stage.idle
    }

    /// How far it is.
    enum Stage: Sendable, Equatable {
        case idle
        /// So many rows are sealed anew.
        case sealing(Int)
        /// Everything is sealed anew; the old key is kept until then, in seconds since 1970.
        case keeping(until: Int64)
        case failed(String)
    }

    init(
        _ keyring: KeyFile, _ ledger: Ledger, _ log: Logger,
        now: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }
    ) {
        self.keyring = keyring
        self.ledger = ledger
        self.log = log
        self.now = now
    }

    var stage: Stage { state.withLock { $0.stage } }

    /// The name of the token that the root key is sealed with; nil: it is in the file itself.
    var tokenName: String? { keyring.protectorName }

    /// Makes a new root key, if the last rotation is over.
    ///
    /// - Parameter endingSessions: whether the old key is to be forgotten as soon as everything is sealed anew. Ends those
    ///   that a rotation before has left, too.
    /// - Returns: whether there is a new key; else there is only something left to do of the rotation before.
    func begin(endingSessions: Bool) throws(KeyringError) -> Bool {
        guard keyring.rotated == nil else {
            if endingSessions { try keyring.setRotated(Self.sessionsEnd) }
            return false
        }
        try keyring.rotate(at: endingSessions ? Self.sessionsEnd : now())
        return true
    }

    /// Seals everything anew, and forgets the old key when it is time; else says until when it is kept.
    ///
    /// - Returns: what was sealed, and how long the old key is kept; nil: it is forgotten.
    func finish(
        _ progress: @Sendable (Ledger.Renewal) -> Void
    ) async throws -> (Ledger.Renewal, keptUntil: Int64?) {
        let done = try await ledger.renewSeals(progress)
        guard let rotated = keyring.rotated else { return (done, nil) }
        let end = rotated == Self.sessionsEnd ? 0 : rotated + Self.keptSeconds
        guard end <= now() else { return (done, end) }
        try keyring.forgetPreviousKey()
        return (done, nil)
    }

    // MARK: Beside a server

    /// Begins a rotation, or goes on with one.
    func start(endingSessions: Bool) throws(KeyringError) -> Bool {
        let isNew = try begin(endingSessions: endingSessions)
        if isNew { log.notice("the root key was rotated; everything is being sealed anew") }
        resume()
        return isNew
    }

    /// Goes on with a rotation that was not over when the process before ended.
    func resume() {
        guard keyring.rotated != nil else { return }
        state.withLock { state in
            state.task?.cancel()
            let before = state.task
            state.stage = .sealing(0)
            state.task = Task {
                await before?.value
                await work()
            }
        }
    }

    func stop() async {
        let task = state.withLock { $0.task }
        task?.cancel()
        await task?.value
    }

    private func work() async {
        while !Task.isCancelled {
            do {
                let (done, end) = try await finish { done in state.withLock { $0.stage = .sealing(done.renewed) } }
                if done.damaged > 0 {
                    log.error(
                        "rows of the ledger are damaged, and could not be sealed anew; `gatehouse verify` names them",
                        metadata: ["rows": "\(done.damaged)"])
                }
                guard let end else {
                    state.withLock { $0.stage = .idle }
                    return log.notice("the root key before the current one is forgotten: it opens nothing any more")
                }
                state.withLock { $0.stage = .keeping(until: end) }
                log.notice(
                    "everything is sealed with the new root key; the old one is kept for sessions that it has sealed",
                    metadata: ["until": "\(Timestamp(secondsSinceEpoch: Double(end)).iso8601)"])
                try await Task.sleep(for: .seconds(max(1, end - now())))
            } catch is CancellationError {
                return
            } catch {
                guard !Task.isCancelled else { return }
                state.withLock { $0.stage = .failed("\(error)") }
                log.error("the root key's rotation can't go on; it is tried again in a minute: \(error)")
                try? await Task.sleep(for: .seconds(60))
            }
        }
    }

    /// For `gatehouse keyring`.
    /// - Parameter isNew: in the answer to who has asked for a rotation, what ``start(endingSessions:)`` returned.
    func json(isNew: Bool? = nil) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        if let isNew {
            writer.key("isNew")
            writer.boolean(isNew)
        }
        if let tokenName { writer.member("token", tokenName) }
        switch stage {
        case .idle: writer.member("stage", "idle")
        case .sealing(let renewed):
            writer.member("stage", "sealing")
            writer.key("renewed")
            writer.integer(renewed)
        case .keeping(let end):
            writer.member("stage", "keeping")
            writer.key("until")
            writer.integer(Int(end))
        case .failed(let reason):
            writer.member("stage", "failed")
            writer.member("reason", reason)
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// What is left of a rotation, run beside the listener.
struct KeyringRotationService: ServiceLifecycle.Service {
    let rotation: KeyringRotation

    func run() async throws {
        rotation.resume()
        try? await gracefulShutdown()
        await rotation.stop()
    }
}
