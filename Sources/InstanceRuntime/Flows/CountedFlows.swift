public import VPC

/// What went through an interface, or was refused there, in a time.
public struct CountedFlows: Sendable, Hashable {
    /// Packets in one direction that have addresses, ports and protocol in common, and the same became of all of them.
    public struct Flow: Sendable, Hashable {
        /// Whether the instance has sent them.
        public let isEgress: Bool
        public let isAccepted: Bool
        public let source: NetworkAddress
        public let destination: NetworkAddress
        /// 0 where the protocol has none.
        public let sourcePort: Int
        public let destinationPort: Int
        /// IANA's number.
        public let protocolNumber: Int
        public var packets: Int
        /// With the headers of IP.
        public var bytes: Int
        /// When the last of them came, in seconds since 1970.
        public var last: Double

        public init(
            isEgress: Bool, isAccepted: Bool, source: NetworkAddress, destination: NetworkAddress, sourcePort: Int,
            destinationPort: Int, protocolNumber: Int, packets: Int, bytes: Int, last: Double
        ) {
            self.isEgress = isEgress
            self.isAccepted = isAccepted
            self.source = source
            self.destination = destination
            self.sourcePort = sourcePort
            self.destinationPort = destinationPort
            self.protocolNumber = protocolNumber
            self.packets = packets
            self.bytes = bytes
            self.last = last
        }
    }

    /// `eni-…`.
    public let interfaceID: String
    public let vpcID: String
    public let flows: [Flow]
    /// Whether there were more flows than are counted.
    public let isIncomplete: Bool
    /// In seconds since 1970.
    public let start: Double
    public let end: Double

    public init(
        interfaceID: String, vpcID: String, flows: [Flow], isIncomplete: Bool, start: Double, end: Double
    ) {
        self.interfaceID = interfaceID
        self.vpcID = vpcID
        self.flows = flows
        self.isIncomplete = isIncomplete
        self.start = start
        self.end = end
    }
}
