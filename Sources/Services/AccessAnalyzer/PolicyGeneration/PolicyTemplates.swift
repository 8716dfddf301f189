import Catalogue
import Learning
import Wire

/// Policies that are to be filled in, in the form of AWS's.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-generation.html>
struct PolicyTemplates: Sendable {
    /// What the ids of statements begin with.
    static let statementPrefix = "SupportedServiceSid"

    var catalogue = ServiceCatalogue.aws

    /// What was used, with a placeholder wherever AWS knows of resources: `arn:aws:s3:::${BucketName}`.
    ///
    /// - Parameter accesses: what was seen.
    /// - Returns: none for no accesses.
    func withPlaceholders(_ accesses: some Sequence<ObservedAccess>) -> [String] {
        var byResources: [[String]: Set<String>] = [:]
        for (action, seen) in Dictionary(grouping: accesses, by: \.action) {
            byResources[resources(of: action, seen.map(\.resource)), default: []].insert(action)
        }
        guard !byResources.isEmpty else { return [] }
        // What has no resources comes first.
        let statements = byResources.sorted { left, right in
            (left.key == ["*"] ? 0 : 1, left.value.min() ?? "") < (right.key == ["*"] ? 0 : 1, right.value.min() ?? "")
        }
        return [document(statements.map { ($0.value.sorted(), $0.key) }, prefix: Self.statementPrefix)]
    }

    /// All actions of services that were used without anything being known of what they were used for; nil for no services.
    func serviceLevel(_ services: [String]) -> String? {
        guard !services.isEmpty else { return nil }
        return document([(services.map { "\($0):*" }, ["*"])], prefix: "ServiceLevelSid")
    }

    /// The templates of the resources that an action can be allowed on, of those kinds that were seen; `*` where it has none.
    private func resources(of action: String, _ seen: [String]) -> [String] {
        let parts = action.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let service = catalogue.service(parts[0]), let known = service.action(parts[1]) else {
            return ["*"]
        }
        let places = known.requiredResourceTypes.isEmpty ? known.resourceTypes : known.requiredResourceTypes
        let types = places.filter(service.resourceTypes.indices.contains).map { service.resourceTypes[$0] }
        let used = types.filter { type in seen.contains { type.isType(of: ARNParts(pattern: $0)) } }
        let templates = (used.isEmpty ? types : used).map { $0.template.replacing("${Partition}", with: "aws") }
        return templates.isEmpty ? ["*"] : Set(templates).sorted()
    }

    private func document(_ statements: [(actions: [String], resources: [String])], prefix: String) -> String {
        let statements = statements.enumerated().map { index, statement in
            JSONValue.object([
                JSONMember(key: "Sid", value: .string("\(prefix)\(index)")),
                JSONMember(key: "Effect", value: .string("Allow")),
                JSONMember(key: "Action", value: .array(statement.actions.map { .string($0) })),
                JSONMember(
                    key: "Resource",
                    value: statement.resources == ["*"]
                        ? .string("*") : .array(statement.resources.map { .string($0) })),
            ])
        }
        var writer = JSONWriter()
        writer.json(
            .object([
                JSONMember(key: "Version", value: .string("2012-10-17")),
                JSONMember(key: "Statement", value: .array(statements)),
            ]))
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension CatalogueService.ResourceType {
    /// Whether an ARN is one of this type. A service may have Regions in some of its ARNs and none in others.
    fileprivate func isType(of arn: ARNParts) -> Bool {
        arn.service == self.arn.service && arn.region.isEmpty == self.arn.region.isEmpty
            && arn.account.isEmpty == self.arn.account.isEmpty && resourcePattern.matches(arn.resource)
    }
}
