public import Directory
public import Ledger

/// What is kept in memory of the ledger's records, so that requests need not read them: an index, compiled policies.
///
/// The ledger feeds it, and nothing else does: with every record of its kinds at the start (unless ``isReplayed`` says
/// otherwise), then with each commit's changes, in their order and before the writer is answered. So the request that
/// follows a change already sees it.
///
/// ```swift
/// final class BoxIndex: Projection {
///     static let kinds: Set<String> = [Box.kind]
///     …
///     func apply(_ changes: [Change]) throws(LedgerError) {
///         for change in changes {
///             let box = try change.decodeAfter(Box.self)
///             …
///             policies.withLock { $0[change.id] = box == nil ? nil : .some(compiled) }
///         }
///     }
///
///     func replaceAll(with changes: [Change]) throws(LedgerError) {
///         policies.withLock { $0 = [:] }
///         try apply(changes)
///     }
///     …
/// }
/// ```
///
/// An operation asks for it by its type: `call.environment.projection(KeyIndex.self)`.
public protocol Projection: AnyObject, Sendable {
    /// The kinds of records that it follows; it hears nothing of others.
    static var kinds: Set<String> { get }
    /// Whether it is fed with every record of its kinds at the start. One that is not hears of changes alone, and reads the
    /// records itself when they are needed: where there may be so many that the start would take long.
    static var isReplayed: Bool { get }
    /// Makes it empty, before the ledger is read.
    init()
    /// Takes in changes, in the order of their commits. Requests may read meanwhile.
    /// - Throws: `LedgerError` for a record that can't be read: then Gatehouse does not start.
    func apply(_ changes: [Change]) throws(LedgerError)
    /// Forgets everything but what the changes bring: for the memory mode's reset.
    func replaceAll(with changes: [Change]) throws(LedgerError)
}

extension Projection {
    public static var isReplayed: Bool { true }
}

/// The projections of one Gatehouse, each there once, found by its type.
public struct Projections: Sendable {
    private let all: [(kinds: Set<String>, projection: any Projection)]
    private let byType: [ObjectIdentifier: any Projection]
    /// The places in `all` of those that follow a kind.
    private let byKind: [String: [Int]]

    /// Makes the projections that the modules declare, all of them empty.
    ///
    /// - Parameters:
    ///   - modules: whose projections to make.
    ///   - others: those that exist already: the identity directory.
    public init(of modules: [ServiceModule], and others: [any Projection] = []) {
        var all: [(kinds: Set<String>, projection: any Projection)] = []
        var byType: [ObjectIdentifier: any Projection] = [:]
        for projection in others + modules.flatMap(\.projections).map({ $0.init() }) {
            let type = type(of: projection)
            guard byType.updateValue(projection, forKey: ObjectIdentifier(type)) == nil else { continue }
            all.append((type.kinds, projection))
        }
        self.all = all
        self.byType = byType
        var byKind: [String: [Int]] = [:]
        for (place, (kinds, _)) in all.enumerated() { for kind in kinds { byKind[kind, default: []].append(place) } }
        self.byKind = byKind
    }

    /// The kinds whose records they are to be fed with at the start.
    public var replayedKinds: Set<String> {
        all.reduce(into: []) { if type(of: $1.projection).isReplayed { $0.formUnion($1.kinds) } }
    }

    /// Takes in changes: each projection gets those of its own kinds.
    /// - Throws: `LedgerError` for a record that can't be read.
    public func apply(_ changes: [Change]) throws(LedgerError) {
        var own: [[Change]] = Array(repeating: [], count: all.count)
        // By index: a change that is taken out of its array is copied, text by text.
        for index in changes.indices {
            for place in byKind[changes[index].kind] ?? [] { own[place].append(changes[index]) }
        }
        for (place, own) in own.enumerated() where !own.isEmpty { try all[place].projection.apply(own) }
    }

    /// Takes in what has just been committed.
    ///
    /// This very program wrote the records, so it can read them. If it can't, the process ends: from then on it would
    /// decide by what is no longer true.
    public func follow(_ changes: [Change]) {
        do throws(LedgerError) { try apply(changes) } catch { fatalError("a committed change can't be read: \(error)") }
    }

    /// Forgets everything and begins anew with these records: see `Ledger.reset`.
    public func rebuild(from changes: [Change]) {
        do throws(LedgerError) { try replaceAll(with: changes) } catch {
            fatalError("a record can't be read: \(error)")
        }
    }

    /// - Throws: ``LedgerError`` for a record that can't be read.
    private func replaceAll(with changes: [Change]) throws(LedgerError) {
        for (kinds, projection) in all {
            try projection.replaceAll(with: changes.filter { kinds.contains($0.kind) })
        }
    }

    /// The projection of a type. Asking for one that no module declares is a mistake of the program, and traps.
    public subscript<P: Projection>(_ type: P.Type) -> P {
        guard let projection = byType[ObjectIdentifier(type)] as? P else {
            preconditionFailure("no module declares the projection \(type)")
        }
        return projection
    }
}

extension IdentityDirectory: Projection {}
