import Bodies
import Ledger
import Platform

/// What `gatehouse sweep` does: it removes the bodies that a crash has left behind, without waiting for the server to do it.
public struct BodySweep: Sendable {
    /// How many bodies nothing had, and how many were half written.
    public private(set) var orphans = 0
    public private(set) var unfinished = 0
    /// How old they had to be, in seconds.
    public let age: Int

    /// Servers may be at work meanwhile.
    /// - Throws: `StartError` when ledger or store can't be read or written.
    public init(of place: DataPlace) async throws(StartError) {
        // Where the outcome of every transaction is known, what nobody has a lock on is nobody's.
        age = if case .directory = place { 0 } else { 3_600 }
        do {
            let ledger = try place.openReadOnly().ledger
            guard let store = try place.bodyStore() else { return }
            guard try await !store.isHeld() else {
                throw StartError("A backup or a verification is reading the bodies: try again when it has ended.")
            }
            var last: BodyID?
            repeat {
                let swept = try await store.sweep(after: last, olderThan: age == 0 ? -60 : age) { ids in
                    try await ledger.read { (reader) throws(LedgerError) in try KeptBody.among(ids, reader) }
                }
                orphans += swept.orphans.count
                unfinished += swept.unfinished
                last = swept.last
            } while last != nil
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError("\(error)")
        }
    }
}
