/// Something that a detector has found in a call: what becomes a finding, or one more occurrence of one.
public struct Detection: Sendable, Equatable {
    /// What the finding is about.
    public enum Subject: String, Sendable, Codable {
        case accessKey = "AccessKey"
        case bucket = "S3Bucket"
        case instance = "Instance"
        case sequence = "AttackSequence"
    }

    /// An observation that was held against what is usual.
    public struct Unusual: Sendable, Equatable, Codable {
        /// What sort of thing it is: `api`, `network`, `userAgent`, `bucket`, `amount`.
        public var what: String
        /// What was seen.
        public var seen: String
        /// What was usual, in words, with numbers and days.
        public var usual: String

        public init(_ what: String, seen: String, usual: String) {
            (self.what, self.seen, self.usual) = (what, seen, usual)
        }
    }

    /// `Stealth:IAMUser/CloudTrailLoggingDisabled`
    public let type: FindingType
    public let subject: Subject
    public let title: String
    public let description: String
    public let severity: Double
    /// What makes two detections of a type occurrences of one finding.
    public let identity: [String]
    /// The call that proves it, or for a sequence the last one.
    public let call: ObservedCall
    /// Calls that prove it besides, by the ids of their events.
    public var events: [String] = []
    public var unusual: [Unusual] = []
    /// The names of the lists that have the address.
    public var lists: [String] = []
    /// The account that credentials were used from; nil: from none that is known.
    public var remoteAccount: String?
    /// Whether that account is looked after together with this one.
    public var isAffiliated = false
    /// The instance that credentials were made for.
    public var instanceID: String?
    /// Of an attack sequence.
    public var signals: [Signal] = []

    /// Makes a detection.
    /// - Parameters:
    ///   - type: see the property.
    ///   - call: see the property.
    ///   - title: see the property.
    ///   - description: see the property.
    ///   - severity: where it is not the type's own.
    ///   - identity: see the property; the type is not among it.
    public init(
        _ type: FindingType, _ call: ObservedCall, title: String, description: String, severity: Double? = nil,
        identity: [String]
    ) {
        self.type = type
        subject = type.subject
        self.call = call
        self.title = title
        // Callers, who begin some of them, are written small: `the root user`.
        self.description = description.prefix(1).uppercased() + description.dropFirst()
        self.severity = severity ?? type.severity
        self.identity = identity
    }
}

/// One of the observations that an attack sequence consists of.
public struct Signal: Sendable, Equatable, Codable {
    /// The event's id, or of a finding its type.
    public var id: String
    /// Whether it is a finding, and not a call alone.
    public var isFinding: Bool
    /// The finding's type, or the call's API.
    public var name: String
    /// `Persistence`
    public var tactic: String
    /// Seconds since 1970.
    public var time: Double
    public var event: String
    public var severity: Double
    public var address: String
    /// `MALICIOUS_IP`, `HIGH_RISK_API`, …
    public var indicators: [String]
    /// The bucket that it is about; nil: none.
    public var bucket: String?

    /// Makes a signal; see the properties.
    public init(
        id: String, isFinding: Bool, name: String, tactic: String, time: Double, event: String, severity: Double,
        address: String, indicators: [String], bucket: String?
    ) {
        (self.id, self.isFinding, self.name, self.tactic) = (id, isFinding, name, tactic)
        (self.time, self.event, self.severity, self.address) = (time, event, severity, address)
        (self.indicators, self.bucket) = (indicators, bucket)
    }
}
