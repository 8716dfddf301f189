import NIOHTTP1
import Wire

extension WireRequest {
    /// nil for a request that HTTP forbids: without a Host or with several, or for another host than the one it names
    /// (RFC 9112, section 3.2).
    init?(_ head: HTTPRequestHead) {
        var (host, hosts): (String?, Int) = (nil, 0)
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(head.headers.count)
        for header in head.headers {
            headers.append((name: header.name, value: header.value))
            guard equalsIgnoringCase(header.name, lowercased: "host") else { continue }
            (host, hosts) = (header.value, hosts + 1)
        }
        guard hosts == 1 || (hosts == 0 && head.version == .http1_0),
            let target = Self.originForm(of: head.uri, host: host)
        else { return nil }
        let question = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        self.init(
            method: head.method.rawValue, path: String(target[..<question]),
            query: String(target[question...].dropFirst()), headers: headers)
    }

    /// A target's path and query. Clients of proxies name the host before them; then it must be the one that `Host`
    /// names, which is signed.
    private static func originForm(of target: String, host: String?) -> Substring? {
        if target.utf8.first == UInt8(ascii: "/") { return target[...] }
        for scheme in ["http://", "https://"] {
            guard target.utf8.count > scheme.utf8.count,
                equalsIgnoringCase(
                    String(decoding: target.utf8.prefix(scheme.utf8.count), as: UTF8.self), lowercased: scheme)
            else { continue }
            let rest = target.dropFirst(scheme.utf8.count)
            let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
            guard let host, equalsIgnoringCase(String(rest[..<end]), lowercased: host.lowercased()) else {
                return nil
            }
            guard rest[end...].utf8.first == UInt8(ascii: "/") else { return "/" + rest[end...] }
            return rest[end...]
        }
        return nil
    }
}
