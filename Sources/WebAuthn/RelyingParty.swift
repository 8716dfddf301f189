/// The site that credentials are made for: they work on its pages and nowhere else.
/// <https://www.w3.org/TR/webauthn-3/#relying-party-identifier>
public struct RelyingParty: Sendable, Hashable {
    /// A host's name, in lower case: `localhost`, `console.example.com`.
    public let id: String
    /// What people call it; the browser may show it.
    public let name: String
    /// The origins of its pages: `https://localhost:4566`.
    public let origins: Set<String>

    /// Makes a relying party of which everything is known.
    ///
    /// `id` has to be the host of each of the origins, or a domain above it; browsers refuse anything else.
    public init(id: String, name: String, origins: Set<String>) {
        self.id = id
        self.name = name
        self.origins = origins
    }

    /// The relying party of a page's origin, as a browser writes it: `https://localhost:4566`.
    ///
    /// Nil where browsers have no passkeys: without TLS, but for `localhost`, and for hosts that are addresses.
    public init?(origin: String, name: String) {
        guard let separator = origin.firstRange(of: "://") else { return nil }
        let scheme = origin[..<separator.lowerBound]
        let authority = origin[separator.upperBound...]
        let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let host = parts.first, !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(Self.isOfHost),
            let last = host.split(separator: ".", omittingEmptySubsequences: false).last, !last.isEmpty,
            // The last label of an IPv4 address is a number; an IPv6 address has colons.
            !last.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            parts.count == 1 || UInt16(parts[1]) != nil,
            scheme == "https" || scheme == "http" && (host == "localhost" || host.hasSuffix(".localhost"))
        else { return nil }
        self.init(id: String(host), name: name, origins: [origin])
    }

    private static func isOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}
