import VPC

/// What interfaces that are in the same groups may send, or get: one chain for all of them, with the rules of all groups. A rule that
/// allows returns; what is left goes to the chain of what is refused.
struct GroupRules {
    /// Of which kind the other side is, for all rules that say the same of packets.
    private struct Peers {
        var blocks: [CIDRBlock] = []
        var groups: Set<String> = []
        var lists: Set<String> = []
    }

    let direction: TrafficDirection
    /// Without repetition, in order.
    let groups: [String]
    private let peers: [TrafficMatch: Peers]

    init(_ direction: TrafficDirection, groups: [String], of network: Network) {
        self.direction = direction
        self.groups = groups
        var peers: [TrafficMatch: Peers] = [:]
        for group in groups.compactMap({ network.securityGroups[$0] }) {
            for rule in direction == .out ? group.egress : group.ingress {
                switch rule.peer {
                case .block(let block): peers[rule.match, default: Peers()].blocks.append(block)
                case .group(let id): peers[rule.match, default: Peers()].groups.insert(id)
                case .prefixList(let id): peers[rule.match, default: Peers()].lists.insert(id)
                }
            }
        }
        self.peers = peers
    }

    var chain: RuleObject { RuleObject(.chain, RuleName.chain(direction, groups), "", rules) }

    /// Groups and lists that its rules name.
    var named: (groups: Set<String>, lists: Set<String>) {
        peers.values.reduce(into: ([], [])) { $0 = ($0.0.union($1.groups), $0.1.union($1.lists)) }
    }

    private var rules: [String] {
        let sorted = peers.map { (TrafficExpression.text($0.key), $0.key, $0.value) }.sorted { $0.0 < $1.0 }
        return sorted.flatMap { rules($0.1, $0.2) } + ["goto \(RuleName.refused(direction))"]
    }

    private func rules(_ match: TrafficMatch, _ peers: Peers) -> [String] {
        let text = TrafficExpression.text(match)
        let families = [false, true].filter { TrafficExpression.isPossible(match, isVersion6: $0) }
        let ranges = families.map { AddressRanges(peers.blocks, isVersion6: $0) }
        if ranges.count == 2, ranges.allSatisfy(\.isAll) { return [TrafficExpression.rule(text, "return")] }
        return ranges.flatMap { ranges in
            let isVersion6 = ranges.isVersion6
            let field = direction.peer(isVersion6: isVersion6)
            if ranges.isAll {
                return [TrafficExpression.rule(text, TrafficExpression.family(isVersion6: isVersion6), "return")]
            }
            var rules: [String] = []
            if !ranges.isEmpty {
                let elements = ranges.elements.joined(separator: ", ")
                rules.append(TrafficExpression.rule(text, "\(field) { \(elements) } return"))
            }
            for id in peers.groups.sorted() + peers.lists.sorted() {
                let set = RuleName.addresses(id, isVersion6: isVersion6)
                rules.append(TrafficExpression.rule(text, "\(field) @\(set) return"))
            }
            return rules
        }
    }
}
