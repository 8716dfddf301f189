import Catalogue
import Policy
import Wire

/// What is particular to Amazon EC2: each of the resources of a request has condition keys of its own, and what a request
/// makes is tagged by type.
///
/// AWS: "Grant permission to tag Amazon EC2 resources during creation", `supported-iam-actions-tagging.html`.
struct EC2Requests: Sendable {
    private let operation: String
    /// The member with tags by types of resources.
    private let specifications: String?
    /// The condition keys of each type, in lower case.
    private let keys: [String: Set<String>]

    /// Nil for other services.
    init?(_ operation: OperationShape, _ service: CatalogueService?) {
        guard let service, service.prefix == "ec2" else { return nil }
        self.operation = operation.name
        specifications =
            operation.input?.members.first { $0.name == "TagSpecifications" || $0.name == "PoolTagSpecifications" }?
            .name
        var keys: [String: Set<String>] = [:]
        for type in service.resourceTypes {
            for place in type.conditionKeys where service.conditionKeys.indices.contains(place) {
                keys[type.name, default: []].insert(service.conditionKeys[place].name.lowercased())
            }
        }
        self.keys = keys
    }

    /// The keys that a resource has of those of the whole request.
    /// - Parameter tags: what ``tags(of:)`` gives.
    func context(
        _ shared: [String: ContextValue], on target: AccessBuilder.Target, _ tags: [String: [String: ContextValue]]
    ) -> [String: ContextValue] {
        guard let arn = ARNText(target.arn), let slash = arn.resource.firstIndex(of: "/") else { return shared }
        let type = String(arn.resource[..<slash])
        var context = shared
        if let known = keys[type] {
            context = context.filter { known.contains($0.key) || $0.key.hasPrefix("aws:") }
            let id = arn.resource[arn.resource.index(after: slash)...]
            let key = "ec2:\(type.plain)id"
            if id != "*", known.contains(key) { context[key] = .one(String(id)) }
        }
        for (key, value) in tags[type] ?? [:] { context[key] = value }
        return context
    }

    /// The condition keys of the tags that a request gives to what it makes, by the type.
    /// - Throws: where one key has two values.
    func tags(of input: Structure) throws(MappingFailure) -> [String: [String: ContextValue]] {
        guard let specifications, case .list(let list)? = input[specifications] else { return [:] }
        var found: [String: [Value]] = [:]
        for case .structure(let specification) in list {
            guard case .string(let type)? = specification["ResourceType"], let tags = specification["Tags"] else {
                continue
            }
            found[type, default: []] += tags.elements
        }
        var contexts: [String: [String: ContextValue]] = [:]
        for (type, tags) in found { contexts[type] = try RequestTags.context(of: .list(tags)) }
        return contexts
    }

    /// `ec2:CreateTags` for each type of what the request makes and tags.
    func tagging(_ tags: [String: [String: ContextValue]], in place: Place) -> [MappedAccess] {
        tags.sorted { $0.key < $1.key }.map { type, context in
            let account = type == "image" || type == "snapshot" ? "" : place.account
            var context = context
            context["ec2:createaction"] = .one(operation)
            context["ec2:region"] = .one(place.region)
            return MappedAccess(
                action: "ec2:CreateTags", resource: "arn:\(place.partition):ec2:\(place.region):\(account):\(type)/*",
                context: context)
        }
    }
}
