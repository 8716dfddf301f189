import Server
import VPC

/// What reaches an interface, as it is printed.
struct ReachReport: Encodable {
    struct Way: Encodable {
        /// What passes: `tcp 443, udp 53`
        let services: String
        /// From where: blocks, or what is said for many.
        let sources: String
        /// How severe Inspector finds it; nil for what comes from within the VPC.
        let severity: String?
        let path: [Component]
    }

    struct Component: Encodable {
        let type: String
        let id: String
        /// With its rules, in words.
        let text: String

        init(_ step: PathStep) {
            type = step.component.kind.rawValue
            id = step.component.id
            text = step.description
        }
    }

    struct Obstacle: Encodable {
        /// To what it is one: `tcp 22`
        let services: String
        let code: String
        let component: String
        let text: String

        init(_ barrier: Barrier, to services: ServiceSet) {
            self.services = services.description
            code = barrier.code.rawValue
            component = barrier.component.id
            text = barrier.description
        }
    }

    let accountId: String
    let region: String
    let networkInterface: String
    let instance: String?
    let source: String
    let ways: [Way]
    let barriers: [Obstacle]

    /// From a part of the internet.
    /// - Parameter wishes: what is asked for. What stands in the way is told of each.
    init(internetTo target: RecordedNetworks.Found, _ sources: AddressSet, _ wishes: [ServiceSet]) {
        let (network, id) = (target.network, target.interfaceID)
        let asked = TrafficRegion(sources, wishes.reduce(.empty) { $0.union($1) })
        let ways = network.internetReach(of: id).intersection(asked).summary.map { services, addresses in
            let part = TrafficRegion(addresses, services)
            let severities = network.exposedPorts(of: id, part).map(\.severity)
            return Way(
                services: services.description, sources: addresses.inWords(),
                severity: ExposureSeverity.allCases.last { severities.contains($0) }?.rawValue,
                path: network.internetPath(to: id, of: part).map(Component.init))
        }
        let barriers = wishes.flatMap { wish in
            network.internetBarriers(to: id, of: TrafficRegion(sources, wish)).map { Obstacle($0, to: wish) }
        }
        self.init(target, from: sources == .all ? "the internet" : sources.inWords(), ways, barriers)
    }

    /// From another interface.
    init(from source: String, to target: RecordedNetworks.Found, _ wishes: [ServiceSet]) {
        let found = wishes.map { ($0, target.network.reach(from: source, to: target.interfaceID, wish: $0)) }
        let ways = found.flatMap { _, reach in
            let path = reach.steps.map(Component.init)
            return reach.ways.map {
                Way(
                    services: $0.services.description, sources: "\($0.source) to \($0.destination)", severity: nil,
                    path: path)
            }
        }
        let barriers = found.flatMap { wish, reach in reach.barriers.map { Obstacle($0, to: wish) } }
        let instance = target.network.interfaces[source]?.instanceID
        self.init(target, from: instance.map { "\($0) (\(source))" } ?? source, ways, barriers)
    }

    private init(_ target: RecordedNetworks.Found, from source: String, _ ways: [Way], _ barriers: [Obstacle]) {
        (accountId, region, networkInterface) = (target.accountID, target.region, target.interfaceID)
        instance = target.network.interfaces[target.interfaceID]?.instanceID
        (self.source, self.ways, self.barriers) = (source, ways, barriers)
    }

    /// From all who have an address of a block: the VPC's other interfaces, and the internet, as far as it has such addresses.
    static func all(
        from block: CIDRBlock, to target: RecordedNetworks.Found, _ wishes: [ServiceSet]
    ) -> [ReachReport] {
        let (network, sources) = (target.network, AddressSet([block]))
        func vpc(_ interface: NetworkInterface) -> String? { network.subnets[interface.subnetID]?.vpcID }
        let own = network.interfaces[target.interfaceID].flatMap(vpc)
        let others = network.interfaces.values.filter { other in
            other.id != target.interfaceID && own != nil && vpc(other) == own
                && other.addresses.contains(where: block.contains)
        }
        var reports = others.map(\.id).sorted().map { ReachReport(from: $0, to: target, wishes) }
        let internet = sources.intersection(.internet).subtracting(AddressSet(own.flatMap { network.vpcs[$0] } ?? []))
        // Of addresses that nobody has, too, it is said that nothing comes from there.
        if !internet.isEmpty || reports.isEmpty { reports.append(ReachReport(internetTo: target, sources, wishes)) }
        return reports
    }

    var text: String {
        let name = instance.map { "\($0) (\(networkInterface))" } ?? networkInterface
        guard !ways.isEmpty else {
            let areSeveral = Set(barriers.map(\.services)).count > 1
            let reasons = barriers.map { "  \(areSeveral ? "\($0.services): " : "")\($0.code): \($0.text)" }
            return (["Nothing from \(source) reaches \(name)."] + reasons).joined(separator: "\n")
        }
        let lines = ways.flatMap { way in
            [
                "  \(way.services) from \(way.sources)\(way.severity.map { ", \($0)" } ?? "")",
                "    \(way.path.map(\.text).joined(separator: " > "))",
            ]
        }
        return (["From \(source) to \(name):"] + lines).joined(separator: "\n")
    }
}
