import Bodies
import Ledger
import Platform

/// The bodies that a ledger has something to do with: those of S3's objects.
struct LedgerBodies {
    let ledger: Ledger

    /// How many the ledger keeps.
    func count() throws -> Int {
        try ledger.readNow { (reader) throws(LedgerError) in try reader.count(KeptBody.self, in: KeptBody.scope) }
    }

    /// Each that the ledger keeps, in the order of their ids.
    func each(_ body: (BodyID) throws -> Void) throws {
        var last: RowRange.Place?
        while true {
            let range = RowRange(after: last)
            let page = try ledger.readNow { (reader) throws(LedgerError) in
                try reader.list(KeptBody.self, in: KeptBody.scope, range, limit: 1_000)
            }
            for kept in page { try body(kept.id) }
            guard let end = page.last else { return }
            last = .key(end.key)
        }
    }

    /// Copies each that the ledger keeps from a store into another.
    func copy(
        from source: BodyStore, to target: BodyStore, _ hold: BodyHold?, _ progress: Backup.Progress,
        _ copied: (BodyID, BodyStore.Sum) throws -> Void = { _, _ in }
    ) throws {
        var (done, bytes) = (0, 0)
        try each { id in
            try hold?.refresh()
            let sum = try target.copy(id, from: source)
            done += 1
            bytes += sum.bytes
            progress("Copying bodies: \(done), \(bytes) bytes")
            try copied(id, sum)
        }
    }

    /// What came of a look at all of them.
    struct Inspection {
        /// How many rows have, and how many bytes those are.
        var (count, bytes) = (0, 0)
        /// How many of them were stored with a key that is not here, so that only their size and header were looked at.
        var unproved = 0
        /// How many are in the store that nothing has.
        var leftover = 0
        var damage: [Damage] = []
        var damageCount = 0

        mutating func add(_ one: Damage) {
            damageCount += 1
            if damage.count < Verification.mostKept { damage.append(one) }
        }
    }

    /// Looks whether all that rows have is there and whole, and what is there that nothing has.
    ///
    /// - Parameters:
    ///   - store: nil: none is known, and bodies are only counted.
    ///   - age: how old what nothing has needs to be, in seconds: what is younger may be about to be part of something.
    /// - Throws: when ledger or store can't be read.
    func inspect(
        _ store: BodyStore?, leftoverAge age: Int, _ hold: BodyHold?, _ progress: Backup.Progress
    ) throws -> Inspection {
        var found = Inspection()
        let types = Modules.all.tableKinds.filter { $0 is any HasBodies.Type }
        var walk: Ledger.RowWalk?
        repeat {
            var parts: [Part] = []
            walk = try ledger.walk(types, after: walk) { (rows, reader) throws(LedgerError) in
                for walked in rows {
                    guard let row = walked.row as? any HasBodies else { continue }
                    let bodies = row.storedBodies
                    let kept = try KeptBody.among(bodies.map(\.id), reader)
                    for body in bodies { parts.append(Part(walked, row, body, isKept: kept.contains(body.id))) }
                }
            }
            for part in parts {
                found.count += 1
                found.bytes += part.body.length
                try look(at: part, store, &found)
                try hold?.refresh()
                progress("Verifying bodies: \(found.count), \(found.bytes) bytes")
            }
        } while walk != nil
        if let store { found.leftover = try leftover(store, age) }
        return found
    }

    private struct Part {
        var place: Damage
        var name: String
        var body: StoredBody
        var isKept: Bool

        init(_ walked: Ledger.WalkedRow, _ row: any HasBodies, _ body: StoredBody, isKept: Bool) {
            place = Damage(.tableRow, "")
            place.kind = type(of: walked.row).kind
            place.account = walked.scope.account
            place.region = walked.scope.region
            place.id = walked.row.partition
            (name, self.body, self.isKept) = (row.name, body, isKept)
        }

        func damage(_ message: String) -> Damage {
            var damage = place
            damage.message = "\(name): \(message)"
            return damage
        }
    }

    private func look(at part: Part, _ store: BodyStore?, _ found: inout Inspection) throws {
        if !part.isKept {
            found.add(part.damage("The ledger does not keep its body \(part.body.id), so that a sweep would take it."))
        }
        guard let store else { return }
        do throws(BodyError) {
            if try !store.inspect(part.body) { found.unproved += 1 }
        } catch {
            guard error.kind == .missing || error.kind == .damaged else { throw error }
            found.add(part.damage(error.message))
        }
    }

    private func leftover(_ store: BodyStore, _ age: Int) throws -> Int {
        var (count, last) = (0, BodyID?.none)
        while true {
            let page = try store.list(after: last, olderThan: age, limit: 1_000)
            guard let end = page.last else { return count }
            let kept = try ledger.readNow { (reader) throws(LedgerError) in try KeptBody.among(page, reader) }
            count += page.count - kept.count
            last = end
        }
    }
}

extension DataPlace {
    /// The store of the bodies, to be looked at beside servers; nil: there is none, or none is named.
    func bodyStore() throws -> BodyStore? {
        switch self {
        case .directory(let data):
            DurableFiles.exists(data.bodies) ? try BodyStore(existingFolder: data.bodies) : nil
        case .database(let database): try database.bodyStore()
        }
    }
}
