/// The head of a request as a client sent it, read without forbearance: what this reads, nobody behind can read in another
/// way.
struct RequestHead: Sendable {
    enum Version: Sendable { case http10, http11, http2 }

    /// Its bytes, and the fields that are in them.
    var fields: Fields
    let version: Version
    let method: Range<Int>
    /// With a slash at its beginning, or `*`.
    let target: Range<Int>
    /// Host and port that it is for; empty: it says none, as HTTP/1.0 may.
    let authority: Range<Int>
    let framing: BodyFraming
    /// Whether the client will send more requests on the connection.
    let isKeepAlive: Bool
    /// Whether the client waits for a word before it sends the body.
    let expectsContinue: Bool
    /// The one protocol that it would rather speak; nil: none that may be passed on.
    let upgrade: Range<Int>?
    /// The names of the fields that the client declares to be of the connection.
    let connectionOptions: [Range<Int>]

    var bytes: [UInt8] { fields.bytes }
    var isHEAD: Bool { fields.bytes[method].elementsEqual("HEAD".utf8) }
    var hasBody: Bool { framing != .none }

    /// Whether a request may be sent again when nothing has come of it (RFC 9110, section 9.2.2).
    var isIdempotent: Bool {
        Self.idempotent.contains { bytes[method].elementsEqual($0.utf8) }
    }
    private static let idempotent = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]

    /// Whether it has a body where many do not look for one (CL.0): the connection on which it goes on is not used again.
    var hasUnusualBody: Bool {
        hasBody && Self.bodiless.contains { bytes[method].elementsEqual($0.utf8) }
    }
    private static let bodiless = ["GET", "HEAD", "DELETE", "OPTIONS"]

    /// Whether it says that its body is empty, where others of its kind have one.
    var saysEmpty: Bool {
        fields.all.contains { $0.kind == .contentLength }
            || Self.bodied.contains { bytes[method].elementsEqual($0.utf8) }
    }
    private static let bodied = ["POST", "PUT", "PATCH"]

    /// The host that it is for, in lower case and without a port.
    var host: String {
        var end = authority.upperBound
        let isAddress = authority.lowerBound < end && bytes[authority.lowerBound] == UInt8(ascii: "[")
        if let colon = bytes[authority].lastIndex(of: .colon), !isAddress || bytes[colon - 1] == UInt8(ascii: "]") {
            end = colon
        }
        if end > authority.lowerBound, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
        return String(decoding: bytes[authority.lowerBound..<end].lazy.map(\.lowercased), as: UTF8.self)
    }

    /// Path and query, apart.
    var path: (path: ArraySlice<UInt8>, query: ArraySlice<UInt8>?) {
        guard let mark = bytes[target].firstIndex(of: UInt8(ascii: "?")) else { return (bytes[target], nil) }
        return (bytes[target.lowerBound..<mark], bytes[mark + 1..<target.upperBound])
    }

    /// A head of HTTP/2, whose parts were looked at before.
    init(
        http2 fields: Fields, method: Range<Int>, target: Range<Int>, authority: Range<Int>, framing: BodyFraming,
        expectsContinue: Bool
    ) {
        self.fields = fields
        self.method = method
        self.target = target
        self.authority = authority
        self.framing = framing
        self.expectsContinue = expectsContinue
        (version, isKeepAlive, upgrade, connectionOptions) = (.http2, true, nil, [])
    }
}

// MARK: HTTP/1

extension RequestHead {
    /// Reads a head of HTTP/1.
    /// - Parameter bytes: with the empty line at the end, each line ending in carriage return and line feed.
    /// - Throws: for what HTTP does not allow, or what others read differently; 501 and 505 as an Application Load Balancer
    ///   has them.
    init(_ bytes: [UInt8]) throws(Refusal) {
        let lines = try HeadCollector.lines(of: bytes)
        guard let first = lines.first else { throw .malformed("there is no request line") }
        fields = Fields(bytes)
        for line in lines.dropFirst() { try fields.read(line) }

        let words = bytes[first].split(separator: .space, omittingEmptySubsequences: false).map(\.indices)
        guard words.count == 3 else { throw .malformed("a request line has three words, and a space between each") }
        guard !words[0].isEmpty, bytes[words[0]].allSatisfy(\.isOfToken) else {
            throw .malformed("the method is no token")
        }
        method = words[0]
        version = try Self.version(bytes, words[2])
        try Self.refuse(method, bytes)

        let host = try fields.only(.host)
        (target, authority) = try Self.target(&fields, words[1], method, host, version)
        framing = try Self.framing(fields, version)
        let connection = try Self.connection(fields)
        connectionOptions = connection.filter { !bytes.equals($0, "close") && !bytes.equals($0, "keep-alive") }
        isKeepAlive =
            version == .http11
            ? !connection.contains { bytes.equals($0, "close") }
            : connection.contains { bytes.equals($0, "keep-alive") }
                && !connection.contains { bytes.equals($0, "close") }
        expectsContinue = try Self.expectsContinue(fields) && version == .http11 && framing != .none
        upgrade = try Self.upgrade(fields, connection, version, framing)
    }

    private static func version(_ bytes: [UInt8], _ word: Range<Int>) throws(Refusal) -> Version {
        guard word.count == 8, bytes[word].starts(with: "HTTP/".utf8), bytes[word.lowerBound + 5].isDigit,
            bytes[word.lowerBound + 6] == UInt8(ascii: "."), bytes[word.lowerBound + 7].isDigit
        else { throw .malformed("the request line has no version") }
        switch (bytes[word.lowerBound + 5], bytes[word.lowerBound + 7]) {
        case (0x31, 0x31): return .http11
        case (0x31, 0x30): return .http10
        default: throw Refusal(status: 505, reason: "the version is not HTTP/1.1")
        }
    }

    /// What is not for the applications: to be connected elsewhere, and to have the request back.
    private static func refuse(_ method: Range<Int>, _ bytes: [UInt8]) throws(Refusal) {
        if bytes.equals(method, "trace") || bytes.equals(method, "track") {
            throw Refusal(status: 405, reason: "TRACE is not passed on")
        }
        if bytes.equals(method, "connect") { throw .malformed("CONNECT is for proxies of clients") }
    }

    private static func target(
        _ fields: inout Fields, _ word: Range<Int>, _ method: Range<Int>, _ host: Fields.Field?, _ version: Version
    ) throws(Refusal) -> (target: Range<Int>, authority: Range<Int>) {
        let bytes = fields.bytes
        try checkTarget(bytes[word])
        guard let host else {
            guard version == .http10, bytes[word.lowerBound] == UInt8(ascii: "/") else {
                throw .malformed("a request has no Host")
            }
            return (word, word.lowerBound..<word.lowerBound)
        }
        try checkAuthority(bytes[host.value])
        switch bytes[word.lowerBound] {
        case UInt8(ascii: "/"): return (word, host.value)
        case UInt8(ascii: "*"):
            guard word.count == 1, bytes.equals(method, "options") else { throw .malformed("the target is none") }
            return (word, host.value)
        default: break
        }
        // As a client sends it to its proxy (RFC 9112, section 3.2.2): passed on in the form that servers expect.
        var rest = word
        for scheme: StaticString in ["http://", "https://"] {
            let count = scheme.utf8CodeUnitCount
            if word.count > count, bytes.equals(word.lowerBound..<word.lowerBound + count, scheme) {
                rest = word.lowerBound + count..<word.upperBound
            }
        }
        guard rest != word else { throw .malformed("the target is neither a path nor a URL") }
        let slash = bytes[rest].firstIndex(of: UInt8(ascii: "/")) ?? rest.upperBound
        guard bytes.equals(rest.lowerBound..<slash, ignoringCase: bytes[host.value]) else {
            throw .malformed("target and Host name different hosts")
        }
        if slash < rest.upperBound { return (slash..<rest.upperBound, host.value) }
        fields.bytes.append(UInt8(ascii: "/"))
        return (bytes.count..<bytes.count + 1, host.value)
    }

    private static func connection(_ fields: Fields) throws(Refusal) -> [Range<Int>] {
        var options: [Range<Int>] = []
        for field in fields.fields(.connection) {
            for option in fields.bytes.list(field.value) where !option.isEmpty {
                guard fields.bytes[option].allSatisfy(\.isOfToken) else {
                    throw .malformed("Connection has what is no token")
                }
                switch FieldKind(fields.bytes, option) {
                // Whoever takes these away from a message makes another one of it.
                case .host, .contentLength, .transferEncoding, .cookie:
                    throw .malformed("Connection names a field that is the message's")
                default: options.append(option)
                }
            }
        }
        return options
    }

    private static func framing(_ fields: Fields, _ version: Version) throws(Refusal) -> BodyFraming {
        let (length, encoding) = (try fields.only(.contentLength), try fields.only(.transferEncoding))
        guard let encoding else {
            guard let length else { return .none }
            guard let number = fields.bytes.number(length.value) else {
                throw .malformed("Content-Length is no number")
            }
            return number == 0 ? .none : .length(number)
        }
        guard length == nil else { throw .malformed("a request has both a length and an encoding of transfer") }
        guard version == .http11 else { throw .malformed("HTTP/1.0 has no encodings of transfer") }
        if fields.value(of: encoding, equals: "chunked") { return .chunked }
        for known: StaticString in ["gzip", "deflate", "compress", "identity"]
        where fields.value(of: encoding, equals: known) {
            throw Refusal(status: 501, reason: "the encoding of transfer is not supported")
        }
        throw .malformed("the encoding of transfer is none")
    }

    private static func expectsContinue(_ fields: Fields) throws(Refusal) -> Bool {
        guard let field = try fields.only(.expect) else { return false }
        guard fields.value(of: field, equals: "100-continue") else {
            throw Refusal(status: 417, reason: "what a client expects is not known")
        }
        return true
    }

    /// A change of protocol that can be passed on: to one that does not carry requests past the proxy (`h2c`, `TLS`).
    private static func upgrade(
        _ fields: Fields, _ connection: [Range<Int>], _ version: Version, _ framing: BodyFraming
    ) throws(Refusal) -> Range<Int>? {
        guard connection.contains(where: { fields.bytes.equals($0, "upgrade") }), version == .http11 else { return nil }
        let upgrades = Array(fields.fields(.upgrade))
        guard let field = upgrades.first else { return nil }
        let names = fields.bytes.list(field.value)
        guard upgrades.count == 1,
            names.allSatisfy({ name in
                !name.isEmpty && fields.bytes[name].allSatisfy { $0.isOfToken || $0 == UInt8(ascii: "/") }
            })
        else { throw .malformed("Upgrade names no protocol") }
        guard names.count == 1 else { throw .malformed("Upgrade names several protocols") }
        let name = fields.bytes[field.value].prefix { $0 != UInt8(ascii: "/") }.indices
        for own: StaticString in ["h2c", "h2", "http", "tls", "https"] where fields.bytes.equals(name, own) {
            return nil
        }
        guard framing == .none else { throw .malformed("a request for another protocol has a body") }
        return field.value
    }
}

// MARK: Both versions

extension RequestHead {
    /// - Throws: for what is no path with a query, and for a fragment, which some cut off and others do not.
    static func checkTarget(_ target: ArraySlice<UInt8>) throws(Refusal) {
        guard !target.isEmpty, target.allSatisfy(\.isOfTarget), !target.contains(UInt8(ascii: "#")) else {
            throw .malformed("the target has what a target may not have")
        }
    }

    /// - Throws: for what is no host with or without a port.
    static func checkAuthority(_ authority: ArraySlice<UInt8>) throws(Refusal) {
        let problem = Refusal.malformed("Host is no host")
        var rest = authority
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { throw problem }
            let address = rest[rest.startIndex + 1..<end]
            guard !address.isEmpty,
                address.allSatisfy({ $0.hexadecimalDigit != nil || $0 == .colon || $0 == UInt8(ascii: ".") })
            else { throw problem }
            rest = rest[(end + 1)...]
        } else {
            let name = rest.prefix { $0 != .colon }
            guard !name.isEmpty, name.first != UInt8(ascii: "."), name.allSatisfy(isOfHost) else { throw problem }
            rest = rest[name.endIndex...]
        }
        guard !rest.isEmpty else { return }
        let port = rest.dropFirst()
        guard rest.first == .colon, (1...5).contains(port.count), port.allSatisfy(\.isDigit) else { throw problem }
    }

    private static func isOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}
