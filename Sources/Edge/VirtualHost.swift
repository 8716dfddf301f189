import Platform

/// What stands before a service's own host name: the bucket of `bucket.s3.us-east-1.amazonaws.com`.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>
enum VirtualHost {
    /// The label, which may have dots in it; nil for the name of an endpoint, an address, and any other host.
    ///
    /// The service's endpoint may be below any name, as `bucket.s3.localhost` and `bucket.s3.eu-west-1.example.org`: a
    /// label `s3`, `s3-fips` or `s3-REGION` tells it. Below `localhost`, and below the name under which the world reaches
    /// Gatehouse, that label may be absent: `bucket.localhost`.
    ///
    /// - Parameters:
    ///   - host: as the client sent it, maybe with a port.
    ///   - endpoint: the first label of the service's endpoint: `s3`. It is asked for only where a host can have such a label, for
    ///     it stands in the service's model, which takes milliseconds to read.
    ///   - publicAddress: how the world reaches Gatehouse, as a URL.
    static func label(of host: String, before endpoint: @autoclosure () -> String, publicAddress: String) -> String? {
        // Most clients are told an address or `localhost`, and put buckets into the path.
        guard host.utf8.contains(UInt8(ascii: ".")), !isPlainAddress(host) else { return nil }
        let name = withoutPort(host[...])
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1, labels.allSatisfy({ !$0.isEmpty }) else { return nil }
        if isAddress(labels) {
            // Clients of a proxy may put names before an address: nobody looks them up.
            return labels.count > 4 && labels[0].first != "[" ? labels.dropLast(4).joined(separator: ".") : nil
        }
        let endpoint = endpoint()
        if let place = labels.dropFirst().lastIndex(where: { isEndpoint($0, endpoint) }) {
            return labels[..<place].joined(separator: ".")
        }
        if isEndpoint(labels[0], endpoint) { return nil }
        for base in ["localhost", hostName(of: publicAddress)] where base.contains(where: \.isLetter) {
            let suffix = "." + base
            guard name.utf8.count > suffix.utf8.count, name.lowercased().hasSuffix(suffix.lowercased()) else {
                continue
            }
            return String(name.dropLast(suffix.count))
        }
        return nil
    }

    /// Whether a host is below the endpoint of a service, or that endpoint itself.
    /// - Parameter endpoint: as in ``label(of:before:publicAddress:)``.
    static func names(_ endpoint: @autoclosure () -> String, in host: String) -> Bool {
        guard host.utf8.contains(UInt8(ascii: ".")), !isPlainAddress(host) else { return false }
        let endpoint = endpoint()
        return withoutPort(host[...]).split(separator: ".").contains { isEndpoint($0, endpoint) }
    }

    /// Whether a host is four numbers, and maybe a port.
    private static func isPlainAddress(_ host: String) -> Bool {
        host.utf8.withContiguousStorageIfAvailable(isPlainAddress)
            ?? Array(host.utf8).withUnsafeBufferPointer(isPlainAddress)
    }

    private static func isPlainAddress(_ host: UnsafeBufferPointer<UInt8>) -> Bool {
        var dots = 0
        for byte in host {
            switch byte {
            case 0x30...0x39, UInt8(ascii: ":"): break
            case UInt8(ascii: "."): dots += 1
            default: return false
            }
        }
        return dots == 3
    }

    private static func isEndpoint(_ label: Substring, _ endpoint: String) -> Bool {
        let label = label.lowercased()
        guard label.hasPrefix(endpoint) else { return false }
        let rest = label.dropFirst(endpoint.count)
        return rest.isEmpty || rest == "-fips"
            || rest.first == "-" && (Regions.needsOptIn(String(rest.dropFirst())) != nil || isZone(rest.dropFirst()))
    }

    /// Whether a text is the ID of a zone, perhaps with `-fips` before it: `use1-az4`, `usw2-lax1-az1`.
    private static func isZone(_ text: Substring) -> Bool {
        let parts = (text.hasPrefix("fips-") ? text.dropFirst(5) : text).split(separator: "-")
        return (2...3).contains(parts.count) && parts.last.map { $0.hasPrefix("az") && $0.count == 3 } == true
    }

    /// Whether the labels are an IPv4 address. Those of version 6 stand in brackets.
    private static func isAddress(_ labels: [Substring]) -> Bool {
        labels.last?.utf8.allSatisfy { (0x30...0x39).contains($0) } == true || labels[0].first == "["
    }

    private static func withoutPort(_ host: Substring) -> Substring {
        guard let colon = host.lastIndex(of: ":"),
            host[colon...].dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return host }
        return host[..<colon]
    }

    private static func hostName(of url: String) -> String {
        let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
        return String(withoutPort(rest.prefix { $0 != "/" }))
    }
}
