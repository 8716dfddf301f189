import Directory
import EC2API
import Ledger
import Platform
import Wire

// How resources of EC2 look to AWS Config: as EC2's own answers have them, with names as AWS Config has those of older services.
// <https://github.com/awslabs/aws-config-resource-schema>

extension Structure {
    /// As a configuration. What is not there is left out, but lists, which are empty.
    var configuration: JSONValue {
        var members: [JSONMember] = []
        for (index, member) in shape.members.enumerated() {
            guard let value = self[member: index] else { continue }
            members.append(JSONMember(key: member.camelCaseName, value: Self.json(value)))
        }
        return .object(members)
    }

    private static func json(_ value: Value) -> JSONValue {
        switch value {
        case .string(let text): .string(text)
        case .integer(let number): .integer(number)
        case .double(let number): .double(number)
        case .boolean(let flag): .boolean(flag)
        case .timestamp(let time): .time(time.secondsSinceEpoch)
        case .list(let elements): .array(elements.map(json))
        case .structure(let structure): structure.configuration
        case .document(let json): json
        default: .null
        }
    }
}

extension EC2.SecurityGroup {
    /// As AWS Config has it: the blocks of IPv4 twice, as texts and with what is said of them.
    var configuration: JSONValue {
        guard case .object(let members) = structure.configuration else { return .null }
        return .object(
            members.map { member in
                guard member.key.hasPrefix("ipPermissions"), case .array(let permissions) = member.value else {
                    return member
                }
                return JSONMember(key: member.key, value: .array(permissions.map(Self.permission)))
            })
    }

    private static func permission(_ permission: JSONValue) -> JSONValue {
        guard case .object(let members) = permission else { return permission }
        var result: [JSONMember] = []
        for member in members {
            guard member.key == "ipRanges", case .array(let ranges) = member.value else {
                result.append(member)
                continue
            }
            result.append(JSONMember(key: "ipv4Ranges", value: .array(ranges)))
            result.append(JSONMember(key: "ipRanges", value: .array(ranges.compactMap { $0["cidrIp"] })))
        }
        return .object(result)
    }
}

extension ConfigurationItem {
    /// Of a resource of EC2.
    /// - Parameters:
    ///   - id: AWS Config's, if it is not EC2's own.
    ///   - zone: nil: it is in all of the Region.
    init<R: EC2Resource>(
        _ type: String, _ resource: R, id: String? = nil, name: String? = nil, zone: String? = nil,
        _ relationships: [Relationship], _ configuration: JSONValue
    ) {
        self.init(
            type, id: id ?? resource.id, name: name, arn: resource.arn, account: resource.head.accountID,
            region: resource.head.region, availabilityZone: zone ?? "Not Applicable", tags: resource.head.tags,
            relationships: relationships, configuration: configuration)
    }
}

extension ConfigurationItem.Relationship {
    static func inVPC(_ id: String) -> Self { Self("Is contained in Vpc", StoredVPC.kind, id: id) }
    static func inSubnet(_ id: String) -> Self { Self("Is contained in Subnet", StoredSubnet.kind, id: id) }
    static func ofGroup(_ id: String) -> Self {
        Self("Is associated with SecurityGroup", StoredSecurityGroup.kind, id: id)
    }
    static func instance(_ id: String) -> Self { Self("Is attached to Instance", StoredInstance.kind, id: id) }
}

extension ConfiguredResourceType {
    /// A type each of whose resources is a record of EC2's.
    init<R: EC2Resource>(
        ofEC2 record: R.Type,
        also others: [String: @Sendable (Change, RecordedState) throws(ServiceError) -> [String]] = [:],
        item: @escaping @Sendable (R, RecordedState) throws(ServiceError) -> ConfigurationItem?
    ) {
        self.init(
            R.kind, of: R.self, also: others,
            named: { arn, _ in
                guard let name = ARN(parsing: arn), name.service == "ec2", name.resource.hasPrefix("\(R.arnType)/")
                else { return nil }
                return ConfiguredResource(
                    R.kind, String(name.resource.dropFirst(R.arnType.utf8.count + 1)), account: name.account,
                    region: name.region)
            }, item: item)
    }
}
