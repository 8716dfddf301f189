/// How flow log records are written: which fields, in which order.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>
public struct FlowLogFormat: Sendable, Hashable {
    /// What records say of an interface besides its flows.
    public struct Place: Sendable {
        public var account: String
        public var region: String
        public var vpcID: String
        public var subnetID: String
        public var interfaceID: String
        public var instanceID: String?
        /// `use1-az1`
        public var zoneID: String?

        public init(
            account: String, region: String, vpcID: String, subnetID: String, interfaceID: String, instanceID: String?,
            zoneID: String? = nil
        ) {
            self.account = account
            self.region = region
            self.vpcID = vpcID
            self.subnetID = subnetID
            self.interfaceID = interfaceID
            self.instanceID = instanceID
            self.zoneID = zoneID
        }
    }

    /// The fields that records may have, with the version that brought them.
    private static let versions: [String: Int] = [
        "version": 2, "account-id": 2, "interface-id": 2, "srcaddr": 2, "dstaddr": 2, "srcport": 2, "dstport": 2,
        "protocol": 2, "packets": 2, "bytes": 2, "start": 2, "end": 2, "action": 2, "log-status": 2, "vpc-id": 3,
        "subnet-id": 3, "instance-id": 3, "tcp-flags": 3, "type": 3, "pkt-srcaddr": 3, "pkt-dstaddr": 3, "region": 4,
        "az-id": 4, "sublocation-type": 4, "sublocation-id": 4, "pkt-src-aws-service": 5, "pkt-dst-aws-service": 5,
        "flow-direction": 5, "traffic-path": 5, "reject-reason": 8,
    ]

    /// The fields in their order.
    public let fields: [String]

    /// The format of those who name none, version 2.
    public static let standard = FlowLogFormat(fields: [
        "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets",
        "bytes", "start", "end", "action", "log-status",
    ])

    private init(fields: [String]) { self.fields = fields }

    /// Reads `${version} ${srcaddr} …`; nil: it has something else, or a field that AWS does not have.
    public init?(_ text: String) {
        let words = text.split(separator: " ")
        let fields = words.compactMap { word -> String? in
            guard word.hasPrefix("${"), word.hasSuffix("}") else { return nil }
            let name = String(word.dropFirst(2).dropLast())
            return Self.versions[name] == nil ? nil : name
        }
        guard !fields.isEmpty, fields.count == words.count else { return nil }
        self.fields = fields
    }

    /// The names of the fields, as the first line of a file in S3 has them.
    public var header: String { fields.joined(separator: " ") }

    /// The records of what was counted: one for each flow, or one that says that there was none, or that some are left out.
    public func records(_ counted: CountedFlows, at place: Place) -> [String] {
        var records = counted.flows.map { flow in
            line(place, counted, status: "OK") { value($0, flow) }
        }
        if counted.flows.isEmpty { records = [line(place, counted, status: "NODATA") { _ in nil }] }
        if counted.isIncomplete { records.append(line(place, counted, status: "SKIPDATA") { _ in nil }) }
        return records
    }

    private func line(
        _ place: Place, _ counted: CountedFlows, status: String, _ value: (String) -> String?
    ) -> String {
        fields.map { field in
            switch field {
            case "version": String(fields.compactMap { Self.versions[$0] }.max() ?? 2)
            case "account-id": place.account
            case "interface-id": place.interfaceID
            case "vpc-id": place.vpcID
            case "subnet-id": place.subnetID
            case "instance-id": place.instanceID ?? "-"
            case "region": place.region
            case "az-id": place.zoneID ?? "-"
            case "start": String(Int(counted.start))
            case "end": value("end") ?? String(Int(counted.end))
            case "log-status": status
            default: value(field) ?? "-"
            }
        }.joined(separator: " ")
    }

    private func value(_ field: String, _ flow: CountedFlows.Flow) -> String? {
        switch field {
        case "srcaddr", "pkt-srcaddr": "\(flow.source)"
        case "dstaddr", "pkt-dstaddr": "\(flow.destination)"
        case "srcport": String(flow.sourcePort)
        case "dstport": String(flow.destinationPort)
        case "protocol": String(flow.protocolNumber)
        case "packets": String(flow.packets)
        case "bytes": String(flow.bytes)
        case "end": String(Int(flow.last))
        case "action": flow.isAccepted ? "ACCEPT" : "REJECT"
        case "type": flow.source.isVersion6 ? "IPv6" : "IPv4"
        case "flow-direction": flow.isEgress ? "egress" : "ingress"
        case "traffic-path": flow.isEgress ? "1" : nil
        default: nil
        }
    }
}
