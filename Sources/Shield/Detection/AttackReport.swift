/// By which way an attack came. Those that AWS knows have its names; the others are Gatehouse's own.
/// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_AttackVectorDescription.html>
public enum AttackVector: String, Codable, Sendable, CaseIterable, Hashable {
    case requestFlood = "REQUEST_FLOOD"
    case synFlood = "SYN_FLOOD"
    case connectionFlood = "CONNECTION_FLOOD"
    case handshakeFlood = "TLS_HANDSHAKE_FLOOD"
    case slowHeads = "SLOW_HEADS"
    case slowBodies = "SLOW_BODIES"
    case slowReads = "SLOW_READS"
    case frameFlood = "HTTP2_FRAME_FLOOD"
    case malformed = "MALFORMED_REQUESTS"

    /// What is counted of it.
    public var unit: String {
        switch self {
        case .requestFlood, .slowHeads, .slowBodies, .malformed: "REQUESTS"
        case .synFlood: "PACKETS"
        case .connectionFlood, .handshakeFlood, .slowReads, .frameFlood: "CONNECTIONS"
        }
    }

    /// Whether requests of it could be told apart by a web ACL.
    public var isOfApplicationLayer: Bool {
        switch self {
        case .requestFlood, .slowHeads, .slowBodies, .slowReads, .frameFlood, .malformed: true
        case .synFlood, .connectionFlood, .handshakeFlood: false
        }
    }

    /// How many a minute are many, whatever is usual.
    var floor: Double {
        switch self {
        case .requestFlood: 600
        case .synFlood: 6000
        case .connectionFlood: 3000
        case .handshakeFlood: 300
        case .slowHeads, .slowBodies, .slowReads: 30
        case .frameFlood: 20
        case .malformed: 300
        }
    }
}

/// What was counted over the minutes of an attack.
public struct AttackCounter: Codable, Sendable, Equatable {
    /// The most of a minute, by the second.
    public private(set) var max = 0.0
    /// How many in all.
    public private(set) var sum = 0.0
    /// In how many minutes.
    public private(set) var minutes = 0

    /// The average by the second.
    public var average: Double { minutes == 0 ? 0 : sum / Double(minutes) / 60 }

    /// Nothing yet.
    public init() {}

    mutating func add(_ number: Double) {
        max = Swift.max(max, number / 60)
        sum += number
        minutes += 1
    }
}

/// Who or what had most part in an attack.
public struct AttackProperty: Codable, Sendable, Equatable {
    static let mostContributors = 5

    /// `SOURCE_IP_ADDRESS`, `DESTINATION_URL`, `SOURCE_USER_AGENT`, `SOURCE_COUNTRY`, `REFERRER`
    public let identifier: String
    /// The first ones, with how many requests each had at least.
    public var contributors: [Contributor]
    /// How many requests there were in all.
    public var total: Int

    /// One of them.
    public struct Contributor: Codable, Sendable, Equatable {
        public let name: String
        public var value: Int
    }
}

/// An attack, as far as it is known.
public struct AttackReport: Codable, Sendable, Equatable {
    /// When it was first seen: the beginning of that minute, in seconds since 1970.
    public let start: Double
    /// The end of the last minute in which it was seen.
    public var lastSeen: Double
    /// When it was over; nil: it is not.
    public var end: Double?
    /// What was counted, by vectors.
    public var counters: [String: AttackCounter] = [:]
    public var properties: [AttackProperty] = []
    /// What was done about it: `RATE_LIMIT`, `WEB_ACL_RULES`, `NETWORK_FILTER`.
    public var mitigations: [String] = []

    /// The vectors, in a fixed order.
    public var vectors: [AttackVector] { AttackVector.allCases.filter { counters[$0.rawValue] != nil } }

    /// What stands among the mitigations where clients have had too many requests.
    static let rateLimit = "RATE_LIMIT"
    /// And where the web ACL blocks.
    static let webACLRules = "WEB_ACL_RULES"
    /// And where the kernel has dropped packets.
    static let networkFilter = "NETWORK_FILTER"

    /// Takes in who had most part in a minute.
    mutating func merge(_ minute: [AttackProperty]) {
        for property in minute {
            guard let index = properties.firstIndex(where: { $0.identifier == property.identifier }) else {
                properties.append(property)
                continue
            }
            var sums = Dictionary(
                properties[index].contributors.map { ($0.name, $0.value) }, uniquingKeysWith: { $0 + $1 })
            for contributor in property.contributors { sums[contributor.name, default: 0] += contributor.value }
            properties[index].contributors = sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .prefix(AttackProperty.mostContributors)
                .map { AttackProperty.Contributor(name: $0.key, value: $0.value) }
            properties[index].total += property.total
        }
    }

    /// The same, once it is over: with the last minute in which it was seen.
    var ended: AttackReport {
        var report = self
        report.end = lastSeen
        return report
    }

    init(start: Double) {
        self.start = start
        lastSeen = start
    }
}
