import EC2API
import Ledger
import Platform
import VPC
import Wire

extension ServiceError {
    static func noSuchRule(_ id: String) -> ServiceError {
        .ec2("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '\(id)' does not exist")
    }
}

extension StoredGroupRule {
    /// The block of IPv4 on the other side; nil: there is something else.
    var block4: String? {
        if case .block(let block) = peer, !block.utf8.contains(UInt8(ascii: ":")) { return block }
        return nil
    }

    /// The same of IPv6.
    var block6: String? {
        if case .block(let block) = peer, block.utf8.contains(UInt8(ascii: ":")) { return block }
        return nil
    }

    var groupID: String? { if case .group(let id) = peer { id } else { nil } }
    var prefixListID: String? { if case .prefixList(let id) = peer { id } else { nil } }

    /// Whether it says the same as another, whatever is said of either.
    func isSame(as other: StoredGroupRule) -> Bool {
        isEgress == other.isEgress && traffic == other.traffic && peer == other.peer
    }

    /// As the error about a second one names it.
    var errorText: String {
        let side =
            switch peer {
            case .block(let text), .group(let text), .prefixList(let text): text
            }
        let what: String
        switch traffic.name {
        case "-1": what = "ALL"
        case "tcp", "udp": what = "\(traffic.name.uppercased()), from port: \(traffic.from), to port: \(traffic.to)"
        case "icmp", "icmpv6":
            let (type, code) = (traffic.from, traffic.to)
            what =
                "\(traffic.name.uppercased()), type: \(type < 0 ? "ALL" : "\(type)"), code: \(code < 0 ? "ALL" : "\(code)")"
        default: what = "protocol: \(traffic.name)"
        }
        return "peer: \(side), \(what), ALLOW"
    }

    func shown(of group: StoredSecurityGroup) -> EC2.SecurityGroupRule {
        EC2.SecurityGroupRule {
            $0.securityGroupRuleId = id
            $0.securityGroupRuleArn = group.ruleARN(id)
            $0.groupId = group.id
            $0.groupOwnerId = group.head.accountID
            $0.isEgress = isEgress
            $0.ipProtocol = traffic.name
            $0.fromPort = traffic.from
            $0.toPort = traffic.to
            $0.cidrIpv4 = block4
            $0.cidrIpv6 = block6
            $0.prefixListId = prefixListID
            $0.referencedGroupInfo = groupID.map { id in
                EC2.ReferencedSecurityGroup {
                    $0.groupId = id
                    $0.userId = group.head.accountID
                }
            }
            $0.description = summary
            $0.tags = tags.shown
        }
    }
}

extension StoredSecurityGroup {
    func ruleARN(_ id: String) -> String {
        arn.replacing("security-group/\(self.id)", with: "security-group-rule/\(id)")
    }
}

extension StoredGroupRule.Traffic {
    /// Whether answers have ports, or ICMP's type and code.
    var hasPorts: Bool { ["tcp", "udp", "icmp", "icmpv6"].contains(name) }

    /// Reads what a request says.
    /// - Throws: InvalidParameterValue.
    init(_ protocolText: String?, _ from: Int?, _ to: Int?) throws(ServiceError) {
        guard let text = protocolText?.lowercased(), !text.isEmpty else { throw .missingParameter("ipProtocol") }
        let names = ["6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"]
        let name = names[text] ?? text
        switch name {
        case "-1": self.init(name: name, from: -1, to: -1)
        case "tcp", "udp":
            guard let from, let to else {
                throw .invalidValue("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
            }
            // -1 to -1 is every port, as in rules of old.
            if from == -1, to == -1 {
                self.init(name: name, from: 0, to: 65535)
                return
            }
            for port in [from, to] where !(0...65535).contains(port) {
                throw .invalidValue("TCP/UDP port (\(port)) out of range")
            }
            guard from <= to else { throw .invalidValue("Invalid TCP/UDP port range (\(from):\(to))") }
            self.init(name: name, from: from, to: to)
        case "icmp", "icmpv6":
            guard let from, let to else {
                throw .invalidValue("Invalid value 'Must specify both type and code with ICMP.' for portRange.")
            }
            guard (-1...255).contains(from) else { throw .invalidValue("ICMP type (\(from)) out of range") }
            guard (-1...255).contains(to) else { throw .invalidValue("ICMP code (\(to)) out of range") }
            guard from != -1 || to == -1 else {
                throw .invalidValue("Unable to specify ICMP code without an ICMP type")
            }
            self.init(name: name, from: from, to: to)
        default:
            guard let number = UInt8(name) else {
                throw .invalidValue("Invalid value '\(text)' for IP protocol. Unknown protocol.")
            }
            self.init(name: "\(number)", from: -1, to: -1)
        }
    }
}

/// What a request says of rules, as rules.
struct RuleReader {
    let group: StoredSecurityGroup
    let isEgress: Bool
    let records: MutableRecords

    /// The rules that permissions stand for.
    /// - Throws: the errors of EC2 for what can't be.
    func rules(_ permissions: [EC2.IpPermission]) throws(ServiceError) -> [StoredGroupRule] {
        guard !permissions.isEmpty else { throw .missingParameter("ipPermissions") }
        var rules: [StoredGroupRule] = []
        for permission in permissions {
            let traffic = try StoredGroupRule.Traffic(
                permission.ipProtocol, permission.fromPort, permission.toPort)
            let before = rules.count
            for range in permission.ipRanges ?? [] {
                rules.append(try rule(traffic, block(range.cidrIp, isVersion6: false), range.description))
            }
            for range in permission.ipv6Ranges ?? [] {
                rules.append(try rule(traffic, block(range.cidrIpv6, isVersion6: true), range.description))
            }
            for list in permission.prefixListIds ?? [] {
                rules.append(try rule(traffic, prefixList(list.prefixListId ?? ""), list.description))
            }
            for pair in permission.userIdGroupPairs ?? [] {
                rules.append(try rule(traffic, peer(pair), pair.description))
            }
            guard rules.count > before else {
                throw .ec2(
                    "MissingParameter",
                    "Missing source specification: include source security group or CIDR information")
            }
        }
        for (index, rule) in rules.enumerated() where rules[..<index].contains(where: rule.isSame) {
            throw .invalidValue("The same permission must not appear multiple times")
        }
        return rules
    }

    /// A rule as ModifySecurityGroupRules gives it.
    func rule(_ request: EC2.SecurityGroupRuleRequest, id: String) throws(ServiceError) -> StoredGroupRule {
        let traffic = try StoredGroupRule.Traffic(request.ipProtocol, request.fromPort, request.toPort)
        var peers: [StoredGroupRule.Peer] = []
        if let text = request.cidrIpv4 { peers.append(try block(text, isVersion6: false)) }
        if let text = request.cidrIpv6 { peers.append(try block(text, isVersion6: true)) }
        if let id = request.prefixListId { peers.append(try prefixList(id)) }
        if let id = request.referencedGroupId { peers.append(try peer(EC2.UserIdGroupPair { $0.groupId = id })) }
        guard let peer = peers.first, peers.count == 1 else {
            throw .invalidCombination(
                "Exactly one of cidrIpv4, cidrIpv6, prefixListId, or referencedGroupId must be specified")
        }
        var rule = try rule(traffic, peer, request.description)
        rule = StoredGroupRule(
            id: id, isEgress: rule.isEgress, traffic: rule.traffic, peer: rule.peer, summary: rule.summary)
        return rule
    }

    private func rule(
        _ traffic: StoredGroupRule.Traffic, _ peer: StoredGroupRule.Peer, _ summary: String?
    ) throws(ServiceError) -> StoredGroupRule {
        StoredGroupRule(
            id: Call.newID("sgr"), isEgress: isEgress, traffic: traffic, peer: peer,
            summary: try Self.checked(summary: summary))
    }

    /// - Throws: InvalidParameterValue.
    static func checked(summary: String?) throws(ServiceError) -> String? {
        guard let summary, !summary.isEmpty else { return nil }
        guard GroupText.isValid(summary) else {
            throw .invalidValue(
                "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  \(GroupText.set)"
            )
        }
        return summary
    }

    private func block(_ text: String?, isVersion6: Bool) throws(ServiceError) -> StoredGroupRule.Peer {
        guard let text, let block = CIDRBlock(text), block.isVersion6 == isVersion6 else {
            throw .invalidValue("CIDR block \(text ?? "") is malformed")
        }
        return .block(block.description)
    }

    private func prefixList(_ id: String) throws(ServiceError) -> StoredGroupRule.Peer {
        if AWSPrefixLists.all(in: group.head.region).allSatisfy({ $0.id != id }) {
            _ = try records.existing(StoredPrefixList.self, id)
        }
        return .prefixList(id)
    }

    private func peer(_ pair: EC2.UserIdGroupPair) throws(ServiceError) -> StoredGroupRule.Peer {
        if let user = pair.userId, user != group.head.accountID {
            throw .ec2(
                "InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
        }
        let other: StoredSecurityGroup
        if let id = pair.groupId {
            other = try records.existing(StoredSecurityGroup.self, id)
        } else if let name = pair.groupName {
            let all = try records.list(StoredSecurityGroup.self)
            guard let named = all.first(where: { $0.vpcID == group.vpcID && $0.name == name }) else {
                throw .ec2("InvalidGroup.NotFound", "The security group '\(name)' does not exist")
            }
            other = named
        } else {
            throw .missingParameter("groupId")
        }
        guard other.vpcID == group.vpcID else {
            throw .ec2(
                "InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
        }
        return .group(other.id)
    }

    /// Rules that come in and rules that go out are counted apart, and for either those of IPv4 and those of IPv6: what names a
    /// group or a prefix list is both.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups>
    /// - Throws: RulesPerSecurityGroupLimitExceeded.
    func checkCount(_ rules: [StoredGroupRule], _ call: Call) throws(ServiceError) {
        for isEgress in [false, true] {
            var (count4, count6) = (0, 0)
            for rule in rules where rule.isEgress == isEgress {
                // A prefix list counts for as many entries as it may have.
                let list = try rule.prefixListID.flatMap { id throws(ServiceError) in
                    try records.get(StoredPrefixList.self, id)
                }
                let weight = list?.maxEntries ?? 1
                if rule.block6 == nil { count4 += weight }
                if rule.block4 == nil { count6 += weight }
            }
            guard max(count4, count6) <= call.quotas[EC2Quotas.rules] else {
                throw .ec2(
                    "RulesPerSecurityGroupLimitExceeded",
                    "The maximum number of rules per security group has been reached.")
            }
        }
    }
}
