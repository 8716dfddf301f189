// Rules are numbered as in Documentation/PolicyRules.md.

/// A parsed policy document that has lost nothing: every element keeps its text and its place.
///
/// AWS: "Grammar of the IAM JSON policy language", IAM User Guide, `reference_policies_grammar.html`.
public struct PolicyDocument: Sendable {
    /// The versions of the policy language (rule 56: an absent version means the older).
    public enum Version: String, Sendable, Hashable {
        case v2008 = "2008-10-17"
        case v2012 = "2012-10-17"
    }

    /// How much of what AWS checks when a policy is stored is checked.
    public enum Strictness: Sendable, Hashable {
        /// Everything.
        case stored
        /// Everything, and that the version is not the older one: as when a managed policy is stored.
        case managed
        /// Only the structure: what must be right so that the document can be evaluated. For simulations of documents
        /// as they come.
        case evaluable
    }

    /// The text as it was given.
    public let text: String
    public let version: Version
    /// Where `Version` stands, nil where the document has none and is therefore of the older version.
    public let versionPosition: SourcePosition?
    public let id: String?
    public let statements: [Statement]
    /// The characters that AWS counts against its size quotas (`reference_iam-quotas.html`: white space is free).
    public let nonWhitespaceCount: Int

    /// Parses and checks a document as AWS does when one is stored.
    ///
    /// Linear in the length of `text`; nesting is limited, and no input traps.
    /// - Parameters:
    ///   - text: the JSON document.
    ///   - type: the kind of policy it is to be, which decides the elements it must and must not have.
    ///   - strictness: how much is checked.
    /// - Throws: `PolicyError` with AWS's text for the first thing that is wrong.
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

    /// ``nonWhitespaceCount`` of a document that need not be parsed.
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

/// A string of a document and where it stands.
public struct Located: Sendable, Hashable {
    public let value: String
    public let position: SourcePosition

    public init(_ value: String, at position: SourcePosition) {
        self.value = value
        self.position = position
    }
}

/// One statement of a document.
public struct Statement: Sendable {
    public enum Effect: String, Sendable, Hashable {
        case allow = "Allow"
        case deny = "Deny"
    }

    /// A `Principal` or `NotPrincipal`.
    public struct Principals: Sendable {
        public let isNegated: Bool
        public let entries: [PrincipalEntry]
        public let position: SourcePosition
    }

    /// An `Action`, `NotAction`, `Resource` or `NotResource`.
    public struct Patterns: Sendable {
        public let isNegated: Bool
        public let values: [Located]
        public let position: SourcePosition
    }

    /// One key under one operator of a `Condition`.
    public struct Condition: Sendable {
        /// The operator as written, with its prefix and suffix: "ForAllValues:StringEqualsIfExists".
        public let operatorName: Located
        public let key: Located
        /// JSON booleans and numbers stand as their text (rule 45).
        public let values: [Located]
    }

    /// Its place among the document's statements, from 0.
    public let index: Int
    public let position: SourcePosition
    public let sid: Located?
    public let effect: Effect
    public let principals: Principals?
    public let actions: Patterns
    /// Absent in role trust policies only.
    public let resources: Patterns?
    public let conditions: [Condition]
}

/// One name of a `Principal` or `NotPrincipal` element.
public struct PrincipalEntry: Sendable, Hashable {
    /// "AWS", "Service", "Federated", "CanonicalUser", or "*" for a bare `"Principal": "*"`.
    public let type: String
    public let value: String
    public let position: SourcePosition
}

extension PolicyDocument {
    /// The principals that each statement names (`Principal` and `NotPrincipal` alike), one array for each statement.
    ///
    /// For services that check the names when a policy is stored ("Invalid principal in policy").
    public var principals: [[PrincipalEntry]] {
        statements.map { $0.principals?.entries ?? [] }
    }
}
