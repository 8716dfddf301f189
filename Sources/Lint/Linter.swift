import Catalogue
import Policy

/// Checks policies as Access Analyzer's `ValidatePolicy` does, without AWS.
///
/// ```swift
/// let report = Linter().lint(text, as: .identity)
/// …
/// let failed = report.worst.map { $0 >= .warning } ?? false
/// ```
///
/// A linter is a value that holds nothing but the catalogue; make one where you need it. It checks a document on its
/// own: whether the principals and resources exist, and what other policies say, it doesn't know.
///
/// AWS: "Validate policies with IAM Access Analyzer", `access-analyzer-policy-validation.html`, and the reference of
/// its checks, `access-analyzer-reference-policy-checks.html`.
public struct Linter: Sendable {
    private let catalogue: ServiceCatalogue

    /// Makes a linter.
    /// - Parameter catalogue: the services, actions, resource types and condition keys that exist.
    public init(catalogue: ServiceCatalogue = .aws) {
        self.catalogue = catalogue
    }

    /// What was found in a document, and as what type it was read.
    public struct Report: Sendable {
        /// The type that was given, or the one that was guessed.
        public let type: PolicyType
        /// All findings, in the order of the text; the worst first where several begin at the same place. None is there
        /// twice.
        public let findings: [Finding]

        /// The worst severity; nil where nothing was found.
        public var worst: Severity? { findings.map(\.severity).max() }
    }

    /// Checks a document. Text that is not JSON has a finding that says so; no text makes it trap.
    ///
    /// - Parameters:
    ///   - text: the JSON document.
    ///   - type: what kind of policy it is: identity, resource, serviceControl, resourceControl or roleTrust; others
    ///     are checked as identity policies. nil: guessed by the elements that are there.
    ///   - resourceType: the CloudFormation type of what a resource policy is attached to: "AWS::S3::Bucket". It
    ///     narrows the actions and resources that the policy can name.
    /// - Complexity: about linear in the length of the text.
    public func lint(_ text: String, as type: PolicyType? = nil, resourceType: String? = nil) -> Report {
        var reader = DocumentReader()
        let document = reader.read(text)
        let type = type ?? document.map(Self.guessType) ?? .identity
        var findings = reader.findings
        if let document {
            var checker = Checker(
                catalogue: catalogue, type: type, attachedService: resourceType.flatMap(Self.service),
                document: document)
            checker.checkDocument(text)
            for statement in document.statements { checker.check(statement) }
            findings += checker.findings
        }
        var seen: Set<Finding> = []
        findings = findings.filter { seen.insert($0).inserted }
        findings.sort { ($0.position.offset, $1.severity) < ($1.position.offset, $0.severity) }
        return Report(type: type, findings: findings)
    }

    /// The prefix of the service that a CloudFormation resource type belongs to; nil for a text that is no such type.
    /// - Parameter name: "AWS::S3::Bucket", which is of "s3".
    public static func service(ofResourceType name: String) -> String? {
        let parts = name.split(separator: ":", omittingEmptySubsequences: true)
        guard parts.count == 3, parts[0] == "AWS" else { return nil }
        return switch parts[1] {
        case "S3ObjectLambda": "s3-object-lambda"
        case "EFS": "elasticfilesystem"
        case "OpenSearchService": "es"
        default: parts[1].lowercased()
        }
    }

    /// The type that a document looks like, by the elements that are there; identity for what is no document.
    /// - Complexity: linear in the length of the text.
    public static func type(of text: String) -> PolicyType {
        var reader = DocumentReader()
        return reader.read(text).map(guessType) ?? .identity
    }

    /// Only resource and trust policies say who; only trust policies speak of assuming the role, and name no resource.
    private static func guessType(of document: LooseDocument) -> PolicyType {
        guard document.statements.contains(where: { $0.principals != nil }) else { return .identity }
        let isTrust = document.statements.allSatisfy { statement in
            let actions = statement.actions?.values ?? []
            return statement.resources == nil && actions.contains { $0.value.lowercased().hasPrefix("sts:") }
        }
        return isTrust ? .roleTrust : .resource
    }
}
