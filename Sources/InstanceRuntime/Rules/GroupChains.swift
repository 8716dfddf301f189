import VPC

/// The chains of what interfaces may send and get, by the groups that they are in. Making them is most of the work of making a table,
/// so that those whose groups say what they said before are not made again.
struct GroupChains {
    private struct Key: Hashable {
        let direction: TrafficDirection
        let groups: [String]
    }

    private struct Chain {
        /// What it was made of.
        let groups: [SecurityGroup?]
        let object: RuleObject
        /// What its rules name.
        let named: (groups: Set<String>, lists: Set<String>)
    }

    private var former: [Key: Chain] = [:]
    private var current: [Key: Chain] = [:]

    /// From now on those count that somebody asks for.
    mutating func begin() { (former, current) = (current, [:]) }

    /// What the chain of some groups is called.
    /// - Parameter groups: without repetition, in order.
    mutating func name(_ direction: TrafficDirection, _ groups: [String], of network: Network) -> String {
        let key = Key(direction: direction, groups: groups)
        if let known = current[key] { return known.object.name }
        let contents = groups.map { network.securityGroups[$0] }
        let chain: Chain
        if let known = former[key], known.groups == contents {
            chain = known
        } else {
            let rules = GroupRules(direction, groups: groups, of: network)
            chain = Chain(groups: contents, object: rules.chain, named: rules.named)
        }
        current[key] = chain
        return chain.object.name
    }

    /// All that were asked for, and the groups and prefix lists that their rules name.
    mutating func end() -> (chains: [RuleObject], groups: Set<String>, lists: Set<String>) {
        former = [:]
        var named: (groups: Set<String>, lists: Set<String>) = ([], [])
        for chain in current.values {
            named.groups.formUnion(chain.named.groups)
            named.lists.formUnion(chain.named.lists)
        }
        return (current.values.map(\.object).sorted { $0.name < $1.name }, named.groups, named.lists)
    }
}
