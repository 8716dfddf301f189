import NIOHPACK

extension RequestHead {
    /// Reads a head of HTTP/2 as one of HTTP/1.1, which it becomes: nothing in it may mean something else there.
    /// - Parameters:
    ///   - block: the fields of the stream's first HEADERS frame.
    ///   - endsStream: whether no body follows.
    /// - Throws: for what RFC 9113, section 8, does not allow, and for what would not be one field, or one line, in HTTP/1.1.
    init(_ block: HPACKHeaders, endsStream: Bool) throws(Refusal) {
        var fields = Fields()
        var pseudo: [String: Range<Int>] = [:]
        var hasRegular = false
        for (name, value, _) in block {
            if name.utf8.first == UInt8(ascii: ":") {
                guard !hasRegular, Self.pseudoFields.contains(name), pseudo[name] == nil else {
                    throw .malformed("a pseudo-header field is out of its place")
                }
                let start = fields.bytes.count
                fields.bytes += value.utf8
                pseudo[name] = start..<fields.bytes.count
                continue
            }
            hasRegular = true
            guard fields.all.count < Fields.most else { throw .malformed("too many fields") }
            guard !name.isEmpty, name.utf8.allSatisfy({ $0.isOfToken && $0.lowercased == $0 }) else {
                throw .malformed("a field's name is no token in lower case")
            }
            guard value.utf8.allSatisfy(\.isOfFieldValue), Self.isTrimmed(value.utf8) else {
                throw .malformed("a field's value has what a value may not have")
            }
            fields.append(name, value)
        }
        try Self.checkConnectionFields(fields)
        guard let method = pseudo[":method"], let target = pseudo[":path"], let scheme = pseudo[":scheme"],
            !method.isEmpty, fields.bytes[method].allSatisfy(\.isOfToken)
        else { throw .malformed("a pseudo-header field is missing") }
        guard fields.bytes.equals(scheme, "https") || fields.bytes.equals(scheme, "http") else {
            throw .malformed("the scheme is neither http nor https")
        }
        if fields.bytes.equals(method, "trace") || fields.bytes.equals(method, "track") {
            throw Refusal(status: 405, reason: "TRACE is not passed on")
        }
        guard !fields.bytes.equals(method, "connect") else { throw .malformed("CONNECT is for proxies of clients") }
        try Self.checkTarget(fields.bytes[target])
        guard
            fields.bytes[target.lowerBound] == UInt8(ascii: "/")
                || fields.bytes[target].elementsEqual("*".utf8) && fields.bytes.equals(method, "options")
        else { throw .malformed("the path is none") }
        let authority = try Self.authority(fields, pseudo[":authority"])
        let framing = try Self.framing(fields, endsStream: endsStream)
        let expect = try fields.only(.expect)
        if let expect, !fields.value(of: expect, equals: "100-continue") {
            throw Refusal(status: 417, reason: "what a client expects is not known")
        }
        self.init(
            http2: fields, method: method, target: target, authority: authority, framing: framing,
            expectsContinue: expect != nil && framing != .none)
    }

    private static let pseudoFields: Set<String> = [":method", ":path", ":scheme", ":authority"]

    private static func isTrimmed(_ value: String.UTF8View) -> Bool {
        func isSpace(_ byte: UInt8?) -> Bool { byte == .space || byte == .tab }
        return !isSpace(value.first) && !isSpace(value.last)
    }

    /// What HTTP/2 says in other ways (RFC 9113, section 8.2.2).
    private static func checkConnectionFields(_ fields: Fields) throws(Refusal) {
        for field in fields.all {
            switch field.kind {
            case .connection, .keepAlive, .proxyConnection, .transferEncoding, .upgrade, .http2Settings:
                throw .malformed("a field of HTTP/1.1's connections is in HTTP/2")
            case .te where !fields.value(of: field, equals: "trailers"):
                throw .malformed("TE has more than trailers")
            default: break
            }
        }
    }

    private static func authority(_ fields: Fields, _ authority: Range<Int>?) throws(Refusal) -> Range<Int> {
        let host = try fields.only(.host)
        guard let named = authority ?? host?.value else { throw .malformed("a request has no authority") }
        try checkAuthority(fields.bytes[named])
        if let host, !fields.bytes.equals(host.value, ignoringCase: fields.bytes[named]) {
            throw .malformed("authority and Host name different hosts")
        }
        return named
    }

    private static func framing(_ fields: Fields, endsStream: Bool) throws(Refusal) -> BodyFraming {
        guard let length = try fields.only(.contentLength) else { return endsStream ? .none : .chunked }
        guard let number = fields.bytes.number(length.value) else { throw .malformed("Content-Length is no number") }
        guard !endsStream || number == 0 else { throw .malformed("a body is shorter than its length") }
        return number == 0 ? .none : .length(number)
    }
}
