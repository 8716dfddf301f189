/// The fields of a message's head: where they are in its bytes.
struct Fields: Sendable {
    /// One of them.
    struct Field: Sendable {
        let name: Range<Int>
        /// Without the white space around it.
        let value: Range<Int>
        let kind: FieldKind
    }

    /// What names, values and more are in.
    var bytes: [UInt8]
    /// In their order.
    private(set) var all: [Field] = []

    /// The most fields that a head may have.
    static let most = 200

    /// No fields.
    init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
        all.reserveCapacity(16)
    }

    /// The fields of a head that the proxy makes itself.
    init(_ fields: [(name: String, value: String)]) {
        self.init()
        for field in fields { append(field.name, field.value) }
    }

    /// Adds a field.
    mutating func append(_ name: String, _ value: String) {
        append(name.utf8, value.utf8)
    }

    /// Adds a field.
    mutating func append(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        let start = bytes.count
        bytes += name
        let middle = bytes.count
        bytes += value
        add(name: start..<middle, value: middle..<bytes.count)
    }

    /// Takes in a field whose name and value are in the bytes already.
    mutating func add(name: Range<Int>, value: Range<Int>) {
        all.append(Field(name: name, value: value, kind: FieldKind(bytes, name)))
    }

    /// Reads the line of a field.
    /// - Parameter line: without its end.
    /// - Throws: for anything that RFC 9112, section 5, does not allow, and for what it allows to be taken with forbearance.
    mutating func read(_ line: Range<Int>) throws(Refusal) {
        guard all.count < Self.most else { throw .malformed("too many fields") }
        var index = line.lowerBound
        while index < line.upperBound, bytes[index].isOfToken { index += 1 }
        // A line that begins with white space continues the one before, to some; white space before the colon belongs to the
        // name, to others.
        guard index > line.lowerBound, index < line.upperBound, bytes[index] == .colon else {
            throw .malformed("a field's name is no token, or no colon follows it")
        }
        let value = index + 1..<line.upperBound
        for index in value where !bytes[index].isOfFieldValue {
            throw .malformed("a field's value has a control character")
        }
        add(name: line.lowerBound..<index, value: bytes.trimmed(value))
    }

    /// The fields of a kind, in their order.
    func fields(_ kind: FieldKind) -> some Sequence<Field> { all.lazy.filter { $0.kind == kind } }

    /// The one field of a kind; nil: there is none.
    /// - Throws: when there are several.
    func only(_ kind: FieldKind) throws(Refusal) -> Field? {
        var found: Field?
        for field in all where field.kind == kind {
            guard found == nil else { throw .malformed("a field is there twice that may be there once") }
            found = field
        }
        return found
    }

    /// Whether a field's value is a text, but for the case of letters.
    func value(of field: Field, equals lowercased: StaticString) -> Bool { bytes.equals(field.value, lowercased) }
}

/// The fields of which the proxy takes notice.
enum FieldKind: Sendable, Equatable {
    case other
    // What says how long a message is, and for whom.
    case contentLength, transferEncoding, host
    // What is meant for the next on the way, and not for the one at its end (RFC 9110, section 7.6.1).
    case connection, keepAlive, proxyConnection, proxyAuthentication, te, trailer, upgrade, http2Settings
    case expect
    // What the proxy says of the client.
    case forwardedFor, forwardedProto, forwardedPort, traceID, clientCertificate
    // What gateways take for one of the fields above, since they write `_` for `-`.
    case underscored
    case cookie, date

    init(_ bytes: [UInt8], _ name: Range<Int>) {
        self = Self.known(bytes, name) ?? (Self.isUnderscored(bytes, name) ? .underscored : .other)
    }

    private static func known(_ bytes: [UInt8], _ name: Range<Int>) -> FieldKind? {
        func isNamed(_ text: StaticString) -> Bool { bytes.equals(name, text) }
        switch name.count {
        case 2: return isNamed("te") ? .te : nil
        case 4: return isNamed("host") ? .host : isNamed("date") ? .date : nil
        case 6: return isNamed("cookie") ? .cookie : isNamed("expect") ? .expect : nil
        case 7: return isNamed("upgrade") ? .upgrade : isNamed("trailer") ? .trailer : nil
        case 10: return isNamed("connection") ? .connection : isNamed("keep-alive") ? .keepAlive : nil
        case 14: return isNamed("content-length") ? .contentLength : isNamed("http2-settings") ? .http2Settings : nil
        case 15: return isNamed("x-amzn-trace-id") ? .traceID : isNamed("x-forwarded-for") ? .forwardedFor : nil
        case 16:
            return isNamed("x-forwarded-port")
                ? .forwardedPort : isNamed("proxy-connection") ? .proxyConnection : nil
        case 17:
            return isNamed("transfer-encoding")
                ? .transferEncoding : isNamed("x-forwarded-proto") ? .forwardedProto : nil
        case 18: return isNamed("proxy-authenticate") ? .proxyAuthentication : nil
        case 19: return isNamed("proxy-authorization") ? .proxyAuthentication : nil
        default: break
        }
        let prefix: StaticString = "x-amzn-mtls-clientcert"
        let count = prefix.utf8CodeUnitCount
        guard name.count >= count, bytes.equals(name.lowerBound..<name.lowerBound + count, prefix) else { return nil }
        return .clientCertificate
    }

    private static func isUnderscored(_ bytes: [UInt8], _ name: Range<Int>) -> Bool {
        guard bytes[name].contains(UInt8(ascii: "_")) else { return false }
        let hyphenated = bytes[name].map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
        return known(hyphenated, 0..<hyphenated.count) != nil
    }

    /// Whether it is about the connection alone on which it comes.
    var isOfConnection: Bool {
        switch self {
        case .connection, .keepAlive, .proxyConnection, .proxyAuthentication, .te, .trailer, .upgrade, .http2Settings,
            .contentLength, .transferEncoding:
            true
        default: false
        }
    }
}
