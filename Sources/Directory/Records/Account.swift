public import Ledger

/// An AWS account: who owns everything in it, and what it is called.
public struct Account: Record, Equatable {
    public static let kind = "AWS::Account"

    /// Twelve digits.
    public let id: String
    /// Seconds since 1970.
    public let createDate: Double
    /// What its owner calls it.
    public var name: String
    /// The root user's e-mail address.
    public var email: String
    /// The name that can replace the account's number in sign-in addresses.
    public var alias: String?
    /// Which version of tokens STS's global endpoint issues: 1 or 2.
    public var globalEndpointTokenVersion = 1
    /// Where it stands between being opened and being closed; only an active account's principals can do anything.
    public var state = State.active
    /// The management account of the organization that it is in, in whose scope the organization's records lie; nil
    /// when it is in none.
    public var managementAccountID: String?
    /// The management account that created it through Organizations; nil for the first account.
    public let creatorID: String?
    /// `ALLOW` or `DENY`: whether IAM users and roles may see its bills.
    public var userAccessToBilling = "ALLOW"
    /// When it was asked to be closed, seconds since 1970.
    public var closeDate: Double?

    /// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>
    public enum State: String, Sendable, Codable {
        /// Created, but not yet usable.
        case pendingActivation = "PENDING_ACTIVATION"
        /// In use.
        case active = "ACTIVE"
        /// AWS has suspended it.
        case suspended = "SUSPENDED"
        /// The closing was asked for and has yet to be done.
        case pendingClosure = "PENDING_CLOSURE"
        /// Closed; it stays in its organization for a while.
        case closed = "CLOSED"
    }

    /// Whether its principals may do anything at all.
    public var isActive: Bool { state == .active }

    /// Makes an account that is active and in no organization.
    ///
    /// Without a `name` it is called `account-` and its number. Without an `email` its root user gets an address in a
    /// domain that can't exist (RFC 2606). `creatorID` is the management account that makes it through Organizations;
    /// `createDate` is in seconds since 1970.
    public init(
        id: String, createDate: Double, name: String? = nil, email: String? = nil, creatorID: String? = nil
    ) {
        self.id = id
        self.createDate = createDate
        self.name = name ?? "account-\(id)"
        self.email = email ?? "root@\(id).invalid"
        self.creatorID = creatorID
    }

    /// Records of the first version have an id, a date and perhaps an alias.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try values.decode(String.self, forKey: .id),
            createDate: try values.decode(Double.self, forKey: .createDate),
            name: try values.decodeIfPresent(String.self, forKey: .name),
            email: try values.decodeIfPresent(String.self, forKey: .email),
            creatorID: try values.decodeIfPresent(String.self, forKey: .creatorID))
        alias = try values.decodeIfPresent(String.self, forKey: .alias)
        globalEndpointTokenVersion = try values.decodeIfPresent(Int.self, forKey: .globalEndpointTokenVersion) ?? 1
        state = try values.decodeIfPresent(State.self, forKey: .state) ?? .active
        managementAccountID = try values.decodeIfPresent(String.self, forKey: .managementAccountID)
        userAccessToBilling = try values.decodeIfPresent(String.self, forKey: .userAccessToBilling) ?? "ALLOW"
        closeDate = try values.decodeIfPresent(Double.self, forKey: .closeDate)
    }
}
