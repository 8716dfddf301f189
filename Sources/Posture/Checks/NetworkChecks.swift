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
        .each("AWS::EC2::VPC") { (item, _) throws(ServiceError) in
            let logs = item.configuration["flowLogs"]?.elements ?? []
            // CIS asks for rejected traffic at least.
            let good = logs.filter {
                ["ALL", "REJECT"].contains($0["trafficType"]?.text ?? "") && $0["error"]?.text == nil
            }
            let facts = logs.map { log in
                PostureVerdict.Fact(
                    log["id"]?.text ?? "",
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
        let id: String
        /// `tcp`, `-1`
        let name: String
        /// nil: all.
        let ports: ClosedRange<Int>?
        let block: String

        func has(_ port: Int) -> Bool {
            guard ["-1", "tcp", "6", "udp", "17"].contains(name) else { return false }
            return ports?.contains(port) ?? true
        }

        var fact: PostureVerdict.Fact {
            let shown = ports.map {
                $0.lowerBound == $0.upperBound ? "port \($0.lowerBound)" : "ports \($0.lowerBound) to \($0.upperBound)"
            }
            return .init(
                "rule \(id)", "\(name == "-1" ? "all traffic" : "\(name) \(shown ?? "all ports")") from \(block)")
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
                    id: rule["ruleId"]?.text ?? "", name: rule["ipProtocol"]?.text ?? "-1", ports: ports, block: $0)
            }
        }
    }

    private static func revoke(_ rules: [OpenRule], _ group: ConfigurationItem) -> [String] {
        rules.map {
            aws(
                "ec2", "revoke-security-group-ingress", "--group-id", group.resourceID, "--security-group-rule-ids",
                $0.id, region: group.region)
        }
    }

    private static func attached(_ group: ConfigurationItem) -> PostureVerdict.Fact {
        let interfaces = group.configuration["interfaces"]?.texts ?? []
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
            let incoming = (item.configuration["ipPermissions"]?.elements ?? []).compactMap { $0["ruleId"]?.text }
            let outgoing = (item.configuration["ipPermissionsEgress"]?.elements ?? []).compactMap { $0["ruleId"]?.text }
            guard !incoming.isEmpty || !outgoing.isEmpty else { return .pass("The default group has no rules.") }
            func revoke(_ way: String, _ rules: [String]) -> [String] {
                rules.isEmpty
                    ? []
                    : [
                        aws(
                            "ec2", "revoke-security-group-\(way)", "--group-id", item.resourceID,
                            "--security-group-rule-ids", rules.joined(separator: " "), region: item.region
                        ).replacing("'\(rules.joined(separator: " "))'", with: rules.joined(separator: " "))
                    ]
            }
            return .fail(
                "The default group has rules.",
                incoming.map { .init("incoming", $0) } + outgoing.map { .init("outgoing", $0) } + [attached(item)],
                mend: revoke("ingress", incoming) + revoke("egress", outgoing))
        })

    // MARK: Network ACLs

    private static let listAdminPorts = PostureCheck(
        "ec2-acl-admin-ports", "No network ACL opens SSH or RDP to everybody", .medium, cis: ["5.1"],
        nist: ["AC-4", "SC-7"],
        iso: ["A.8.20", "A.8.22"], pci: ["1.3.1", "1.4.2"],
        page: "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html",
        reason: "It is the second line, where a security group is wrong.",
        .each("AWS::EC2::NetworkAcl") { (item, _) throws(ServiceError) in
            let entries = (item.configuration["entries"]?.elements ?? []).filter { $0["egress"]?.isTrue == false }
            // Entries come by their numbers: the first that is about a port decides.
            var bad: [JSONValue] = []
            for port in adminPorts {
                for block in ["0.0.0.0/0", "::/0"] {
                    let first = entries.first { entry in
                        guard entry["cidr"]?.text == block, ["-1", "6"].contains(entry["protocol"]?.text ?? "") else {
                            return false
                        }
                        guard let from = entry["fromPort"]?.number, let to = entry["toPort"]?.number else {
                            return true
                        }
                        return from <= port && port <= to
                    }
                    if let first, first["ruleAction"]?.text == "allow", !bad.contains(first) { bad.append(first) }
                }
            }
            guard !bad.isEmpty else { return .pass("The ACL does not open SSH or RDP to everybody.") }
            return .fail(
                "The ACL opens SSH or RDP to everybody.",
                bad.map { entry in
                    let ports = entry["fromPort"]?.number.map { from in
                        "ports \(from) to \(entry["toPort"]?.number ?? from)"
                    }
                    return .init(
                        "entry \(entry["ruleNumber"]?.number ?? 0)",
                        "allows \(ports ?? "all traffic") from \(entry["cidr"]?.text ?? "")")
                },
                mend: adminPorts.enumerated().flatMap { index, port in
                    bad.map { entry in
                        let isIPv6 = entry["cidr"]?.text == "::/0"
                        return aws(
                            "ec2", "create-network-acl-entry", "--network-acl-id", item.resourceID, "--ingress",
                            "--rule-number", "\(index * 2 + (isIPv6 ? 2 : 1))", "--protocol", "tcp", "--port-range",
                            "From=\(port),To=\(port)", isIPv6 ? "--ipv6-cidr-block" : "--cidr-block",
                            entry["cidr"]?.text ?? "", "--rule-action", "deny", region: item.region)
                    }
                })
        })
}
