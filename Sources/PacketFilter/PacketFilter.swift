public import Logging
public import ServiceLifecycle
public import Shield
import Synchronization

/// Keeps a table of nftables in place as long as the web front runs: puts Shield's bans into it, and reads what it counts.
public final class PacketFilter: Service, PacketFiltering {
    /// Why there is no table, in words for the operator.
    public struct Problem: Error, CustomStringConvertible {
        /// It does not end with a full stop.
        public let description: String
    }

    private struct State {
        var table: FilterTable?
        /// Whether it is over: then no table is put in place any more.
        var isClosed = false
        /// Those that are to be banned, for so many seconds.
        var waiting: [ClientKey: Double] = [:]
        /// What was counted when it was last read.
        var last = FilterCounters()
        /// When it was last said that something does not work, and when the table was last put back.
        var complained: ContinuousClock.Instant?
        var replaced: ContinuousClock.Instant?

        /// Whether something may be done again, which is then taken to be done.
        static func isDue(
            _ last: inout ContinuousClock.Instant?, after pause: Duration, _ now: ContinuousClock.Instant
        ) -> Bool {
            guard last.map({ now - $0 >= pause }) ?? true else { return false }
            last = now
            return true
        }
    }

    private let program: NFTProgram
    private let log: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())
    private let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    /// How many bans are told the kernel at a time. Of more, Shield itself refuses the connections.
    private static let mostWaiting = 2048

    /// - Throws: ``Problem`` where there is no `nft`.
    public init(log: Logger) throws(Problem) {
        do throws(NFTProgram.Failure) { program = try NFTProgram() } catch {
            throw Problem(description: error.description)
        }
        self.log = log
        now = { .now }
    }

    init(_ program: NFTProgram, now: @escaping @Sendable () -> ContinuousClock.Instant, log: Logger) {
        (self.program, self.now, self.log) = (program, now, log)
    }

    /// Puts the table in place. What an earlier process left under its name is replaced.
    /// - Throws: ``Problem`` where the kernel, or the process's rights, do not allow for it.
    public func install(_ table: FilterTable) async throws(Problem) {
        // Whoever puts back the one before in the meantime sees that it is another now.
        let before = state.withLock { state in
            defer { if state.table != nil { state.table = table } }
            return state.table
        }
        do throws(NFTProgram.Failure) { try await program.run(table.creation) } catch {
            state.withLock { if $0.table == table { $0.table = before } }
            throw Problem(description: error.description)
        }
        let isClosed = state.withLock { state in
            state.table = table
            state.last = FilterCounters()
            return state.isClosed
        }
        guard !isClosed else { return await remove() }
        log.info("nftables: the web front's ports are behind a table", metadata: ["table": "inet \(table.name)"])
    }

    /// Takes the table away, if it is there, for good.
    public func remove() async {
        let table = state.withLock { state in
            state.isClosed = true
            return state.table.take()
        }
        if let table { await remove(table) }
    }

    private func remove(_ table: FilterTable) async {
        do throws(NFTProgram.Failure) { try await program.run(table.removal) } catch {
            log.error(
                "nftables: the table is left: \(error). Remove it by: nft delete table inet \(table.name)")
        }
    }

    /// Tells the kernel of bans until it is told to stop; then the table is removed.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            for await _ in wakes {
                await flush()
                // Those that come in the meantime are told together.
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
        await remove()
    }

    public func ban(_ client: ClientKey, for seconds: Double) {
        state.withLock { state in
            guard state.table != nil, state.waiting.count < Self.mostWaiting else { return }
            state.waiting[client] = seconds
        }
        wake.yield()
    }

    func flush() async {
        let (table, clients) = state.withLock { state in
            defer { state.waiting = [:] }
            return (state.table, state.waiting)
        }
        guard let table, !clients.isEmpty else { return }
        do throws(NFTProgram.Failure) { try await program.run(table.banning(clients)) } catch {
            guard error.isMissing else { return complain("addresses are not banned: \(error)") }
            await putBack()
        }
    }

    public func counts() async -> PacketCounts? {
        guard let table = state.withLock({ $0.table }) else { return nil }
        do throws(NFTProgram.Failure) {
            let now = try await program.counters(of: table.name)
            return state.withLock { state in
                let last = state.last
                state.last = now
                return PacketCounts(
                    asked: max(0, now.asked - last.asked), banned: max(0, now.banned - last.banned),
                    tooMany: max(0, now.tooMany - last.tooMany))
            }
        } catch {
            if error.isMissing {
                await putBack()
            } else {
                complain("the table's counters can't be read: \(error)")
            }
            return nil
        }
    }

    /// What goes wrong in a flood does so all the time: it is said once a minute.
    private func complain(_ problem: String) {
        let now = now()
        guard state.withLock({ State.isDue(&$0.complained, after: .seconds(60), now) }) else { return }
        log.warning("nftables: \(problem)")
    }

    /// Whoever loads rules anew often removes all tables before. Where it does not help, it must not take away all bans time and
    /// again.
    private func putBack() async {
        let now = now()
        guard state.withLock({ State.isDue(&$0.replaced, after: .seconds(20), now) }) else { return }
        var last: FilterTable?
        while let table = state.withLock({ $0.table }) {
            log.warning(
                "nftables: somebody has removed the table: it is put back", metadata: ["table": "inet \(table.name)"])
            do throws(NFTProgram.Failure) { try await program.run(table.creation) } catch {
                return log.error("nftables: the table can't be put back: \(error)")
            }
            let isCurrent = state.withLock { state in
                if state.table == table { state.last = FilterCounters() }
                return state.table == table
            }
            if isCurrent { return }
            last = table
        }
        // It is over.
        if let last { await remove(last) }
    }
}
