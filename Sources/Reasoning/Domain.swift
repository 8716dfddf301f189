/// Which requests there are: what is known of condition keys, and what a request's principal says of them.
public struct Domain: Sendable {
    /// The kind of a key, by its name in lower case.
    public var kind: @Sendable (String) -> KeyKind
    /// Whether keys such as `aws:PrincipalArn` say what the principal is, as in each request of AWS's. The engine itself
    /// takes them as they come.
    public var relatesKeys: Bool
    /// Whether resources have the ARNs that AWS gives them, as far as it matters: those of IAM have an account, and no
    /// further colon. To the engine any ARN is one.
    public var namesRealResources: Bool
    /// The actions of a service, by which a witness is given a name that exists: "GetObject" for "s3". The service is in
    /// lower case.
    public var actionNames: @Sendable (String) -> [String]
    /// How much work a question may be.
    public var budget: Budget

    /// Makes a domain.
    public init(
        kind: @escaping @Sendable (String) -> KeyKind = { KeyKind.global($0) ?? .any }, relatesKeys: Bool = true,
        namesRealResources: Bool = true,
        actionNames: @escaping @Sendable (String) -> [String] = { _ in [] }, budget: Budget = .standard
    ) {
        self.kind = kind
        self.relatesKeys = relatesKeys
        self.namesRealResources = namesRealResources
        self.actionNames = actionNames
        self.budget = budget
    }

    /// The requests of AWS's, as far as its global condition keys say.
    public static let aws = Domain()

    /// Whatever the engine can be asked: any value for any key, whoever asks.
    public static let engine = Domain(kind: { _ in .any }, relatesKeys: false, namesRealResources: false)
}
