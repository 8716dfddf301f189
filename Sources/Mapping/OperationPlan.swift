import Catalogue
import Wire

/// What is known of an operation before any request for it: its action, what can name its resources, and which members
/// are condition keys. Made once, at its first request.
final class OperationPlan: Sendable {
    let operationName: String
    /// With the prefix, as the Service Authorization Reference writes it; nil where it has no action of the operation's
    /// name.
    let action: String?
    let source: MappingSource
    let rule: [AccessRule]
    /// By action, in lower case.
    private let types: [String: ActionTypes]
    /// Whether the service's types and members were gone through by hand.
    let isExact: Bool
    /// Members that say whose a resource is.
    let accounts: [MemberPath]
    let tags: RequestTags
    let keys: [KeyRule]
    /// In lower case: those of the service that a request can have several values for.
    let multivaluedKeys: Set<String>
    let passedRoles: PassedRoles
    /// For operations of Amazon EC2.
    let ec2: EC2Requests?
    /// Whether the operation can give tags to an object of S3.
    let tagsObjects: Bool
    /// The operation, where it is a copy in S3; nil also where the operator says what a copy asks for.
    let copy: OperationShape?
    private let prefix: String

    private struct ActionTypes: Sendable {
        var types: [PlannedType] = []
        /// Members that look like names of resources, and that no type's naming has.
        var leftovers: [MemberPath] = []
    }

    struct PlannedType: Sendable {
        var rule: TypeRule
        /// Whether the action can't be called without such a resource.
        var isRequired: Bool
        /// Whether the operation makes such a resource, so that it is on none that exists.
        var isCreated: Bool
        /// The member that every request has to have, and that names such a resource; nil where none has to be there.
        var requiredMember: String?
    }

    /// The types of resources that an action of one of the rules is on; nil for an action that is not known.
    func types(of action: String) -> [PlannedType]? { types[action.lowercased()]?.types }

    /// Members that could name a resource that an action is on, and of which that is not known.
    func leftovers(of action: String) -> [MemberPath] { types[action.lowercased()]?.leftovers ?? [] }

    /// Whether an action is of the operation's own service.
    func isOwn(_ action: String) -> Bool { !prefix.isEmpty && action.hasPrefix(prefix) }

    /// - Parameters:
    ///   - layers: what is said of the service, from the strongest on.
    init(
        _ operation: OperationShape, of entry: ServiceModels.Entry, catalogue: ServiceCatalogue,
        layers: [(source: MappingSource, mappings: ServiceMappings)]
    ) {
        operationName = operation.name
        let members = operation.input?.members ?? []
        let ruled = layers.first { $0.mappings.operations[operation.name] != nil }
        rule = ruled?.mappings.operations[operation.name] ?? [AccessRule(resources: [.named()])]
        isExact = layers.contains { $0.source == .exact }
        source = ruled?.source ?? (isExact ? .exact : .names)

        var service: CatalogueService?
        var own: CatalogueService.Action?
        for prefix in Self.prefixes(of: entry) {
            guard let candidate = catalogue.service(prefix) else { continue }
            if service == nil { service = candidate }
            guard let action = candidate.action(operation.name) else { continue }
            service = candidate
            own = action
            break
        }
        action = own.flatMap { own in service.map { "\($0.prefix):\(own.name)" } }
        // Where the operation's action has another name, the table's tells which resources and keys it has.
        if own == nil, let other = rule.lazy.compactMap(\.action).first,
            let colon = other.firstIndex(of: ":")
        {
            service = catalogue.service(other[..<colon]) ?? service
            own = service?.action(other[other.index(after: colon)...])
        }
        prefix = service.map { $0.prefix + ":" } ?? ""
        multivaluedKeys = Set(
            (service?.conditionKeys ?? []).lazy.filter(\.isMultivalued).map { $0.name.lowercased() })

        let guesser = NamingGuesser(operation)
        var types: [String: ActionTypes] = [:]
        let ownName = action
        for name in Set(rule.map { $0.action ?? ownName ?? "" }) {
            guard let colon = name.firstIndex(of: ":"), let service = catalogue.service(name[..<colon]),
                let known = service.action(name[name.index(after: colon)...])
            else { continue }
            types[name.lowercased()] = Self.types(of: known, service, layers, guesser, members)
        }
        self.types = types

        accounts = guesser.accounts
        tags = RequestTags(operation, service)
        ec2 = EC2Requests(operation, service)
        tagsObjects = S3ObjectTags.areIn(operation)
        copy = S3Copy.isCopy(operation) && source != .declared ? operation : nil
        // A rule that speaks of roles itself knows better.
        passedRoles =
            rule.contains { $0.action == "iam:PassRole" }
            ? PassedRoles() : PassedRoles(operation, own, service: service?.prefix ?? entry.signingName)
        var keys: [KeyRule] = []
        if let service, let own {
            let declared = layers.reversed().flatMap(\.mappings.keys).filter { rule in
                guard let key = service.conditionKey(rule.key) else { return false }
                return service.action(own, takes: key)
            }
            keys = Self.suppliedKeys(of: own, service, members) + declared
        }
        self.keys = keys
    }

    private static func types(
        of action: CatalogueService.Action, _ service: CatalogueService,
        _ layers: [(source: MappingSource, mappings: ServiceMappings)], _ guesser: NamingGuesser,
        _ members: [MemberShape]
    ) -> ActionTypes {
        var types: [(rule: TypeRule, place: Int)] = []
        var taken: Set<MemberPath> = []
        for place in action.resourceTypes where service.resourceTypes.indices.contains(place) {
            let known = service.resourceTypes[place]
            let name = known.name.replacingBlanks
            guard let template = TypeTemplate(known.template.withVariablesInBraces) else { continue }
            var type = TypeRule(name: name, arn: template)
            if let declared = layers.lazy.compactMap({ $0.mappings.types[name] }).first {
                type = declared
            } else if let namings = layers.lazy.compactMap({ $0.mappings.namings[name] }).first {
                type.namings = namings.namings
                type.absent = namings.absent
                type.account = namings.account
            } else {
                type.namings = guesser.namings(of: type, isOnly: action.resourceTypes.count == 1)
            }
            // Only what the input can have.
            type.namings = type.namings.filter { naming in
                naming.arguments.allSatisfy { argument in
                    guard case .member(let path, _) = argument, let first = path.names.first else { return true }
                    return members.contains { $0.name == first }
                }
            }
            for case .member(let path, _) in type.namings.flatMap(\.arguments) { taken.insert(path) }
            types.append((type, place))
        }
        let leftovers = guesser.identifiers.filter { !taken.contains($0) }
        // What the one member is of that is left, its ARN says itself: of a type of the action, or the request is refused.
        if !layers.contains(where: { $0.source == .exact }), leftovers.count == 1, let arn = leftovers.first,
            guesser.isARN(arn)
        {
            for index in types.indices where types[index].rule.namings.isEmpty {
                types[index].rule.namings = [TypeRule.Naming(arguments: [.member(arn, [.path])], isARNOnly: true)]
            }
        }
        return ActionTypes(
            types: types.map { type, place in
                PlannedType(
                    rule: type, isRequired: action.requiredResourceTypes.contains(place),
                    isCreated: guesser.creates(type), requiredMember: requiredMember(of: type, members))
            }, leftovers: leftovers)
    }

    private static func requiredMember(of type: TypeRule, _ members: [MemberShape]) -> String? {
        for naming in type.namings {
            for case .member(let path, _) in naming.arguments {
                if let name = path.names.first, members.contains(where: { $0.name == name && $0.isRequired }) {
                    return name
                }
            }
        }
        return nil
    }

    /// Under which prefixes the operation's action can stand.
    static func prefixes(of entry: ServiceModels.Entry) -> [String] {
        var prefixes: [String] = []
        let serviceID = entry.serviceID.lowercased()
        for name in [
            entry.signingName, entry.endpointPrefix, serviceID.split(separator: " ").joined(),
            serviceID.split(separator: " ").joined(separator: "-"), entry.id,
        ] where !prefixes.contains(name) { prefixes.append(name) }
        return prefixes
    }

    /// Keys that the Service Authorization Reference lists for the action itself, and whose name is a member's: the key
    /// `secretsmanager:VersionStage` is what `VersionStage` holds, and `s3:x-amz-acl` what the header of that name does.
    private static func suppliedKeys(
        of action: CatalogueService.Action, _ service: CatalogueService, _ members: [MemberShape]
    ) -> [KeyRule] {
        var rules: [KeyRule] = []
        for place in action.conditionKeys where service.conditionKeys.indices.contains(place) {
            let key = service.conditionKeys[place]
            guard let colon = key.name.firstIndex(of: ":"), key.name[..<colon] == service.prefix else { continue }
            let name = key.name[key.name.index(after: colon)...]
            guard !name.contains("/"), !name.contains("$") else { continue }
            let plain = name.plain
            guard
                let member = members.first(where: {
                    ($0.name.plain == plain || $0.isHeader(named: name.lowercased())) && $0.shape.isScalarOrList
                })
            else { continue }
            rules.append(
                KeyRule(key: key.name.lowercased(), value: .argument(.member(MemberPath([member.name]), []))))
        }
        return rules
    }
}

extension StringProtocol {
    /// The letters and digits in lower case: how names that mean the same are compared.
    var plain: String {
        String(decoding: lowercased().utf8.filter(MappingWords.isLetterOrDigit), as: UTF8.self)
    }

    var replacingBlanks: String { split(separator: " ").joined(separator: "-") }

    /// `${Name}` as `{Name}`.
    var withVariablesInBraces: String {
        split(separator: "${", omittingEmptySubsequences: false).joined(separator: "{")
    }
}

extension Shape {
    /// Whether the value is one text, number, truth or time, or a list of such.
    var isScalarOrList: Bool {
        if case .list(let list) = self { return list.element.isScalar }
        return isScalar
    }

    var isScalar: Bool {
        switch self {
        case .string, .integer, .double, .boolean, .timestamp: true
        case .blob, .list, .map, .structure: false
        }
    }

    var isText: Bool { if case .string = self { true } else { false } }

    /// Whether the value is a text or a list of texts.
    var isTextOrTexts: Bool {
        if case .list(let list) = self { return list.element.isText }
        return isText
    }
}
