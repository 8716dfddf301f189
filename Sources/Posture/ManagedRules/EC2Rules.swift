import Platform
import Wire

/// Rules about EC2's networks, instances and volumes.
package enum EC2Rules {
    package static let all: [String: ManagedRule.Evaluation] = [
        "EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK": .account([.publicSnapshots], publicSnapshots),
        "EC2_EBS_ENCRYPTION_BY_DEFAULT": .account([.volumeEncryption], encryptionByDefault),
        "EC2_IMDSV2_CHECK": .item(tokensRequired),
        "EC2_INSTANCE_NO_PUBLIC_IP": .item(noPublicAddress),
        "EC2_INSTANCE_PROFILE_ATTACHED": .item(hasProfile),
        "EC2_SECURITY_GROUP_ATTACHED_TO_ENI": .item(isUsed),
        "EC2_STOPPED_INSTANCE": .account([.instances], stoppedInstances),
        "ENCRYPTED_VOLUMES": .item(encryptedVolume),
        "INCOMING_SSH_DISABLED": .item(noSSH),
        "NACL_NO_UNRESTRICTED_SSH_RDP": .item(listWithoutSSH),
        "RESTRICTED_INCOMING_TRAFFIC": .item(blockedPorts),
        "VPC_DEFAULT_SECURITY_GROUP_CLOSED": .item(defaultGroupClosed),
        "VPC_FLOW_LOGS_ENABLED": .account([.networks], flowLogs),
        "VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS": .item(authorizedPorts),
    ]

    // MARK: Security groups

    /// What the whole internet may send: protocols (`-1`: all) and ports.
    private static func opened(_ item: ConfigurationItem) -> [(name: String, ports: ClosedRange<Int>)] {
        (item.configuration["ipPermissions"]?.elements ?? []).compactMap { permission in
            let blocks =
                (permission["ipRanges"]?.texts ?? [])
                + (permission["ipv6Ranges"]?.elements ?? []).compactMap { $0["cidrIpv6"]?.text }
            guard blocks.contains("0.0.0.0/0") || blocks.contains("::/0") else { return nil }
            let name = permission["ipProtocol"]?.text ?? "-1"
            let (from, to) = (permission["fromPort"]?.number ?? 0, permission["toPort"]?.number ?? 65535)
            return (name, name == "-1" || from > to ? 0...65535 : from...to)
        }
    }

    private static func noSSH(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        .when(
            !opened(item).contains { ["tcp", "-1"].contains($0.name) && $0.ports.contains(22) },
            otherwise: "Everybody may come in by port 22.")
    }

    private static func blockedPorts(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let blocked = (1...5).compactMap { parameters.number("blockedPort\($0)") }
        let found = opened(item).filter { ["tcp", "-1"].contains($0.name) }
            .flatMap { range in blocked.filter { range.ports.contains($0) } }
        return .when(found.isEmpty, otherwise: "Everybody may come in by port \(found.first ?? 0).")
    }

    private static func authorizedPorts(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        func ranges(_ name: String) -> [ClosedRange<Int>] {
            parameters.list(name).compactMap { text in
                let ends = text.split(separator: "-").compactMap { Int($0) }
                guard let first = ends.first, let last = ends.last, first <= last else { return nil }
                return first...last
            }
        }
        let authorized = ["tcp": ranges("authorizedTcpPorts"), "udp": ranges("authorizedUdpPorts")]
        for (name, ports) in opened(item) {
            let isAuthorized = (authorized[name] ?? []).contains {
                $0.lowerBound <= ports.lowerBound && ports.upperBound <= $0.upperBound
            }
            guard isAuthorized else { return .nonCompliant("Everybody may come in by ports that are not authorized.") }
        }
        return .compliant
    }

    private static func defaultGroupClosed(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        guard item.configuration["groupName"]?.text == "default" else { return .notApplicable }
        let rules =
            (item.configuration["ipPermissions"]?.elements ?? [])
            + (item.configuration["ipPermissionsEgress"]?.elements ?? [])
        return .when(rules.isEmpty, otherwise: "The default security group has rules.")
    }

    private static func isUsed(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        guard item.configuration["groupName"]?.text != "default" else { return .notApplicable }
        return .when(
            item.relationships.contains { $0.resourceType == "AWS::EC2::NetworkInterface" },
            otherwise: "No network interface is in the security group.")
    }

    // MARK: Network ACLs

    private static func listWithoutSSH(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let entries = (item.configuration["entries"]?.elements ?? []).filter { $0["egress"]?.isTrue == false }
            .sorted { ($0["ruleNumber"]?.number ?? 0) < ($1["ruleNumber"]?.number ?? 0) }
        for port in [22, 3389] {
            for block in [("cidrBlock", "0.0.0.0/0"), ("ipv6CidrBlock", "::/0")] {
                // The first entry for everybody decides.
                let first = entries.first { entry in
                    guard entry[block.0]?.text == block.1 else { return false }
                    let name = entry["protocol"]?.text ?? "-1"
                    guard name != "-1" else { return true }
                    guard name == "6" || name == "17" else { return false }
                    let range = entry["portRange"]
                    return (range?["from"]?.number ?? 0) <= port && port <= (range?["to"]?.number ?? 65535)
                }
                if first?["ruleAction"]?.text == "allow" {
                    return .nonCompliant("Everybody may come in by port \(port).")
                }
            }
        }
        return .compliant
    }

    // MARK: Instances and volumes

    private static func tokensRequired(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        .when(
            item.configuration["metadataOptions"]?["httpTokens"]?.text == "required",
            otherwise: "Version 1 of the metadata service is not disabled.")
    }

    private static func noPublicAddress(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        .when(item.configuration["publicIpAddress"]?.text == nil, otherwise: "The instance has a public address.")
    }

    private static func hasProfile(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        guard let profile = item.configuration["iamInstanceProfile"]?["arn"]?.text else {
            return .nonCompliant("The instance has no instance profile.")
        }
        let wanted = parameters.list("IamInstanceProfileArnList")
        return .when(wanted.isEmpty || wanted.contains(profile), otherwise: "The instance profile is another.")
    }

    private static func encryptedVolume(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        guard item.configuration["attachments"]?.elements.isEmpty == false else { return .notApplicable }
        guard item.configuration["encrypted"]?.isTrue == true else {
            return .nonCompliant("The volume is not encrypted.")
        }
        guard let key = parameters["kmsId"] else { return .compliant }
        let own = item.configuration["kmsKeyId"]?.text ?? ""
        return .when(own == key || own.hasSuffix("/\(key)"), otherwise: "The volume is encrypted with another key.")
    }

    private static func stoppedInstances(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let days = Double(parameters.number("AllowedDays") ?? 30)
        return facts.instances.filter { $0.state != "terminated" }.map { instance in
            let since = instance.state == "stopped" ? instance.stopped : nil
            return ResourceVerdict(
                "AWS::EC2::Instance", instance.id,
                .when(
                    since.map { facts.now - $0 <= days * 86_400 } ?? true,
                    otherwise: "The instance has been stopped for more than \(Int(days)) days."))
        }
    }

    // MARK: The account

    private static func encryptionByDefault(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        [
            ResourceVerdict(
                ResourceVerdict.accountType, facts.account,
                .when(facts.encryptsVolumes, otherwise: "EBS encryption by default is not enabled."))
        ]
    }

    private static func publicSnapshots(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        [
            ResourceVerdict(
                ResourceVerdict.accountType, facts.account,
                .when(
                    facts.publicSnapshots.isEmpty,
                    otherwise: "Everybody may make volumes of \(facts.publicSnapshots.joined(separator: ", "))."))
        ]
    }

    private static func flowLogs(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let wanted = parameters["trafficType"]
        return facts.networks.map { vpc in
            let isLogged = wanted.map { vpc.logged.contains($0) } ?? !vpc.logged.isEmpty
            return ResourceVerdict(
                "AWS::EC2::VPC", vpc.id, .when(isLogged, otherwise: "The VPC has no such flow log."))
        }
    }
}
