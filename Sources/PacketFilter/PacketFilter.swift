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
        /// Those that are to be banned, for so many seconds.
        var waiting: [ClientKey: Double] = [:]
        /// What was counted when it was last read.
        var last = FilterCounters()
    }

    private let program: NFTProgram
    private let log: Logger
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
    }

    /// Puts the table in place. What an earlier process left under its name is replaced.
    /// - Throws: ``Problem`` where the kernel, or the process's rights, do not allow for it.
    public func install(_ table: FilterTable) async throws(Problem) {
        do throws(NFTProgram.Failure) { try await program.run(table.creation) } catch {
            throw Problem(description: error.description)
        }
        state.withLock { state in
            state.table = table
            state.last = FilterCounters()
        }
        log.info("nftables: the web front's ports are behind a table", metadata: ["table": "inet \(table.name)"])
    }

    /// Takes the table away, if it is there.
    public func remove() async {
        guard let table = state.withLock({ $0.table.take() }) else { return }
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

    private func flush() async {
        let (table, clients) = state.withLock { state in
            defer { state.waiting = [:] }
            return (state.table, state.waiting)
        }
        guard let table, !clients.isEmpty else { return }
        do throws(NFTProgram.Failure) { try await program.run(table.banning(clients)) } catch {
            guard error.isMissing else { return log.warning("nftables: addresses are not banned: \(error)") }
            await putBack(table)
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
                await putBack(table)
            } else {
                log.warning("nftables: the table's counters can't be read: \(error)")
            }
            return nil
        }
    }

    /// Whoever loads rules anew often removes all tables before.
    private func putBack(_ table: FilterTable) async {
        guard state.withLock({ $0.table }) != nil else { return }
        log.warning(
            "nftables: somebody has removed the table: it is put back", metadata: ["table": "inet \(table.name)"])
        do throws(Problem) { try await install(table) } catch {
            log.error("nftables: the table can't be put back: \(error)")
        }
    }
}
