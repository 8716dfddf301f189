public import Platform
public import Wire

/// Something that an account should have or be, as a value: what it is called, how bad it is where it is missing, what standards ask
/// for it, and how it is told from what is recorded.
///
/// Nothing is ever taken for granted: a check reads what there is, and says what it has read.
public struct PostureCheck: Sendable, Identifiable {
    /// Says something about one resource; nil: it is no such resource at all.
    public typealias Judge =
        @Sendable (ConfigurationItem, PostureView) throws(ServiceError) -> PostureVerdict?
    /// Says something about an account in the Regions that are looked at.
    public typealias Survey = @Sendable (PostureView) throws(ServiceError) -> [PostureSubject]

    /// What a check looks at.
    public enum Evaluation: Sendable {
        /// Each resource of a type by itself.
        case each(String, Judge)
        /// The account, once.
        case account(Survey)
        /// The account in each Region; the view's ``PostureView/region`` says which.
        case region(Survey)
    }

    /// `iam-root-mfa`; it never changes.
    public let id: String
    /// What should be: "The root user has an MFA device".
    public let title: String
    public let severity: PostureSeverity
    /// Why it matters, in a sentence or two.
    public let reason: String
    /// What asks for it.
    public let controls: [PostureControl]
    /// The id of the check of Trusted Advisor that it is part of; nil: of none.
    public let trustedAdvisor: String?
    /// AWS's page about it.
    public let page: String
    public let evaluation: Evaluation

    /// - Parameters: see the properties. `cis` and the others are the numbers of the controls.
    public init(
        _ id: String, _ title: String, _ severity: PostureSeverity, cis: [String] = [], nist: [String] = [],
        iso: [String] = [], pci: [String] = [], trustedAdvisor: String? = nil, page: String, reason: String,
        _ evaluation: Evaluation
    ) {
        self.id = id
        self.title = title
        self.severity = severity
        self.reason = reason
        self.trustedAdvisor = trustedAdvisor
        self.page = page
        self.evaluation = evaluation
        controls =
            cis.map { PostureControl(.cis, $0) } + nist.map { PostureControl(.nist, $0) }
            + iso.map { PostureControl(.iso, $0) } + pci.map { PostureControl(.pci, $0) }
    }
}

/// What is said of one resource, by a check that looks at a whole account.
public struct PostureSubject: Sendable, Equatable {
    /// An ARN.
    public var resource: String
    public var type: String
    public var name: String
    /// nil: the Region that is looked at; for the account as a whole, none.
    public var region: String?
    public var verdict: PostureVerdict

    /// - Parameters: see the properties.
    public init(
        _ resource: String, _ type: String, named name: String, region: String? = nil, _ verdict: PostureVerdict
    ) {
        self.resource = resource
        self.type = type
        self.name = name
        self.region = region
        self.verdict = verdict
    }

    /// About the account as a whole.
    public static func account(_ account: String, _ verdict: PostureVerdict) -> PostureSubject {
        PostureSubject("arn:aws:iam::\(account):root", "AWS::::Account", named: account, verdict)
    }
}
