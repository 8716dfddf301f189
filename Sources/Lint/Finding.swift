import Policy

/// Something in a policy that is wrong, dangerous or needless, and what to change.
public struct Finding: Sendable, Hashable {
    public let code: FindingCode
    public let position: SourcePosition
    /// The way from the document's root to the value that the finding is about.
    public let path: [PathStep]
    /// What to change, for people.
    public let message: String

    public var severity: Severity { code.severity }
}

/// One step into a JSON text.
public enum PathStep: Sendable, Hashable, CustomStringConvertible {
    case member(String)
    /// From 0.
    case index(Int)

    public var description: String {
        switch self {
        case .member(let name): name
        case .index(let index): "[\(index)]"
        }
    }
}

extension Finding {
    /// `path` as one text: `Statement[0].Action[2]`.
    public var pathText: String {
        path.reduce(into: "") { text, step in
            if case .member = step, !text.isEmpty { text += "." }
            text += step.description
        }
    }
}
