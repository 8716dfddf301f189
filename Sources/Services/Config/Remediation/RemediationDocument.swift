import Platform
import Wire

/// A document of Systems Manager's that AWS owns, and what it comes to here: calls of services that are here, with the role that
/// the document is told.
/// <https://docs.aws.amazon.com/systems-manager-automation-runbooks/latest/userguide/automation-runbook-reference.html>
struct RemediationDocument: Sendable {
    struct Parameter: Sendable {
        let name: String
        let usual: String?
    }

    typealias Run = @Sendable (RemediationCalls, RemediationArguments) async throws(ServiceError) -> Void

    let name: String
    let parameters: [Parameter]
    let run: Run

    static let roleParameter = "AutomationAssumeRole"

    /// - Parameter parameters: names, with `=` before what they are if they are not given.
    init(_ name: String, _ parameters: String, _ run: @escaping Run) {
        self.name = name
        self.parameters = parameters.split(separator: " ").map { text in
            let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Parameter(
                name: String(halves[0]), usual: halves.count == 2 ? String(halves[1]) : nil)
        }
        self.run = run
    }

    /// Those that are here.
    static let all: [String: RemediationDocument] = Dictionary(
        (BucketRemedies.all + IdentityRemedies.all + OtherRemedies.all).map { ($0.name, $0) }) { first, _ in first }
}

/// What a document is told.
struct RemediationArguments: Sendable {
    let values: [String: [String]]

    subscript(_ name: String) -> String { values[name]?.first ?? "" }

    func flag(_ name: String) -> Bool { self[name].lowercased() == "true" }

    func number(_ name: String) -> Int? { Int(self[name]) }

    func list(_ name: String) -> [String] { values[name] ?? [] }
}
