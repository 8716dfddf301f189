public import FoundationEssentials
import VPC

/// A network as EC2's answers describe it: what `aws ec2 describe-vpcs`, `describe-subnets`, `describe-security-groups` and the like
/// print, one after the other or several in one object. What does not decide which packets pass is not looked at.
public struct NetworkDocument: Decodable, Sendable {
    struct Vpc: Decodable, Sendable {
        let vpcId: String
        let cidrBlock: String?
        let cidrBlockAssociationSet: [Block]?
        let ipv6CidrBlockAssociationSet: [Block]?
    }

    struct Block: Decodable, Sendable {
        let cidrBlock: String?
        let ipv6CidrBlock: String?
    }

    struct Subnet: Decodable, Sendable {
        let subnetId: String
        let vpcId: String
        let cidrBlock: String?
        let ipv6CidrBlockAssociationSet: [Block]?
    }

    struct Association: Decodable, Sendable {
        let subnetId: String?
        let main: Bool?
    }

    struct RouteTable: Decodable, Sendable {
        let routeTableId: String
        let vpcId: String
        let associations: [Association]?
        let routes: [Route]?
    }

    struct Route: Decodable, Sendable {
        let destinationCidrBlock: String?
        let destinationIpv6CidrBlock: String?
        let destinationPrefixListId: String?
        let gatewayId: String?
        let natGatewayId: String?
        let networkInterfaceId: String?
        let egressOnlyInternetGatewayId: String?
        let state: String?
    }

    struct Gateway: Decodable, Sendable {
        struct Attachment: Decodable, Sendable {
            let vpcId: String
        }
        let internetGatewayId: String
        let attachments: [Attachment]?
    }

    struct ACL: Decodable, Sendable {
        struct Entry: Decodable, Sendable {
            struct Ports: Decodable, Sendable {
                let from: Int?
                let to: Int?
            }
            struct Kind: Decodable, Sendable {
                let type: Int?
                let code: Int?
            }
            let ruleNumber: Int
            let egress: Bool
            let ruleAction: String
            let `protocol`: String
            let cidrBlock: String?
            let ipv6CidrBlock: String?
            let portRange: Ports?
            let icmpTypeCode: Kind?
        }
        let networkAclId: String
        let vpcId: String
        let isDefault: Bool?
        let associations: [Association]?
        let entries: [Entry]?
    }

    struct Group: Decodable, Sendable {
        struct Permission: Decodable, Sendable {
            struct Range: Decodable, Sendable {
                let cidrIp: String?
                let cidrIpv6: String?
            }
            struct Pair: Decodable, Sendable {
                let groupId: String?
            }
            struct ListID: Decodable, Sendable {
                let prefixListId: String
            }
            let ipProtocol: String
            let fromPort: Int?
            let toPort: Int?
            let ipRanges: [Range]?
            let ipv6Ranges: [Range]?
            let userIdGroupPairs: [Pair]?
            let prefixListIds: [ListID]?
        }
        let groupId: String
        let vpcId: String
        let ipPermissions: [Permission]?
        let ipPermissionsEgress: [Permission]?
    }

    struct List: Decodable, Sendable {
        struct Entry: Decodable, Sendable {
            let cidr: String
        }
        let prefixListId: String
        let cidrs: [String]?
        let entries: [Entry]?
    }

    struct Interface: Decodable, Sendable {
        struct GroupID: Decodable, Sendable {
            let groupId: String
        }
        struct Address: Decodable, Sendable {
            struct Public: Decodable, Sendable {
                let publicIp: String?
            }
            let privateIpAddress: String?
            let ipv6Address: String?
            let association: Public?
        }
        struct Attached: Decodable, Sendable {
            let instanceId: String?
            let deviceIndex: Int?
        }
        let networkInterfaceId: String
        let subnetId: String
        let groups: [GroupID]?
        let privateIpAddress: String?
        let privateIpAddresses: [Address]?
        let ipv6Addresses: [Address]?
        let attachment: Attached?
        let macAddress: String?
        let sourceDestCheck: Bool?
    }

    var vpcs: [Vpc]?
    var subnets: [Subnet]?
    var routeTables: [RouteTable]?
    var internetGateways: [Gateway]?
    var networkAcls: [ACL]?
    var securityGroups: [Group]?
    var prefixLists: [List]?
    var managedPrefixLists: [List]?
    var networkInterfaces: [Interface]?

    /// Reads it, with AWS's names of members.
    public static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in
            let name = path.last?.stringValue ?? ""
            return Name(stringValue: name.prefix(1).lowercased() + name.dropFirst())
        }
        return decoder
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    /// Takes in what another says as well.
    public mutating func add(_ other: NetworkDocument) {
        func join<Part>(_ path: WritableKeyPath<NetworkDocument, [Part]?>) {
            guard let more = other[keyPath: path] else { return }
            self[keyPath: path] = (self[keyPath: path] ?? []) + more
        }
        join(\.vpcs)
        join(\.subnets)
        join(\.routeTables)
        join(\.internetGateways)
        join(\.networkAcls)
        join(\.securityGroups)
        join(\.prefixLists)
        join(\.managedPrefixLists)
        join(\.networkInterfaces)
    }

    /// The interfaces of an instance, in order of their device indexes; of no instance, those that are attached to none.
    public func interfaces(of instance: String?) -> [InstanceSpec.Interface] {
        (networkInterfaces ?? []).filter { $0.attachment?.instanceId == instance }
            .sorted { ($0.attachment?.deviceIndex ?? 0) < ($1.attachment?.deviceIndex ?? 0) }.map(\.spec)
    }

    /// An interface by its id.
    public func interface(_ id: String) -> InstanceSpec.Interface? {
        networkInterfaces?.first { $0.networkInterfaceId == id }?.spec
    }
}

extension NetworkDocument.Interface {
    var spec: InstanceSpec.Interface {
        InstanceSpec.Interface(
            networkInterfaceId, macAddress: macAddress, checksSourceAndDestination: sourceDestCheck ?? true)
    }
}
