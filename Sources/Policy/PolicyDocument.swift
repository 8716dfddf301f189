// Rules are numbered as in Documentation/PolicyRules.md.

/// A parsed policy document that has lost nothing: every element keeps its text and its position.
///
/// Parsing is the first of the three steps from text to decision; compile the document (``CompiledPolicy``) to decide
/// requests by it. A document is immutable, and reading it again takes ``text`` alone.
///
/// ```swift
/// let document = try PolicyDocument(parsing: text, as: .identity)
/// for statement in document.statements {
///     print(statement.position, statement.effect.rawValue, statement.actions.values.map(\.value))
/// }
/// ```
///
/// What AWS would refuse to store is refused here, with AWS's words in ``PolicyError/message``, and with the place and
/// the exact cause, which AWS keeps to itself. Elements are those of the JSON policy grammar; extra elements, repeated
/// names and wrong types are errors.
///
/// AWS: "Grammar of the IAM JSON policy language", IAM User Guide, `reference_policies_grammar.html`. The order of the
/// checks: `Documentation/PolicyRules.md`, "What is refused, and in which order".
public struct PolicyDocument: Sendable {
    /// The versions of the policy language (rule 56: an absent version means the older).
    ///
    /// The version decides whether `${…}` is a variable: under the older one it is plain text.
    ///
    /// AWS: "IAM JSON policy elements: Version", `reference_policies_elements_version.html`.
    public enum Version: String, Sendable, Hashable {
        /// The older version, which AWS advises against. A document without a version has it too.
        case v2008 = "2008-10-17"
        /// The current one, with variables.
        case v2012 = "2012-10-17"
    }

    /// How many of AWS's checks a document has to pass.
    ///
    /// Use ``stored`` or ``managed`` for what a user sends in, and ``evaluable`` for what is read back or simulated: a
    /// document that AWS accepted years ago must still be evaluated, even if it would be refused today.
    public enum Strictness: Sendable, Hashable {
        /// All checks that AWS makes when an inline, trust, resource or control policy is stored.
        case stored
        /// As ``stored``, and the version must not be the older one: AWS's rule for managed policies.
        case managed
        /// Only the structure: what must be right so that the document can be evaluated. For simulations of documents
        /// as they come, and for stored documents, which were checked by the rules of their day.
        case evaluable
    }

    /// The text as it was given, byte for byte. `GetPolicyVersion` and its siblings answer with it.
    public let text: String
    /// The version that the document is read by: what `Version` says, or the older one if there is no such element.
    public let version: Version
    /// Where the value of `Version` stands; nil where the document has none and is therefore of the older version.
    let versionPosition: SourcePosition?
    /// The document's `Id`, which identifies it to people only: no decision depends on it.
    public let id: String?
    /// The statements in the order of the text. A single statement that is not in an array is an array of one.
    public let statements: [Statement]
    /// The number of characters that AWS counts against its size quotas: all but white space.
    ///
    /// AWS: "IAM and AWS STS quotas", `reference_iam-quotas.html`. The quotas themselves are the services' business.
    public let nonWhitespaceCount: Int

    /// Parses a document, and checks it as AWS does when one is stored.
    ///
    /// - Parameters:
    ///   - text: the JSON document.
    ///   - type: the kind of policy that it is to be. It decides which elements must be there, and which must not: a
    ///     trust policy has a `Principal` and no `Resource`, an identity-based policy the other way round.
    ///   - strictness: how many of the checks to make.
    /// - Throws: ``PolicyError`` with AWS's text for the first thing that is wrong.
    /// - Complexity: linear in the length of `text`. Nesting is limited, and no input traps.
    public init(
        parsing text: String, as type: PolicyType, strictness: Strictness = .stored
    ) throws(PolicyError) {
        let parser = DocumentParser(type: type, strictness: strictness)
        let parsed = try parser.parse(text)
        self.text = text
        version = parsed.version
        versionPosition = parsed.versionPosition
        id = parsed.id
        statements = parsed.statements
        nonWhitespaceCount = Self.nonWhitespaceCount(of: text)
    }

    /// Counts as ``nonWhitespaceCount`` does, without parsing: for size checks that AWS makes before it looks at the
    /// syntax.
    ///
    /// - Complexity: linear in the length of `text`; allocates nothing.
    public static func nonWhitespaceCount(of text: String) -> Int { text.utf8.withoutWhitespaceCount }

    /// A document of one statement that denies everything; its text is empty.
    init(denyingEverythingAs type: PolicyType) {
        let start = SourcePosition(line: 1, column: 1, offset: 0)
        let everything = Statement.Patterns(isNegated: false, values: [Located("*", at: start)], position: start)
        let everybody = Statement.Principals(
            isNegated: false, entries: [PrincipalEntry(type: "*", value: "*", position: start)], position: start)
        text = ""
        version = .v2012
        versionPosition = nil
        id = nil
        nonWhitespaceCount = 0
        statements = [
            Statement(
                index: 0, position: start, sid: nil, effect: .deny, principals: type.hasPrincipal ? everybody : nil,
                actions: everything, resources: type == .roleTrust ? nil : everything, conditions: [])
        ]
    }
}

/// A string of a document, and where it stands in the text: an action, an ARN, a condition key, a Sid.
public struct Located: Sendable, Hashable {
    /// The string with its JSON escapes resolved, otherwise as written: in its own case, with wildcards and variables.
    public let value: String
    /// Where the string's opening quote is, or the first character of a number or boolean.
    public let position: SourcePosition

    /// Makes a string that stands, or is said to stand, at `position`: for documents that are built rather than parsed.
    public init(_ value: String, at position: SourcePosition) {
        self.value = value
        self.position = position
    }
}

/// One statement of a document: whom, what, on which resources, under which conditions, allowed or denied.
///
/// A statement applies to a request only if all of its elements match. Elements that may be negated (`NotAction`) are
/// represented as their positive form with `isNegated` set, because a statement has either one or the other.
///
/// AWS: "IAM JSON policy elements: Statement", `reference_policies_elements_statement.html`.
public struct Statement: Sendable {
    /// What a statement does to a request that it applies to. A deny always wins over an allow (rule 1).
    public enum Effect: String, Sendable, Hashable {
        /// What the statement applies to is allowed, unless something denies it.
        case allow = "Allow"
        /// What the statement applies to is denied, whatever allows it.
        case deny = "Deny"
    }

    /// A `Principal` or `NotPrincipal` element, flattened: `{"AWS": ["a", "b"], "Service": "c"}` has three entries.
    ///
    /// AWS: `reference_policies_elements_principal.html` and `reference_policies_elements_notprincipal.html`.
    public struct Principals: Sendable {
        /// Whether the element is `NotPrincipal`. See rules 20 and 21 for what that means.
        public let isNegated: Bool
        /// The names in the order of the text.
        public let entries: [PrincipalEntry]
        /// Where the element's value begins.
        public let position: SourcePosition
    }

    /// An `Action`, `NotAction`, `Resource` or `NotResource` element. A single string is an array of one.
    public struct Patterns: Sendable {
        /// Whether the element is `NotAction` or `NotResource`: it matches whatever none of ``values`` matches.
        public let isNegated: Bool
        /// The patterns as written, with `*`, `?` and, in resources, `${…}`.
        public let values: [Located]
        /// Where the element's value begins.
        public let position: SourcePosition
    }

    /// One key under one operator of a `Condition` element. `{"StringLike": {"a": …, "b": …}}` makes two.
    ///
    /// All conditions of a statement must hold; of one condition's values any will do (rule 31).
    ///
    /// AWS: "IAM JSON policy elements: Condition", `reference_policies_elements_condition.html`.
    public struct Condition: Sendable {
        /// The operator as written, with its prefix and suffix: "ForAllValues:StringEqualsIfExists". AWS's operators:
        /// `reference_policies_elements_condition_operators.html`.
        public let operatorName: Located
        /// The condition key as written. Keys are compared without regard to case (rule 40); see ``ConditionKey``.
        public let key: Located
        /// The values to compare with. JSON booleans and numbers stand here as their text (rule 45).
        public let values: [Located]

        package init(operatorName: Located, key: Located, values: [Located]) {
            self.operatorName = operatorName
            self.key = key
            self.values = values
        }
    }

    /// The statement's place among the document's statements, from 0. Messages for people count from 1.
    public let index: Int
    /// Where the statement's opening brace is.
    public let position: SourcePosition
    /// The statement's `Sid`; nil if it has none. Unique within a document that was stored.
    public let sid: Located?
    /// Whether the statement allows or denies.
    public let effect: Effect
    /// To whom the statement applies; nil in types of policy that apply to whoever they are attached to.
    public let principals: Principals?
    /// The actions, such as "s3:Get*".
    public let actions: Patterns
    /// The resources; nil in role trust policies, whose resource is the role itself.
    public let resources: Patterns?
    /// The conditions in the order of the text; empty if there are none.
    public let conditions: [Condition]
}

/// One name of a `Principal` or `NotPrincipal` element.
public struct PrincipalEntry: Sendable, Hashable {
    /// The kind of name: "AWS", "Service", "Federated", "CanonicalUser", or "*" for a bare `"Principal": "*"`.
    public let type: String
    /// The name: an ARN, an account id, a unique id (`AIDA…`, `AROA…`), a service such as "ec2.amazonaws.com", a
    /// provider, or "*".
    public let value: String
    /// Where the name stands.
    public let position: SourcePosition
}

extension PolicyDocument {
    /// The principals that each statement names (`Principal` and `NotPrincipal` alike), one array for each statement.
    ///
    /// The parser checks how names are formed. Whether they exist only a service can tell: IAM refuses a trust policy
    /// that names a user who is not there ("Invalid principal in policy"), and this is what it goes through.
    public var principals: [[PrincipalEntry]] {
        statements.map { $0.principals?.entries ?? [] }
    }
}
