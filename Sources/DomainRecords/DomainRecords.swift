import Dispatch

/// Where Gatehouse sees the records of domain names, as its operator says: in zone files, at a name server, or in both. Where it
/// is told nothing, it sees no records.
public final class DomainRecords: Sendable {
    private let zones: [ZoneFile]
    private let resolver: NameServer?
    private let updates: DomainUpdates?

    /// - Parameters:
    ///   - zoneFiles: their paths. Every file is asked for every name.
    ///   - resolver: is asked for what no file has.
    ///   - updates: takes records, and is asked where there is no resolver.
    /// - Throws: ``DomainProblem`` for a file that can't be read.
    public init(zoneFiles: [String], resolver: NameServer?, updates: DomainUpdates?) throws(DomainProblem) {
        zones = try zoneFiles.map { (path) throws(DomainProblem) in try ZoneFile(path: path) }
        self.resolver = resolver ?? updates?.server
        self.updates = updates
    }

    /// Sees nothing.
    public init() { (zones, resolver, updates) = ([], nil, nil) }

    /// Whether the operator has said where records are seen.
    public var isThere: Bool { !zones.isEmpty || resolver != nil }

    /// The most aliases that are followed one after another.
    private static let mostAliases = 8
    /// Zone files are looked at there: they may have to be read.
    private static let queue = DispatchQueue(label: "gatehouse.zone-files", attributes: .concurrent)

    /// The records of a name. Aliases are followed, unless they are what is asked for. Zone files are believed for all that is below
    /// their names: where a part of a zone is given to other servers, its file is still asked.
    /// - Throws: ``DomainProblem`` where it is not known whether there are any.
    public func records(of name: String, _ kind: DomainRecord.Kind) async throws(DomainProblem) -> [DomainRecord] {
        let name = plainName(name)
        var rest = Rest(name: name, isKnown: true)
        if !zones.isEmpty {
            let result: Result<Found, DomainProblem> = await withCheckedContinuation { continuation in
                Self.queue.async {
                    continuation.resume(
                        returning: Result { () throws(DomainProblem) in try self.inZones(name, kind) })
                }
            }
            switch try result.get() {
            case .records(let records): return records
            case .nothing(let other): rest = other
            }
        }
        if let resolver { return try await resolver.records(of: rest.name, kind) }
        // That an authority may issue is believed where it is known alone.
        guard rest.isKnown || kind != .authorization else {
            throw DomainProblem("Nobody is there to be asked about \(rest.name), for which \(name) stands.")
        }
        return []
    }

    private struct Rest: Sendable {
        /// What the name stands for, as far as zone files know.
        let name: String
        /// Whether it is a zone file's, or the name that was asked for.
        let isKnown: Bool
    }

    private enum Found: Sendable {
        case records([DomainRecord])
        case nothing(Rest)
    }

    private func inZones(_ asked: String, _ kind: DomainRecord.Kind) throws(DomainProblem) -> Found {
        var name = asked
        for _ in 0...Self.mostAliases {
            var alias: String?
            for zone in zones {
                let found = try zone.records(of: name, kind)
                if !found.isEmpty { return .records(found) }
                guard kind != .alias, alias == nil else { continue }
                if case .alias(let target)? = try zone.records(of: name, .alias).first?.value { alias = target }
            }
            guard let alias else { break }
            name = alias
        }
        var isKnown = name == asked
        for zone in zones where !isKnown { isKnown = try zone.covers(name) }
        return .nothing(Rest(name: name, isKnown: isKnown))
    }

    /// Whether a name is one that ``put(_:alias:)`` can give a record.
    public func canPut(_ name: String) -> Bool { updates?.zone(of: name) != nil }

    /// Has the operator's name server take a CNAME record, in the place of what the name has.
    /// - Throws: ``DomainProblem`` where it refuses, does not answer, or the name is in none of its zones.
    public func put(_ name: String, alias: String) async throws(DomainProblem) {
        guard let updates, let zone = updates.zone(of: name) else {
            throw DomainProblem("There is no name server that takes records of \(name).")
        }
        try await updates.put(name, alias: alias, in: zone)
    }
}
