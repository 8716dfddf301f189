import Policy

/// A policy document as far as it can be understood: what is wrong in it is left out, so that the rest can be checked.
struct LooseDocument {
    var place: Place
    var version: Text?
    var statements: [LooseStatement] = []

    /// Whether `${…}` is a variable, and not only text.
    var hasVariables: Bool { version?.value == PolicyDocument.Version.v2012.rawValue }
}

/// A place in a document.
struct Place {
    let position: SourcePosition
    let path: [PathStep]
}

/// A string of a document and where it stands.
struct Text {
    let value: String
    let place: Place
}

/// A statement of which elements can be missing.
struct LooseStatement {
    /// An `Action`, `NotAction`, `Resource` or `NotResource`.
    struct Patterns {
        /// As written: "NotAction".
        let name: String
        let place: Place
        let values: [Text]

        var isNegated: Bool { name.hasPrefix("Not") }
    }

    /// A `Principal` or `NotPrincipal`.
    struct Principals {
        let name: String
        let place: Place
        /// Empty for a bare `"*"`.
        let entries: [Entry]
        /// Whether it is a bare `"*"`.
        let isEveryone: Bool

        struct Entry {
            /// "AWS", "Service", "Federated" or "CanonicalUser", or what is written in their place.
            let kind: String
            let value: Text
        }

        var isNegated: Bool { name.hasPrefix("Not") }
    }

    /// One key under one operator.
    struct Condition {
        let operatorText: Text
        /// nil where there is no such operator.
        let operation: OperatorName?
        let key: Text
        /// JSON booleans and numbers stand as their text.
        let values: [Text]

        /// Whether the key is this one, in any case of letters; a name that ends with "/" stands for all that begin so.
        func isAbout(_ name: String) -> Bool {
            let key = key.value.lowercased()
            return name.hasSuffix("/") ? key.hasPrefix(name.lowercased()) : key == name.lowercased()
        }
    }

    let place: Place
    var sid: Text?
    var effect: Statement.Effect?
    var principals: Principals?
    var actions: Patterns?
    var resources: Patterns?
    var conditions: [Condition] = []

    func hasCondition(_ keys: String...) -> Bool {
        keys.contains { key in conditions.contains { $0.isAbout(key) } }
    }
}
