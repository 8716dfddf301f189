public import Directory
public import Policy
import Wire

/// What temporary credentials stand for. It travels, sealed, inside the session token itself, so that no node has to
/// remember it and none can be made to forget it.
///
/// It names its principal by the unique id, and everything else about the principal is looked up anew for each request.
/// So a session ends with its principal, and a policy that is detached no longer counts. Its description shows no
/// secret.
public struct Session: Sendable, Codable, CustomStringConvertible {
    /// Whose session it is: as what the caller appears.
    public enum PrincipalKind: String, Sendable, Codable {
        /// The root user or an IAM user (`GetSessionToken`), a role that was assumed, or a federated user
        /// (`GetFederationToken`).
        case root, user, role, federatedUser
    }

    /// The temporary access key's id, `ASIA…`.
    public var accessKeyID: String
    /// The secret that the caller signs with. It leaves the token only to verify signatures.
    public var secretAccessKey: String
    /// The account that the session acts in.
    public var accountID: String
    /// As what the caller appears.
    public var principalKind: PrincipalKind
    /// The unique id of the user or role, or of the user behind a federated one; the account id for root. Bound to it,
    /// a session neither outlives its principal nor passes to another of the same name.
    public var principalID: String
    /// The name of a role's session, or of a federated user.
    public var name: String?
    /// When it was issued, in seconds since 1970; `aws:TokenIssueTime`.
    public var issued: Double
    /// When it ends, in seconds since 1970.
    public var expires: Double
    /// When the caller proved a second factor, seconds since 1970.
    public var mfaTime: Double?
    /// The inline session policy, as JSON text.
    public var policy: String?
    /// The ARNs of managed session policies.
    public var policyARNs: [String] = []
    /// The session tags.
    public var tags: [Tag] = []
    /// The keys of those session tags that are passed on to the next session when roles are chained.
    public var transitiveTagKeys: [String] = []
    /// `aws:SourceIdentity`: set once, and then passed on along the chain.
    public var sourceIdentity: String?
    /// The ARN of the outside identity provider by whose token the session was obtained: `aws:FederatedProvider`.
    public var federatedProvider: String?
    /// The account of the product provider that a user delegated access to, which is the one who calls.
    public var delegateAccountID: String?
    /// Further condition keys that the session has, lower-case: `issuer.example:sub`, `saml:aud`.
    public var context: [String: ContextValue]?
    /// AWS's managed policy that says for which task AssumeRoot made this session of a root user; nil for all other
    /// sessions.
    public var taskPolicyARN: String?
    /// Whether a person signed in to the console for it: then it may do all that its principal may. nil: not so.
    public var isOfConsole: Bool?
    /// Whether a role's session assumed this role. nil: not so.
    public var isChained: Bool?

    /// Makes a session; what it may have besides is set afterwards.
    public init(
        accessKeyID: String, secretAccessKey: String, accountID: String, principalKind: PrincipalKind,
        principalID: String, name: String? = nil, issued: Double, expires: Double, mfaTime: Double? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.accountID = accountID
        self.principalKind = principalKind
        self.principalID = principalID
        self.name = name
        self.issued = issued
        self.expires = expires
        self.mfaTime = mfaTime
    }

    /// As its `Codable` conformance writes it, and reads it again, but written straight away: every token that is given
    /// out costs it.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("accessKeyID", accessKeyID)
        writer.member("secretAccessKey", secretAccessKey)
        writer.member("accountID", accountID)
        writer.member("principalKind", principalKind.rawValue)
        writer.member("principalID", principalID)
        writer.member("name", name)
        writer.key("issued")
        writer.double(issued)
        writer.key("expires")
        writer.double(expires)
        if let mfaTime {
            writer.key("mfaTime")
            writer.double(mfaTime)
        }
        writer.member("policy", policy)
        writer.key("policyARNs")
        writer.strings(policyARNs)
        writer.key("tags")
        writer.beginArray()
        for tag in tags {
            writer.beginObject()
            writer.member("key", tag.key)
            writer.member("value", tag.value)
            writer.endObject()
        }
        writer.endArray()
        writer.key("transitiveTagKeys")
        writer.strings(transitiveTagKeys)
        writer.member("sourceIdentity", sourceIdentity)
        writer.member("federatedProvider", federatedProvider)
        writer.member("delegateAccountID", delegateAccountID)
        if let context {
            writer.key("context")
            writer.beginObject()
            for (key, value) in context {
                writer.key(key)
                switch value {
                case .one(let text): writer.string(text)
                case .many(let texts): writer.strings(texts)
                }
            }
            writer.endObject()
        }
        writer.member("taskPolicyARN", taskPolicyARN)
        if let isChained {
            writer.key("isChained")
            writer.boolean(isChained)
        }
        if let isOfConsole {
            writer.key("isOfConsole")
            writer.boolean(isOfConsole)
        }
        writer.endObject()
        return writer.bytes
    }

    /// Whether it comes from GetSessionToken or GetFederationToken, which may do less than a role's session.
    ///
    /// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
    public var isUserToken: Bool {
        principalKind != .role && taskPolicyARN == nil && delegateAccountID == nil && isOfConsole != true
    }

    /// Whether any session policy limits it.
    public var hasSessionPolicies: Bool { policy != nil || !policyARNs.isEmpty }

    /// Without the secret, so that no log ever shows it.
    public var description: String { "Session(\(accessKeyID))" }
}

extension JSONWriter {
    fileprivate mutating func strings(_ values: [String]) {
        beginArray()
        for value in values { string(value) }
        endArray()
    }
}
