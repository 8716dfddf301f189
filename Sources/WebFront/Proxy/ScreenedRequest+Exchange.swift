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
