import ArgumentParser
import Catalogue
import Lint
import Policy

struct LintPolicies: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Check policy documents as IAM Access Analyzer does.",
        discussion: """
            Prints what is wrong, dangerous or redundant, where, and what to change. Needs no server. \
            Exit status: 0 if nothing is found at or above --fail-on, 1 if something is, 2 if a file can't be read.
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case identity, resource, scp, rcp, trust

        var type: PolicyType {
            switch self {
            case .identity: .identity
            case .resource: .resource
            case .scp: .serviceControl
            case .rcp: .resourceControl
            case .trust: .roleTrust
            }
        }
    }

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, sarif, github
    }

    enum Threshold: String, ExpressibleByArgument, CaseIterable {
        case error
        case securityWarning = "security-warning"
        case warning, suggestion

        var severity: Severity {
            switch self {
            case .error: .error
            case .securityWarning: .securityWarning
            case .warning: .warning
            case .suggestion: .suggestion
            }
        }
    }

    @Argument(help: "The files, one policy document each; - is standard input.")
    var files: [String]

    @Option(help: "The type of the policies (default: guessed for each).")
    var type: Kind?

    @Option(help: "What a resource policy is attached to, as in AWS::S3::Bucket.")
    var resourceType: String?

    @Option(help: "The output format.")
    var format = Format.text

    @Option(help: "The least severe finding that makes the exit status 1.")
    var failOn = Threshold.securityWarning

    func validate() throws {
        guard let resourceType else { return }
        guard let service = Linter.service(ofResourceType: resourceType) else {
            throw ValidationError("--resource-type takes a type such as AWS::S3::Bucket, not '\(resourceType)'.")
        }
        guard ServiceCatalogue.aws.hasARNService(service) else {
            throw ValidationError(
                "No service is known that '\(resourceType)' is a type of. Check its spelling, or leave out "
                    + "--resource-type.")
        }
    }

    func run() throws {
        let linter = Linter()
        var reports: [LintedFile] = []
        var isUnreadable = false
        for file in files {
            do throws(InputFile.Unreadable) {
                let text = try InputFile.text(of: file)
                let report = linter.lint(text, as: type?.type, resourceType: resourceType)
                reports.append(LintedFile(name: file == "-" ? "<stdin>" : file, report: report))
            } catch {
                isUnreadable = true
                Terminal.complain("gatehouse lint: \(file): \(error.reason)")
            }
        }
        let output = try format.render(reports)
        if !output.isEmpty { print(output) }
        if isUnreadable { throw ExitCode(2) }
        if reports.contains(where: { $0.report.worst.map { $0 >= failOn.severity } ?? false }) { throw ExitCode(1) }
    }
}
