public import WAF

/// What is looked at of a request to tell an attack from what is usual.
public struct SampledRequest: Sendable, Hashable, Codable {
    public var address: IPAddress
    /// `GET`
    public var method: String
    /// Without the query.
    public var path: String
    /// nil: it names none.
    public var userAgent: String?
    /// nil: it names none.
    public var referrer: String?
    /// Two letters; nil: not known.
    public var country: String?

    /// How many bytes of each part are looked at.
    static let longest = 256

    /// - Parameters: see the properties.
    public init(
        address: IPAddress, method: String, path: String, userAgent: String? = nil, referrer: String? = nil,
        country: String? = nil
    ) {
        self.address = address
        self.method = method
        self.path = path
        self.userAgent = userAgent
        self.referrer = referrer
        self.country = country
    }

    /// What is looked at of a request for a web ACL; nil where nobody knows where it comes from.
    public init?(_ request: WebRequest) {
        guard let address = request.address else { return nil }
        func header(_ name: String) -> String? {
            for header in request.headers where header.name.count == name.utf8.count {
                if zip(header.name, name.utf8).allSatisfy({ ($0 | 0x20) == $1 || $0 == $1 }) {
                    return Self.text(header.value)
                }
            }
            return nil
        }
        self.init(
            address: address, method: Self.text(request.method), path: Self.text(request.path),
            userAgent: header("user-agent"), referrer: header("referer"))
    }

    private static func text(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes.prefix(longest), as: UTF8.self)
        // A byte that is no UTF-8 has become three; what is cut in a character may become two more.
        return text.utf8.count <= longest ? text : String(decoding: text.utf8.prefix(longest - 2), as: UTF8.self)
    }

    private enum CodingKeys: String, CodingKey {
        case address = "a"
        case method = "m"
        case path = "p"
        case userAgent = "u"
        case referrer = "r"
        case country = "c"
    }

    /// - Throws: `DecodingError`
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let text = try values.decode(String.self, forKey: .address)
        guard let address = IPAddress(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: .address, in: values, debugDescription: "\(text) is no address")
        }
        self.init(
            address: address, method: try values.decode(String.self, forKey: .method),
            path: try values.decode(String.self, forKey: .path),
            userAgent: try values.decodeIfPresent(String.self, forKey: .userAgent),
            referrer: try values.decodeIfPresent(String.self, forKey: .referrer),
            country: try values.decodeIfPresent(String.self, forKey: .country))
    }

    /// The address as text, the rest as it is.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode("\(address)", forKey: .address)
        try values.encode(method, forKey: .method)
        try values.encode(path, forKey: .path)
        try values.encodeIfPresent(userAgent, forKey: .userAgent)
        try values.encodeIfPresent(referrer, forKey: .referrer)
        try values.encodeIfPresent(country, forKey: .country)
    }

    /// What one of the ways to look at it says.
    func value(_ dimension: Dimension) -> String {
        switch dimension {
        case .path: path
        case .method: method
        case .userAgent: userAgent ?? ""
        case .country: country ?? ""
        case .network: ClientKey(address, length: address.version == 4 ? 16 : 32).cidr
        }
    }
}

/// A way to look at a request.
public enum Dimension: Int, CaseIterable, Codable, Sendable {
    case path, method, userAgent, country, network
}

/// How requests are divided, in each way to look at them: the counts of 64 classes, of which each value is in one.
struct Composition: Sendable, Codable, Equatable {
    static let classes = 64
    private(set) var counts: [[Double]]
    private(set) var total = 0.0

    init() { counts = Array(repeating: Array(repeating: 0, count: Self.classes), count: Dimension.allCases.count) }

    mutating func add(_ request: SampledRequest, weight: Double = 1) {
        total += weight
        for dimension in Dimension.allCases where counts.indices.contains(dimension.rawValue) {
            counts[dimension.rawValue][Self.place(request.value(dimension))] += weight
        }
    }

    /// FNV-1a: the same in each process, since what was learnt is kept.
    private static func place(_ value: String) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in value.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int((hash ^ hash >> 32) % UInt64(classes))
    }

    /// Adds what was counted elsewhere.
    mutating func add(_ other: Composition) { learn(other, keeping: 1) }

    /// Takes in what a minute was made of, and lets what was before fade.
    mutating func learn(_ minute: Composition, keeping part: Double) {
        total = total * part + minute.total
        for dimension in counts.indices where minute.counts.indices.contains(dimension) {
            for place in counts[dimension].indices where minute.counts[dimension].indices.contains(place) {
                counts[dimension][place] = counts[dimension][place] * part + minute.counts[dimension][place]
            }
        }
    }

    /// How far apart two compositions are in one way to look at them: 0 for the same, 1 for nothing in common.
    func distance(to other: Composition, _ dimension: Dimension) -> Double {
        guard total > 0, other.total > 0, counts.indices.contains(dimension.rawValue),
            other.counts.indices.contains(dimension.rawValue)
        else { return 0 }
        return zip(counts[dimension.rawValue], other.counts[dimension.rawValue])
            .reduce(0) { $0 + abs($1.0 / total - $1.1 / other.total) } / 2
    }
}
