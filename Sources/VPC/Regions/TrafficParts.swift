extension TrafficRegion {
    /// The ports of a protocol that are in it, with the addresses: neighbours with the same addresses as one range.
    public func portRanges(of protocolNumber: UInt8) -> [(ports: ClosedRange<UInt16>, addresses: AddressSet)] {
        parts(within: ServiceSet(protocolNumber, 0...UInt16.max)).map { numbers, addresses in
            let ports = UInt16(truncatingIfNeeded: numbers.lowerBound)...UInt16(truncatingIfNeeded: numbers.upperBound)
            return (ports, addresses)
        }
    }

    /// All of it, each set of addresses once with what is in the region for all of them: disjoint in what they have, in the
    /// order of protocols and ports.
    public var summary: [(services: ServiceSet, addresses: AddressSet)] {
        var places: [AddressSet: Int] = [:]
        var summary: [(ranges: [ClosedRange<UInt32>], addresses: AddressSet)] = []
        for (numbers, addresses) in parts(within: .all) {
            if let place = places[addresses] {
                summary[place].ranges.append(numbers)
            } else {
                places[addresses] = summary.count
                summary.append(([numbers], addresses))
            }
        }
        return summary.map { (ServiceSet(IntervalSet($0.ranges)), $0.addresses) }
    }

    /// Intervals of `Service.number`s that are in it for the same addresses, in order, as long as they can be.
    private func parts(within services: ServiceSet) -> [(numbers: ClosedRange<UInt32>, addresses: AddressSet)] {
        // Between two of these nothing begins or ends anywhere.
        var starts: Set<UInt32> = []
        for band in ipv4.bands + ipv6.bands {
            for range in band.value.intersection(services).numbers.ranges {
                starts.insert(range.lowerBound)
                starts.insert(range.upperBound + 1)
            }
        }
        let bounds = starts.sorted()
        var parts: [(numbers: ClosedRange<UInt32>, addresses: AddressSet)] = []
        for (start, end) in zip(bounds, bounds.dropFirst()) {
            let addresses = addresses(with: ServiceSet(IntervalSet(start...(end - 1))))
            if addresses.isEmpty { continue }
            if let last = parts.last, last.numbers.upperBound + 1 == start, last.addresses == addresses {
                parts[parts.count - 1].numbers = last.numbers.lowerBound...(end - 1)
            } else {
                parts.append((start...(end - 1), addresses))
            }
        }
        return parts
    }
}
