/// Packets by the addresses of their other side, protocols and ports: a region that is computed with exactly, as sets are.
/// Equal regions are equal values.
public struct TrafficRegion: Hashable, Sendable {
    let ipv4: IntervalMap<ServiceSet>
    let ipv6: IntervalMap<ServiceSet>

    /// No packet, and every packet.
    public static let empty = TrafficRegion(ipv4: IntervalMap(), ipv6: IntervalMap())
    public static let all = TrafficRegion(.all, .all)

    init(ipv4: IntervalMap<ServiceSet>, ipv6: IntervalMap<ServiceSet>) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }

    public init(_ addresses: AddressSet, _ services: ServiceSet) {
        self.init(
            ipv4: services.isEmpty ? IntervalMap() : IntervalMap(addresses.ipv4, services),
            ipv6: services.isEmpty ? IntervalMap() : IntervalMap(addresses.ipv6, services))
    }

    public init(_ block: CIDRBlock, _ services: ServiceSet) { self.init(AddressSet([block]), services) }

    /// All that is in any of the regions.
    public static func union(of regions: [TrafficRegion]) -> TrafficRegion {
        TrafficRegion(
            ipv4: IntervalMap.merged(regions.map(\.ipv4), unite), ipv6: IntervalMap.merged(regions.map(\.ipv6), unite))
    }

    public var isEmpty: Bool { ipv4.bands.isEmpty && ipv6.bands.isEmpty }

    public func contains(_ address: NetworkAddress, _ service: Service) -> Bool {
        services(with: address).contains(service)
    }

    public func union(_ other: TrafficRegion) -> TrafficRegion {
        if isEmpty { return other }
        if other.isEmpty { return self }
        return TrafficRegion(
            ipv4: ipv4.combined(with: other.ipv4, Self.unite), ipv6: ipv6.combined(with: other.ipv6, Self.unite))
    }

    public func intersection(_ other: TrafficRegion) -> TrafficRegion {
        if isEmpty || other.isEmpty { return .empty }
        return combined(with: other) { one, two in
            guard let one, let two else { return nil }
            // Where one of the two allows everything, nothing has to be computed.
            return one == .all ? two : two == .all ? one : one.intersection(two).ifAny
        }
    }

    public func subtracting(_ other: TrafficRegion) -> TrafficRegion {
        if isEmpty || other.isEmpty { return self }
        return combined(with: other) { one, two in
            guard let one, let two else { return one }
            return one.subtracting(two).ifAny
        }
    }

    /// What is in it with an address.
    public func services(with address: NetworkAddress) -> ServiceSet {
        (address.isVersion6 ? ipv6 : ipv4)[address.value] ?? .empty
    }

    /// What is in it with any address.
    public var services: ServiceSet {
        (ipv4.bands + ipv6.bands).reduce(.empty) { $0.union($1.value) }
    }

    /// The addresses with which there is something in it.
    public var addresses: AddressSet { addressesOfBands { _ in true } }

    /// The addresses with which it has any of the services.
    public func addresses(with services: ServiceSet) -> AddressSet {
        addressesOfBands { !$0.intersection(services).isEmpty }
    }

    /// The part of one of the families.
    public func keeping(ipv4 keepsIPv4: Bool, ipv6 keepsIPv6: Bool) -> TrafficRegion {
        if keepsIPv4, keepsIPv6 { return self }
        return TrafficRegion(ipv4: keepsIPv4 ? ipv4 : IntervalMap(), ipv6: keepsIPv6 ? ipv6 : IntervalMap())
    }

    /// With another set of services at each address; those without any stay so.
    func mapped(_ change: (ServiceSet) -> ServiceSet) -> TrafficRegion {
        TrafficRegion(ipv4: ipv4.mapped { change($0).ifAny }, ipv6: ipv6.mapped { change($0).ifAny })
    }

    private func combined(
        with other: TrafficRegion, _ combine: (ServiceSet?, ServiceSet?) -> ServiceSet?
    ) -> TrafficRegion {
        TrafficRegion(ipv4: ipv4.combined(with: other.ipv4, combine), ipv6: ipv6.combined(with: other.ipv6, combine))
    }

    private func addressesOfBands(where holds: (ServiceSet) -> Bool) -> AddressSet {
        AddressSet(
            ipv4: IntervalSet(ipv4.bands.filter { holds($0.value) }.map(\.range)),
            ipv6: IntervalSet(ipv6.bands.filter { holds($0.value) }.map(\.range)))
    }

    private static func unite(_ one: ServiceSet?, _ two: ServiceSet?) -> ServiceSet? {
        guard let one, let two else { return one ?? two }
        return one.union(two)
    }
}

extension TrafficRegion {
    /// Addresses × a protocol × ports: all packets of the box are in the region.
    public struct Box: Hashable, Sendable {
        public let first: NetworkAddress
        public let last: NetworkAddress
        public let protocolNumber: UInt8
        /// Ports, or types and codes of ICMP as `Service.selector` has them; all of them, for other protocols.
        public let selectors: ClosedRange<UInt16>
    }

    /// The region as disjoint boxes, by addresses, protocols and ports. A region with every protocol has 256 for each range.
    public var boxes: [Box] {
        var boxes: [Box] = []
        for (isVersion6, bands) in [(false, ipv4.bands), (true, ipv6.bands)] {
            for band in bands {
                let first = NetworkAddress(band.range.lowerBound, isVersion6: isVersion6)
                let last = NetworkAddress(band.range.upperBound, isVersion6: isVersion6)
                for protocols in band.value.protocols.ranges {
                    for number in protocols {
                        for selectors in band.value.selectors(of: number).ranges {
                            boxes.append(Box(first: first, last: last, protocolNumber: number, selectors: selectors))
                        }
                    }
                }
            }
        }
        return boxes
    }
}

extension ServiceSet {
    /// nil for the empty set.
    var ifAny: ServiceSet? { isEmpty ? nil : self }
}
