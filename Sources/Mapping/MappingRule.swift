import Wire

/// One access of a rule: `ACTION on RESOURCE else RESOURCE with KEY = VALUE for each MEMBER if MEMBER`.
struct AccessRule: Sendable {
    /// Why the request can't be mapped if the conditions hold: `unmapped "reason" if MEMBER`.
    var refusal: String?
    /// With its prefix; nil for the operation's own.
    var action: String?
    /// The first whose members are there counts.
    var resources: [ResourceRule] = []
    var keys: [KeyRule] = []
    /// The list for each of whose elements the access is asked; paths that begin with a dot are in the element.
    var elements: MemberPath?
    var conditions: [MemberCondition] = []
}

/// What an access is on.
enum ResourceRule: Sendable {
    /// `*`
    case all
    /// `named`: what the input's members name by the service's types; `named by TYPE(MEMBER)`, where this operation has
    /// another member for a type.
    case named([NamedType] = [])
    /// An ARN with members in braces.
    case template(Template)
    /// `queue(QueueUrl tail)`: the members fill the variables of a type, or one is an ARN of that type.
    case type(TypeRule, [Argument])
}

/// The members of one operation that name a resource of a type of its action.
struct NamedType: Sendable {
    /// As the Service Authorization Reference calls it, with hyphens for blanks.
    var type: String
    var arguments: [Argument]
}

/// A text with members in braces.
struct Template: Sendable {
    var pieces: [Piece]

    enum Piece: Sendable {
        case text(String)
        case place(PlacePart)
        case argument(Argument)
    }
}

/// What the ARN of a resource that is only named has from the request.
enum PlacePart: String, Sendable {
    case partition, region, account
}

/// A member, and what is made of its value.
enum Argument: Sendable {
    case member(MemberPath, [NameFilter])
    case text(String)
}

/// How a resource's name, or its ARN, is got from a member's value.
enum NameFilter: String, Sendable {
    /// `tail`: the last part of a URL. Twelve digits before it are the resource's account.
    case tail
    /// `lower`: in lower case, for services that tell names apart without regard to it.
    case lower
    /// `path`: the name may have slashes.
    case path
    /// `slashes`: the same, but one that it begins with is left out.
    case slashes
    /// `colons`: the name may have colons.
    case colons
    /// `unversioned`: what follows the first colon is a version, and no part of the name.
    case withoutVersion = "unversioned"
    /// `function`: a function of Lambda by name, partial ARN or ARN, with or without a version or alias.
    case function
    /// `plainfunction`: the same, of which the version or alias is left out.
    case plainFunction = "plainfunction"
    /// `secret`: a secret by name, partial ARN or ARN.
    case secret
    /// `unqualified`: what follows the name in a state machine's ARN, a version or an alias, is left out.
    case unqualified
    /// `qualifier`: that version or alias alone, as a condition key has it.
    case qualifier
    /// `document`: the name of a document; those of AWS are in no account.
    case document
    /// `instance`: only an instance of EC2.
    case instance
    /// `managed`: only a managed node that is none of EC2.
    case managed
    /// `bus`: an event bus by its name or ARN; the default one is no part of the ARNs of its rules.
    case bus
    /// `arn`: only what is an ARN.
    case onlyARN = "arn"
    /// `ec2`: the ID of something of EC2; what it is, its prefix says.
    case ec2
    /// `source`: the member "sourceArn" of JSON in base 64, as a task handle of SQS is.
    case source
}

/// A condition key, and where its value comes from. A key whose member is absent is not in the request.
struct KeyRule: Sendable {
    /// In lower case.
    var key: String
    var value: Value

    enum Value: Sendable {
        case argument(Argument)
        case template(Template)
        /// The ARN of a resource that members name.
        case resource(ResourceRule)
    }
}

/// `if MEMBER`, `unless MEMBER is TEXT`, `if MEMBER begins TEXT`, `if MEMBER ends TEXT`.
struct MemberCondition: Sendable {
    var path: MemberPath
    var test: Test
    var isNegated: Bool

    /// It holds if it does for any of the values.
    enum Test: Sendable {
        case isThere
        case equals(String)
        case begins(String)
        case ends(String)

        func holds(for value: Value) -> Bool {
            switch self {
            case .isThere: true
            case .equals(let text): value.plainText == text
            case .begins(let text): value.plainText?.hasPrefix(text) ?? false
            case .ends(let text): value.plainText?.hasSuffix(text) ?? false
            }
        }
    }
}

/// A type of resources of a service: what its ARNs look like, and which members name such a resource.
struct TypeRule: Sendable {
    var name: String
    var arn: TypeTemplate
    /// Each names such a resource; with as many arguments as the ARN has variables, or with one that is an ARN.
    var namings: [Naming] = []
    /// What stands for the name where the action needs such a resource and the request names none.
    var absent = Absent.unsaid
    /// The member that holds the account that the resource is in, where it is not the request's.
    var account: MemberPath?

    enum Absent: Sendable {
        /// "*", unless some member could be a name that is not understood.
        case unsaid
        case text(String)
        /// The request is unmapped.
        case refused
    }

    struct Naming: Sendable {
        var arguments: [Argument]
        /// The member may only hold an ARN: what it holds else names no such resource.
        var isARNOnly = false
    }
}

extension TypeRule {
    /// Types that the lines of every service can use.
    static let common: [String: TypeRule] = {
        var types: [String: TypeRule] = [:]
        for (name, arn) in [
            (role, "arn:{partition}:iam::{account}:role/{name}"),
            (instanceProfile, "arn:{partition}:iam::{account}:instance-profile/{name}"),
        ] {
            if let template = TypeTemplate(arn) { types[name] = TypeRule(name: name, arn: template) }
        }
        return types
    }()

    static let role = "iam-role"
    static let instanceProfile = "iam-instance-profile"

    /// What is left to look up of a resource of the type that is given by its name.
    var gapOfNames: MappedAccess.Gap? {
        switch name {
        case Self.role: .rolePath
        case Self.instanceProfile: .roleOfInstanceProfile
        default: nil
        }
    }

    /// What is left to look up of one that is given by its ARN.
    var gapOfARNs: MappedAccess.Gap? { name == Self.instanceProfile ? .roleOfInstanceProfile : nil }
}
