/// Ports of an instance that the internet reaches, as Inspector tells of them: one finding for each.
/// <https://docs.aws.amazon.com/inspector/latest/user/findings-types.html#findings-types-network>
public struct ExposedPorts: Hashable, Sendable {
    public enum TransportProtocol: String, Hashable, Sendable, CaseIterable {
        case tcp = "TCP"
        case udp = "UDP"

        public var number: UInt8 { self == .tcp ? TrafficMatch.tcp : TrafficMatch.udp }
    }

    public let instanceID: String
    public let interfaceID: String
    public let internetGatewayID: String
    public let transport: TransportProtocol
    public let ports: ClosedRange<UInt16>
    /// From where they are reached: the same for all of the ports.
    public let sources: AddressSet
    /// Internet gateway, network ACL, security groups, interface and instance: what Inspector's `networkPath` has.
    public let components: [PathComponent]

    /// `Port 22 is reachable from an Internet Gateway - TCP`, as Inspector writes it.
    public var title: String {
        let ports = ports.count == 1 ? "Port \(ports.lowerBound)" : "Port range \(ports.lowerBound)-\(ports.upperBound)"
        return "\(ports) is reachable from an Internet Gateway - \(transport.rawValue)"
    }

    /// Inspector's sentence.
    public var explanation: String {
        "On the instance \(instanceID), the port range \(ports.lowerBound)-\(ports.upperBound) is reachable from the"
            + " InternetGateway \(internetGatewayID) from an attached ENI \(interfaceID)."
    }

    /// What Inspector recommends.
    public static let recommendation =
        "You can restrict access to your instance by modifying the Security Groups or ACLs in the network path."

    /// The highest severity of a service that has one of the ports.
    public var severity: ExposureSeverity {
        let rated = transport == .tcp ? ExposureSeverity.tcp : ExposureSeverity.udp
        return ExposureSeverity.allCases.reversed().first { severity in
            rated[severity]?.contains { ports.contains($0) } == true
        } ?? .informational
    }
}

/// How severe it is that the internet reaches a service, by Inspector's table ("Internet path rating").
/// <https://docs.aws.amazon.com/inspector/latest/user/findings-understanding-severity.html>
public enum ExposureSeverity: String, Hashable, Sendable, CaseIterable {
    case informational = "INFORMATIONAL"
    case low = "LOW"
    case medium = "MEDIUM"
    case high = "HIGH"

    static let tcp: [ExposureSeverity: Set<UInt16>] = [
        // FTP, print services, Telnet
        .high: [21, 515, 23],
        // DHCP, Elasticsearch, global catalog LDAP (over TLS), Kerberos, LDAP (over TLS), MongoDB, MySQL, NetBIOS, NFS, Oracle,
        // PostgreSQL, RDP, RPC, SMB, SSH, SQL Server, Syslog, WINS
        .medium: [
            67, 68, 546, 547, 9300, 9200, 3268, 3269, 88, 464, 543, 544, 749, 751, 389, 636, 27_017, 27_018, 27_019,
            28_017, 3306, 137, 139, 111, 2049, 4045, 1110, 1521, 1630, 5432, 3389, 135, 530, 445, 22, 1433, 601, 1512,
            42,
        ],
        // HTTP, HTTPS
        .low: [80, 443],
    ]

    static let udp: [ExposureSeverity: Set<UInt16>] = [
        .high: [21, 23],
        .medium: [
            67, 68, 546, 547, 88, 464, 749, 750, 751, 752, 389, 137, 138, 111, 2049, 4045, 1110, 3389, 135, 530, 445,
            22, 1434, 514, 1512, 42,
        ],
        .low: [80, 443],
    ]
}

extension Network {
    /// The ports of an interface's instance that the internet reaches, by protocol and port: neighbouring ports that are
    /// reached from the same addresses are one range. Empty without an instance.
    ///
    /// - Parameter region: what `internetReach(of:)` says of the interface.
    public func exposedPorts(of interfaceID: String, _ region: TrafficRegion) -> [ExposedPorts] {
        guard !region.isEmpty, let interface = interfaces[interfaceID], let instanceID = interface.instanceID,
            let subnet = subnets[interface.subnetID], let gatewayID = internetGateway(of: subnet.vpcID)
        else { return [] }
        return ExposedPorts.TransportProtocol.allCases.flatMap { transport in
            region.portRanges(of: transport.number).map { ports, sources in
                let part = TrafficRegion(sources, ServiceSet(transport.number, ports))
                return ExposedPorts(
                    instanceID: instanceID, interfaceID: interfaceID, internetGatewayID: gatewayID,
                    transport: transport, ports: ports, sources: sources,
                    components: [
                        PathComponent(.internetGateway, gatewayID), PathComponent(.networkACL, subnet.networkACLID),
                    ]
                        + groups(of: interface, letting: part).map { PathComponent(.securityGroup, $0) }
                        + [PathComponent(.networkInterface, interfaceID), PathComponent(.instance, instanceID)])
            }
        }
    }

    /// The first of the interface's groups that lets all of a region in; all that let in something of it, if it takes several.
    private func groups(of interface: NetworkInterface, letting region: TrafficRegion) -> [String] {
        var some: [String] = []
        for id in interface.groupIDs {
            guard let group = securityGroups[id] else { continue }
            let allowed = group.regionFromOutside(prefixLists: prefixLists).intersection(region)
            if allowed == region { return [id] }
            if !allowed.isEmpty { some.append(id) }
        }
        return some
    }
}
