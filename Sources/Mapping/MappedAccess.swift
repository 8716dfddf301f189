public import Policy

/// One thing that a request asks to be allowed: an action on a resource, and what is known about it.
///
/// A request is allowed when all of its accesses are.
public struct MappedAccess: Sendable, Hashable {
    /// With the prefix, in AWS's case: "sqs:SendMessage".
    public var action: String
    /// The ARN of the resource, or "*" where the action is on none, or on none that the request names.
    public var resource: String
    /// The service's own condition keys and those of tags, by their names in lower case.
    public var context: [String: ContextValue]
    /// What is left to look up before the resource's ARN is whole.
    public var gap: Gap?

    /// What a request does not say of a resource that it names, and that whoever keeps such resources can tell.
    ///
    /// A policy that names the whole ARN decides nothing until the gap is closed: it should be whenever the resource is
    /// known.
    public enum Gap: Sendable, Hashable {
        /// The six characters that Secrets Manager adds to a secret's name. Six question marks stand for them, so that
        /// the pattern of AWS's documentation, `…:secret:NAME-??????`, matches.
        case secretSuffix
        /// The path of a role that is given by its name. The resource is the ARN of a role without a path.
        case rolePath
        /// The role in an instance profile. The resource is the profile's ARN, which no policy for `iam:PassRole` names.
        case roleOfInstanceProfile
    }

    /// Puts together what is asked.
    /// - Parameters:
    ///   - action: with the prefix, in AWS's case.
    ///   - resource: an ARN, or "*".
    ///   - context: condition keys by their names in lower case.
    ///   - gap: what is left to look up.
    public init(action: String, resource: String = "*", context: [String: ContextValue] = [:], gap: Gap? = nil) {
        self.action = action
        self.resource = resource
        self.context = context
        self.gap = gap
    }
}

/// Who said what a request asks for, from the strongest on.
public enum MappingSource: String, Sendable, CaseIterable {
    /// The operator, in the configuration file.
    case declared
    /// A table or code written by hand for the service, and tested.
    case exact
    /// A table made by a tool from public data.
    case table
    /// The names of the operation and of its members, compared with the Service Authorization Reference.
    case names
}

/// What a request asks for.
public enum MappedRequest: Sendable, Equatable {
    /// All of these must be allowed; there is at least one.
    case accesses([MappedAccess], by: MappingSource)
    /// It can't be worked out, and so the request is denied. The reason is for the one who may declare a mapping.
    case unmapped(because: String)
}

/// Where a request is made: what the ARNs of resources have that are only named.
public struct Place: Sendable, Equatable {
    /// "aws", "aws-cn" or "aws-us-gov".
    public var partition: String
    /// The region that the request was signed for: "eu-central-1".
    public var region: String
    /// The twelve digits of the caller's account.
    public var account: String

    /// A place.
    public init(partition: String = "aws", region: String, account: String) {
        self.partition = partition
        self.region = region
        self.account = account
    }
}
