/// An Amazon Resource Name: `arn:partition:service:region:account:resource`.
///
/// ```swift
/// let arn = try #require(ARN(parsing: "arn:aws:iam::111122223333:user/division/alice"))
/// let (account, name) = (arn.account, arn.lastPart)  // "111122223333", "alice"
/// ```
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.
public struct ARN: Sendable, Hashable, CustomStringConvertible {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    public var partition: String
    /// `iam`
    public var service: String
    /// Empty for what is in no region.
    public var region: String
    /// Twelve digits; `aws` for what AWS owns; empty where none is needed.
    public var account: String
    /// Everything after the fifth colon, further colons and slashes included.
    public var resource: String

    /// Puts an ARN together from its parts, none of which is checked; a part that contains a colon makes an ARN that
    /// parses differently.
    public init(partition: String = "aws", service: String, region: String = "", account: String, resource: String) {
        self.partition = partition
        self.service = service
        self.region = region
        self.account = account
        self.resource = resource
    }

    /// Parses an ARN; nil when it has fewer than six parts, does not begin with `arn`, lacks a partition, a service or
    /// a resource, or has a character that is not printable ASCII. No name in AWS has such a character; and Swift
    /// considers some of them (the Kelvin sign) equal to ASCII letters, while the policy engine, which compares bytes,
    /// does not.
    public init?(parsing text: some StringProtocol) {
        self.init(parsing: String(text))
    }

    /// The same for a `String`, by its bytes: every request comes through here, and without a type parameter it costs
    /// the least.
    ///
    /// - Complexity: linear in the length of the text.
    public init?(parsing text: String) {
        let bytes = text.utf8
        guard bytes.starts(with: "arn:".utf8), bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        var rest = bytes[...].dropFirst(4)
        func part() -> String? {
            guard let colon = rest.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            defer { rest = rest[colon...].dropFirst() }
            return String(text[rest.startIndex..<colon])
        }
        guard let partition = part(), !partition.isEmpty, let service = part(), !service.isEmpty,
            let region = part(), let account = part(), !rest.isEmpty
        else { return nil }
        self.init(
            partition: partition, service: service, region: region, account: account,
            resource: String(text[rest.startIndex...]))
    }

    /// The ARN of an IAM resource, for example `iam(account, "user", path: "/division/", name: "alice")`.
    public static func iam(_ account: String, _ type: String, path: String = "/", name: String) -> String {
        // Every answer and event has some: written in one go.
        let count = 14 + account.utf8.count + type.utf8.count + path.utf8.count + name.utf8.count
        return String(unsafeUninitializedCapacity: count) { bytes in
            var end = 0
            put("arn:aws:iam::", into: bytes, &end)
            put(account, into: bytes, &end)
            put(":", into: bytes, &end)
            put(type, into: bytes, &end)
            put(path, into: bytes, &end)
            put(name, into: bytes, &end)
            return end
        }
    }

    private static func put(_ part: String, into bytes: UnsafeMutableBufferPointer<UInt8>, _ end: inout Int) {
        let rest = bytes[end...]
        end =
            part.utf8.withContiguousStorageIfAvailable { rest.update(fromContentsOf: $0) }
            ?? rest.update(fromContentsOf: part.utf8)
    }

    public var description: String {
        "arn:\(partition):\(service):\(region):\(account):\(resource)"
    }

    /// The resource's type and the rest after the first slash: `user` and `division/alice`.
    public var typeAndRest: (type: Substring, rest: Substring)? {
        guard let slash = resource.utf8.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        return (resource[..<slash], resource[resource.utf8.index(after: slash)...])
    }

    /// What follows the last slash, `alice`; without a slash, the whole resource.
    public var lastPart: String {
        guard let slash = resource.utf8.lastIndex(of: UInt8(ascii: "/")) else { return resource }
        return String(resource[resource.utf8.index(after: slash)...])
    }
}
