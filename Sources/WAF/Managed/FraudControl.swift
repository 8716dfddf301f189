/// What stands behind AWS's groups against account takeover (ATP) and fraudulent accounts (ACFP): what can be known without
/// Amazon's data and without scripts in browsers.
///
/// Where AWS's documentation has numbers, they are those. Where it says "multiple", as of names and passwords that are tried, it is
/// more than ten within half an hour; of stolen credentials, more than one.
/// <https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-atp.html>,
/// <https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-acfp.html>
public final class FraudControl: RequestInspector {
    /// Which group it is.
    public enum Kind: String, Sendable {
        case takeover = "atp"
        case creation = "acfp"

        /// What all labels begin with.
        public var namespace: String { "awswaf:managed:aws:\(rawValue):" }
    }

    private let kind: Kind
    private let settings: FraudSettings
    private let path: FraudPath
    private let page: FraudPath?
    private let credentials: CompromisedCredentials
    private let counts: FraudCounts
    private let sessions = SessionLengths()

    /// The rules that something stands behind, by their questions.
    fileprivate static let rules: [Kind: [String]] = [
        .takeover: [
            "UnsupportedCognitoIDP", "VolumetricIpHigh", "VolumetricSession", "AttributeCompromisedCredentials",
            "AttributeUsernameTraversal", "AttributePasswordTraversal", "AttributeLongSession", "TokenRejected",
            "SignalMissingCredential",
        ],
        .creation: [
            "UnsupportedCognitoIDP", "AllRequests", "SignalCredentialCompromised", "VolumetricIpHigh",
            "VolumetricSessionHigh", "AttributeUsernameTraversalHigh", "VolumetricPhoneNumberHigh",
            "VolumetricAddressHigh", "VolumetricAddressLow", "VolumetricSessionTokenReuseIp",
        ],
    ]

    /// - Parameters:
    ///   - identity: of the web ACL and its rule.
    /// - Throws: what is wrong with a path that is a regular expression.
    public init(
        _ kind: Kind, _ settings: FraudSettings, _ credentials: CompromisedCredentials, rates: RateTracker,
        identity: String
    ) throws(LinearRegex.Problem) {
        self.kind = kind
        self.settings = settings
        self.credentials = credentials
        path = try FraudPath(settings.path, isRegex: settings.isRegex)
        page = try settings.pagePath.map { (page) throws(LinearRegex.Problem) in
            try FraudPath(page, isRegex: settings.isRegex)
        }
        counts = FraudCounts(rates: rates, identity: "\(identity) \(kind.rawValue) \(settings)")
    }

    /// The statement behind a rule; nil: nothing stands behind it.
    public func statement(_ rule: String) -> Statement? {
        guard let question = Self.rules[kind]?.firstIndex(of: rule) else { return nil }
        let found = Statement.inspection(Inspection(self, question: question))
        guard rule == "TokenRejected" else { return found }
        return .and([found, .label(LabelMatch(.label, "awswaf:managed:token:rejected"))])
    }

    public func inspection(of request: WebRequest, at time: Double) -> any RequestInspection {
        let inspection = FraudInspection(kind)
        if request.isForUserPool {
            inspection.find("UnsupportedCognitoIDP", ["unsupported:cognito_idp"])
            return inspection
        }
        let isPost = request.method.elementsEqual("POST".utf8)
        switch kind {
        case .takeover where isPost && path.matches(request.path): takeover(request, time, inspection)
        case .takeover: break
        case .creation:
            if isPost, path.matches(request.path) { creation(request, time, inspection) }
            if let page, !isPost, isForPage(request), page.matches(request.path) { inspection.find("AllRequests", []) }
        }
        return inspection
    }

    /// Whether a browser asks for a page.
    private func isForPage(_ request: WebRequest) -> Bool {
        request.method.elementsEqual("GET".utf8)
            && request.values(of: "accept").contains {
                let accepted = String(decoding: $0, as: UTF8.self).lowercased()
                return !accepted.ranges(of: "text/html").isEmpty
            }
    }

    /// Labels and perhaps a match for how many there were.
    /// - Parameter levels: from the highest, each with what has to be exceeded.
    private func level(_ count: Int, _ levels: [(name: String, limit: Int)]) -> String? {
        levels.first { count > $0.limit }?.name
    }

    private static let byAddress = [("high", 20), ("medium", 15), ("low", 10)]
    private static let bySession = [("high", 10), ("medium", 5), ("low", 1)]
    private static let multiple = 10

    private func takeover(_ request: WebRequest, _ time: Double, _ inspection: FraudInspection) {
        let fields = SubmittedFields(request, isJSON: settings.isJSON)
        let (usernames, passwords) = (fields.values(settings.username), fields.values(settings.password))
        let names = usernames.map { $0.map(\.lowercasedASCII) }
        let session = request.session.map { Array($0.utf8) }
        if let address = request.address {
            let count = counts.count("ip", FraudCounts.key(address), limit: 20, minutes: 10, at: time)
            if let level = level(count, Self.byAddress) {
                inspection.find("VolumetricIpHigh", ["aggregate:volumetric:ip:\(level)"], isMatch: level == "high")
            }
        }
        let isKnown = areKnown(usernames, passwords)
        if isKnown {
            inspection.find("AttributeCompromisedCredentials", ["signal:credential_compromised"], isMatch: false)
        }
        if usernames.isEmpty || passwords.isEmpty || !fields.isWhole {
            inspection.find("SignalMissingCredential", ["signal:missing_credential"])
        }
        let tried = names.map { name in
            counts.distinct("passwords", of: name, passwords, limit: Self.multiple, minutes: 30, at: time)
        }
        if tried.contains(where: { $0 > Self.multiple }) {
            inspection.find("AttributePasswordTraversal", ["aggregate:attribute:password_traversal"])
        }
        // Whether it is, its labels tell: see ``statement(_:)``.
        if request.challenge != .missing { inspection.find("TokenRejected", []) }
        guard let session else { return }
        if counts.count("session", session, limit: 20, minutes: 30, at: time) > 20 {
            inspection.find("VolumetricSession", ["aggregate:volumetric:session"])
        }
        if isKnown, counts.count("compromised", session, limit: 1, minutes: 30, at: time) > 1 {
            inspection.find("AttributeCompromisedCredentials", ["aggregate:attribute:compromised_credentials"])
        }
        if counts.distinct("usernames", of: session, names, limit: Self.multiple, minutes: 30, at: time)
            > Self.multiple
        {
            inspection.find("AttributeUsernameTraversal", ["aggregate:attribute:username_traversal"])
        }
        if let id = request.session, sessions.length(id, at: time) > 6 * 3600 {
            inspection.find("AttributeLongSession", ["aggregate:attribute:long_session"])
        }
    }

    /// Whether the operator's list has one of the names with one of the passwords.
    private func areKnown(_ usernames: [[UInt8]], _ passwords: [[UInt8]]) -> Bool {
        usernames.contains { username in
            passwords.contains { credentials.contains(username: username, password: $0) }
        }
    }

    private func creation(_ request: WebRequest, _ time: Double, _ inspection: FraudInspection) {
        let fields = SubmittedFields(request, isJSON: settings.isJSON)
        var usernames = fields.values(settings.username)
        if usernames.isEmpty { usernames = fields.values(settings.email) }
        let passwords = fields.values(settings.password)
        if areKnown(usernames, passwords) {
            inspection.find("SignalCredentialCompromised", ["signal:credential_compromised"])
        }
        if usernames.isEmpty || passwords.isEmpty || !fields.isWhole {
            inspection.find("SignalCredentialCompromised", ["signal:missing_credential"], isMatch: false)
        }
        let address = request.address.map(FraudCounts.key)
        if let address,
            let level = level(counts.count("ip", address, limit: 20, minutes: 10, at: time), Self.byAddress)
        {
            inspection.find(
                "VolumetricIpHigh", ["aggregate:volumetric:ip:creation:\(level)"], isMatch: level == "high")
        }
        let phones = fields.joined(settings.phone) { (0x30...0x39).contains($0) }
        if let level = level(counts.count("phone", phones, limit: 10, minutes: 30, at: time), Self.bySession) {
            inspection.find(
                "VolumetricPhoneNumberHigh", ["aggregate:volumetric:phone_number:\(level)"], isMatch: level == "high")
        }
        let places = fields.joined(settings.address) { $0 > 0x20 }
        if let level = level(
            counts.count("address", places, limit: 100, minutes: 30, at: time),
            [("high", 100), ("medium", 50), ("low", 10)])
        {
            let label = ["aggregate:volumetric:address:\(level)"]
            inspection.find(level == "high" ? "VolumetricAddressHigh" : "VolumetricAddressLow", label)
        }
        guard let session = request.session.map({ Array($0.utf8) }) else { return }
        if let level = level(counts.count("session", session, limit: 10, minutes: 30, at: time), Self.bySession) {
            inspection.find(
                "VolumetricSessionHigh", ["aggregate:volumetric:session:creation:\(level)"], isMatch: level == "high")
        }
        let names = usernames.map { $0.map(\.lowercasedASCII) }
        if let level = level(
            counts.distinct("usernames", of: session, names, limit: 10, minutes: 30, at: time), Self.bySession)
        {
            inspection.find(
                "AttributeUsernameTraversalHigh", ["aggregate:attribute:username_traversal:creation:\(level)"],
                isMatch: level == "high")
        }
        if let address, counts.distinct("addresses", of: session, [address], limit: 5, minutes: 30, at: time) > 5 {
            inspection.find("VolumetricSessionTokenReuseIp", ["aggregate:volumetric:session:creation:token_reuse:ip"])
        }
    }
}

/// What is known of one request.
private final class FraudInspection: RequestInspection {
    private let kind: FraudControl.Kind
    private var found: [String: InspectionFinding] = [:]

    init(_ kind: FraudControl.Kind) { self.kind = kind }

    /// - Parameter labels: without what stands before them.
    func find(_ rule: String, _ labels: [String], isMatch: Bool = true) {
        var finding = found[rule] ?? InspectionFinding(isMatch: false)
        finding.labels += labels.map { kind.namespace + $0 }
        finding.isMatch = finding.isMatch || isMatch
        found[rule] = finding
    }

    func finding(_ question: Int) -> InspectionFinding? {
        guard let rules = FraudControl.rules[kind], rules.indices.contains(question) else { return nil }
        return found[rules[question]]
    }
}
