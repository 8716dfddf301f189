/// An ARN, or a pattern of ARNs, taken apart: `arn:partition:service:region:account:resource`.
///
/// Taking one apart never fails: it is for text that is still to be checked. A variable (`${aws:username}`) counts as
/// `*`, for it can stand for anything. The resource is everything after the fifth colon, further colons included.
///
/// AWS: "Identify AWS resources with ARNs", `reference-arns.html`.
public struct ARNParts: Sendable, Hashable {
    /// "aws", "aws-cn", "aws-us-gov", or a pattern.
    public let partition: String
    /// The service's namespace, which is not always the prefix of its actions: "elasticloadbalancing", "execute-api".
    public let service: String
    /// A region's name such as "us-east-1"; "" for global services and for buckets.
    public let region: String
    /// Twelve digits, "aws" for what AWS owns, or "" where the service leaves it out.
    public let account: String
    /// What the service makes of it: "user/path/name", "function:name:alias".
    public let resource: String
    /// How many of the six parts are there; the missing ones are "".
    public let count: Int

    /// Takes a text apart.
    /// - Parameter pattern: any text; missing parts are "".
    public init(pattern: String) {
        let parts = pattern.withVariablesAsWildcards.split(
            separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        func part(_ index: Int) -> String { index < parts.count ? String(parts[index]) : "" }
        partition = part(1)
        service = part(2)
        region = part(3)
        account = part(4)
        resource = part(5)
        count = parts.count
    }
}

extension String {
    /// Every `${…}` replaced by `*`; one that is not closed stays.
    var withVariablesAsWildcards: String {
        guard utf8.contains(UInt8(ascii: "$")) else { return self }
        var result = ""
        var rest = self[...]
        while let start = rest.firstRange(of: "${") {
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else { break }
            result += rest[..<start.lowerBound] + "*"
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
