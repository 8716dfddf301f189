import Wire

/// A data protection policy: which kinds of sensitive data are looked for, where findings go, and what becomes of the data.
///
/// ```swift
/// let policy = try DataProtectionPolicy(parsing: document, for: .logs)
/// let data = SensitiveData(policy.identifiers)
/// ```
///
/// AWS: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch-logs-data-protection-policies.html>,
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-policies.html>
public struct DataProtectionPolicy: Sendable {
    /// Whose policies they are: the language is the same, but not all of it is for both.
    public enum Dialect: Sendable {
        /// CloudWatch Logs': one statement audits, and one masks the same.
        case logs
        /// SNS's: statements on messages that come in or go out, of some principals.
        case topics
    }

    /// Where findings are sent.
    public struct Destinations: Sendable, Equatable {
        public var logGroup: String?
        public var deliveryStream: String?
        public var bucket: String?

        public init(logGroup: String? = nil, deliveryStream: String? = nil, bucket: String? = nil) {
            (self.logGroup, self.deliveryStream, self.bucket) = (logGroup, deliveryStream, bucket)
        }

        /// Whether none is named.
        public var isEmpty: Bool { logGroup == nil && deliveryStream == nil && bucket == nil }
    }

    /// What a statement does with what was found.
    public enum Operation: Sendable, Equatable {
        /// Tells of it. `none` is told where nothing was found. The rate is that of the messages that are looked into, in percent.
        case audit(findings: Destinations, none: Destinations?, rate: Int)
        /// Replaces each character.
        case mask(with: UInt8)
        /// Leaves it out.
        case redact
        /// Does not take the message, or does not deliver it.
        case deny
    }

    public struct Statement: Sendable {
        public let sid: String?
        public let identifiers: [DataIdentifier]
        public let operation: Operation
        /// Of messages that come in, or that go out. nil in policies of logs.
        public let isInbound: Bool?
        /// ARNs, or `*`; empty in policies of logs.
        public let principals: [String]
        public let exceptPrincipals: [String]
    }

    public let name: String
    public let description: String?
    public let statements: [Statement]

    /// The version of the language.
    static let version = "2021-06-01"
    /// Characters of a document.
    public static let longest = 30_720
    static let mostCustom = 10

    /// What is looked for, by all statements.
    public var identifiers: [DataIdentifier] {
        var names: Set<String> = []
        return statements.flatMap(\.identifiers).filter { names.insert($0.name).inserted }
    }

    /// Where findings go. Of the statement that audits.
    public var destinations: Destinations {
        for statement in statements { if case .audit(let findings, _, _) = statement.operation { return findings } }
        return Destinations()
    }

    /// Reads a document.
    /// - Throws: ``InvalidDataProtectionPolicy``.
    public init(parsing document: String, for dialect: Dialect) throws(InvalidDataProtectionPolicy) {
        guard document.utf16.count <= Self.longest else {
            throw InvalidDataProtectionPolicy("The policy document has more than \(Self.longest) characters.")
        }
        let root: PolicyObject
        do { root = try PolicyObject(JSONValue(parsing: Array(document.utf8)), "The policy") } catch {
            throw InvalidDataProtectionPolicy("The policy document is not valid JSON.")
        }
        try root.allow(["Name", "Description", "Version", "Statement", "Configuration"])
        name = try root.text("Name")
        description = try root.optionalText("Description")
        guard try root.text("Version") == Self.version else {
            throw InvalidDataProtectionPolicy("The policy's Version has to be \(Self.version).")
        }
        let custom = try Self.custom(try root.optionalObject("Configuration"))
        statements = try root.objects("Statement").map { object throws(InvalidDataProtectionPolicy) in
            try Self.statement(object, custom, dialect)
        }
        switch dialect {
        case .logs: try checkForLogs()
        case .topics:
            guard !statements.isEmpty else { throw InvalidDataProtectionPolicy("The policy has no statement.") }
        }
    }

    private func checkForLogs() throws(InvalidDataProtectionPolicy) {
        let audits = statements.filter { if case .audit = $0.operation { true } else { false } }
        let masks = statements.filter { if case .mask = $0.operation { true } else { false } }
        guard statements.count == 2, let audit = audits.first, let mask = masks.first else {
            throw InvalidDataProtectionPolicy(
                "The policy has to have two statements, one with an Audit and one with a Deidentify operation.")
        }
        guard Set(audit.identifiers.map(\.name)) == Set(mask.identifiers.map(\.name)) else {
            throw InvalidDataProtectionPolicy(
                "The DataIdentifier arrays of the Audit and the Deidentify statement have to be the same.")
        }
    }

    private static func custom(_ configuration: PolicyObject?) throws(InvalidDataProtectionPolicy) -> [String:
        DataIdentifier]
    {
        guard let configuration else { return [:] }
        try configuration.allow(["CustomDataIdentifier"])
        var found: [String: DataIdentifier] = [:]
        for object in try configuration.objects("CustomDataIdentifier") {
            try object.allow(["Name", "Regex"])
            let name = try object.text("Name")
            guard found[name] == nil else {
                throw InvalidDataProtectionPolicy("Custom data identifier '\(name)' is there twice.")
            }
            found[name] = try DataIdentifier(custom: name, regex: try object.text("Regex"))
        }
        guard found.count <= mostCustom else {
            throw InvalidDataProtectionPolicy("The policy has more than \(mostCustom) custom data identifiers.")
        }
        return found
    }

    private static func statement(
        _ object: PolicyObject, _ custom: [String: DataIdentifier], _ dialect: Dialect
    ) throws(InvalidDataProtectionPolicy) -> Statement {
        let own = ["Sid", "DataIdentifier", "Operation"]
        try object.allow(dialect == .logs ? own : own + ["DataDirection", "Principal", "NoPrincipal"])
        let names = try object.texts("DataIdentifier")
        guard !names.isEmpty else { throw InvalidDataProtectionPolicy("A statement's DataIdentifier is empty.") }
        var (identifiers, known): ([DataIdentifier], Set<String>) = ([], [])
        for text in names {
            let identifier = try identifier(text, custom)
            if known.insert(identifier.name).inserted { identifiers.append(identifier) }
        }
        var isInbound: Bool?
        if dialect == .topics {
            switch try object.text("DataDirection") {
            case "Inbound": isInbound = true
            case "Outbound": isInbound = false
            default: throw InvalidDataProtectionPolicy("DataDirection has to be Inbound or Outbound.")
            }
        }
        return Statement(
            sid: try object.optionalText("Sid"), identifiers: identifiers,
            operation: try operation(try object.object("Operation"), dialect), isInbound: isInbound,
            principals: dialect == .topics ? try object.texts("Principal") : [],
            exceptPrincipals: try object.optionalTexts("NoPrincipal") ?? [])
    }

    private static func identifier(
        _ text: String, _ custom: [String: DataIdentifier]
    ) throws(InvalidDataProtectionPolicy) -> DataIdentifier {
        guard text.hasPrefix(DataIdentifier.prefix) else {
            guard let own = custom[text] else { throw .unknownIdentifier(text) }
            return own
        }
        let name = String(text.dropFirst(DataIdentifier.prefix.count))
        guard let managed = DataIdentifier.managed(name) else { throw .unknownIdentifier(name) }
        return managed
    }

    private static func operation(_ object: PolicyObject, _ dialect: Dialect) throws(InvalidDataProtectionPolicy)
        -> Operation
    {
        try object.allow(dialect == .logs ? ["Audit", "Deidentify"] : ["Audit", "Deidentify", "Deny"])
        guard object.count == 1 else { throw InvalidDataProtectionPolicy("An Operation has to have one member.") }
        if let audit = try object.optionalObject("Audit") {
            try audit.allow(
                dialect == .logs
                    ? ["FindingsDestination"] : ["SampleRate", "FindingsDestination", "NoFindingsDestination"])
            var rate = 100
            if dialect == .topics {
                guard let number = Int(try audit.text("SampleRate")), (0...99).contains(number) else {
                    throw InvalidDataProtectionPolicy("SampleRate has to be a whole number from 0 to 99.")
                }
                rate = number
            }
            let findings =
                dialect == .logs
                ? try audit.object("FindingsDestination") : try audit.optionalObject("FindingsDestination")
            return .audit(
                findings: try findings.map { object throws(InvalidDataProtectionPolicy) in try destinations(object) }
                    ?? Destinations(),
                none: try audit.optionalObject("NoFindingsDestination").map {
                    object throws(InvalidDataProtectionPolicy) in
                    try destinations(object)
                }, rate: rate)
        }
        if let deny = try object.optionalObject("Deny") {
            try deny.allow([])
            return .deny
        }
        let deidentify = try object.object("Deidentify")
        try deidentify.allow(dialect == .logs ? ["MaskConfig"] : ["MaskConfig", "RedactConfig"])
        if let redact = try deidentify.optionalObject("RedactConfig") {
            try redact.allow([])
            return .redact
        }
        let mask = try deidentify.object("MaskConfig")
        try mask.allow(dialect == .logs ? [] : ["MaskWithCharacter"])
        guard let character = try mask.optionalText("MaskWithCharacter") else { return .mask(with: UInt8(ascii: "*")) }
        guard character.utf8.count == 1, let byte = character.utf8.first, (0x20...0x7e).contains(byte) else {
            throw InvalidDataProtectionPolicy("MaskWithCharacter has to be one character.")
        }
        return .mask(with: byte)
    }

    private static func destinations(_ object: PolicyObject) throws(InvalidDataProtectionPolicy) -> Destinations {
        try object.allow(["CloudWatchLogs", "Firehose", "S3"])
        func name(_ kind: String, _ member: String) throws(InvalidDataProtectionPolicy) -> String? {
            guard let inner = try object.optionalObject(kind) else { return nil }
            try inner.allow([member])
            return try inner.text(member)
        }
        return Destinations(
            logGroup: try name("CloudWatchLogs", "LogGroup"), deliveryStream: try name("Firehose", "DeliveryStream"),
            bucket: try name("S3", "Bucket"))
    }
}
