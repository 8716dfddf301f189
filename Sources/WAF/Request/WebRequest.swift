/// A request for a web application, as a web ACL sees it.
///
/// Nothing in it is trusted: names and values are bytes as they were sent.
public struct WebRequest: Sendable {
    /// A header of the request.
    public struct Header: Sendable {
        /// As it was sent; found without regard to case.
        public let name: [UInt8]
        /// As it was sent, without the white space around it.
        public let value: [UInt8]

        /// - Parameters: see the properties.
        public init(name: [UInt8], value: [UInt8]) {
            self.name = name
            self.value = value
        }

        /// The same from texts.
        public init(_ name: String, _ value: String) {
            self.init(name: Array(name.utf8), value: Array(value.utf8))
        }

        func isNamed(_ lowercased: [UInt8]) -> Bool {
            name.count == lowercased.count && zip(name, lowercased).allSatisfy { $0.lowercasedASCII == $1 }
        }
    }

    /// What is known of a token that a request shows for a puzzle or a challenge.
    public enum Token: Sendable, Equatable {
        /// There is none.
        case missing
        /// There is one, but nobody here has made it.
        case invalid
        /// It is of another domain.
        case foreign
        /// It is true. It was got at that time, in seconds since 1970.
        case solved(at: Double)
    }

    /// `GET`
    public var method: [UInt8]
    /// The path, as it was sent.
    public var path: [UInt8]
    /// What follows the question mark, as it was sent; nil: there is none.
    public var query: [UInt8]?
    /// What follows the `#`; nil: there is none.
    public var fragment: [UInt8]?
    /// `HTTP/1.1`, `HTTP/2.0`
    public var version = "HTTP/1.1"
    /// In the order in which they were sent.
    public var headers: [Header]
    /// The body, or as much of it as is looked at.
    public var body: [UInt8]
    /// Whether there is more of the body than ``body`` has.
    public var isBodyOversize: Bool
    /// Where the connection comes from; nil: not known.
    public var address: IPAddress?
    /// The fingerprints of the client's TLS; nil: not known.
    public var ja3: String?
    public var ja4: String?
    /// What is the same in all requests of a client's session, by its token; nil: it shows none that is true.
    public var session: String?
    /// Whether it is for a user pool.
    public var isForUserPool = false
    /// What it shows of puzzles that were solved.
    public var captcha: Token
    /// What it shows of challenges that were passed.
    public var challenge: Token

    /// - Parameters: see the properties of the same names.
    public init(
        method: String = "GET", path: String = "/", query: String? = nil, headers: [Header] = [], body: [UInt8] = [],
        isBodyOversize: Bool = false, address: String? = nil
    ) {
        self.method = Array(method.utf8)
        self.path = Array(path.utf8)
        self.query = query.map { Array($0.utf8) }
        self.headers = headers
        self.body = body
        self.isBodyOversize = isBodyOversize
        self.address = address.flatMap { IPAddress($0) }
        captcha = .missing
        challenge = .missing
    }

    /// How many headers, and cookies, are looked at.
    static let mostFields = 200
    /// How many bytes of them are looked at.
    static let mostFieldBytes = 8192

    /// The values of a header.
    /// - Parameter name: in lower case.
    public func values(of name: String) -> [[UInt8]] {
        let name = Array(name.utf8)
        return headers.lazy.filter { $0.isNamed(name) }.map(\.value)
    }

    /// The arguments of the query, undecoded, in their order.
    var arguments: [(name: [UInt8], value: [UInt8])] {
        (query ?? []).split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: true).map { argument in
            guard let equals = argument.firstIndex(of: UInt8(ascii: "=")) else { return (Array(argument), []) }
            return (Array(argument[..<equals]), Array(argument[argument.index(after: equals)...]))
        }
    }

    /// The values of the query's arguments of a name, in any case. What servers decode to the name is the name as well.
    /// AWS does not say whether names are decoded; without it, `?%75ser=…` would be no `user`.
    func arguments(named name: String) -> [[UInt8]] {
        let name = name.utf8.map(\.lowercasedASCII)
        return arguments.filter { argument in
            argument.name.map(\.lowercasedASCII) == name
                || argument.name.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
                    && TextTransformation.urlDecode.apply(to: argument.name).map(\.lowercasedASCII) == name
        }.map(\.value)
    }

    /// The values of the cookies of a name.
    public func cookies(named name: String) -> [[UInt8]] {
        cookies.filter { $0.name.elementsEqual(name.utf8) || Self.trimmed($0.name).elementsEqual(name.utf8) }.map(
            \.value)
    }

    /// A cookie's name without the white space that servers leave out of it (RFC 6265, 5.2).
    static func trimmed(_ name: [UInt8]) -> [UInt8] {
        var name = name
        while let last = name.last, last == 0x20 || last == 0x09 { name.removeLast() }
        return name
    }

    /// All cookies, in their order.
    public var cookies: [(name: [UInt8], value: [UInt8])] {
        values(of: "cookie").flatMap { header in
            header.split(separator: UInt8(ascii: ";")).compactMap { part -> (name: [UInt8], value: [UInt8])? in
                let pair = part.drop { $0 == 0x20 || $0 == 0x09 }
                guard !pair.isEmpty else { return nil }
                guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { return (Array(pair), []) }
                return (Array(pair[..<equals]), Array(pair[pair.index(after: equals)...]))
            }
        }
    }
}

/// Names and values of which only the first are looked at.
struct BoundedFields {
    var fields: [(name: [UInt8], value: [UInt8])] = []
    private(set) var isOversize = false

    init(_ all: some Sequence<(name: [UInt8], value: [UInt8])>) {
        var bytes = 0
        for field in all {
            guard fields.count < WebRequest.mostFields else {
                isOversize = true
                return
            }
            bytes += field.name.count + field.value.count
            guard bytes <= WebRequest.mostFieldBytes else {
                // As much of the value as has room.
                let room = field.value.count - (bytes - WebRequest.mostFieldBytes)
                if room > 0 { fields.append((field.name, Array(field.value.prefix(room)))) }
                isOversize = true
                return
            }
            fields.append(field)
        }
    }
}

extension WebRequest {
    /// What a header has in place of the connection's address.
    enum Forwarded {
        /// The header is not there.
        case absent
        /// It has these, in their order.
        case addresses([IPAddress])
        /// It has none where one was looked for.
        case malformed
    }

    /// How many addresses of a header are looked at where any counts.
    private static let mostForwarded = 10

    /// The addresses that a header says a request comes from.
    func forwarded(_ config: ForwardedAddress) -> Forwarded {
        let values = values(of: config.header.lowercased())
        guard !values.isEmpty else { return .absent }
        let parts = values.flatMap { $0.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) }
        func address(_ part: ArraySlice<UInt8>?) -> IPAddress? {
            part.flatMap { part in
                let trimmed = part.drop { $0.isASCIISpace }
                let end = trimmed.lastIndex { !$0.isASCIISpace }.map { trimmed.index(after: $0) } ?? trimmed.startIndex
                return IPAddress(String(decoding: trimmed[..<end], as: UTF8.self))
            }
        }
        switch config.position {
        case .first: return address(parts.first).map { .addresses([$0]) } ?? .malformed
        case .last: return address(parts.last).map { .addresses([$0]) } ?? .malformed
        case .any:
            let all = parts.suffix(Self.mostForwarded).compactMap(address)
            return all.isEmpty ? .malformed : .addresses(all)
        }
    }
}
