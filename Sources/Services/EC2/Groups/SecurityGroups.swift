import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

extension StoredSecurityGroup: Shown {
    static func missing(_ id: String) -> ServiceError {
        isID(id)
            ? .ec2("InvalidGroup.NotFound", "The security group '\(id)' does not exist")
            : malformed(id, "InvalidGroupId.Malformed")
    }

    static let filters = Filters<StoredSecurityGroup>(
        ownFilters.merging(ruleFilters("ip-permission.", isEgress: false)) { own, _ in own }
            .merging(ruleFilters("egress.ip-permission.", isEgress: true)) { own, _ in own })

    private static let ownFilters: [String: Filters<StoredSecurityGroup>.Values] = [
        "group-id": { group, _ in [group.id] }, "group-name": { group, _ in [group.name] },
        "description": { group, _ in [group.summary] }, "vpc-id": { group, _ in [group.vpcID] },
    ]

    private static func ruleFilters(
        _ prefix: String, isEgress: Bool
    ) -> [String: Filters<StoredSecurityGroup>.Values] {
        let fields: [String: @Sendable (StoredGroupRule) -> String?] = [
            "cidr": { $0.block4 }, "ipv6-cidr": { $0.block6 }, "protocol": { $0.traffic.name },
            "from-port": { "\($0.traffic.from)" }, "to-port": { "\($0.traffic.to)" }, "group-id": { $0.groupID },
            "prefix-list-id": { $0.prefixListID },
        ]
        var filters: [String: Filters<StoredSecurityGroup>.Values] = [:]
        for (name, value) in fields {
            filters[prefix + name] = { group, _ in group.rules.filter { $0.isEgress == isEgress }.compactMap(value) }
        }
        filters["\(prefix)group-name"] = { group, estate in
            group.rules.filter { $0.isEgress == isEgress }.compactMap(\.groupID)
                .compactMap { estate.get(StoredSecurityGroup.self, $0)?.name }
        }
        filters["\(prefix)user-id"] = { group, _ in
            group.rules.contains { $0.isEgress == isEgress && $0.groupID != nil } ? [group.head.accountID] : []
        }
        return filters
    }

    var shown: EC2.SecurityGroup {
        EC2.SecurityGroup {
            $0.groupId = id
            $0.securityGroupArn = arn
            $0.groupName = name
            $0.description = summary
            $0.vpcId = vpcID
            $0.ownerId = head.accountID
            $0.ipPermissions = permissions(isEgress: false)
            $0.ipPermissionsEgress = permissions(isEgress: true)
            $0.tags = head.tags.shown
        }
    }

    /// The rules, those of the same traffic together.
    private func permissions(isEgress: Bool) -> [EC2.IpPermission] {
        var order: [StoredGroupRule.Traffic] = []
        var byTraffic: [StoredGroupRule.Traffic: [StoredGroupRule]] = [:]
        for rule in rules where rule.isEgress == isEgress {
            if byTraffic[rule.traffic] == nil { order.append(rule.traffic) }
            byTraffic[rule.traffic, default: []].append(rule)
        }
        return order.map { traffic in
            EC2.IpPermission(traffic, byTraffic[traffic] ?? [], of: head.accountID)
        }
    }
}

extension EC2.IpPermission {
    init(_ traffic: StoredGroupRule.Traffic, _ rules: [StoredGroupRule], of account: String) {
        self.init()
        ipProtocol = traffic.name
        if traffic.hasPorts { (fromPort, toPort) = (traffic.from, traffic.to) }
        ipRanges = rules.compactMap { rule in
            rule.block4.map { block in
                EC2.IpRange {
                    $0.cidrIp = block
                    $0.description = rule.summary
                }
            }
        }
        ipv6Ranges = rules.compactMap { rule in
            rule.block6.map { block in
                EC2.Ipv6Range {
                    $0.cidrIpv6 = block
                    $0.description = rule.summary
                }
            }
        }
        prefixListIds = rules.compactMap { rule in
            rule.prefixListID.map { id in
                EC2.PrefixListId {
                    $0.prefixListId = id
                    $0.description = rule.summary
                }
            }
        }
        userIdGroupPairs = rules.compactMap { rule in
            rule.groupID.map { id in
                EC2.UserIdGroupPair {
                    $0.groupId = id
                    $0.userId = account
                    $0.description = rule.summary
                }
            }
        }
    }
}

/// The security group that a request names, by its id or its name. A name is of a group in the default VPC.
enum GroupName {
    static func id(_ id: String?, _ name: String?, _ call: Call) -> String? {
        if let id { return id }
        guard let name else { return nil }
        let estate = call.estate
        let vpc = estate.all(StoredVPC.self).first(where: \.isDefault)?.id
        return estate.all(StoredSecurityGroup.self).first { $0.vpcID == vpc && $0.name == name }?.id
    }

    /// - Throws: the error that there is no such group.
    static func existing(
        _ id: String?, _ name: String?, _ records: MutableRecords
    ) throws(ServiceError) -> StoredSecurityGroup {
        if let id { return try records.existing(StoredSecurityGroup.self, id) }
        guard let name else {
            throw .ec2("MissingParameter", "The request must contain the parameter groupName or groupId")
        }
        let vpc = try records.list(StoredVPC.self).first(where: \.isDefault)?.id
        guard
            let group = try records.list(StoredSecurityGroup.self).first(where: { $0.vpcID == vpc && $0.name == name })
        else {
            throw .ec2(
                "InvalidGroup.NotFound", "The security group '\(name)' does not exist in default VPC '\(vpc ?? "")'")
        }
        return group
    }
}

/// What names and descriptions may consist of.
enum GroupText {
    static let set = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"

    static func isValid(_ text: String) -> Bool {
        text.utf8.count < 256
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || ". _-:/()#,@[]+=&;{}!$*".utf8.contains(byte)
            }
    }
}

extension EC2.CreateSecurityGroup: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        if input.vpcId == nil { try await call.furnish() }
        let vpc = input.vpcId ?? call.estate.all(StoredVPC.self).first(where: \.isDefault)?.id
        let keys: [String: ContextValue] = vpc.map { ["ec2:vpc": .one(call.arn(StoredVPC.arnType, $0))] } ?? [:]
        var all = try call.creation(of: StoredSecurityGroup.self, input.tagSpecifications, keys)
        if let vpc { all.append(call.access(to: StoredVPC.self, vpc)) }
        return .required(all)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = input.groupName.trimmed
        try Self.check(name, input.description)
        let vpc: StoredVPC
        if let id = input.vpcId {
            vpc = try records.existing(StoredVPC.self, id)
        } else {
            guard let usual = try records.list(StoredVPC.self).first(where: \.isDefault) else {
                throw .ec2("VPCIdNotSpecified", "No default VPC for this user")
            }
            vpc = usual
        }
        let others = try records.list(StoredSecurityGroup.self)
        guard others.count < call.quotas[EC2Quotas.groups] else {
            throw .ec2(
                "SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.")
        }
        guard !others.contains(where: { $0.vpcID == vpc.id && $0.name == name }) else {
            throw .ec2(
                "InvalidGroup.Duplicate", "The security group '\(name)' already exists for VPC '\(vpc.id)'")
        }
        let tags = try TagSpecifications.tags(of: StoredSecurityGroup.arnType, input.tagSpecifications)
        let everywhere = ["0.0.0.0/0"] + (vpc.blocks6.isEmpty ? [] : ["::/0"])
        let group = StoredSecurityGroup(
            head: call.head(of: StoredSecurityGroup.self, tags: tags), name: name, summary: input.description,
            vpcID: vpc.id,
            rules: everywhere.map { block in
                StoredGroupRule(
                    id: Call.newID("sgr"), isEgress: true, traffic: .init(name: "-1", from: -1, to: -1),
                    peer: .block(block))
            })
        try records.put(group)
        return Output {
            $0.groupId = group.id
            $0.securityGroupArn = group.arn
            $0.tags = tags.shown
        }
    }

    private static func check(_ name: String, _ summary: String) throws(ServiceError) {
        guard !name.isEmpty, GroupText.isValid(name) else {
            throw .invalidValue(
                "Invalid security group name. Valid names are non-empty strings less than 256 characters from the following set: \(GroupText.set)"
            )
        }
        guard !name.hasPrefix("sg-") else {
            throw .invalidValue(name, of: "GroupName", "Group names may not be in the format sg-*.")
        }
        guard name != "default" else {
            throw .ec2("InvalidParameterValue", "Cannot use reserved security group name: default")
        }
        guard !summary.isEmpty else { throw .missingParameter("GroupDescription") }
        guard GroupText.isValid(summary) else {
            throw .invalidValue(
                "Invalid security group description. Valid descriptions are strings less than 256 characters from the following set: \(GroupText.set)"
            )
        }
    }
}

extension String {
    /// Without spaces at its ends.
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension EC2.DeleteSecurityGroup: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        if input.groupId == nil { try await call.furnish() }
        return .required(
            call.access(to: StoredSecurityGroup.self, GroupName.id(input.groupId, input.groupName, call) ?? "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let group = try GroupName.existing(input.groupId, input.groupName, records)
        guard group.name != "default" else {
            throw .ec2(
                "CannotDelete",
                "the specified group: \"\(group.id)\" name: \"default\" cannot be deleted by a user")
        }
        let (hasMembers, isNamed) = try (records.isNeeded("group", group.id), records.isNeeded("rule", group.id))
        guard !hasMembers, !isNamed else { throw .dependency("resource \(group.id) has a dependent object") }
        try records.delete(group)
        return Output {
            $0.return = true
            $0.groupId = group.id
        }
    }
}

extension EC2.DescribeSecurityGroups: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        var found = try Listing.named(StoredSecurityGroup.self, input.groupIds, "groupIds", input.pageLimit, estate)
        if let names = input.groupNames, !names.isEmpty {
            guard let vpc = estate.all(StoredVPC.self).first(where: \.isDefault)?.id else {
                throw .ec2("VPCIdNotSpecified", "No default VPC for this user")
            }
            let own = estate.all(StoredSecurityGroup.self).filter { $0.vpcID == vpc && names.contains($0.name) }
            for name in names where !own.contains(where: { $0.name == name }) {
                throw .ec2(
                    "InvalidGroup.NotFound", "The security group '\(name)' does not exist in default VPC '\(vpc)'")
            }
            found =
                input.groupIds?.isEmpty == false
                ? found + own.filter { group in !found.contains { $0.id == group.id } } : own
        }
        let passed = try StoredSecurityGroup.filters.apply(input.filters, to: found, estate)
        let page = try Listing.page(passed, by: \.id, input.pageToken, input.pageLimit)
        return Output(page) { $0.shown }
    }
}

extension EC2.DescribeSecurityGroupReferences: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard !input.groupId.isEmpty else { throw .missingParameter("groupId") }
        return .required(input.groupId.map { call.access(to: StoredSecurityGroup.self, $0) })
    }

    /// References from other VPCs come by peering, which is not there.
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        let groups = try Listing.named(StoredSecurityGroup.self, input.groupId, "groupId", nil, estate)
        let references = groups.flatMap { group in
            estate.all(StoredSecurityGroup.self)
                .filter { $0.vpcID != group.vpcID && $0.rules.contains { $0.groupID == group.id } }
                .map { other in
                    EC2.SecurityGroupReference {
                        $0.groupId = group.id
                        $0.referencingVpcId = other.vpcID
                    }
                }
        }
        return Output { $0.securityGroupReferenceSet = references }
    }
}

extension EC2.GetSecurityGroupsForVpc: ComputeOperation, OnVPC {
    private static let filters = Filters<StoredSecurityGroup>([
        "group-id": { group, _ in [group.id] }, "group-name": { group, _ in [group.name] },
        "description": { group, _ in [group.summary] }, "primary-vpc-id": { group, _ in [group.vpcID] },
    ])

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        guard estate.get(StoredVPC.self, input.vpcId) != nil else { throw StoredVPC.missing(input.vpcId) }
        let own = estate.all(StoredSecurityGroup.self).filter { $0.vpcID == input.vpcId }
        let passed = try filters.apply(input.filters, to: own, estate)
        let page = try Listing.page(passed, by: \.id, input.pageToken, input.pageLimit)
        return Output(page) { group in
            EC2.SecurityGroupForVpc {
                $0.groupId = group.id
                $0.groupName = group.name
                $0.description = group.summary
                $0.ownerId = group.head.accountID
                $0.primaryVpcId = group.vpcID
                $0.tags = group.head.tags.shown
            }
        }
    }
}
