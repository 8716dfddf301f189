import Policy

// Whether addresses are addresses, and ones that AWS can see.

extension Checker {
    mutating func checkAddresses(_ condition: LooseStatement.Condition, _ operation: OperatorName) {
        var ranges: [AddressRange] = []
        for value in constants(condition) {
            guard let range = AddressRange(value.value.utf8.span) else {
                report(
                    .typeMismatchIPRange, value.place,
                    "\"\(value.value)\" is no address: write one in CIDR form, 203.0.113.0/24 or 2001:db8::/32.")
                continue
            }
            ranges.append(range)
            if let network = Self.networkAddress(of: value.value), network != value.value {
                report(
                    .improveIPRange, value.place,
                    "Write \(network): the bits behind the mask of \(value.value) do nothing.")
            }
        }
        if condition.isAbout("aws:SourceIp") { checkPrivate(ranges, condition, operation) }
    }

    /// AWS sees only public addresses as aws:SourceIp.
    private mutating func checkPrivate(
        _ ranges: [AddressRange], _ condition: LooseStatement.Condition, _ operation: OperatorName
    ) {
        let isPrivate = ranges.map { range in Self.privateRanges.contains { $0.contains(range) } }
        guard isPrivate.contains(true) else { return }
        if isPrivate.contains(false) {
            report(
                operation.isNegated ? .privateNotIPAddressSubset : .privateIPAddressSubset, condition.key.place,
                "Remove the private addresses: aws:SourceIp is always public. aws:VpcSourceIp holds private ones.")
        } else {
            let outcome = operation.isNegated ? "always" : "never"
            report(
                operation.isNegated ? .privateNotIPAddress : .privateIPAddress, condition.key.place,
                "Name public addresses: aws:SourceIp is never private, so this \(outcome) matches.")
        }
    }

    /// RFC 1918 and RFC 4193.
    private static let privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
        .compactMap { AddressRange($0.utf8.span) }

    /// The IPv4 range with all bits behind its mask zero; nil for anything else.
    private static func networkAddress(of text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let bytes = parts.first?.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) } ?? []
        guard parts.count == 2, bytes.count == 4, let length = UInt32(parts[1]), length <= 32 else { return nil }
        let address = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let network = length == 0 ? 0 : address & (UInt32.max << (32 - length))
        guard network != address else { return nil }
        let octets = [24, 16, 8, 0].map { String(network >> $0 & 0xFF) }
        return "\(octets.joined(separator: "."))/\(length)"
    }
}
