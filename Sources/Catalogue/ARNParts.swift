/// An ARN, or a pattern of ARNs, taken apart: `arn:partition:service:region:account:resource`.
///
/// A variable (`${aws:username}`) counts as `*`, for it can stand for anything.
public struct ARNParts: Sendable, Hashable {
    public let partition: String
    public let service: String
    public let region: String
    public let account: String
    public let resource: String
    /// How many of the six parts are there; the missing ones are "".
    public let count: Int

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
    public var withVariablesAsWildcards: String {
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
