/// A host by which the domain of a user pool is reached.
struct DomainHost {
    /// A prefix, or the whole name of a custom domain.
    let name: String
    /// The Region that a prefix is of; nil: Gatehouse's own.
    let region: String?
    let isCustom: Bool

    /// nil: it is the host of something else.
    init?(_ host: String) {
        let labels = Self.withoutPort(host).lowercased().split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 3, labels.allSatisfy({ !$0.isEmpty }) else { return nil }
        if labels[1] == "auth", labels.count == 3, labels[2] == "localhost" {
            (name, region, isCustom) = (String(labels[0]), nil, false)
        } else if labels[1] == "auth", labels.count == 4, labels[3] == "localhost" {
            (name, region, isCustom) = (String(labels[0]), String(labels[2]), false)
        } else if labels[1] == "auth", labels.count == 5, labels[3] == "amazoncognito", labels[4] == "com" {
            (name, region, isCustom) = (String(labels[0]), String(labels[2]), false)
        } else {
            // It has two dots at least, and a prefix none: one can't be taken for the other.
            (name, region, isCustom) = (labels.joined(separator: "."), nil, true)
        }
    }

    /// Whether a name is that of Gatehouse, or below it, where buckets are; or one of AWS's.
    func isReserved(by publicAddress: String) -> Bool {
        let rest = publicAddress.firstRange(of: "://").map { publicAddress[$0.upperBound...] } ?? publicAddress[...]
        let own = Self.withoutPort(String(rest.prefix { $0 != "/" })).lowercased()
        let reserved = ["localhost", "amazonaws.com", "amazoncognito.com", "aws.amazon.com", own]
        return reserved.contains { name == $0 || name.hasSuffix("." + $0) }
    }

    private static func withoutPort(_ host: String) -> Substring {
        guard let colon = host.lastIndex(of: ":"),
            host[colon...].dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return host[...] }
        return host[..<colon]
    }

    /// Whether a host is a name of this machine's, or an address.
    static func isOfThisMachine(_ host: String) -> Bool {
        let name = withoutPort(host).lowercased()
        return name == "localhost" || name.hasSuffix(".localhost") || !name.contains(where: \.isLetter)
    }
}
