/// How a service words what it has against an input that breaks its model's constraints. Services differ: STS quotes the
/// values, IAM does not, Organizations has an error of its own.
///
/// ```swift
/// private let wording = ValidationRules(
///     …
/// ```
///
/// AWS's order of several failures is not the model's, and was not found out; here it is the model's.
public struct ValidationRules: Sendable {
    /// The code of the error; nil: the protocol's usual one.
    public var code: String?
    /// Whether messages quote values, and list those of enumerations.
    public var quotesValues: Bool
    /// Whether the constraints of a list's elements end with the one that they must not be null.
    public var elementsAreRequired: Bool
    /// What is said alone, whatever else is wrong, of a member of the input that breaks a pattern: by the pattern, the
    /// sentence that says what the value must be.
    public var patternTexts: [String: String]
    /// What the service checks itself, in its own way.
    public var ignored: Set<BrokenConstraint>
    /// Members of inputs whose patterns and values the service checks itself: it takes more than its model says.
    public var ignoredMembers: Set<String>
    /// The service's own error for the first failure, in place of the list of all: by what is broken, in which member, and by
    /// which text.
    public var error: (@Sendable (_ broken: BrokenConstraint, _ member: MemberShape, _ text: String?) -> ServiceError)?

    /// - Parameters: see the properties.
    public init(
        code: String? = nil, quotesValues: Bool = true, elementsAreRequired: Bool = false,
        patternTexts: [String: String] = [:], ignored: Set<BrokenConstraint> = [], ignoredMembers: Set<String> = [],
        error: (@Sendable (_ broken: BrokenConstraint, _ member: MemberShape, _ text: String?) -> ServiceError)? = nil
    ) {
        self.code = code
        self.quotesValues = quotesValues
        self.elementsAreRequired = elementsAreRequired
        self.patternTexts = patternTexts
        self.ignored = ignored
        self.ignoredMembers = ignoredMembers
        self.error = error
    }
}

/// The kinds of constraints that an input can break.
public enum BrokenConstraint: Sendable, Equatable {
    /// A required member is absent.
    case required
    /// A plain element of a list, or a key or a plain value of a map, breaks any constraint of its own.
    case element
    /// A string, a blob or a list is too long or too short.
    case maximumLength, minimumLength
    /// A number is too great or too small.
    case maximum, minimum
    /// A string does not match the model's regular expression.
    case pattern
    /// A value is none of an enumeration's.
    case values

    init(_ constraint: Constraint) {
        self =
            switch constraint {
            case .maximumLength: .maximumLength
            case .minimumLength: .minimumLength
            case .maximum: .maximum
            case .minimum: .minimum
            case .pattern: .pattern
            case .values: .values
            }
    }
}
