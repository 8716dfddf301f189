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
    /// The types that it can name.
    private let types: Set<String>
    /// The condition keys of each type, in lower case.
    private let keys: [String: Set<String>]
    private let arns: [String: TypeTemplate]

    /// Nil for other services.
    init?(_ operation: OperationShape, _ service: CatalogueService?) {
        guard let service, service.prefix == "ec2" else { return nil }
        self.operation = operation.name
        let member = operation.input?.members.first {
            $0.name == "TagSpecifications" || $0.name == "PoolTagSpecifications"
        }
        specifications = member?.name
        if case .list(let list)? = member?.shape, case .structure(let specification) = list.element,
            case .string(let type)? = specification.members.first(where: { $0.name == "ResourceType" })?.shape
        {
            types = Set(type.values)
        } else {
            types = []
        }
        var keys: [String: Set<String>] = [:]
        var arns: [String: TypeTemplate] = [:]
        for type in service.resourceTypes {
            arns[type.name] = TypeTemplate(type.template.withVariablesInBraces)
            for place in type.conditionKeys where service.conditionKeys.indices.contains(place) {
                keys[type.name, default: []].insert(service.conditionKeys[place].name.lowercased())
            }
        }
        self.keys = keys
        self.arns = arns
    }

    /// The keys that a resource has of those of the whole request.
    ///
    /// What a request says of a resource is true of one that it makes. One that is there already has an availability zone
    /// and a size of its own, which the request does not know.
    /// - Parameters:
    ///   - ruled: the keys that the rule gives to this very access.
    ///   - tags: what ``tags(of:)`` gives.
    func context(
        _ shared: [String: ContextValue], on target: AccessBuilder.Target, ruled: [KeyRule],
        _ tags: [String: [String: ContextValue]]
    ) -> [String: ContextValue] {
        guard let arn = ARNText(target.arn), let slash = arn.resource.firstIndex(of: "/") else { return shared }
        let type = String(arn.resource[..<slash])
        let id = arn.resource[arn.resource.index(after: slash)...]
        let isNew = id == "*"
        var context = shared
        if let known = keys[type] {
            context = context.filter { key, _ in
                if key.hasPrefix("aws:") || ruled.contains(where: { $0.key == key }) { return true }
                return known.contains(key) && (isNew || key == "ec2:region" || key == "ec2:keypairname")
            }
            let key = "ec2:\(type.plain)id"
            if !isNew, known.contains(key) { context[key] = .one(String(id)) }
            // Where there is a launch template, EC2Launch knows better.
            if operation == "RunInstances", known.contains(EC2Launch.isTemplateKey) {
                context[EC2Launch.isTemplateKey] = .one("false")
            }
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
            guard let tags = specification["Tags"] else { continue }
            guard case .string(let type)? = specification["ResourceType"], types.contains(type) else {
                throw MappingFailure(reason: "which type of resources the tags are for can't be told")
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
            var context = context
            context["ec2:createaction"] = .one(operation)
            context["ec2:region"] = .one(place.region)
            let arn =
                arns[type].map { $0.arn($0.variables.map { _ in "*" }, in: place) }
                ?? "arn:\(place.partition):ec2:\(place.region):\(place.account):\(type)/*"
            return MappedAccess(action: "ec2:CreateTags", resource: arn, context: context)
        }
    }
}
