import VPC

/// Addresses of one family, as ranges that neither meet nor overlap.
struct AddressRanges: Equatable, Sendable {
    let isVersion6: Bool
    private(set) var ranges: [ClosedRange<UInt128>] = []

    /// - Parameter blocks: those of the other family are left out.
    init(_ blocks: some Sequence<CIDRBlock>, isVersion6: Bool) {
        self.isVersion6 = isVersion6
        let sorted = blocks.filter { $0.isVersion6 == isVersion6 }.map { $0.first.value...$0.last.value }
            .sorted { $0.lowerBound < $1.lowerBound }
        for range in sorted {
            if let last = ranges.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 {
                ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                ranges.append(range)
            }
        }
    }

    var isEmpty: Bool { ranges.isEmpty }

    /// Whether it is every address of the family.
    var isAll: Bool { ranges.first == 0...(isVersion6 ? UInt128.max : 0xFFFF_FFFF) }

    /// In nft's words: `10.0.0.1-10.0.0.9`.
    var elements: [String] {
        ranges.map { range in
            let (first, last) = (address(range.lowerBound), address(range.upperBound))
            return first == last ? first : "\(first)-\(last)"
        }
    }

    private func address(_ value: UInt128) -> String { "\(NetworkAddress(value, isVersion6: isVersion6))" }
}
