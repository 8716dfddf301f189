/// What the IDs of Amazon EC2 are of.
///
/// AWS: "Resource IDs", https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
extension ResourceName {
    /// Makes `instance/i-0123` of `i-0123`.
    mutating func readEC2() throws(MappingFailure) {
        guard text.utf8.allSatisfy({ MappingWords.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }),
            let dash = text.lastIndex(of: "-"), text.index(after: dash) < text.endIndex,
            let type = Self.ec2Types[String(text[..<dash])]
        else {
            throw MappingFailure(reason: "what \"\(text)\" is, its ID does not say")
        }
        // Images and snapshots may be anybody's.
        if type == "image" || type == "snapshot" { account = "" }
        // IPAM is in all regions.
        if type.hasPrefix("ipam") { region = "" }
        text = "\(type)/\(text)"
    }

    /// By what stands before the last hyphen. Key pairs and placement groups are not here: their ARNs have a name, which
    /// their IDs do not say.
    private static let ec2Types = [
        "acl": "network-acl", "ami": "image", "cgw": "customer-gateway", "cr": "capacity-reservation",
        "crf": "capacity-reservation-fleet", "cvpn-endpoint": "client-vpn-endpoint", "dopt": "dhcp-options",
        "eice": "instance-connect-endpoint", "eigw": "egress-only-internet-gateway", "eipalloc": "elastic-ip",
        "eni": "network-interface", "export-i": "export-instance-task", "fl": "vpc-flow-log", "fleet": "fleet",
        "h": "dedicated-host",
        "i": "instance", "iew": "instance-event-window", "igw": "internet-gateway", "ipam": "ipam",
        "ipam-pool": "ipam-pool", "ipam-res-disco": "ipam-resource-discovery", "ipam-scope": "ipam-scope",
        "lt": "launch-template", "nat": "natgateway", "nip": "network-insights-path", "pcx": "vpc-peering-connection",
        "pl": "prefix-list", "rtb": "route-table", "sfr": "spot-fleet-request", "sg": "security-group",
        "sgr": "security-group-rule", "sir": "spot-instances-request", "snap": "snapshot", "subnet": "subnet",
        "tgw": "transit-gateway", "tgw-attach": "transit-gateway-attachment", "tgw-rtb": "transit-gateway-route-table",
        "tmf": "traffic-mirror-filter", "tms": "traffic-mirror-session", "tmt": "traffic-mirror-target",
        "vgw": "vpn-gateway", "vol": "volume", "vpc": "vpc", "vpce": "vpc-endpoint", "vpce-svc": "vpc-endpoint-service",
        "vpn": "vpn-connection",
    ]
}
