import Directory
import Ledger
import Platform
import Wire

// What audits look at of EC2's networks, by the names of AWS Config's items.
// <https://github.com/awslabs/aws-config-resource-schema>

extension ConfiguredResourceType {
    static let auditedByEC2: [ConfiguredResourceType] =
        [
            auditedGroup, auditedNetworkACL, auditedVPC, auditedAddress, auditedInterface, ec2QuotaUse,
        ] + auditedMachines

    /// An item of a resource of EC2.
    static func audited(
        _ resource: some EC2Resource, named name: String? = nil, _ configuration: JSONValue
    ) -> ConfigurationItem {
        ConfigurationItem(
            type(of: resource).kind, id: resource.id, name: name, arn: resource.arn, account: resource.head.accountID,
            region: resource.head.region, created: resource.head.created, tags: resource.head.tags,
            configuration: configuration)
    }

    private static let auditedGroup = audited(
        StoredSecurityGroup.kind, of: StoredSecurityGroup.self
    ) { (group, _, state) throws(ServiceError) in
        let interfaces = try state.referrers(
            StoredNetworkInterface.self, "group", to: group.id, in: group.scope, limit: 100)
        return audited(
            group, named: group.name,
            .members([
                "groupId": .string(group.id), "groupName": .string(group.name), "vpcId": .string(group.vpcID),
                "ipPermissions": .array(group.rules.filter { !$0.isEgress }.map(permission)),
                "ipPermissionsEgress": .array(group.rules.filter(\.isEgress).map(permission)),
                "interfaces": .array(interfaces.map { .string($0.id) }),
            ]))
    }

    private static func permission(_ rule: StoredGroupRule) -> JSONValue {
        var (v4, v6, groups, lists): ([JSONValue], [JSONValue], [JSONValue], [JSONValue]) = ([], [], [], [])
        switch rule.peer {
        case .block(let block) where block.contains(":"): v6 = [.members(["cidrIpv6": .string(block)])]
        case .block(let block): v4 = [.members(["cidrIp": .string(block)])]
        case .group(let group): groups = [.members(["groupId": .string(group)])]
        case .prefixList(let list): lists = [.members(["prefixListId": .string(list)])]
        }
        let hasPorts = rule.traffic.name != "-1"
        return .members([
            "ruleId": .string(rule.id), "ipProtocol": .string(rule.traffic.name),
            "fromPort": hasPorts ? .integer(rule.traffic.from) : nil,
            "toPort": hasPorts ? .integer(rule.traffic.to) : nil, "ipv4Ranges": .array(v4), "ipv6Ranges": .array(v6),
            "userIdGroupPairs": .array(groups), "prefixListIds": .array(lists),
        ])
    }

    private static let auditedNetworkACL = audited(
        StoredNetworkACL.kind, of: StoredNetworkACL.self
    ) { (list, _, _) throws(ServiceError) in
        audited(
            list,
            .members([
                "networkAclId": .string(list.id), "vpcId": .string(list.vpcID), "isDefault": .boolean(list.isDefault),
                "entries": .array(
                    list.entries.sorted { ($0.isEgress ? 1 : 0, $0.number) < ($1.isEgress ? 1 : 0, $1.number) }.map {
                        entry in
                        .members([
                            "ruleNumber": .integer(entry.number), "egress": .boolean(entry.isEgress),
                            "ruleAction": .string(entry.allows ? "allow" : "deny"),
                            "protocol": .string(String(entry.protocolNumber)),
                            "fromPort": entry.fromPort.map { .integer($0) },
                            "toPort": entry.toPort.map { .integer($0) }, "cidr": .string(entry.block),
                        ])
                    }),
            ]))
    }

    private static let auditedVPC = audited(StoredVPC.kind, of: StoredVPC.self) {
        (vpc, _, state) throws(ServiceError) in
        // There are few flow logs.
        let logs = try state.all(StoredFlowLog.self, in: vpc.scope).filter { $0.resourceID == vpc.id }
        return audited(
            vpc,
            .members([
                "vpcId": .string(vpc.id), "isDefault": .boolean(vpc.isDefault),
                "flowLogs": .array(
                    logs.map { log in
                        .members([
                            "id": .string(log.id), "trafficType": .string(log.trafficType),
                            "destination": .string(log.destination), "error": .perhaps(log.deliveryError),
                        ])
                    }),
            ]))
    }

    private static let auditedAddress = audited(
        StoredAddress.kind, of: StoredAddress.self
    ) { (address, _, _) throws(ServiceError) in
        audited(
            address, named: address.publicAddress,
            .members([
                "publicIp": .string(address.publicAddress), "allocationId": .string(address.id),
                "associationId": .perhaps(address.association?.id),
            ]))
    }

    private static let auditedInterface = audited(
        StoredNetworkInterface.kind, of: StoredNetworkInterface.self
    ) { (interface, _, _) throws(ServiceError) in
        audited(
            interface,
            .members([
                "networkInterfaceId": .string(interface.id), "vpcId": .string(interface.vpcID),
                "groups": .array(interface.groupIDs.map { .string($0) }),
                "publicIps": .array(interface.addresses.compactMap(\.publicAddress).map { .string($0) }),
                "instanceId": .perhaps(interface.attachment?.instanceID),
            ]))
    }

    private static let ec2QuotaUse = quotaUse("EC2") { (scope, state) throws(ServiceError) in
        [
            QuotaUse("VPCs", EC2Quotas.vpcs, try state.count(StoredVPC.self, in: scope)),
            QuotaUse(
                "Internet gateways", EC2Quotas.internetGateways, try state.count(StoredInternetGateway.self, in: scope)),
            QuotaUse("Elastic IP addresses", EC2Quotas.addresses, try state.count(StoredAddress.self, in: scope)),
            QuotaUse("Security groups", EC2Quotas.groups, try state.count(StoredSecurityGroup.self, in: scope)),
            QuotaUse(
                "Network interfaces", EC2Quotas.interfaces, try state.count(StoredNetworkInterface.self, in: scope)),
            QuotaUse("VPC endpoints", EC2Quotas.endpoints, try state.count(StoredEndpoint.self, in: scope)),
            QuotaUse("Prefix lists", EC2Quotas.prefixLists, try state.count(StoredPrefixList.self, in: scope)),
            QuotaUse("Key pairs", .keyPairs, try state.count(StoredKeyPair.self, in: scope)),
            QuotaUse("Volumes", .volumes, try state.count(StoredVolume.self, in: scope)),
            QuotaUse("Snapshots", .snapshots, try state.count(StoredSnapshot.self, in: scope)),
            QuotaUse("Images", .images, try state.count(StoredImage.self, in: scope)),
        ]
    }
}
