import NIOCore

/// A name that a certificate is for: of a host, or an IP address.
public enum ServedName: Hashable, Sendable, CustomStringConvertible {
    /// In lower case; the first label may be `*` where two others follow: many clients take no chain with a wildcard for
    /// a whole domain of the first level in it.
    case host(String)
    /// The bytes of the address in the network's order, 4 or 16, and the address as text.
    case address([UInt8], String)

    /// - Parameter text: `gatehouse.example`, `*.gatehouse.example`, `192.0.2.1`, `2001:db8::1`.
    /// - Returns: nil for what is neither a name nor an address.
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
            // What looks like an address is a mistake.
            !name.hasPrefix("*.") || name.split(separator: ".").count >= 3,
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

    /// The host in a URL.
    public var urlHost: String {
        if case .address(let bytes, let text) = self, bytes.count == 16 { "[\(text)]" } else { description }
    }

    /// Whether clients that ask for `name` take a certificate for this one.
    /// RFC 9525, section 6.3: a wildcard is one label.
    public func covers(_ name: ServedName) -> Bool {
        if case .host(let own) = self, case .host(let other) = name, own.hasPrefix("*.") {
            guard let dot = other.firstIndex(of: ".") else { return false }
            return own.dropFirst() == other[dot...]
        }
        return self == name
    }

    /// Whether it is a name of the machine itself, by which no other can be reached.
    public var isLoopback: Bool {
        switch self {
        case .host(let name): name == "localhost" || name.hasSuffix(".localhost")
        case .address(let bytes, _):
            bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
        }
    }

    /// Whether it stands for all addresses of the machine: `0.0.0.0` or `::`.
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
    /// The names by which a server on one's own machine is reached.
    /// - Parameter services: as in `iam.localhost`.
    public static func ofThisMachine(services: [String]) -> [ServedName] {
        let names =
            ["localhost", "127.0.0.1", "::1", "*.s3.localhost", "host.docker.internal"]
            + Set(services).sorted().map { "\($0).localhost" }
        return names.compactMap { ServedName($0) }
    }
}
