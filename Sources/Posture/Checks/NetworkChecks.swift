import Platform
import Wire

extension PostureCheck {
    static let ofNetworks: [PostureCheck] = [
        flowLogs, adminPorts4, adminPorts6, unrestrictedPorts, defaultGroup, listAdminPorts,
    ]

    private static let groupPage = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html"
    private static let groupType = "AWS::EC2::SecurityGroup"

    /// SSH and RDP.
    private static let adminPorts = [22, 3389]
    /// Trusted Advisor's "specific ports".
    private static let riskyPorts = [20, 21, 22, 1433, 1434, 3306, 3389, 4333, 5432, 5500, 27017]
    /// What a public server is there for.
    private static let publicPorts = [25, 80, 443, 465]

    private static let flowLogs = PostureCheck(
        "vpc-flow-logs", "The VPC's traffic is logged", .medium, cis: ["3.7"], nist: ["AU-12", "SI-4"],
        iso: ["A.8.15", "A.8.16"],
        pci: ["10.2.1"], page: "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html",
        reason: "Who talked to whom is not to be found out afterwards.",
        .each("AWS::EC2::VPC") { (item, view) throws(ServiceError) in
            // There are few flow logs.
            let logs = try view.items("AWS::EC2::FlowLog").map(\.configuration)
                .filter { $0["resourceId"]?.text == item.resourceID }
            // CIS asks for rejected traffic at least.
            let good = logs.filter {
                ["ALL", "REJECT"].contains($0["trafficType"]?.text ?? "") && $0["error"]?.text == nil
            }
            let facts = logs.map { log in
                PostureVerdict.Fact(
                    log["flowLogId"]?.text ?? "",
                    "\(log["trafficType"]?.text ?? "") to \(log["destination"]?.text ?? "")"
                        + (log["error"]?.text.map { ", fails: \($0)" } ?? ""))
            }
            guard good.isEmpty else { return .pass("There is a flow log.", facts) }
            return .fail(
                logs.isEmpty ? "There is no flow log." : "No flow log takes rejected traffic, and arrives.",
                facts.isEmpty ? [.init("flow logs", "none")] : facts,
                mend: [
                    aws(
                        "ec2", "create-flow-logs", "--resource-type", "VPC", "--resource-ids", item.resourceID,
                        "--traffic-type", "ALL", "--log-destination-type", "cloud-watch-logs", "--log-group-name",
                        "flow-logs", "--deliver-logs-permission-arn", "ROLE-ARN", region: item.region)
                ])
        })

    // MARK: Security groups

    /// What of a rule is open to everybody.
    private struct OpenRule {
        /// `tcp`, `-1`
        let name: String
        /// nil: all.
        let ports: ClosedRange<Int>?
        let block: String
        /// What takes it away, as EC2 has it: `{"IpProtocol":"tcp",…}`.
        let permission: JSONValue

        func has(_ port: Int) -> Bool {
            guard ["-1", "tcp", "6", "udp", "17"].contains(name) else { return false }
            return ports?.contains(port) ?? true
        }

        var fact: PostureVerdict.Fact {
            let shown = ports.map {
                $0.lowerBound == $0.upperBound ? "port \($0.lowerBound)" : "ports \($0.lowerBound) to \($0.upperBound)"
            }
            return .init(
                "incoming", "\(name == "-1" ? "all traffic" : "\(name) \(shown ?? "all ports")") from \(block)")
        }
    }

    private static func openRules(_ group: ConfigurationItem, _ blocks: [String]) -> [OpenRule] {
        (group.configuration["ipPermissions"]?.elements ?? []).flatMap { rule -> [OpenRule] in
            let found =
                (rule["ipv4Ranges"]?.elements ?? []).compactMap { $0["cidrIp"]?.text }
                + (rule["ipv6Ranges"]?.elements ?? []).compactMap { $0["cidrIpv6"]?.text }
            var ports: ClosedRange<Int>?
            if let from = rule["fromPort"]?.number, let to = rule["toPort"]?.number, from >= 0, to >= from {
                ports = from...to
            }
            return found.filter(blocks.contains).map {
                OpenRule(
                    name: rule["ipProtocol"]?.text ?? "-1", ports: ports, block: $0,
                    permission: permission(rule, of: $0))
            }
        }
    }

    private static func revoke(_ rules: [OpenRule], _ group: ConfigurationItem) -> [String] {
        rules.map { revoke([$0.permission], "ingress", group) }
    }

    private static func revoke(_ permissions: [JSONValue], _ way: String, _ group: ConfigurationItem) -> String {
        aws(
            "ec2", "revoke-security-group-\(way)", "--group-id", group.resourceID, "--ip-permissions",
            JSONValue.array(permissions).jsonText, region: group.region)
    }

    /// A permission of an item as EC2's requests have it.
    /// - Parameter block: the only one that it is to be about; nil: it is about all of its peers.
    private static func permission(_ rule: JSONValue, of block: String? = nil) -> JSONValue {
        var result = ["ipProtocol", "fromPort", "toPort"].compactMap { name in
            rule[name].map { JSONMember(key: titled(name), value: $0) }
        }
        let peers = [
            ("ipv4Ranges", "IpRanges", ["cidrIp"]), ("ipv6Ranges", "Ipv6Ranges", ["cidrIpv6"]),
            ("prefixListIds", "PrefixListIds", ["prefixListId"]), ("userIdGroupPairs", "UserIdGroupPairs", ["groupId"]),
        ]
        for (name, wanted, keys) in peers {
            let found: [JSONValue] = (rule[name]?.elements ?? []).compactMap { peer in
                let members = peer.members.filter { keys.contains($0.key) }
                guard block == nil || members.contains(where: { $0.value.text == block }) else { return nil }
                return .object(members.map { JSONMember(key: titled($0.key), value: $0.value) })
            }
            if !found.isEmpty { result.append(JSONMember(key: wanted, value: .array(found))) }
        }
        return .object(result)
    }

    /// `IpProtocol` of `ipProtocol`.
    private static func titled(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }

    private static func attached(_ group: ConfigurationItem) -> PostureVerdict.Fact {
        let interfaces = group.relationships.filter { $0.resourceType == "AWS::EC2::NetworkInterface" }
            .compactMap(\.resourceID)
        return .init("interfaces with the group", interfaces.isEmpty ? "none" : interfaces.joined(separator: ", "))
    }

    private static func openPorts(_ blocks: [String], _ ports: [Int], _ word: String) -> Evaluation {
        .each(groupType) { (item, _) throws(ServiceError) in
            let bad = openRules(item, blocks).filter { rule in ports.contains { rule.has($0) } }
            guard !bad.isEmpty else { return .pass("The group does not open \(word) to everybody.") }
            return .fail(
                "The group opens \(word) to everybody.", bad.map(\.fact) + [attached(item)], mend: revoke(bad, item))
        }
    }

    private static let adminPorts4 = PostureCheck(
        "ec2-group-admin-ports", "No security group opens SSH or RDP to everybody", .high, cis: ["5.2"],
        nist: ["AC-4", "SC-7"], iso: ["A.8.20", "A.8.22"], pci: ["1.3.1", "1.4.2"], trustedAdvisor: "HCP4007jGY",
        page: groupPage, reason: "Every server on the Internet is tried within minutes.",
        openPorts(["0.0.0.0/0"], adminPorts, "SSH or RDP"))

    private static let adminPorts6 = PostureCheck(
        "ec2-group-admin-ports-ipv6", "No security group opens SSH or RDP to everybody by IPv6", .high, cis: ["5.3"],
        nist: ["AC-4", "SC-7"], iso: ["A.8.20", "A.8.22"], pci: ["1.3.1", "1.4.2"], trustedAdvisor: "HCP4007jGY",
        page: groupPage, reason: "Who closes IPv4 alone has closed half of the door.",
        openPorts(["::/0"], adminPorts, "SSH or RDP"))

    private static let unrestrictedPorts = PostureCheck(
        "ec2-group-open-ports", "Security groups open nothing but mail and web to everybody", .medium,
        nist: ["AC-4", "SC-7"],
        iso: ["A.8.20"], pci: ["1.3.1"], trustedAdvisor: "1iG5NDGVre", page: groupPage,
        reason: "What is meant for a few is offered to all.",
        .each(groupType) { (item, _) throws(ServiceError) in
            let bad = openRules(item, ["0.0.0.0/0", "::/0"]).filter { rule in
                guard rule.name != "icmp", rule.name != "icmpv6", rule.name != "1", rule.name != "58" else {
                    return false
                }
                guard let ports = rule.ports else { return true }
                return !(ports.lowerBound == ports.upperBound && publicPorts.contains(ports.lowerBound))
            }
            guard !bad.isEmpty else { return .pass("The group opens nothing else to everybody.") }
            let risky = bad.contains { rule in riskyPorts.contains { rule.has($0) } }
            return .fail(
                risky
                    ? "The group opens ports to everybody, risky ones among them."
                    : "The group opens ports to everybody.",
                bad.map(\.fact) + [attached(item)], mend: revoke(bad, item))
        })

    private static let defaultGroup = PostureCheck(
        "ec2-default-group", "Default security groups allow no traffic", .medium, cis: ["5.4"], nist: ["AC-4", "SC-7"],
        iso: ["A.8.20", "A.8.22"], pci: ["1.2.1", "1.3.1"], page: groupPage,
        reason: "Whoever says nothing about groups gets the default one.",
        .each(groupType) { (item, _) throws(ServiceError) in
            guard item.resourceName == "default" else { return nil }
            let incoming = (item.configuration["ipPermissions"]?.elements ?? []).map { permission($0) }
            let outgoing = (item.configuration["ipPermissionsEgress"]?.elements ?? []).map { permission($0) }
            guard !incoming.isEmpty || !outgoing.isEmpty else { return .pass("The default group has no rules.") }
            return .fail(
                "The default group has rules.",
                incoming.map { .init("incoming", $0.jsonText) } + outgoing.map { .init("outgoing", $0.jsonText) }
                    + [attached(item)],
                mend: [("ingress", incoming), ("egress", outgoing)].filter { !$0.1.isEmpty }
                    .map { revoke($0.1, $0.0, item) })
        })

    // MARK: Network ACLs

    private static let listAdminPorts = PostureCheck(
        "ec2-acl-admin-ports", "No network ACL opens SSH or RDP to everybody", .medium, cis: ["5.1"],
        nist: ["AC-4", "SC-7"],
        iso: ["A.8.20", "A.8.22"], pci: ["1.3.1", "1.4.2"],
        page: "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html",
        reason: "It is the second line, where a security group is wrong.",
        .each("AWS::EC2::NetworkAcl") { (item, _) throws(ServiceError) in
            // The first entry that is about a port decides, by their numbers.
            let entries = (item.configuration["entries"]?.elements ?? []).filter { $0["egress"]?.isTrue == false }
                .sorted { ($0["ruleNumber"]?.number ?? 0) < ($1["ruleNumber"]?.number ?? 0) }
            func block(_ entry: JSONValue) -> String {
                entry["cidrBlock"]?.text ?? entry["ipv6CidrBlock"]?.text ?? ""
            }
            var bad: [JSONValue] = []
            for port in adminPorts {
                for everybody in ["0.0.0.0/0", "::/0"] {
                    let first = entries.first { entry in
                        guard block(entry) == everybody, ["-1", "6"].contains(entry["protocol"]?.text ?? "") else {
                            return false
                        }
                        let ports = entry["portRange"]
                        guard let from = ports?["from"]?.number, let to = ports?["to"]?.number else { return true }
                        return from <= port && port <= to
                    }
                    if let first, first["ruleAction"]?.text == "allow", !bad.contains(first) { bad.append(first) }
                }
            }
            guard !bad.isEmpty else { return .pass("The ACL does not open SSH or RDP to everybody.") }
            return .fail(
                "The ACL opens SSH or RDP to everybody.",
                bad.map { entry in
                    let ports = entry["portRange"]?["from"]?.number.map { from in
                        "ports \(from) to \(entry["portRange"]?["to"]?.number ?? from)"
                    }
                    return .init(
                        "entry \(entry["ruleNumber"]?.number ?? 0)",
                        "allows \(ports ?? "all traffic") from \(block(entry))")
                },
                mend: adminPorts.enumerated().flatMap { index, port in
                    bad.map { entry in
                        let isIPv6 = block(entry) == "::/0"
                        return aws(
                            "ec2", "create-network-acl-entry", "--network-acl-id", item.resourceID, "--ingress",
                            "--rule-number", "\(index * 2 + (isIPv6 ? 2 : 1))", "--protocol", "tcp", "--port-range",
                            "From=\(port),To=\(port)", isIPv6 ? "--ipv6-cidr-block" : "--cidr-block",
                            block(entry), "--rule-action", "deny", region: item.region)
                    }
                })
        })
}
