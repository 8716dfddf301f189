import WAF

extension ScreenedRequest {
    /// What is known of a request before its body is there.
    init(_ exchange: Exchange, host: String, traceID: String) {
        let (head, client) = (exchange.head, exchange.client)
        var web = WebRequest()
        let path = head.path
        web.method = Array(head.bytes[head.method])
        web.path = Array(path.path)
        web.query = path.query.map { Array($0) }
        web.headers = head.fields.all.map { field in
            WebRequest.Header(name: Array(head.bytes[field.name]), value: Array(head.bytes[field.value]))
        }
        if head.version == .http2 { web.joinCookies(head) }
        // HTTP/2 has it elsewhere.
        if head.version == .http2, !head.fields.all.contains(where: { $0.kind == .host }) {
            web.headers.insert(
                WebRequest.Header(name: Array("host".utf8), value: Array(head.bytes[head.authority])), at: 0)
        }
        web.address = client.ip
        (web.ja3, web.ja4) = (client.fingerprints?.ja3, client.fingerprints?.ja4)
        let version =
            switch head.version {
            case .http10: "HTTP/1.0"
            case .http11: "HTTP/1.1"
            case .http2: "HTTP/2.0"
            }
        web.version = version
        self.init(
            web: web, host: host, version: version, isSecure: client.isSecure, traceID: "Root=" + traceID,
            time: exchange.front.time)
    }
}

extension WebRequest {
    /// Puts the cookies of HTTP/2 together, as the application gets them: where a line ends must hide nothing
    /// (RFC 9113, section 8.2.3).
    fileprivate mutating func joinCookies(_ head: RequestHead) {
        var crumbs = head.fields.all.indices.filter { head.fields.all[$0].kind == .cookie }
        guard crumbs.count > 1 else { return }
        let first = crumbs.removeFirst()
        var whole = headers[first].value
        for crumb in crumbs { whole += Array("; ".utf8) + headers[crumb].value }
        headers[first] = Header(name: headers[first].name, value: whole)
        for crumb in crumbs.reversed() { headers.remove(at: crumb) }
    }
}
