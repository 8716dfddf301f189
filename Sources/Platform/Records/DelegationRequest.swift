public import Directory
public import Ledger
public import Policy

/// A product provider's request for temporary access to somebody's account. It belongs to no account until it is
/// associated, so all of them lie in one scope.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-temporary-delegation.html>
public struct DelegationRequest: Record {
    public static let kind = "AWS::IAM::DelegationRequest"
    /// The place of the account in the scope that all requests lie in.
    public static let scopeName = "delegation-requests"

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/temporary-delegation-building-integration.html>
    public enum State: String, Sendable, Codable {
        case unassigned = "UNASSIGNED"
        case assigned = "ASSIGNED"
        case pendingApproval = "PENDING_APPROVAL"
        case accepted = "ACCEPTED"
        case finalized = "FINALIZED"
        case rejected = "REJECTED"
        case expired = "EXPIRED"

        /// How long a request stays in the state before it expires, in seconds.
        var lifetime: Double { self == .unassigned ? 86_400 : 7 * 86_400 }
    }

    /// A value for the template, by its name in it.
    public struct Parameter: Sendable, Codable {
        public var name: String
        public var values: [String]
        /// `string` or `stringList`.
        public var type: String

        public init(name: String, values: [String], type: String) {
            self.name = name
            self.values = values
            self.type = type
        }
    }

    /// Whose permissions are delegated: the identity that accepted the request, as it was then.
    public struct Approver: Sendable, Codable {
        public var arn: String
        /// `root`, `user` or `role`.
        public var kind: String
        /// The unique id; the account's number for root.
        public var uniqueID: String
        public var sessionName: String?
        public var tags: [Tag]
        public var sourceIdentity: String?
        /// When it proved a second factor, seconds since 1970.
        public var mfaTime: Double?
        /// As in `Session`, which a delegated one must not differ from.
        public var transitiveTagKeys: [String]?
        public var federatedProvider: String?
        public var context: [String: ContextValue]?

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
    public let requestorName: String
    public let workflowID: String
    public let description: String
    public let message: String?
    public let templateARN: String
    public let parameters: [Parameter]
    /// The template with its parameters filled in.
    public let permissionPolicy: String
    public let notificationChannel: String
    public let redirectURL: String?
    /// Seconds.
    public let sessionDuration: Int
    public let isOnlySentByOwner: Bool
    /// Seconds since 1970.
    public let createDate: Double
    public var ownerAccountID: String?
    /// The ARN of whoever associated it.
    public var ownerID: String?
    public var approver: Approver?
    public var notes: String?
    public var rejectionReason: String?
    /// Whoever shows it, from the provider's account, gets credentials until `sessionExpires`.
    public var exchangeToken: String?
    /// Seconds since 1970.
    public var sessionExpires: Double?
    /// Seconds since 1970.
    public private(set) var updateDate: Double
    /// As it was set; `state(at:)` knows what has expired.
    private var recordedState = State.unassigned

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

    public mutating func enter(_ state: State, at time: Double) {
        recordedState = state
        updateDate = time
    }

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
        public static let workflow = "delegation-workflow"
        public static let ownerAccount = "delegation-owner-account"
    }
}
