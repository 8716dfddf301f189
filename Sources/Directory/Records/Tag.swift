/// A key and a value that a user put on a resource.
///
/// Which keys count as the same depends on the resource: on users and roles, keys that differ only in case are the same
/// key, kept as it was first written; on everything else they are different keys.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>
public struct Tag: Sendable, Hashable, Codable {
    /// 1 to 128 characters; those that begin with `aws:` are AWS's.
    public var key: String
    /// Up to 256 characters; it may be empty.
    public var value: String

    /// Makes a tag. The service has to check that key and value are allowed.
    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}
