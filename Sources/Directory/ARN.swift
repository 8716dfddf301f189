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
        guard
            let arn = text.utf8.withContiguousStorageIfAvailable({ ARN(bytes: $0) })
                ?? Array(text.utf8).withUnsafeBufferPointer({ ARN(bytes: $0) })
        else { return nil }
        self = arn
    }

    /// Parses an ARN whose last part may be any text, as the key of an object in S3 is. Compare it by its bytes.
    ///
    /// - Complexity: linear in the length of the text.
    public init?(parsingFreely text: String) {
        guard let arn = Array(text.utf8).withUnsafeBufferPointer({ ARN(bytes: $0, isFree: true) }) else { return nil }
        self = arn
    }

    private init?(bytes: UnsafeBufferPointer<UInt8>, isFree: Bool = false) {
        guard bytes.starts(with: "arn:".utf8) else { return nil }
        // The first five colons.
        var colons = (0, 0, 0, 0, 0)
        var count = 0
        for (index, byte) in bytes.enumerated() {
            guard (0x21...0x7e).contains(byte) || isFree && count == 5 else { return nil }
            guard byte == UInt8(ascii: ":"), count < 5 else { continue }
            switch count {
            case 0: colons.0 = index
            case 1: colons.1 = index
            case 2: colons.2 = index
            case 3: colons.3 = index
            default: colons.4 = index
            }
            count += 1
        }
        func part(_ start: Int, _ end: Int) -> String {
            String(decoding: UnsafeBufferPointer(rebasing: bytes[(start + 1)..<end]), as: UTF8.self)
        }
        guard count == 5, colons.1 > colons.0 + 1, colons.2 > colons.1 + 1, bytes.count > colons.4 + 1 else {
            return nil
        }
        self.init(
            partition: part(colons.0, colons.1), service: part(colons.1, colons.2),
            region: part(colons.2, colons.3), account: part(colons.3, colons.4),
            resource: part(colons.4, bytes.count))
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

    /// An ARN of the partition `aws`, for example `text("kms", region, account, "key/", id)`.
    public static func text(
        _ service: String, _ region: String, _ account: String, _ type: String, _ rest: String
    ) -> String {
        let count =
            11 + service.utf8.count + region.utf8.count + account.utf8.count + type.utf8.count + rest.utf8.count
        return String(unsafeUninitializedCapacity: count) { bytes in
            var end = 0
            put("arn:aws:", into: bytes, &end)
            put(service, into: bytes, &end)
            put(":", into: bytes, &end)
            put(region, into: bytes, &end)
            put(":", into: bytes, &end)
            put(account, into: bytes, &end)
            put(":", into: bytes, &end)
            put(type, into: bytes, &end)
            put(rest, into: bytes, &end)
            return end
        }
    }

    private static func put(_ part: String, into bytes: UnsafeMutableBufferPointer<UInt8>, _ end: inout Int) {
        let isWritten: Void? = part.utf8.withContiguousStorageIfAvailable { part in
            guard let from = part.baseAddress, let to = bytes.baseAddress, part.count <= bytes.count - end else {
                return
            }
            (to + end).update(from: from, count: part.count)
            end += part.count
        }
        if isWritten == nil { end = bytes[end...].update(fromContentsOf: part.utf8) }
    }

    public var description: String {
        let parts = ["arn", partition, service, region, account, resource]
        let count = parts.reduce(parts.count - 1) { $0 + $1.utf8.count }
        return String(unsafeUninitializedCapacity: count) { bytes in
            var end = 0
            for (index, part) in parts.enumerated() {
                if index > 0 { Self.put(":", into: bytes, &end) }
                Self.put(part, into: bytes, &end)
            }
            return end
        }
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
