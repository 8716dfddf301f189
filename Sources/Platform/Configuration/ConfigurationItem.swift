public import Directory
public import Wire

/// A resource as AWS Config shows it: how it was at one moment, whoever recorded it.
///
/// What AWS Config adds (when it was seen, in which state, by which recorder) lies with the service.
/// <https://docs.aws.amazon.com/config/latest/developerguide/config-item-table.html>
public struct ConfigurationItem: Sendable, Equatable {
    /// What a resource has to do with another.
    /// <https://docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html>
    public struct Relationship: Sendable, Hashable {
        /// `AWS::IAM::Group`
        public var resourceType: String
        /// By AWS Config's id of such resources; nil: only the name is known.
        public var resourceID: String?
        /// nil: it has none, or it is not known.
        public var resourceName: String?
        /// "Is attached to CustomerManagedPolicy"
        public var name: String

        /// Makes a relationship; see the properties.
        public init(_ name: String, _ resourceType: String, id: String? = nil, named resourceName: String? = nil) {
            self.name = name
            self.resourceType = resourceType
            resourceID = id
            self.resourceName = resourceName
        }
    }

    /// What stands for the Region of resources that have none.
    public static let globalRegion = "global"

    /// `AWS::IAM::User`
    public var resourceType: String
    /// What AWS Config tells it by among those of its type: a user's unique id, a bucket's name.
    public var resourceID: String
    /// The name that people gave it; nil: it has none.
    public var resourceName: String?
    /// Its ARN; nil: such resources have none.
    public var arn: String?
    /// The account that it is in.
    public var accountID: String
    /// ``globalRegion`` for what has none.
    public var region: String
    /// "Regional", "Multiple Availability Zones" or "Not Applicable"; nil: AWS says nothing.
    public var availabilityZone: String?
    /// When it was made, in seconds since 1970; nil: AWS doesn't say.
    public var creationTime: Double?
    /// In the order in which they were put.
    public var tags: [Tag] = []
    /// What it has to do with others.
    public var relationships: [Relationship] = []
    /// What its service answers to a call that describes it.
    public var configuration: JSONValue
    /// What further calls say of it, by AWS Config's names. In items that the API shows each is a JSON text.
    public var supplementaryConfiguration: [JSONMember] = []

    /// Makes an item; see the properties.
    public init(
        _ resourceType: String, id: String, name: String? = nil, arn: String?, account: String, region: String,
        availabilityZone: String? = nil, created: Double? = nil, tags: [Tag] = [],
        relationships: [Relationship] = [], configuration: JSONValue,
        supplementary: [JSONMember] = []
    ) {
        self.resourceType = resourceType
        resourceID = id
        resourceName = name
        self.arn = arn
        accountID = account
        self.region = region.isEmpty ? Self.globalRegion : region
        self.availabilityZone = availabilityZone
        creationTime = created
        self.tags = tags
        self.relationships = relationships
        self.configuration = configuration
        supplementaryConfiguration = supplementary
    }
}

extension JSONValue {
    /// An object of these members. Those without a value are left out.
    public static func members(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(members.compactMap { member in member.value.map { JSONMember(key: member.key, value: $0) } })
    }

    /// A moment as items have it: `2026-11-21T02:03:04.500Z`.
    public static func time(_ seconds: Double) -> JSONValue {
        .string(Timestamp(secondsSinceEpoch: seconds).iso8601WithMilliseconds)
    }

    /// A text; nil for none.
    public static func perhaps(_ text: String?) -> JSONValue? { text.map { .string($0) } }

    /// The value as a JSON text.
    public var jsonText: String {
        var writer = JSONWriter()
        writer.json(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The value with the names of members as AWS Config has those of older services: `BucketKeyEnabled` is
    /// `bucketKeyEnabled`, and `SSEAlgorithm` `sseAlgorithm`.
    public var withLoweredNames: JSONValue {
        switch self {
        case .object(let members):
            .object(members.map { JSONMember(key: Self.lowered($0.key), value: $0.value.withLoweredNames) })
        case .array(let elements): .array(elements.map(\.withLoweredNames))
        default: self
        }
    }

    private static func lowered(_ name: String) -> String {
        let bytes = Array(name.utf8)
        let capitals = bytes.prefix { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }.count
        // The last of several begins the next word: `KMSMasterKeyID`.
        let count = capitals > 1 && capitals < bytes.count ? capitals - 1 : capitals
        return String(decoding: bytes.prefix(count).map { $0 | 0x20 } + bytes.dropFirst(count), as: UTF8.self)
    }
}
