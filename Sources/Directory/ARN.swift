/// An Amazon Resource Name: `arn:partition:service:region:account:resource`.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.
public struct ARN: Sendable, Hashable, CustomStringConvertible {
    public var partition: String
    public var service: String
    public var region: String
    public var account: String
    /// Everything after the fifth colon, further colons and slashes included.
    public var resource: String

    public init(partition: String = "aws", service: String, region: String = "", account: String, resource: String) {
        self.partition = partition
        self.service = service
        self.region = region
        self.account = account
        self.resource = resource
    }

    /// Parses an ARN; nil when it has fewer than six parts, does not begin with `arn`, lacks a partition, a service or a
    /// resource, or has a character that is not printable ASCII. No name in AWS has one; and Swift takes some (the Kelvin
    /// sign for K) to be equal to ASCII letters, which the policy engine, comparing bytes, does not.
    public init?(parsing text: some StringProtocol) {
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", !parts[1].isEmpty, !parts[2].isEmpty, !parts[5].isEmpty else {
            return nil
        }
        self.init(
            partition: String(parts[1]), service: String(parts[2]), region: String(parts[3]),
            account: String(parts[4]), resource: String(parts[5]))
    }

    /// The ARN of an IAM resource, for example `iam(account, "user", path: "/division/", name: "alice")`.
    public static func iam(_ account: String, _ type: String, path: String = "/", name: String) -> String {
        "arn:aws:iam::\(account):\(type)\(path)\(name)"
    }

    public var description: String {
        "arn:\(partition):\(service):\(region):\(account):\(resource)"
    }

    /// The resource's type and the rest after the first slash: `user` and `division/alice`.
    public var typeAndRest: (type: Substring, rest: Substring)? {
        guard let slash = resource.firstIndex(of: "/") else { return nil }
        return (resource[..<slash], resource[resource.index(after: slash)...])
    }
}
