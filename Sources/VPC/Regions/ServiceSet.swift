/// What a packet asks for, but for where it comes from and goes to: its protocol, and its port or ICMP type and code.
public struct Service: Hashable, Comparable, Sendable {
    /// IANA's number.
    public let protocolNumber: UInt8
    /// TCP's and UDP's port; ICMP's type in the upper byte, its code in the lower one. Other protocols have none: zero.
    public let selector: UInt16

    public static func tcp(_ port: UInt16) -> Service { Service(TrafficMatch.tcp, port) }
    public static func udp(_ port: UInt16) -> Service { Service(TrafficMatch.udp, port) }
    public static func icmp(type: UInt8, code: UInt8, isVersion6: Bool = false) -> Service {
        Service(isVersion6 ? TrafficMatch.icmpv6 : TrafficMatch.icmp, UInt16(type) << 8 | UInt16(code))
    }

    public init(_ protocolNumber: UInt8, _ selector: UInt16 = 0) {
        self.protocolNumber = protocolNumber
        self.selector = selector
    }

    public static func < (one: Service, other: Service) -> Bool { one.number < other.number }

    /// Protocol and selector in one number, so that sets of them are sets of intervals.
    var number: UInt32 { UInt32(protocolNumber) << 16 | UInt32(selector) }
}

/// Protocols and ports, exactly. What has no ports is in it whole or not at all.
public struct ServiceSet: Hashable, Sendable {
    /// `Service.number`s.
    let numbers: IntervalSet<UInt32>

    /// Nothing, and everything.
    public static let empty = ServiceSet(IntervalSet())
    public static let all = ServiceSet(IntervalSet(0...0xFF_FFFF))

    init(_ numbers: IntervalSet<UInt32>) { self.numbers = numbers }

    /// What a rule names.
    public init(_ match: TrafficMatch) {
        guard let protocolNumber = match.protocolNumber else {
            self = .all
            return
        }
        var selectors = 0...UInt16.max
        switch protocolNumber {
        case TrafficMatch.tcp, TrafficMatch.udp:
            selectors = match.ports ?? selectors
        case TrafficMatch.icmp, TrafficMatch.icmpv6:
            // A code without a type means nothing.
            if let type = match.icmpType {
                let code = match.icmpCode
                selectors = (UInt16(type) << 8 | UInt16(code ?? 0))...(UInt16(type) << 8 | UInt16(code ?? .max))
            }
        default: break
        }
        self.init(protocolNumber, selectors)
    }

    /// These ports (or types and codes) of a protocol.
    public init(_ protocolNumber: UInt8, _ selectors: ClosedRange<UInt16>) {
        let first = UInt32(protocolNumber) << 16
        self.init(IntervalSet((first | UInt32(selectors.lowerBound))...(first | UInt32(selectors.upperBound))))
    }

    public var isEmpty: Bool { numbers.isEmpty }

    public func contains(_ service: Service) -> Bool { numbers.contains(service.number) }

    /// The ports (or types and codes) of a protocol that are in it.
    public func selectors(of protocolNumber: UInt8) -> IntervalSet<UInt16> {
        let part = intersection(ServiceSet(protocolNumber, 0...UInt16.max))
        return IntervalSet(
            part.numbers.ranges.map {
                UInt16(truncatingIfNeeded: $0.lowerBound)...UInt16(truncatingIfNeeded: $0.upperBound)
            })
    }

    /// The protocols of which there is something in it.
    public var protocols: IntervalSet<UInt8> {
        IntervalSet(
            numbers.ranges.map {
                UInt8(truncatingIfNeeded: $0.lowerBound >> 16)...UInt8(truncatingIfNeeded: $0.upperBound >> 16)
            })
    }

    public func union(_ other: ServiceSet) -> ServiceSet { ServiceSet(numbers.union(other.numbers)) }
    public func intersection(_ other: ServiceSet) -> ServiceSet { ServiceSet(numbers.intersection(other.numbers)) }
    public func subtracting(_ other: ServiceSet) -> ServiceSet { ServiceSet(numbers.subtracting(other.numbers)) }
}

extension ServiceSet: CustomStringConvertible {
    /// `icmp 8:0, tcp 22, tcp 8000-8100, udp, protocol 50, protocols 60-255`; `all`; `none`.
    public var description: String {
        if self == .all { return "all" }
        if isEmpty { return "none" }
        var parts: [String] = []
        // Protocols without ports are in it whole: so many of them since the last one with ports.
        var run: ClosedRange<UInt8>?
        func endRun() {
            guard let whole = run else { return }
            let ends =
                whole.count == 1 ? "protocol \(whole.lowerBound)" : "protocols \(whole.lowerBound)-\(whole.upperBound)"
            parts.append(ends)
            run = nil
        }
        for number in protocols.ranges.joined() {
            if TrafficMatch.hasSelectors(number) {
                endRun()
                parts += describe(number)
            } else if let whole = run, whole.upperBound + 1 == number {
                run = whole.lowerBound...number
            } else {
                endRun()
                run = number...number
            }
        }
        endRun()
        return parts.joined(separator: ", ")
    }

    private func describe(_ protocolNumber: UInt8) -> [String] {
        let name = TrafficMatch.name(of: protocolNumber)
        let isICMP = protocolNumber == TrafficMatch.icmp || protocolNumber == TrafficMatch.icmpv6
        return selectors(of: protocolNumber).ranges.map { range in
            if range == 0...UInt16.max { return name }
            let ends = [range.lowerBound, range.upperBound].map { isICMP ? "\($0 >> 8):\($0 & 0xFF)" : "\($0)" }
            return "\(name) \(ends[0] == ends[1] ? ends[0] : ends.joined(separator: "-"))"
        }
    }
}

extension TrafficMatch {
    /// `tcp`, `udp`, `icmp`, `icmpv6` as EC2 names them, and `protocol N`.
    static func name(of protocolNumber: UInt8) -> String {
        switch protocolNumber {
        case tcp: "tcp"
        case udp: "udp"
        case icmp: "icmp"
        case icmpv6: "icmpv6"
        default: "protocol \(protocolNumber)"
        }
    }

    /// Whether packets of a protocol have ports, or types and codes.
    static func hasSelectors(_ protocolNumber: UInt8) -> Bool { [tcp, udp, icmp, icmpv6].contains(protocolNumber) }
}
