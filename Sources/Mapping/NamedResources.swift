/// What the members of an input name, by the types of resources that its action is on.
struct NamedResources {
    private let builder: AccessBuilder
    private let types: [OperationPlan.PlannedType]
    /// Members that the rule says to name a resource.
    private var ruled: Set<MemberPath> = []

    private var plan: OperationPlan { builder.plan }

    /// - Parameter ruled: the members that name resources of some types, before those that name them in every operation.
    /// - Throws: for an action that the Service Authorization Reference lacks.
    init(_ builder: AccessBuilder, _ ruled: [NamedType]) throws(MappingFailure) {
        guard var types = builder.plan.types(of: builder.action) else {
            throw MappingFailure(reason: "the Service Authorization Reference has no action \(builder.action)")
        }
        self.builder = builder
        for named in ruled {
            for case .member(let path, _) in named.arguments { self.ruled.insert(path) }
            for place in types.indices where types[place].rule.name == named.type {
                types[place].rule = types[place].rule.named(by: named)
            }
        }
        self.types = types
    }

    /// - Throws: where a member names a resource and it can't be told which.
    func targets() throws(MappingFailure) -> [AccessBuilder.Target] {
        // An action on no type of resources is asked on all.
        guard !types.isEmpty else { return [AccessBuilder.Target(arn: "*")] }
        if !plan.isExact, plan.source != .declared { try refuseOtherAccounts() }
        var targets: [AccessBuilder.Target] = []
        var found = Set<Int>()
        for (place, type) in types.enumerated() {
            if type.rule.arn.variables.isEmpty {
                if type.isRequired {
                    targets.append(AccessBuilder.Target(arn: type.rule.arn.arn([], in: builder.place)))
                }
                found.insert(place)
                continue
            }
            for naming in type.rule.namings {
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
        for (place, type) in types.enumerated() where type.rule.arn.matches(arn) {
            found.insert(place)
            isKnown = true
        }
        guard isKnown else {
            throw MappingFailure(
                reason:
                    "the ARN \(name.text) is of no type of resources that \(builder.action) is on")
        }
        return builder.twins(arn, name.gap)
    }

    /// Adds what stands for the types that the action needs and the request does not name.
    private func complete(
        _ named: [AccessBuilder.Target], _ found: Set<Int>
    ) throws(MappingFailure) -> [AccessBuilder.Target] {
        var targets = named
        for (place, type) in types.enumerated() where !found.contains(place) {
            guard type.isRequired || (targets.isEmpty && types.count == 1) else {
                // One that is not needed may be named all the same, by a member that is not understood.
                if plan.source == .names, type.rule.namings.isEmpty, !type.isCreated { try refuseLeftovers(of: type) }
                continue
            }
            // A service may look for it elsewhere, as SQS does for the queue's URL in the request's path.
            if let member = type.requiredMember {
                throw MappingFailure(reason: "the request lacks the member \(member), which names a \(type.rule.name)")
            }
            var text = "*"
            switch type.rule.absent {
            case .text(let declared): text = declared
            case .refused:
                throw MappingFailure(reason: "the request does not name the \(type.rule.name) that it is on")
            case .unsaid: if !type.isCreated { try refuseLeftovers(of: type) }
            }
            guard plan.isExact else {
                targets.append(AccessBuilder.Target(arn: "*"))
                continue
            }
            let values = type.rule.arn.variables.map { _ in text }
            targets.append(AccessBuilder.Target(arn: type.rule.arn.arn(values, in: builder.place)))
        }
        if targets.isEmpty {
            if let type = types.first { try refuseLeftovers(of: type) }
            targets.append(AccessBuilder.Target(arn: "*"))
        }
        return targets
    }

    /// A member says whose the resource is, and no rule says where that stands in its ARN.
    private func refuseOtherAccounts() throws(MappingFailure) {
        for path in plan.accounts where !ruled.contains(path) {
            for value in path.values(in: builder.input, element: nil) {
                guard let text = value.plainText, text != builder.place.account, text.utf8.count == 12,
                    text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
                else { continue }
                throw MappingFailure(
                    reason:
                        "\(path.description) is another account than the caller's, and it can't be told what of it is meant"
                )
            }
        }
    }

    /// A member that could be the name of the resource, and no rule says so: "*" would let a denial of that resource be
    /// passed by.
    private func refuseLeftovers(of type: OperationPlan.PlannedType) throws(MappingFailure) {
        for path in plan.leftovers(of: builder.action)
        where !ruled.contains(path) && !path.values(in: builder.input, element: nil).isEmpty {
            throw MappingFailure(
                reason: "\(builder.action) is on a \(type.rule.name), and it can't be told whether "
                    + "\(path.description) names it")
        }
    }
}

extension TypeRule {
    /// The same type, which in one operation is named by these members first. Where the names of the members say the same,
    /// they don't know how to read them.
    func named(by named: NamedType) -> TypeRule {
        var rule = self
        let paths = named.arguments.map(\.path)
        rule.namings.removeAll { $0.arguments.map(\.path) == paths }
        rule.namings.insert(Naming(arguments: named.arguments), at: 0)
        return rule
    }
}

extension Argument {
    /// Where the value is; nil for a text.
    var path: MemberPath? { if case .member(let path, _) = self { path } else { nil } }
}
