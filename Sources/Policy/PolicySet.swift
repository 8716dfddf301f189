/// Policies that answer together, as all those do that are attached to one user, group, role or level of an
/// organization. Immutable and shared.
///
/// A decision touches only the statements that could match. A small set asks each policy's own index; a large one has
/// an index over all, so that its answer costs the same whatever its size. Attaching or detaching one policy makes a
/// new set that shares nearly everything with the old one, in microseconds.
///
/// ```swift
/// let attached = PolicySet([readOnly, noSecrets])
/// let isAllowed = PolicyEvaluator.allows(request, PolicyInputs(identitySets: [attached]), context)
/// let detached = attached.replacingAll(with: [readOnly])
/// ```
public final class PolicySet: Sendable {
    /// Above this a set has an index of its own. Below, it is only a list, because there may be millions of them.
    static let unindexedCount = 16
    private static let chunkCount = 64
    /// Between the places of neighbours, so that others fit between them.
    private static let orderStep: UInt32 = 1 << 12

    /// In order; in pieces, so that a change copies but one of them. None is empty.
    private let chunks: ObjectList<PolicyChunk>
    /// Empty in a set without one.
    private let index: StatementIndex
    private let isIndexed: Bool
    /// The number of policies in the set.
    public let count: Int

    private init(chunks: [PolicyChunk], index: StatementIndex?) {
        self.chunks = ObjectList(retaining: chunks)
        self.index = index ?? .empty
        isIndexed = index != nil
        count = chunks.reduce(0) { $0 + $1.count }
    }

    deinit { chunks.release() }

    /// Makes a set of policies. Where several statements could be named as the reason for a decision, the first is.
    ///
    /// - Complexity: linear in the number of policies up to 16, and in the size of all of them beyond.
    public convenience init(_ policies: [CompiledPolicy] = []) {
        var order: UInt32 = 0
        let members = policies.map { policy in
            order &+= Self.orderStep
            return PolicyChunk.Member(order: order, policy)
        }
        let chunks = Self.chunks(members)
        self.init(chunks: chunks, index: members.count > Self.unindexedCount ? Self.index(chunks) : nil)
    }

    /// All policies of the set, in order. Makes a new array each time.
    public var policies: [CompiledPolicy] { chunks.elements.flatMap { $0.members.map(\.policy) } }

    /// Lends each policy of the set, in order.
    public func eachPolicy(_ body: (CompiledPolicy) -> Void) {
        for chunk in chunks.elements {
            for member in chunk.members { body(member.policy) }
        }
    }

    /// Whether there is no policy in it, so that it allows nothing.
    public var isEmpty: Bool { count == 0 }

    /// The set with one more policy, which comes last.
    ///
    /// - Complexity: linear in the size of the policy; the size of the set weighs next to nothing.
    public func adding(_ policy: CompiledPolicy) -> PolicySet {
        replacing(count..<count, with: [policy])
    }

    /// The set without that policy (the same object, not an equal one); the same set if it is not in it.
    ///
    /// - Complexity: as of `adding`.
    public func removing(_ policy: CompiledPolicy) -> PolicySet {
        var position = 0
        for chunk in chunks.elements {
            if let found = chunk.members.firstIndex(where: { $0.policy === policy }) {
                return replacing(position + found..<position + found + 1, with: [])
            }
            position += chunk.count
        }
        return self
    }

    /// The set with these policies instead; the same set if they are the same objects in the same order.
    ///
    /// - Complexity: linear in the size of what differs; to look for it takes nanoseconds for each policy.
    public func replacingAll(with policies: [CompiledPolicy]) -> PolicySet {
        let members = chunks.elements.lazy.map(\.members).joined()
        let prefix = zip(members, policies).prefix { $0.policy === $1 }.count
        if prefix == count, prefix == policies.count { return self }
        let suffix = zip(members.reversed(), policies.reversed())
            .prefix(min(count, policies.count) - prefix).prefix { $0.policy === $1 }.count
        return replacing(prefix..<count - suffix, with: policies[prefix..<policies.count - suffix])
    }

    private func replacing(_ range: Range<Int>, with policies: some Collection<CompiledPolicy>) -> PolicySet {
        let newCount = count - range.count + policies.count
        var chunks = chunks.elements
        // The pieces that the range touches; at least one, so that small pieces do not pile up.
        var first = 0
        var start = 0
        while first + 1 < chunks.count, start + chunks[first].count < range.lowerBound {
            start += chunks[first].count
            first += 1
        }
        var end = first
        var members: [PolicyChunk.Member] = []
        while end < chunks.count, end == first || start + members.count < range.upperBound {
            members += chunks[end].members
            end += 1
        }
        let local = range.lowerBound - start..<range.upperBound - start
        let before = local.lowerBound > 0 ? members[local.lowerBound - 1].order : 0
        let after =
            local.upperBound < members.count
            ? members[local.upperBound].order : chunks[end...].first?.members.first?.order
        guard let orders = Self.orders(of: policies.count, after: before, before: after) else {
            var all = self.policies
            all.replaceSubrange(range, with: policies)
            return PolicySet(all)
        }
        let new = zip(orders, policies).map { PolicyChunk.Member(order: $0, $1) }
        let old = members[local]
        members.replaceSubrange(local, with: new)
        chunks.replaceSubrange(first..<end, with: Self.chunks(members))
        guard newCount > Self.unindexedCount else { return PolicySet(chunks: chunks, index: nil) }
        guard isIndexed else { return PolicySet(chunks: chunks, index: Self.index(chunks)) }
        var index = index
        for member in old { index.remove(member.policy, order: member.order) }
        for member in new { index.insert(member.policy, order: member.order) }
        return PolicySet(chunks: chunks, index: index)
    }

    /// Places for some members between two others; nil if there is no room.
    private static func orders(of count: Int, after low: UInt32, before high: UInt32?) -> StrideTo<Int>? {
        let low = Int(low)
        let step = high.map { (Int($0) - low) / (count + 1) } ?? Int(orderStep)
        guard step > 0 || count == 0, low + step * count < Int(UInt32.max) else { return nil }
        return stride(from: low + step, to: low + step * count + 1, by: max(step, 1))
    }

    private static func chunks(_ members: [PolicyChunk.Member]) -> [PolicyChunk] {
        stride(from: 0, to: members.count, by: chunkCount).map {
            PolicyChunk(Array(members[$0..<min($0 + chunkCount, members.count)]))
        }
    }

    /// Takes into `verdict` what the policies say to a request.
    func answer(_ query: Query, _ context: Lookup, into verdict: inout Tally) {
        guard isIndexed else {
            for number in 0..<chunks.count {
                chunks[number]._withUnsafeGuaranteedRef { $0.answer(query, context, into: &verdict) }
                if verdict.deny != nil { return }
            }
            return
        }
        // Of statements that say as much, the first in order is named; what earlier sets said comes before.
        var places = (deny: UInt64.max, allow: verdict.allow == nil ? UInt64.max : 0)
        index.forEachCandidate(query) { entry in
            if entry.statement.pointee.isDeny {
                guard entry.place < places.deny, entry.statement.pointee.applies(query, context) != .none
                else { return }
                places.deny = entry.place
                verdict.deny = entry.statement
            } else if verdict.reach < .full || entry.place < places.allow {
                let reach = entry.statement.pointee.applies(query, context)
                guard reach != .none, reach > verdict.reach || (reach == verdict.reach && entry.place < places.allow)
                else { return }
                places.allow = entry.place
                verdict.allow = entry.statement
                verdict.reach = reach
            }
        }
    }

    private static func index(_ chunks: [PolicyChunk]) -> StatementIndex {
        var index = StatementIndex()
        for chunk in chunks {
            for member in chunk.members { index.insert(member.policy, order: member.order) }
        }
        return index
    }
}

/// A piece of a set.
private final class PolicyChunk: Sendable {
    struct Member: Sendable {
        /// Where it stands among the others.
        let order: UInt32
        let policy: CompiledPolicy

        init(order: some BinaryInteger, _ policy: CompiledPolicy) {
            self.order = UInt32(truncatingIfNeeded: order)
            self.policy = policy
        }
    }

    /// What is looked at first, and the only thing of most policies that is looked at.
    private struct Head: BitwiseCopyable {
        let order: UInt32
        let services: ServiceMask
        let policy: Unmanaged<CompiledPolicy>
        /// That of a policy of one statement, which needs no index.
        let only: UnsafePointer<CompiledStatement>?
    }

    private nonisolated(unsafe) let heads: UnsafeBufferPointer<Head>

    init(_ members: [Member]) {
        let heads = UnsafeMutableBufferPointer<Head>.allocate(capacity: members.count)
        _ = heads.initialize(
            fromContentsOf: members.map {
                Head(
                    order: $0.order, services: $0.policy.services, policy: .passRetained($0.policy),
                    only: $0.policy.onlyStatement)
            })
        self.heads = UnsafeBufferPointer(heads)
    }

    deinit {
        for head in heads { head.policy.release() }
        heads.deallocate()
    }

    var count: Int { heads.count }

    var members: [Member] { heads.map { Member(order: $0.order, $0.policy.takeUnretainedValue()) } }

    func answer(_ query: Query, _ context: Lookup, into verdict: inout Tally) {
        for head in heads where head.services.contains(query.services) {
            if let only = head.only {
                verdict.take(only, query, context)
            } else {
                head.policy._withUnsafeGuaranteedRef { $0.answer(query, context, into: &verdict) }
            }
            if verdict.deny != nil { return }
        }
    }
}

/// Which services a policy speaks of, in 32 bits: what is not in it certainly does not match.
struct ServiceMask: BitwiseCopyable {
    private var bits: UInt32 = 0

    static let all = ServiceMask(bits: .max)

    private init(bits: UInt32) { self.bits = bits }

    init() {}

    /// The mask of one service.
    init(_ key: ActionKey) {
        // The hash's high bits are mixed best.
        bits = 1 << UInt32(truncatingIfNeeded: (key.service &* 0x9E37_79B9_7F4A_7C15) >> 59)
    }

    mutating func formUnion(_ other: ServiceMask) { bits |= other.bits }

    @inline(__always)
    func contains(_ other: ServiceMask) -> Bool { bits & other.bits != 0 }
}
