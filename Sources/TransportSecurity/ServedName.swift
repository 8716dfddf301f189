import NIOCore

/// A name that a certificate is for: a host name or an IP address.
public enum ServedName: Hashable, Sendable, CustomStringConvertible {
    /// A host name in lower case. The first label may be `*` if at least two others follow: many clients reject a
    /// certificate with a wildcard for a whole top-level domain.
    case host(String)
    /// An IP address: its 4 or 16 bytes in network order, and its text.
    case address([UInt8], String)

    /// Reads `gatehouse.example`, `*.gatehouse.example`, `192.0.2.1` or `2001:db8::1`; nil for a text that is neither a
    /// host name nor an address.
    public init?(_ text: String) {
        if let bytes = Self.bytes(ofAddress: text) {
            self = .address(bytes.bytes, bytes.text)
            return
        }
        let name = text.lowercased()
        guard name.utf8.count <= 253,
            name.wholeMatch(
                of: /(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*/)
                != nil,
            !name.hasPrefix("*.") || name.split(separator: ".").count >= 3,
            // A name that ends in a number is a mistyped address.
            name.split(separator: ".").last?.allSatisfy(\.isNumber) == false
        else { return nil }
        self = .host(name)
    }

    public var description: String {
        switch self {
        case .host(let name): name
        case .address(_, let text): text
        }
    }

    /// The name as the host of a URL: IPv6 addresses are in brackets.
    public var urlHost: String {
        if case .address(let bytes, let text) = self, bytes.count == 16 { "[\(text)]" } else { description }
    }

    /// Whether clients that connect to `name` accept a certificate for this one. A wildcard stands for exactly one
    /// label: RFC 9525, section 6.3.
    public func covers(_ name: ServedName) -> Bool {
        if case .host(let own) = self, case .host(let other) = name, own.hasPrefix("*.") {
            guard let dot = other.firstIndex(of: ".") else { return false }
            return own.dropFirst() == other[dot...]
        }
        return self == name
    }

    /// Whether the name always means the machine itself: `localhost` and its subdomains, `127.0.0.0/8` and `::1`.
    public var isLoopback: Bool {
        switch self {
        case .host(let name): name == "localhost" || name.hasSuffix(".localhost")
        case .address(let bytes, _):
            bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
        }
    }

    /// Whether it stands for all of the machine's addresses: `0.0.0.0` or `::`.
    public var isUnspecified: Bool {
        if case .address(let bytes, _) = self { bytes.allSatisfy { $0 == 0 } } else { false }
    }

    private static func bytes(ofAddress text: String) -> (bytes: [UInt8], text: String)? {
        guard let address = try? SocketAddress(ipAddress: text, port: 0), let shown = address.ipAddress else {
            return nil
        }
        switch address {
        case .v4(let address):
            return (withUnsafeBytes(of: address.address.sin_addr) { Array($0) }, shown)
        case .v6(let address):
            return (withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }, shown)
        case .unixDomainSocket:
            return nil
        }
    }
}

extension ServedName {
    /// The names by which a server on one's own machine can be reached, including one for each of `services`, such as
    /// `iam.localhost`.
    public static func ofThisMachine(services: [String]) -> [ServedName] {
        let names =
            ["localhost", "127.0.0.1", "::1", "*.s3.localhost", "host.docker.internal"]
            + Set(services).sorted().map { "\($0).localhost" }
        return names.compactMap { ServedName($0) }
    }
}
