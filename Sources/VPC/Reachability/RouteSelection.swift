/// Which route of a table holds for which addresses.
///
/// The longest prefix decides; between two of one length a route to a block comes before one to a prefix list, and both before
/// the VPC's own `local` route, which a route of the table may replace. Of prefix lists that lead to different targets with the
/// same block AWS takes any one, but always the same: here the first in the table.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>
struct RouteSelection: Sendable {
    let routes: [Route]
    /// Places in `routes`, by the addresses.
    private let ipv4: IntervalMap<Int>
    private let ipv6: IntervalMap<Int>

    /// - Parameter vpcBlocks: what is local even if the table doesn't say so.
    init(_ table: [Route], vpcBlocks: [CIDRBlock], prefixLists: [String: [CIDRBlock]]) {
        let routes = table + vpcBlocks.map { Route(destination: .block($0), target: .local) }
        self.routes = routes
        var entries: [(block: CIDRBlock, rank: Int, route: Int)] = []
        for (index, route) in routes.enumerated() {
            switch route.destination {
            case .block(let block):
                entries.append((block, index < table.count ? 2 : 0, index))
            case .prefixList(let id):
                entries += (prefixLists[id] ?? []).map { ($0, 1, index) }
            }
        }
        // What comes later paints over what came before.
        entries.sort {
            ($0.block.prefixLength, $0.rank, -$0.route) < ($1.block.prefixLength, $1.rank, -$1.route)
        }
        func painted(isVersion6: Bool) -> IntervalMap<Int> {
            IntervalMap.merged(
                entries.filter { $0.block.isVersion6 == isVersion6 }.map { IntervalMap($0.block.interval, $0.route) }
            ) { $1 ?? $0 }
        }
        ipv4 = painted(isVersion6: false)
        ipv6 = painted(isVersion6: true)
    }

    /// The route that packets to an address take.
    func route(to address: NetworkAddress) -> Route? {
        ((address.isVersion6 ? ipv6 : ipv4)[address.value]).map { routes[$0] }
    }

    /// The addresses to which packets take one of the routes for which `holds` is true.
    func addresses(where holds: (Route) -> Bool) -> AddressSet {
        let chosen = Set(routes.indices.filter { holds(routes[$0]) })
        return AddressSet(ipv4: Self.part(ipv4, chosen), ipv6: Self.part(ipv6, chosen))
    }

    /// The routes that packets to these addresses take, in the table's order.
    func routes(to addresses: AddressSet) -> [Route] {
        routes.indices.filter { index in
            let own = AddressSet(ipv4: Self.part(ipv4, [index]), ipv6: Self.part(ipv6, [index]))
            return !own.intersection(addresses).isEmpty
        }.map { routes[$0] }
    }

    private static func part(_ map: IntervalMap<Int>, _ chosen: Set<Int>) -> IntervalSet<UInt128> {
        IntervalSet(map.bands.lazy.filter { chosen.contains($0.value) }.map(\.range))
    }
}
