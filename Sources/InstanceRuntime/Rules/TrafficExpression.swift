import VPC

/// In which direction a packet goes through an interface or over a subnet's border, as seen from the instance.
enum TrafficDirection: String, CaseIterable, Sendable {
    case out, `in`

    /// The field of a packet with the other side's address.
    func peer(isVersion6: Bool) -> String { "\(isVersion6 ? "ip6" : "ip") \(self == .out ? "daddr" : "saddr")" }

    /// The interface that the packet comes from, or goes to.
    var link: String { self == .out ? "iifname" : "oifname" }
}

/// What is said of packets, in nft's words.
enum TrafficExpression {
    /// Empty: every packet. A range of ports is that of the packet's destination, in both directions.
    static func text(_ match: TrafficMatch) -> String {
        guard let number = match.protocolNumber else { return "" }
        switch (number, match.ports, match.icmpType) {
        case (TrafficMatch.tcp, let ports?, _) where ports != 0...UInt16.max: return "tcp dport \(text(ports))"
        case (TrafficMatch.udp, let ports?, _) where ports != 0...UInt16.max: return "udp dport \(text(ports))"
        case (TrafficMatch.icmp, _, let type?): return "icmp type \(type)" + code("icmp", match)
        case (TrafficMatch.icmpv6, _, let type?): return "icmpv6 type \(type)" + code("icmpv6", match)
        default: return "meta l4proto \(number)"
        }
    }

    /// Whether packets of a family can be meant: types of ICMP are those of one family.
    static func isPossible(_ match: TrafficMatch, isVersion6: Bool) -> Bool {
        guard match.icmpType != nil else { return true }
        if match.protocolNumber == TrafficMatch.icmp { return !isVersion6 }
        if match.protocolNumber == TrafficMatch.icmpv6 { return isVersion6 }
        return true
    }

    private static func code(_ name: String, _ match: TrafficMatch) -> String {
        match.icmpCode.map { " \(name) code \($0)" } ?? ""
    }

    private static func text(_ ports: ClosedRange<UInt16>) -> String {
        ports.lowerBound == ports.upperBound ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)"
    }

    /// A rule of those parts that say something.
    static func rule(_ parts: String...) -> String { parts.filter { !$0.isEmpty }.joined(separator: " ") }

    /// All packets of a family.
    static func family(isVersion6: Bool) -> String { "meta nfproto \(isVersion6 ? "ipv6" : "ipv4")" }
}
