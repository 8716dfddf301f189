import VPC

/// The prefix lists that AWS keeps: the addresses of services that have gateway endpoints.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html>
public enum AWSPrefixLists {
    /// One of the lists.
    public struct List: Sendable, Hashable {
        /// `pl-…`
        public let id: String
        /// The service's name, which is the list's as well: `com.amazonaws.us-east-1.s3`
        public let name: String
        /// The blocks: where instances find the services of this installation. All have the same address, and AWS's are not among
        /// them, since nothing here is behind those.
        public let blocks: [String]
    }

    private static let services: [(name: String, number: UInt32)] = [("dynamodb", 0x02cd_2c6b), ("s3", 0x63a5_400a)]

    /// The address at which instances reach Gatehouse itself, whichever service they ask for.
    private static let blocks = ["\(NetworkAddress.services)/32"]

    /// Those of a Region.
    public static func all(in region: String) -> [List] {
        services.map { service in
            // Each Region has its own: the numbers are AWS's in us-east-1.
            let own = region == "us-east-1" ? service.number : service.number ^ hash(region)
            let digits = String(own, radix: 16)
            return List(
                id: "pl-" + String(repeating: "0", count: 8 - digits.count) + digits,
                name: "com.amazonaws.\(region).\(service.name)", blocks: blocks)
        }
    }

    /// The id of a service's list; nil: it has none, and no gateway endpoint.
    public static func id(ofService name: String, in region: String) -> String? {
        all(in: region).first { $0.name == name }?.id
    }

    /// FNV-1a.
    private static func hash(_ text: String) -> UInt32 {
        text.utf8.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }
}
