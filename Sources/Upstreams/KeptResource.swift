public import Directory
public import Ledger
import Wire

/// What is kept of a resource that lies behind Gatehouse: what decisions about it need, and the endpoint alone would know.
///
/// It is taken from calls as they pass. The record is in the scope of the ARN's account and region.
public struct KeptResource: Record, Equatable {
    public static let kind = "Gatehouse::KeptResource"

    /// `arn:aws:sqs:us-east-1:111122223333:orders`. A secret's is without the six characters that Secrets Manager appends to
    /// the name: see ``fullResource``.
    public let arn: String
    /// The resource-based policy, as the client or the endpoint wrote it; nil: it has none. One that is longer than any
    /// service takes is kept as an empty text.
    public private(set) var policy: String?
    /// In the order in which they came; at most ``mostTags``.
    public var tags: [Tag] = []
    /// What the ARN ends with where a name says less: `secret:orders-AbCdEf`. nil: it is not known, or there is no such thing.
    public var fullResource: String?

    /// The account that owns it, where its ARN has none, as that of a bucket. nil: nobody has told.
    public var owner: String?
    /// Whether S3 Block Public Access takes from outsiders what the policy allows everybody; nil: it does not.
    public var restrictsPublicBuckets: Bool?

    /// More than any service allows.
    static let mostTags = 512
    /// The longest policy that is kept, in bytes. Those of AWS end at 30 KiB.
    static let longestPolicy = 128 << 10

    /// A resource of which nothing is known yet.
    public init(arn: ARN) {
        self.arn = arn.description
    }

    public var id: String { Self.id(ARN(parsing: arn)) }

    /// `sqs:orders`: what the ARN says besides partition, account and region.
    static func id(_ arn: ARN?) -> String { arn.map { "\($0.service):\($0.resource)" } ?? "" }

    /// Where the record of a resource is.
    static func scope(_ arn: ARN) -> Scope { Scope(account: arn.account, region: arn.region) }

    /// Whether it says nothing that would not be so without it.
    var isEmpty: Bool {
        policy == nil && tags.isEmpty && fullResource == nil && owner == nil && restrictsPublicBuckets == nil
    }

    /// Sets the policy. An empty text means that there is none, as for SQS.
    mutating func setPolicy(_ text: String?) {
        guard let text, !text.isEmpty else {
            policy = nil
            return
        }
        policy = text.utf8.count <= Self.longestPolicy ? text : ""
    }

    /// Sets tags, and leaves those with other keys.
    mutating func addTags(_ added: [Tag]) {
        removeTags(added.map(\.key))
        tags = Array((tags + added).prefix(Self.mostTags))
    }

    /// Removes the tags of these keys.
    mutating func removeTags(_ keys: [String]) {
        let keys = Set(keys)
        tags.removeAll { keys.contains($0.key) }
    }

    /// Whether both mean the same: endpoints answer with policies in a layout of their own.
    func isLike(_ other: KeptResource) -> Bool {
        guard arn == other.arn, fullResource == other.fullResource, Set(tags) == Set(other.tags),
            owner == other.owner, restrictsPublicBuckets == other.restrictsPublicBuckets
        else { return false }
        if policy == other.policy { return true }
        guard let own = policy, let theirs = other.policy, let own = try? JSONValue(parsing: Array(own.utf8)) else {
            return false
        }
        return own == (try? JSONValue(parsing: Array(theirs.utf8)))
    }
}

/// The kinds of records that belong to what lies behind Gatehouse.
public enum UpstreamRecords {
    /// The types of the records.
    public static let all: [any Record.Type] = [KeptResource.self]
}
