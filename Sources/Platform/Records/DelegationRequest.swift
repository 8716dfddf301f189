public import Directory
public import Ledger
public import Policy

/// A product provider's request for temporary access to somebody's account.
///
/// The provider creates it from a policy template; the owner of an account is associated with it, reviews it, and
/// accepts or rejects it; and the provider exchanges the token that it gets on release for temporary credentials. A
/// request belongs to no account until it is associated, so all of them are in one scope (``scopeName``), and state
/// changes are recorded by ``enter(_:at:)``. A request that is left alone expires without anybody doing anything:
/// ``state(at:)`` knows.
///
/// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-temporary-delegation.html
public struct DelegationRequest: Record {
    public static let kind = "AWS::IAM::DelegationRequest"
    /// What the scope of all requests has in place of an account.
    public static let scopeName = "delegation-requests"

    /// Where a request is on its way. The raw values are the API's.
    ///
    /// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/temporary-delegation-building-integration.html
    public enum State: String, Sendable, Codable {
        /// Not associated with an account yet; it expires after a day.
        case unassigned = "UNASSIGNED"
        /// Associated with an account, whose owner has not decided.
        case assigned = "ASSIGNED"
        /// Passed on to an administrator of the account, who is to decide.
        case pendingApproval = "PENDING_APPROVAL"
        /// Accepted; the exchange token is not released yet.
        case accepted = "ACCEPTED"
        /// The exchange token was released to the provider.
        case finalized = "FINALIZED"
        /// The owner has rejected it.
        case rejected = "REJECTED"
        /// It was left alone for too long. This state is never recorded: see ``DelegationRequest/state(at:)``.
        case expired = "EXPIRED"

        /// How long a request stays in the state before it expires, in seconds.
        var lifetime: Double { self == .unassigned ? 86_400 : 7 * 86_400 }
    }

    /// A value for the template, by its name in it.
    public struct Parameter: Sendable, Codable {
        /// The placeholder's name: `bucket` for `@{bucket}`.
        public var name: String
        /// What takes its place: one text, or several for a `stringList`.
        public var values: [String]
        /// `string` or `stringList`.
        public var type: String

        /// Makes a value for a placeholder.
        public init(name: String, values: [String], type: String) {
            self.name = name
            self.values = values
            self.type = type
        }
    }

    /// Whose permissions are delegated: the identity that accepted the request, as it was then.
    public struct Approver: Sendable, Codable {
        /// The identity's ARN; for a session, that of the session.
        public var arn: String
        /// `root`, `user` or `role`.
        public var kind: String
        /// The unique id; the account's number for root.
        public var uniqueID: String
        /// The name of the role session; nil for users and root.
        public var sessionName: String?
        /// The session tags that the approver had.
        public var tags: [Tag]
        /// The approver's `aws:SourceIdentity`.
        public var sourceIdentity: String?
        /// When it proved a second factor, seconds since 1970.
        public var mfaTime: Double?
        /// As in `Session`, which a delegated one must not differ from.
        public var transitiveTagKeys: [String]?
        /// The provider through which the approver got their session, as in `Session`.
        public var federatedProvider: String?
        /// Further condition keys of the approver's session, as in `Session`.
        public var context: [String: ContextValue]?

        /// Makes an approver from the session that accepts; the properties that are not among the parameters can be set
        /// afterwards.
        public init(
            arn: String, kind: String, uniqueID: String, sessionName: String?, tags: [Tag], sourceIdentity: String?,
            mfaTime: Double?
        ) {
            self.arn = arn
            self.kind = kind
            self.uniqueID = uniqueID
            self.sessionName = sessionName
            self.tags = tags
            self.sourceIdentity = sourceIdentity
            self.mfaTime = mfaTime
        }
    }

    /// `dr-…`
    public let id: String
    /// The provider's account.
    public let requestorID: String
    /// The provider's name, as shown to the owner.
    public let requestorName: String
    /// The provider's own id for the process that the request belongs to; unique for one provider.
    public let workflowID: String
    /// What the provider wants to do, as shown to the owner.
    public let description: String
    /// A further message of the provider's to the owner.
    public let message: String?
    /// The policy whose placeholders the parameters fill.
    public let templateARN: String
    /// The values for the template's placeholders.
    public let parameters: [Parameter]
    /// The template with its parameters filled in.
    public let permissionPolicy: String
    /// The ARN of the provider's SNS topic, which is told of state changes.
    public let notificationChannel: String
    /// Where the owner's browser is sent afterwards; nil: nowhere.
    public let redirectURL: String?
    /// Seconds.
    public let sessionDuration: Int
    /// Whether only the request's owner may release the exchange token to the provider (`OnlySendByOwner`).
    public let isOnlySentByOwner: Bool
    /// Seconds since 1970.
    public let createDate: Double
    /// The account that it is associated with; nil until then.
    public var ownerAccountID: String?
    /// The ARN of whoever associated it.
    public var ownerID: String?
    /// Who accepted it; nil until then.
    public var approver: Approver?
    /// The owner's notes.
    public var notes: String?
    /// Why the owner rejected it.
    public var rejectionReason: String?
    /// Whoever shows it, from the provider's account, gets credentials until `sessionExpires`.
    public var exchangeToken: String?
    /// Seconds since 1970.
    public var sessionExpires: Double?
    /// Seconds since 1970.
    public private(set) var updateDate: Double
    /// As it was set; `state(at:)` knows what has expired.
    private var recordedState = State.unassigned

    /// Makes a request that nobody has decided yet.
    public init(
        id: String, requestorID: String, requestorName: String, workflowID: String, description: String,
        message: String?, templateARN: String, parameters: [Parameter], permissionPolicy: String,
        notificationChannel: String, redirectURL: String?, sessionDuration: Int, isOnlySentByOwner: Bool,
        ownerAccountID: String?, createDate: Double
    ) {
        self.id = id
        self.requestorID = requestorID
        self.requestorName = requestorName
        self.workflowID = workflowID
        self.description = description
        self.message = message
        self.templateARN = templateARN
        self.parameters = parameters
        self.permissionPolicy = permissionPolicy
        self.notificationChannel = notificationChannel
        self.redirectURL = redirectURL
        self.sessionDuration = sessionDuration
        self.isOnlySentByOwner = isOnlySentByOwner
        self.ownerAccountID = ownerAccountID
        self.createDate = createDate
        updateDate = createDate
    }

    /// Changes the state at `time`, in seconds since 1970, and with it the time at which the request expires.
    public mutating func enter(_ state: State, at time: Double) {
        recordedState = state
        updateDate = time
    }

    /// The state at a time, in seconds since 1970: the one that was recorded, or `expired`.
    public func state(at time: Double) -> State { time < expires ? recordedState : .expired }

    /// When it expires unless something is done, seconds since 1970.
    public var expires: Double { updateDate + recordedState.lifetime }

    public var references: [Reference] {
        [Reference(Relation.workflow, to: Self.workflow(workflowID, of: requestorID))]
            + (ownerAccountID.map { [Reference(Relation.ownerAccount, to: $0)] } ?? [])
    }

    /// What `Relation.workflow` points at: a workflow's id is the provider's own.
    public static func workflow(_ id: String, of account: String) -> String { "\(account) \(id)" }

    /// Relations of requests.
    public enum Relation {
        /// From a request to its workflow.
        public static let workflow = "delegation-workflow"
        /// From a request to the account that it is associated with.
        public static let ownerAccount = "delegation-owner-account"
    }
}
