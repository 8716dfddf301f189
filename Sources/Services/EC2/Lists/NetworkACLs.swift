import Directory
import EC2API
import Ledger
import Platform
import Policy
import VPC
import Wire

extension StoredNetworkACL: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidNetworkAclID.NotFound", "The networkAcl ID '\(id)' does not exist")
    }

    static let filters = Filters<StoredNetworkACL>([
        "network-acl-id": { list, _ in [list.id] }, "vpc-id": { list, _ in [list.vpcID] },
        "default": { list, _ in ["\(list.isDefault)"] },
        "association.association-id": { list, estate in list.subnets(estate).map(\.networkACLAssociationID) },
        "association.network-acl-id": { list, estate in list.subnets(estate).map { _ in list.id } },
        "association.subnet-id": { list, estate in list.subnets(estate).map(\.id) },
        "entry.cidr": { list, _ in list.allEntries.map(\.block).filter { !$0.contains(":") } },
        "entry.ipv6-cidr": { list, _ in list.allEntries.map(\.block).filter { $0.contains(":") } },
        "entry.egress": { list, _ in list.allEntries.map { "\($0.isEgress)" } },
        "entry.icmp.code": { list, _ in list.allEntries.compactMap { $0.icmpCode.map(String.init) } },
        "entry.icmp.type": { list, _ in list.allEntries.compactMap { $0.icmpType.map(String.init) } },
        "entry.port-range.from": { list, _ in list.allEntries.compactMap { $0.fromPort.map(String.init) } },
        "entry.port-range.to": { list, _ in list.allEntries.compactMap { $0.toPort.map(String.init) } },
        "entry.protocol": { list, _ in list.allEntries.map { "\($0.protocolNumber)" } },
        "entry.rule-action": { list, _ in list.allEntries.map { $0.allows ? "allow" : "deny" } },
        "entry.rule-number": { list, _ in list.allEntries.map { "\($0.number)" } },
    ])

    /// The subnets that it holds for.
    func subnets(_ estate: EC2Estate) -> [StoredSubnet] {
        estate.all(StoredSubnet.self).filter { $0.networkACLID == id }
    }

    /// With those that deny all that is left.
    var allEntries: [Entry] {
        var all = entries
        let versions = ["0.0.0.0/0"] + (entries.contains { $0.block.contains(":") } ? ["::/0"] : [])
        for isEgress in [true, false] {
            for (index, block) in versions.enumerated() {
                all.append(
                    Entry(
                        number: 32767 + index, isEgress: isEgress, allows: false, protocolNumber: -1, block: block))
            }
        }
        return all.sorted { ($0.isEgress ? 0 : 1, $0.number) < ($1.isEgress ? 0 : 1, $1.number) }
    }

    func shown(_ estate: EC2Estate) -> EC2.NetworkAcl {
        EC2.NetworkAcl {
            $0.networkAclId = id
            $0.vpcId = vpcID
            $0.ownerId = head.accountID
            $0.isDefault = isDefault
            $0.associations = subnets(estate).map { subnet in
                EC2.NetworkAclAssociation {
                    $0.networkAclAssociationId = subnet.networkACLAssociationID
                    $0.networkAclId = id
                    $0.subnetId = subnet.id
                }
            }
            $0.entries = allEntries.map(\.shown)
            $0.tags = head.tags.shown
        }
    }
}

extension StoredNetworkACL.Entry {
    var shown: EC2.NetworkAclEntry {
        EC2.NetworkAclEntry {
            $0.ruleNumber = number
            $0.egress = isEgress
            $0.ruleAction = allows ? "allow" : "deny"
            $0.protocol = "\(protocolNumber)"
            if block.contains(":") { $0.ipv6CidrBlock = block } else { $0.cidrBlock = block }
            if let fromPort, let toPort {
                $0.portRange = EC2.PortRange {
                    $0.from = fromPort
                    $0.to = toPort
                }
            }
            if let icmpType {
                $0.icmpTypeCode = EC2.IcmpTypeCode {
                    $0.type = icmpType
                    $0.code = icmpCode
                }
            }
        }
    }
}

extension EC2.CreateNetworkAcl: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            try call.creation(
                of: StoredNetworkACL.self, input.tagSpecifications,
                ["ec2:vpc": .one(call.arn(StoredVPC.arnType, input.vpcId))])
                + [call.access(to: StoredVPC.self, input.vpcId)])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        if let list = try call.made(StoredNetworkACL.self, by: input) {
            return Output {
                $0.networkAcl = list.shown(call.estate)
                $0.clientToken = input.clientToken
            }
        }
        let vpc = try records.existing(StoredVPC.self, input.vpcId)
        let others: [StoredNetworkACL] = try records.referrers(StoredNetworkACL.self, "vpc", to: vpc.id)
        guard others.count < call.quotas[EC2Quotas.networkACLs] else {
            throw .ec2("NetworkAclLimitExceeded", "The maximum number of network ACLs has been reached.")
        }
        let tags = try TagSpecifications.tags(of: StoredNetworkACL.arnType, input.tagSpecifications)
        let list = StoredNetworkACL(
            head: call.head(of: StoredNetworkACL.self, tags: tags, for: input), vpcID: vpc.id, isDefault: false,
            entries: [])
        try records.put(list)
        return Output {
            $0.networkAcl = list.shown(.empty)
            $0.clientToken = input.clientToken
        }
    }
}

extension EC2.DescribeNetworkAcls: Describing {
    static let idsName = "networkAclIds"
    static func ids(_ input: Input) -> [String]? { input.networkAclIds }
    static func show(_ list: StoredNetworkACL, _ estate: EC2Estate) -> EC2.NetworkAcl { list.shown(estate) }
}

/// An operation on the ACL that `NetworkAclId` names.
protocol OnNetworkACL: OnOne where InputFields: EC2.WithNetworkAclId, Named == StoredNetworkACL {}

extension OnNetworkACL {
    static func name(_ input: Input) -> String { input.networkAclId }
}

extension EC2.DeleteNetworkAcl: WriteOperation, OnNetworkACL {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let list = try records.existing(StoredNetworkACL.self, input.networkAclId)
        guard !list.isDefault else {
            throw .invalidValue("cannot delete default network ACL \(list.id)")
        }
        guard try !records.isNeeded("networkACL", list.id) else { throw .dependency("networkAcl", list.id) }
        try records.delete(list)
        return Output()
    }
}

extension EC2.ReplaceNetworkAclAssociation: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let subnet = call.estate.all(StoredSubnet.self).first { $0.networkACLAssociationID == input.associationId }
        return .required([
            call.access(to: StoredNetworkACL.self, input.networkAclId),
            call.access(to: StoredSubnet.self, subnet?.id ?? "*"),
        ])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let all = try records.list(StoredSubnet.self)
        guard var subnet = all.first(where: { $0.networkACLAssociationID == input.associationId }) else {
            throw .ec2(
                "InvalidAssociationID.NotFound", "The association ID '\(input.associationId)' does not exist")
        }
        let list = try records.existing(StoredNetworkACL.self, input.networkAclId)
        guard list.vpcID == subnet.vpcID else {
            throw .invalidValue("network ACL \(list.id) and subnet \(subnet.id) belong to different networks")
        }
        subnet.networkACLID = list.id
        subnet.networkACLAssociationID = Call.newID("aclassoc")
        try records.put(subnet)
        return Output { $0.newAssociationId = subnet.networkACLAssociationID }
    }
}

// MARK: - Entries

/// A request that says what an entry is.
typealias EntryFields = EC2.MayHaveCidrBlock & EC2.MayHaveIpv6CidrBlock & EC2.MayHaveIcmpTypeCode
    & EC2.MayHavePortRange & EC2.WithEgress & EC2.WithNetworkAclId & EC2.WithProtocol & EC2.WithRuleAction
    & EC2.WithRuleNumber

extension View where Members: EntryFields {
    /// - Throws: MissingParameter, InvalidParameterValue.
    fileprivate func entry() throws(ServiceError) -> StoredNetworkACL.Entry {
        guard (1...32766).contains(ruleNumber) else {
            throw .invalidValue(
                "Invalid value '\(ruleNumber)' for ruleNumber. Expecting a value between 1 and 32766")
        }
        let block: CIDRBlock
        switch (cidrBlock, ipv6CidrBlock) {
        case (let text?, nil): block = try CIDRBlock.version4(text)
        case (nil, let text?): block = try CIDRBlock.version6(text)
        case (nil, nil): throw .missingParameter("cidrBlock")
        default: throw .invalidCombination("Only one of cidrBlock and ipv6CidrBlock can be specified")
        }
        let names = ["tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "all": -1]
        guard let number = names[`protocol`.lowercased()] ?? Int(`protocol`), (-1...255).contains(number) else {
            throw .invalidValue("Invalid value '\(`protocol`)' for IP protocol. Unknown protocol.")
        }
        guard ["allow", "deny"].contains(ruleAction) else { throw .invalidValue(ruleAction, of: "ruleAction") }
        var entry = StoredNetworkACL.Entry(
            number: ruleNumber, isEgress: egress, allows: ruleAction == "allow", protocolNumber: number,
            block: block.description)
        switch number {
        case 6, 17:
            guard let from = portRange?.from, let to = portRange?.to else {
                throw .invalidValue(
                    "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
            }
            guard (0...65535).contains(from), (0...65535).contains(to), from <= to else {
                throw .invalidValue("Invalid TCP/UDP port range (\(from):\(to))")
            }
            (entry.fromPort, entry.toPort) = (from, to)
        case 1, 58:
            let (type, code) = (icmpTypeCode?.type ?? -1, icmpTypeCode?.code ?? -1)
            guard (-1...255).contains(type), (-1...255).contains(code) else {
                throw .invalidValue("ICMP type or code out of range")
            }
            (entry.icmpType, entry.icmpCode) = (type, code)
        default: break
        }
        return entry
    }
}

extension EC2.CreateNetworkAclEntry: WriteOperation, OnNetworkACL {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var list = try records.existing(StoredNetworkACL.self, input.networkAclId)
        let entry = try input.entry()
        let own = list.entries.filter { $0.isEgress == entry.isEgress }
        guard !own.contains(where: { $0.number == entry.number }) else {
            throw .ec2(
                "NetworkAclEntryAlreadyExists",
                "The network acl entry identified by \(entry.number) already exists.")
        }
        guard own.count < call.quotas[EC2Quotas.entries] else {
            throw .ec2(
                "NetworkAclEntryLimitExceeded", "The maximum number of network acl entries has been reached.")
        }
        list.entries.append(entry)
        try records.put(list)
        return Output()
    }
}

extension ServiceError {
    fileprivate static func noSuchEntry(_ number: Int, _ id: String) -> ServiceError {
        .ec2(
            "InvalidNetworkAclEntry.NotFound",
            "The network acl entry identified by \(number) in network ACL '\(id)' does not exist")
    }
}

extension EC2.ReplaceNetworkAclEntry: WriteOperation, OnNetworkACL {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var list = try records.existing(StoredNetworkACL.self, input.networkAclId)
        let entry = try input.entry()
        guard
            let index = list.entries.firstIndex(where: {
                $0.isEgress == entry.isEgress && $0.number == entry.number
            })
        else { throw .noSuchEntry(entry.number, list.id) }
        list.entries[index] = entry
        try records.put(list)
        return Output()
    }
}

extension EC2.DeleteNetworkAclEntry: WriteOperation, OnNetworkACL {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var list = try records.existing(StoredNetworkACL.self, input.networkAclId)
        guard
            let index = list.entries.firstIndex(where: {
                $0.isEgress == input.egress && $0.number == input.ruleNumber
            })
        else { throw .noSuchEntry(input.ruleNumber, list.id) }
        list.entries.remove(at: index)
        try records.put(list)
        return Output()
    }
}
