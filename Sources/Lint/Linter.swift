import Catalogue
import Policy

/// Checks policies as Access Analyzer's `ValidatePolicy` does.
///
/// AWS: `access-analyzer-reference-policy-checks.html`.
public struct Linter: Sendable {
    private let catalogue: ServiceCatalogue

    /// - Parameter catalogue: what there is to name.
    public init(catalogue: ServiceCatalogue = .aws) {
        self.catalogue = catalogue
    }

    /// What was found in a document, and as what type it was read.
    public struct Report: Sendable {
        public let type: PolicyType
        /// In the order of the text.
        public let findings: [Finding]

        /// The worst severity; nil where nothing was found.
        public var worst: Severity? { findings.map(\.severity).max() }
    }

    /// Checks a document. Never traps; about linear in the length of the text.
    /// - Parameters:
    ///   - text: the JSON document.
    ///   - type: what kind of policy it is: identity, resource, serviceControl, resourceControl or roleTrust; others
    ///     are checked as identity policies. nil: guessed.
    ///   - resourceType: of a resource policy, what it is attached to: "AWS::S3::Bucket". Narrows the actions and
    ///     resources that it can name.
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

    /// The prefix of the service that a CloudFormation resource type belongs to; nil where it is none.
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
