import ArgumentParser
import Lint
import Policy
import Reasoning

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Answer questions about all requests that a policy allows, with a request as proof.",
        discussion: """
            Needs no server. Each answer that something is allowed comes with a request that the policy engine itself has \
            allowed. Exit status: 0 if the check passes, 1 if it fails, 2 if a file can't be read, 3 if the policies are \
            in one of the few corners that the reasoning does not decide.
            """,
        subcommands: [
            CheckNoNewAccess.self, CheckAccessNotGranted.self, CheckNoPublicAccess.self, CheckEquivalent.self,
            CheckUnreachable.self,
        ])
}

/// What all checks take.
struct CheckOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, sarif
    }

    @Option(help: "The output format.")
    var format = Format.text
}

/// What the checks of any type of policy take besides.
struct PolicyKindOption: ParsableArguments {
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case identity, resource, trust, boundary, session, scp, rcp, endpoint

        var type: PolicyType {
            switch self {
            case .identity: .identity
            case .resource: .resource
            case .trust: .roleTrust
            case .boundary: .permissionsBoundary
            case .session: .session
            case .scp: .serviceControl
            case .rcp: .resourceControl
            case .endpoint: .endpoint
            }
        }
    }

    @Option(help: "The type of the policies (default: identity, or what the elements that are there say).")
    var policyType: Kind?
}

/// A policy that the command line names.
struct CheckedPolicy {
    let file: String
    let symbolic: SymbolicPolicy

    /// - Parameters:
    ///   - type: nil: what its elements say.
    ///   - command: the command that complains.
    /// - Throws: `ExitCode(2)` after a complaint, for a file that can't be read or holds no policy.
    init(_ file: String, as type: PolicyType?, command: String = "check") throws(ExitCode) {
        let name = file == "-" ? "<stdin>" : file
        self.file = name
        let text: String
        do {
            text = try InputFile.text(of: file)
        } catch {
            Terminal.complain("gatehouse \(command): \(name): \(error.reason)")
            throw ExitCode(2)
        }
        // What takes principals is told from what does not by whether some are named.
        let type = type ?? Linter.type(of: text)
        do {
            let document = try PolicyDocument(parsing: text, as: type, strictness: .evaluable)
            symbolic = SymbolicPolicy(CompiledPolicy(document, source: PolicySource(type: type, name: name)))
        } catch {
            Terminal.complain("gatehouse \(command): \(name):\(error)")
            throw ExitCode(2)
        }
    }

    var document: PolicyDocument { symbolic.policy.document }
    var type: PolicyType { symbolic.policy.source.type }
}
