import Policy

/// Something in a policy that is wrong, dangerous or needless, and what to change.
///
/// A finding names the check (``code``), how bad it is (``severity``), where it is (``position`` in the text, ``path``
/// in the document), and what to do about it (``message``). The same problem at two places makes two findings.
///
/// ```swift
/// let report = Linter().lint(text, as: .identity)
/// for finding in report.findings {
///     print("\(finding.position): \(finding.severity.name) \(finding.code.rawValue): \(finding.message)")
/// }
/// ```
public struct Finding: Sendable, Hashable {
    /// Which of Access Analyzer's checks found it.
    public let code: FindingCode
    /// Where the value that it is about begins in the text; the document's beginning where something is missing
    /// altogether.
    public let position: SourcePosition
    /// The way from the document's root to the value that the finding is about, as Access Analyzer's `locations` have
    /// it.
    public let path: [PathStep]
    /// What to change, for people. The words are Gatehouse's own, and may differ from one version to the next.
    public let message: String

    /// How bad it is; it follows from the code.
    public var severity: Severity { code.severity }
}

/// One step into a JSON text: to a member of an object or an element of an array.
public enum PathStep: Sendable, Hashable, CustomStringConvertible {
    /// The member of this name, in the document's spelling.
    case member(String)
    /// The element at this place, counted from 0.
    case index(Int)

    public var description: String {
        switch self {
        case .member(let name): name
        case .index(let index): "[\(index)]"
        }
    }
}

extension Finding {
    /// The ``path`` as one text: `Statement[0].Action[2]`.
    public var pathText: String {
        path.reduce(into: "") { text, step in
            if case .member = step, !text.isEmpty { text += "." }
            text += step.description
        }
    }
}
