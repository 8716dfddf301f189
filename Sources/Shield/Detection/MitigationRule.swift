import WAF

/// What requests of an attack have in common, and hardly any others: a rule can be made of it.
public struct MitigationRule: Codable, Sendable, Hashable {
    /// They come from one of these; nil: from anywhere. In CIDR notation.
    public var addresses: [String]?
    public var method: String?
    public var path: String?
    /// Empty: they name none.
    public var userAgent: String?

    init(addresses: [String]? = nil, method: String? = nil, path: String? = nil, userAgent: String? = nil) {
        self.addresses = addresses
        self.method = method
        self.path = path
        self.userAgent = userAgent
    }

    /// Whether it says anything at all.
    var isEmpty: Bool { addresses == nil && method == nil && path == nil && userAgent == nil }
}

/// Looks for what tells the requests of an attack from those that are usual.
struct MitigationSearch {
    /// Samples of what comes now, and of what was usual.
    let present: [SampledRequest]
    let usual: [SampledRequest]
    /// How many requests there are now for each that is usual.
    let growth: Double

    /// How many rules there are at most: as many as a rule group has room for.
    private static let mostRules = 5
    /// Which part of what is usual all rules together may hit.
    private static let mostHarm = 0.02
    /// Which part of the attack a rule has to hit to be worth it.
    private static let leastUse = 0.05
    /// When enough of the attack is hit.
    private static let enough = 0.95
    /// How many addresses a rule has at most.
    static let mostAddresses = 5000

    private struct Candidate {
        let rule: MitigationRule
        let matches: (SampledRequest) -> Bool
    }

    /// - Parameter clients: those who have more requests than any usual client, in CIDR notation.
    func rules(clients: [String]) -> [MitigationRule] {
        var present = present
        var usualLeft = usual
        let before = Double(present.count)
        guard before > 0 else { return [] }
        // Of the requests now, so many are what is usual.
        let innocent = growth > 0 ? min(1, 1 / growth) : 0
        var (rules, hit, harm) = ([MitigationRule](), 0.0, 0.0)
        while rules.count < Self.mostRules, hit < Self.enough * (1 - innocent) {
            let best = candidates(present, clients).compactMap { candidate -> (Candidate, use: Double, harm: Double)? in
                let share = Double(present.count(where: candidate.matches)) / before
                let harm = usual.isEmpty
                    ? 0 : Double(usualLeft.count(where: candidate.matches)) / Double(usual.count)
                // What is usual is hit as well as far as it comes now.
                let use = share - harm * innocent
                return use >= Self.leastUse ? (candidate, use, harm) : nil
            }.filter { harm + $0.harm <= Self.mostHarm }.max { $0.use - 4 * $0.harm < $1.use - 4 * $1.harm }
            guard let best else { break }
            rules.append(best.0.rule)
            hit += best.use
            harm += best.harm
            present.removeAll(where: best.0.matches)
            usualLeft.removeAll(where: best.0.matches)
        }
        return rules
    }

    private func candidates(_ present: [SampledRequest], _ clients: [String]) -> [Candidate] {
        var found: [Candidate] = []
        func frequent<V: Hashable>(_ value: (SampledRequest) -> V) -> [V] {
            var counts: [V: Int] = [:]
            for request in present { counts[value(request), default: 0] += 1 }
            return counts.filter { Double($0.value) >= Double(self.present.count) * Self.leastUse }.map(\.key)
        }
        if !clients.isEmpty {
            let set = Set(clients.prefix(Self.mostAddresses))
            found.append(
                Candidate(rule: MitigationRule(addresses: set.sorted())) {
                    set.contains(ClientKey.client($0.address).cidr)
                })
        }
        // Nobody knows what else a rule would hit: after a start, say.
        guard !usual.isEmpty else { return found }
        for agent in frequent({ $0.userAgent ?? "" }) {
            found.append(Candidate(rule: MitigationRule(userAgent: agent)) { ($0.userAgent ?? "") == agent })
        }
        for path in frequent(\.path) where path.utf8.count < SampledRequest.longest {
            found.append(Candidate(rule: MitigationRule(path: path)) { $0.path == path })
        }
        struct Pair: Hashable {
            let first: String
            let second: String
        }
        for pair in frequent({ Pair(first: $0.userAgent ?? "", second: $0.path) }) {
            found.append(
                Candidate(rule: MitigationRule(path: pair.second, userAgent: pair.first)) {
                    ($0.userAgent ?? "") == pair.first && $0.path == pair.second
                })
        }
        for pair in frequent({ Pair(first: $0.method, second: $0.path) }) {
            found.append(
                Candidate(rule: MitigationRule(method: pair.first, path: pair.second)) {
                    $0.method == pair.first && $0.path == pair.second
                })
        }
        return found
    }
}
