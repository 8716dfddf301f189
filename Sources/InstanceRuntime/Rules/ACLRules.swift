import VPC

/// A network ACL in one direction: a chain in which the first entry that says something of a packet decides. One that allows it
/// returns.
struct ACLRules {
    static func chain(_ direction: TrafficDirection, _ id: String, of network: Network) -> RuleObject {
        // One that is not known lets nothing through.
        let entries = (network.networkACLs[id]?.entries ?? []).filter { $0.isEgress == (direction == .out) }
        let refusal = "goto \(RuleName.refused(direction))"
        let rules = entries.compactMap { entry -> String? in
            let isVersion6 = entry.block.isVersion6
            guard TrafficExpression.isPossible(entry.match, isVersion6: isVersion6) else { return nil }
            let block =
                entry.block.prefixLength == 0
                ? TrafficExpression.family(isVersion6: isVersion6)
                : "\(direction.peer(isVersion6: isVersion6)) \(entry.block)"
            return TrafficExpression.rule(
                TrafficExpression.text(entry.match), block, entry.allows ? "return" : refusal)
        }
        return RuleObject(.chain, RuleName.acl(direction, id), "", rules + [refusal])
    }
}
