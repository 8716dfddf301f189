/// What the members of an input name, by the types of resources that its action is on.
struct NamedResources {
    private let builder: AccessBuilder
    private let given: [GivenNaming]
    private var plan: OperationPlan { builder.plan }

    init(_ builder: AccessBuilder, _ given: [GivenNaming] = []) {
        self.builder = builder
        self.given = given
    }

    /// - Throws: where a member names a resource and it can't be told which.
    func targets() throws(MappingFailure) -> [AccessBuilder.Target] {
        // An action on no type of resources is asked on all.
        guard !plan.types.isEmpty else { return [AccessBuilder.Target(arn: "*")] }
        var targets: [AccessBuilder.Target] = []
        var found = Set<Int>()
        for (place, type) in plan.types.enumerated() {
            if type.rule.arn.variables.isEmpty {
                if type.isRequired {
                    targets.append(AccessBuilder.Target(arn: type.rule.arn.arn([], in: builder.place)))
                }
                found.insert(place)
                continue
            }
            for naming in type.rule.namings(with: given) {
                let names = try self.names(naming)
                guard !names.isEmpty else {
                    // A filter has left out what it holds: it is of another type.
                    if naming.arguments.allSatisfy(builder.isThere) { found.insert(place) }
                    continue
                }
                let arns = names.count == 1 ? names[0].filter(\.isARN) : []
                for arn in arns { targets += try self.targets(ofARN: arn, &found) }
                let plain = names.count == 1 ? names[0].filter { !$0.isARN } : []
                if naming.isARNOnly, let name = plain.first {
                    throw MappingFailure(
                        reason: "\"\(name.text)\" is no ARN, and so it can't be told which resource it is")
                }
                if names.count == 1 {
                    // Some other type's naming takes what is an ARN.
                    found.insert(place)
                    if plain.isEmpty { continue }
                    guard type.rule.arn.variables.count == 1 else {
                        throw MappingFailure(reason: "\"\(plain[0].text)\" alone does not name a \(type.rule.name)")
                    }
                    targets += try builder.combine(type.rule, [plain])
                } else {
                    found.insert(place)
                    targets += try builder.combine(type.rule, names)
                }
            }
        }
        return try complete(targets, found)
    }

    /// Empty unless all members of the naming are there.
    private func names(_ naming: TypeRule.Naming) throws(MappingFailure) -> [[ResourceName]] {
        var names: [[ResourceName]] = []
        for argument in naming.arguments {
            let found = try builder.names(of: argument)
            guard !found.isEmpty else { return [] }
            names.append(found)
        }
        return names
    }

    /// The resource that an ARN is of, which may be of another type than the member's.
    private func targets(
        ofARN name: ResourceName, _ found: inout Set<Int>
    ) throws(MappingFailure) -> [AccessBuilder.Target] {
        let arn = try builder.checked(name.text)
        var isKnown = false
        for (place, type) in plan.types.enumerated() where type.rule.arn.matches(arn) {
            found.insert(place)
            isKnown = true
        }
        guard isKnown else {
            throw MappingFailure(
                reason:
                    "the ARN \(name.text) is of no type of resources that \(plan.action ?? plan.operationName) is on")
        }
        return builder.twins(arn, name.gap)
    }

    /// Adds what stands for the types that the action needs and the request does not name.
    private func complete(
        _ named: [AccessBuilder.Target], _ found: Set<Int>
    ) throws(MappingFailure) -> [AccessBuilder.Target] {
        var targets = named
        for (place, type) in plan.types.enumerated() where !found.contains(place) {
            guard type.isRequired || (targets.isEmpty && plan.types.count == 1) else { continue }
            if plan.isExact {
                guard case .text(let text) = type.rule.absent else {
                    throw MappingFailure(reason: "the request does not name the \(type.rule.name) that it is on")
                }
                let values = type.rule.arn.variables.map { _ in text }
                targets.append(AccessBuilder.Target(arn: type.rule.arn.arn(values, in: builder.place)))
            } else {
                if !type.isCreated { try refuseLeftovers(of: type) }
                targets.append(AccessBuilder.Target(arn: "*"))
            }
        }
        if targets.isEmpty {
            if !plan.isExact, let type = plan.types.first { try refuseLeftovers(of: type) }
            targets.append(AccessBuilder.Target(arn: "*"))
        }
        return targets
    }

    /// A member that could be the name of the resource, and no rule says so: "*" would let a denial of that resource be
    /// passed by.
    private func refuseLeftovers(of type: OperationPlan.PlannedType) throws(MappingFailure) {
        let named = given.flatMap(\.arguments).compactMap(\.path)
        for path in plan.leftovers where !named.contains(path) && !path.values(in: builder.input, element: nil).isEmpty
        {
            throw MappingFailure(
                reason: "\(plan.action ?? plan.operationName) is on a \(type.rule.name), and it can't be told whether "
                    + "\(path.description) names it")
        }
    }
}

extension TypeRule {
    /// What an operation's own line says takes the place of what its members' names say; ARNs are taken in any case.
    func namings(with given: [GivenNaming]) -> [Naming] {
        let own = given.filter { $0.type == name }.map { Naming(arguments: $0.arguments) }
        return own.isEmpty ? namings : own + namings.filter(\.isARNOnly)
    }
}

extension Argument {
    /// Where the value is; nil for a text.
    var path: MemberPath? { if case .member(let path, _) = self { path } else { nil } }
}
