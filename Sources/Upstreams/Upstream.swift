public import Fetch

/// One endpoint behind Gatehouse, as the operator describes it.
public struct Upstream: Sendable, Equatable {
    /// The ids of the services that it answers, as in botocore: `dynamodb`. Empty: all that nobody else answers.
    public var services: [String]
    /// Where it is.
    public var address: WebAddress
    /// What requests to it are signed with; nil: they have no signature.
    public var credentials: Credentials?
    /// Header fields that it gets with each request, in the place of the client's.
    public var headers: [(name: String, value: Template)] = []
    /// The names of further header fields of clients' that it may get, in lower case.
    public var passedHeaders: Set<String> = []
    /// The endpoint's account in the place of one of Gatehouse's, in requests, and back in answers.
    public var accounts: [AccountPair] = []
    /// Whether the endpoint is called by its own name and not by the one that the client used.
    public var usesOwnHost = false
    /// Which certificates are accepted, for `https`.
    public var verification = Verification.system
    /// How long it may take to connect.
    public var connectTimeout = Duration.seconds(5)
    /// How long it may be silent while it is its turn.
    public var timeout = Duration.seconds(60)
    /// The longest body of a request, in bytes, where that is not a stream.
    public var bodyLimit = 64 << 20
    /// A path that answers with a status below 400 as long as the endpoint is well; nil: nobody asks.
    public var healthPath: String?

    /// What requests are signed with.
    public struct Credentials: Sendable, Equatable {
        /// The access key's id.
        public var accessKeyID: Template
        /// Its secret.
        public var secretAccessKey: Secret
        /// Of temporary credentials; nil: there is none.
        public var sessionToken: Secret?
    }

    /// Two accounts that are one.
    public struct AccountPair: Sendable, Equatable {
        /// The one that Gatehouse knows.
        public var own: String
        /// The one that the endpoint has.
        public var theirs: String
    }

    /// Which certificates are accepted.
    public enum Verification: Sendable, Equatable {
        /// Those that the system and `--ca-bundle` vouch for.
        case system
        /// Those of the authorities in a PEM file.
        case authorities(file: String)
        /// Any.
        case none
    }

    /// A text that shows nothing of itself.
    public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
        /// The secret itself.
        public let text: String
        public var description: String { "(secret)" }
        public var customMirror: Mirror { Mirror(self, children: []) }
    }

    /// Describes one with what it has to have.
    public init(services: [String], address: WebAddress) {
        self.services = services
        self.address = address
    }

    public static func == (left: Upstream, right: Upstream) -> Bool {
        left.services == right.services && left.address == right.address && left.credentials == right.credentials
            && left.headers.elementsEqual(right.headers) { $0.name == $1.name && $0.value == $1.value }
            && left.passedHeaders == right.passedHeaders && left.accounts == right.accounts
            && left.usesOwnHost == right.usesOwnHost && left.verification == right.verification
            && left.connectTimeout == right.connectTimeout && left.timeout == right.timeout
            && left.bodyLimit == right.bodyLimit && left.healthPath == right.healthPath
    }
}

/// A text with `{account}`, `{region}` and `{service}` in it.
public struct Template: Sendable, Equatable {
    private let pieces: [Piece]

    private enum Piece: Sendable, Equatable {
        case text(String)
        case account
        case region
        case service
    }

    /// What the braces stand for.
    struct Values {
        /// The account that owns what a request is about.
        var account: String
        var region: String
        /// As in a credential scope.
        var service: String
    }

    /// nil: there is another name between braces, or one of them alone.
    init?(_ text: some StringProtocol) {
        var pieces: [Piece] = []
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else { return nil }
            if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
            switch rest[rest.index(after: open)..<close] {
            case "account": pieces.append(.account)
            case "region": pieces.append(.region)
            case "service": pieces.append(.service)
            default: return nil
            }
            rest = rest[rest.index(after: close)...]
        }
        guard !rest.contains("}") else { return nil }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        self.pieces = pieces
    }

    func filled(_ values: Values) -> String {
        if pieces.count == 1, case .text(let text) = pieces[0] { return text }
        return pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .account: values.account
            case .region: values.region
            case .service: values.service
            }
        }.joined()
    }
}
