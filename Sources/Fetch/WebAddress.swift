/// An absolute `https` URL without fragment or user, or, where that is allowed, an `http` one.
public struct WebAddress: Sendable, Hashable {
    /// Whether it is `https`.
    public let isSecure: Bool
    /// A name or an IP address, without the brackets of version 6.
    public let host: String
    /// 1 to 65,535; the scheme's own where the URL has none.
    public let port: Int
    /// With a slash at its beginning, or empty; with the query, if there is one.
    public let path: String

    /// nil for what is no such URL.
    /// - Parameters:
    ///   - mayHaveQuery: as the address of a provider's keys may, but not that of a provider.
    ///   - mayBePlain: whether `http` will do: to this machine, say.
    public init?(_ text: String, mayHaveQuery: Bool = false, mayBePlain: Bool = false) {
        let lowercased = text.lowercased()
        isSecure = lowercased.hasPrefix("https://")
        let scheme = isSecure ? "https://" : "http://"
        guard isSecure || mayBePlain, text.utf8.count <= 2048, lowercased.hasPrefix(scheme),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !Self.forbidden.contains($0) }),
            mayHaveQuery || !text.contains("?")
        else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = String(rest.dropFirst(authority.count))
        path = target.hasPrefix("?") ? "/" + target : target
        let host: Substring
        let port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let behind = authority[authority.index(after: end)...]
            guard behind.isEmpty || behind.hasPrefix(":") else { return nil }
            port = behind.isEmpty ? nil : behind.dropFirst()
        } else {
            let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = parts.first ?? ""
            port = parts.count > 1 ? parts[1] : nil
        }
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        guard let port else {
            self.port = isSecure ? 443 : 80
            return
        }
        guard let number = Int(port), (1...65535).contains(number), port.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        self.port = number
    }

    private static let forbidden = Set("\"#<>@\\^`{|}".utf8)

    /// As the Host header names it.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }
}
