/// The sets in which the kernel counts an interface's flows: one for each direction, for what passed and what did not, and for each form
/// of a flow's key. They are counted where it is decided, so that each packet is counted as what it was.
struct FlowSets {
    /// What a flow is told by: addresses and protocol, and ports where the protocol has them.
    enum Key: String, CaseIterable {
        case v4 = "4"
        case v4WithPorts = "4p"
        case v6 = "6"
        case v6WithPorts = "6p"

        var hasPorts: Bool { self == .v4WithPorts || self == .v6WithPorts }
        var isVersion6: Bool { self == .v6 || self == .v6WithPorts }

        var type: String {
            let address = isVersion6 ? "ipv6_addr" : "ipv4_addr"
            return "\(address) . \(address) . inet_proto" + (hasPorts ? " . inet_service . inet_service" : "")
        }

        /// How many flows are counted before those that are new are left out.
        var capacity: Int { hasPorts ? 16_384 : 1024 }

        var update: String {
            let family = isVersion6 ? "ip6" : "ip"
            let ports = hasPorts ? " . th sport . th dport" : ""
            return "\(family) saddr . \(family) daddr . meta l4proto\(ports)"
        }
    }

    enum Action: String, CaseIterable {
        case accept, reject
    }

    private let link: String

    init(_ link: String) { self.link = link }

    static func set(_ link: String, _ direction: TrafficDirection, _ action: Action, _ key: Key) -> String {
        "flows-\(link)-\(direction.rawValue)-\(action.rawValue)-\(key.rawValue)"
    }

    private static func chain(_ link: String, _ direction: TrafficDirection, _ action: Action) -> String {
        "flows-\(link)-\(direction.rawValue)-\(action.rawValue)"
    }

    /// Sets and the chains that fill them.
    var objects: [RuleObject] {
        TrafficDirection.allCases.flatMap { direction in
            Action.allCases.flatMap { action -> [RuleObject] in
                let sets = Key.allCases.map { key in
                    RuleObject(
                        .set, Self.set(link, direction, action, key),
                        "type \(key.type); size \(key.capacity); flags dynamic,timeout; timeout 15m; counter;",
                        isKernels: true)
                }
                let rules = Key.allCases.map { key in
                    let protocols = "meta l4proto \(key.hasPorts ? "" : "!= "){ 6, 17 }"
                    let family = TrafficExpression.family(isVersion6: key.isVersion6)
                    return "\(family) \(protocols) update @\(Self.set(link, direction, action, key)) { \(key.update) }"
                }
                return sets + [RuleObject(.chain, Self.chain(link, direction, action), "", rules)]
            }
        }
    }

    /// Which interface's chain counts.
    static func maps(_ links: [String]) -> [RuleObject] {
        TrafficDirection.allCases.flatMap { direction in
            Action.allCases.map { action in
                RuleObject(
                    .map, "flows-\(direction.rawValue)-\(action.rawValue)", "type ifname : verdict;",
                    links.map { "\(RuleName.quoted($0)) : jump \(chain($0, direction, action))" })
            }
        }
    }
}
