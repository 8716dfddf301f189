import ArgumentParser
import FoundationEssentials
import Policy
import Reasoning

/// Where the users and roles are that `who-can` and `what-can` ask about, and what binds them besides their own policies.
struct AccountOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            What `aws iam get-account-authorization-details` printed, or a folder of such files. May be repeated.
            """, valueName: "path"))
    var from: [String]

    @Option(
        help: ArgumentHelp(
            "The service control policies of one level, root first: repeat it for each level, and put commas between "
                + "policies of the same level.", valueName: "file,…"))
    var scp: [String] = []

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "The output format.")
    var format = Format.text

    func validate() throws {
        guard !from.isEmpty else {
            throw ValidationError(
                "Whose policies? Name what `aws iam get-account-authorization-details` printed with --from.")
        }
    }

    /// - Throws: `ExitCode(2)` after a complaint.
    func details(_ command: String) throws(ExitCode) -> AccountDetails {
        var files: [(name: String, text: String)] = []
        for path in from {
            let names: [String]
            var isFolder = false
            if let inside = try? FileManager.default.contentsOfDirectory(atPath: path) {
                isFolder = true
                names = inside.filter { $0.hasSuffix(".json") }.sorted().map { "\(path)/\($0)" }
            } else {
                names = [path]
            }
            if isFolder, names.isEmpty {
                throw complaint("gatehouse \(command): \(path): has no file that ends in .json")
            }
            for name in names {
                do throws(InputFile.Unreadable) {
                    files.append((name, try InputFile.text(of: name)))
                } catch {
                    throw complaint("gatehouse \(command): \(name): \(error.reason)")
                }
            }
        }
        do throws(AccountDetails.Problem) {
            return try AccountDetails(files)
        } catch {
            throw complaint("gatehouse \(command): \(error.reason)")
        }
    }

    /// The levels of service control policies; nil: there are none.
    func serviceControl(_ command: String) throws(ExitCode) -> [[CompiledPolicy]]? {
        if scp.isEmpty { return nil }
        var levels: [[CompiledPolicy]] = []
        for level in scp {
            var policies: [CompiledPolicy] = []
            for file in level.split(separator: ",") {
                policies.append(try CheckedPolicy(String(file), as: .serviceControl, command: command).symbolic.policy)
            }
            levels.append(policies)
        }
        return levels
    }

    private func complaint(_ text: String) -> ExitCode {
        Terminal.complain(text)
        return ExitCode(2)
    }
}

/// Policies made ready once, however many users and roles share them.
final class SymbolicCache {
    private var known: [ObjectIdentifier: SymbolicPolicy] = [:]

    func symbolic(_ policy: CompiledPolicy) -> SymbolicPolicy {
        if let symbolic = known[ObjectIdentifier(policy)] { return symbolic }
        let symbolic = SymbolicPolicy(policy)
        known[ObjectIdentifier(policy)] = symbolic
        return symbolic
    }
}
