import WAF

/// What requests of an attack have in common, and hardly any others: a rule can be made of it.
public struct MitigationRule: Codable, Sendable, Hashable {
    /// They come from one of these; nil: from anywhere. In CIDR notation.
    public var addresses: [String]?
    public var method: String?
    public var path: String?
    /// Empty: they name none.
    public var userAgent: String?

    /// As much of a text as WAF looks for, in bytes. Of longer ones the beginning counts, and so it does of what is no UTF-8: up to
    /// U+FFFD, which stands for that here.
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-string-match.html>
    public static let longestText = 200

    init(addresses: [String]? = nil, method: String? = nil, path: String? = nil, userAgent: String? = nil) {
        self.addresses = addresses
        self.method = method.map { Self.cut($0) }
        self.path = path.map { Self.cut($0) }
        self.userAgent = userAgent.map { Self.cut($0) }
    }

    private static func cut(_ text: String) -> String {
        let text =
            text.utf8.count <= longestText ? text : String(decoding: text.utf8.prefix(longestText), as: UTF8.self)
        guard let end = text.unicodeScalars.firstIndex(of: unknown) else { return text }
        return String(text.unicodeScalars[...end])
    }

    private static let unknown: Unicode.Scalar = "\u{FFFD}"

    /// What is to be looked for at the beginning, where a rule's text is only that of longer ones; nil: the text is all of it.
    public static func beginning(of text: String) -> String? {
        if text.unicodeScalars.last == unknown { return String(text.unicodeScalars.dropLast()) }
        return text.utf8.count >= longestText ? text : nil
    }

    /// Makes what tells whether a request is one of those, exactly as the web ACL will tell.
    func matcher() -> (SampledRequest) -> Bool {
        let sources = addresses.map { Set($0) }
        func fits(_ text: String?, _ value: String) -> Bool {
            guard let text else { return true }
            return Self.beginning(of: text).map { value.utf8.starts(with: $0.utf8) } ?? (value == text)
        }
        return { request in
            (sources?.contains(ClientKey.client(request.address).cidr) ?? true) && fits(method, request.method)
                && fits(path, request.path) && fits(userAgent, request.userAgent ?? "")
        }
    }

    /// Whether there is something of each of its texts that the web ACL can look for.
    var saysSomething: Bool {
        [method, path, userAgent].allSatisfy { $0.flatMap { Self.beginning(of: $0) }?.isEmpty != true }
    }
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
    /// How many clients have to be known before anything but addresses tells an attack from them: the probe of a monitor says
    /// nothing of what people send.
    private static let leastClients = 10

    private struct Candidate {
        let rule: MitigationRule
        let matches: (SampledRequest) -> Bool

        init(_ rule: MitigationRule) {
            self.rule = rule
            matches = rule.matcher()
        }
    }

    /// Which part of what is usual is hit, if so many of the samples are: as much as it may well be, since those are few.
    private func harm(_ hits: Int) -> Double {
        guard !usual.isEmpty else { return 0 }
        return (Double(hits) + 2 * Double(hits).squareRoot() + 3) / Double(usual.count)
    }

    /// - Parameters:
    ///   - clients: those who have more requests than any usual client, in CIDR notation.
    ///   - old: rules that were made for the same attack: they go on as far as there is room.
    func rules(clients: [String], old: [MitigationRule] = []) -> [MitigationRule] {
        var present = present
        var usualLeft = usual
        let before = Double(present.count)
        guard before > 0 else { return old }
        // Of the requests now, so many are what is usual.
        let innocent = growth > 0 ? min(1, 1 / growth) : 0
        var (rules, hit, harmed) = ([MitigationRule](), 0.0, 0)
        func isHarmless(_ rule: MitigationRule, _ hits: Int) -> Bool {
            // Addresses are none that anybody usual has.
            rule.addresses != nil || harm(harmed + hits) <= Self.mostHarm
        }
        while rules.count < Self.mostRules, hit < Self.enough * (1 - innocent) {
            var best: (candidate: Candidate, use: Double, hits: Int, value: Double)?
            for candidate in candidates(present, clients) {
                let share = Double(present.count(where: candidate.matches)) / before
                let hits = usualLeft.count(where: candidate.matches)
                let usualShare = usual.isEmpty ? 0 : Double(hits) / Double(usual.count)
                // What is usual is hit as well as far as it comes now.
                let use = share - usualShare * innocent
                let value = use - 4 * usualShare
                guard use >= Self.leastUse, isHarmless(candidate.rule, hits), value > best?.value ?? -.infinity else {
                    continue
                }
                best = (candidate, use, hits, value)
            }
            guard let best else { break }
            rules.append(best.candidate.rule)
            hit += best.use
            harmed += best.hits
            present.removeAll(where: best.candidate.matches)
            usualLeft.removeAll(where: best.candidate.matches)
        }
        return rules + kept(old, beside: rules, usualLeft, harmed)
    }

    /// Those of the old rules for which there is room. Who attacks in turns does not get free at each.
    private func kept(
        _ old: [MitigationRule], beside new: [MitigationRule], _ usualLeft: [SampledRequest], _ harmed: Int
    ) -> [MitigationRule] {
        var (kept, usualLeft, harmed) = ([MitigationRule](), usualLeft, harmed)
        for rule in old where new.count + kept.count < Self.mostRules && !new.contains(rule) {
            if rule.addresses != nil, new.contains(where: { $0.addresses != nil }) { continue }
            let matches = rule.matcher()
            let hits = usualLeft.count(where: matches)
            guard rule.addresses != nil || harm(harmed + hits) <= Self.mostHarm else { continue }
            kept.append(rule)
            harmed += hits
            usualLeft.removeAll(where: matches)
        }
        return kept
    }

    private func candidates(_ present: [SampledRequest], _ clients: [String]) -> [Candidate] {
        func frequent<V: Hashable>(_ value: (SampledRequest) -> V) -> [V] {
            var counts: [V: Int] = [:]
            for request in present { counts[value(request), default: 0] += 1 }
            return counts.filter { Double($0.value) >= Double(self.present.count) * Self.leastUse }.map(\.key)
        }
        let sources =
            clients.isEmpty ? [] : [MitigationRule(addresses: Set(clients.prefix(Self.mostAddresses)).sorted())]
        // Nobody knows what else a rule would hit.
        guard Set(usual.lazy.map { ClientKey.client($0.address) }).count >= Self.leastClients else {
            return sources.map { Candidate($0) }
        }
        struct Pair: Hashable {
            let first: String
            let second: String
        }
        let agents = frequent { $0.userAgent ?? "" }.map { MitigationRule(userAgent: $0) }
        let paths = frequent(\.path).map { MitigationRule(path: $0) }
        let ofAgents = frequent { Pair(first: $0.userAgent ?? "", second: $0.path) }
            .map { MitigationRule(path: $0.second, userAgent: $0.first) }
        let ofMethods = frequent { Pair(first: $0.method, second: $0.path) }
            .map { MitigationRule(method: $0.first, path: $0.second) }
        // Several long texts may have one beginning.
        let all = Set(agents + paths + ofAgents + ofMethods).filter(\.saysSomething)
        // In a fixed order, so that the same traffic makes the same rules.
        return (sources + all.sorted { $0.order.lexicographicallyPrecedes($1.order) }).map { Candidate($0) }
    }
}

extension MitigationRule {
    /// What says least comes first.
    fileprivate var order: [String] {
        [method == nil ? "0" : "1", path == nil ? "0" : "1", userAgent == nil ? "0" : "1"]
            + [method, path, userAgent].map { $0 ?? "" }
    }
}
