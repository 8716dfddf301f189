public import Wire

/// What is known of an operation's requests before there is one: which actions they ask for, on which resources, and who
/// said so.
///
/// ```swift
/// let mapper = RequestMapper()
/// guard let sqs = ServiceModels.aws.entry("sqs"),
///     let send = ServiceModels.aws.service("sqs")?.operation(named: "SendMessageBatch")
/// else { return }
/// let description = mapper.description(of: send, of: sqs)
/// // sqs:SendMessage on arn:{partition}:sqs:{region}:{account}:{QueueUrl tail}
/// ```
public struct MappingDescription: Sendable, Equatable {
    /// Who said it; nil where nobody did, so that every request is denied.
    public var source: MappingSource?
    /// What a request asks for.
    public var accesses: [Access] = []
    /// When a request is denied whatever the policies say, and why. Without conditions, every one is.
    public var refusals: [Refusal] = []

    /// An action, and what it is on.
    public struct Access: Sendable, Equatable {
        /// With its prefix: "sqs:SendMessage".
        public var action: String
        /// ARNs with members of the input in braces, or "*": all of those whose members the request has.
        public var resources: [String]
        /// What must hold for the access to be asked for: "if VersionId".
        public var conditions: [String]
        /// The service's condition keys, each with the member that it comes from, sorted.
        public var keys: [Key]
    }

    /// A condition key.
    public struct Key: Sendable, Equatable {
        /// In lower case.
        public var name: String
        /// A member in braces, or a text.
        public var value: String
    }

    /// Why a request is denied before any policy is asked.
    public struct Refusal: Sendable, Equatable {
        /// For the one who may declare a mapping.
        public var reason: String
        /// As those of an access.
        public var conditions: [String]
    }

    /// How much of an operation is mapped.
    public enum Coverage: String, Sendable, CaseIterable {
        /// Requests ask for the resources that they name.
        case resources
        /// Requests ask for the action on `*`.
        case all
        /// Requests are denied until the operator declares what they ask for.
        case unmapped
    }

    /// How much of the operation is mapped.
    public var coverage: Coverage {
        if source == nil || accesses.isEmpty || refusals.contains(where: \.conditions.isEmpty) { return .unmapped }
        return accesses.contains { $0.resources.contains { $0 != "*" } } ? .resources : .all
    }
}

extension RequestMapper {
    /// What is known of an operation's requests before there is one.
    public func description(of operation: OperationShape, of service: ServiceModels.Entry) -> MappingDescription {
        let plan = plan(operation, of: service)
        if plan.source != .declared, let exact = DynamoDBRequest.description(of: operation) { return exact }
        var description = MappingDescription(source: source(of: operation, of: service))
        let required = Set((operation.input?.members ?? []).lazy.filter(\.isRequired).map(\.name))
        for rule in plan.rule {
            let conditions = rule.conditionTexts
            if let refusal = rule.refusal {
                description.refusals.append(MappingDescription.Refusal(reason: refusal, conditions: conditions))
            } else if let action = rule.action ?? plan.action {
                var keys = rule.keys
                if plan.isOwn(action) { keys += plan.keys }
                description.accesses.append(
                    MappingDescription.Access(
                        action: action, resources: plan.texts(of: rule.resources, action), conditions: conditions,
                        keys: keys.map { MappingDescription.Key(name: $0.key, value: $0.value.text) }
                            .sorted { ($0.name, $0.value) < ($1.name, $1.value) }))
                for (type, path) in plan.doubts(about: rule.resources, action) {
                    let isRequired = path.names.count == 1 && required.contains(path.names[0])
                    description.refusals.append(
                        MappingDescription.Refusal(
                            reason:
                                "\(action) is on a \(type), and it can't be told whether \(path.description) names it",
                            conditions: isRequired ? conditions : conditions + ["if \(path.description)"]))
                }
            } else {
                description.refusals.append(
                    MappingDescription.Refusal(
                        reason:
                            "the Service Authorization Reference has no action of its name, and nobody says which it asks for",
                        conditions: []))
            }
        }
        if let roles = plan.passedRoles.described { description.accesses.append(roles) }
        if plan.copy != nil { description.accesses.append(S3Copy.described) }
        return description
    }
}

extension OperationPlan {
    /// The resources that an access can be on.
    fileprivate func texts(of resources: [ResourceRule], _ action: String) -> [String] {
        var texts: [String] = []
        for resource in resources {
            for text in self.texts(of: resource, action) where !texts.contains(text) { texts.append(text) }
        }
        return texts
    }

    private func texts(of resource: ResourceRule, _ action: String) -> [String] {
        switch resource {
        case .all: ["*"]
        case .template(let template): [template.text]
        case .type(let type, let arguments): [type.text(of: arguments)]
        case .named(let given): namedTexts(action, with: given)
        }
    }

    /// What NamedResources asks for.
    private func namedTexts(_ action: String, with given: [NamedType]) -> [String] {
        var texts: [String] = []
        let types = types(of: action) ?? []
        for type in types {
            if type.rule.arn.variables.isEmpty {
                if type.isRequired { texts.append(type.rule.text(of: [])) }
                continue
            }
            let namings = type.rule.namings(with: given)
            texts += namings.map { type.rule.text(of: $0.arguments, isARN: $0.isARNOnly) }
            guard namings.isEmpty, type.isRequired || types.count == 1 else { continue }
            guard isExact else {
                texts.append("*")
                continue
            }
            let absent = if case .text(let text) = type.rule.absent { text } else { "*" }
            texts.append(type.rule.text(of: type.rule.arn.variables.map { _ in .text(absent) }))
        }
        return texts.isEmpty ? ["*"] : texts
    }

    /// Members that may name a resource of a type that no rule knows how to name: a request that has one is refused.
    fileprivate func doubts(about resources: [ResourceRule], _ action: String) -> [(type: String, path: MemberPath)] {
        guard case .named(let given)? = resources.first else { return [] }
        let types = types(of: action) ?? []
        let unnamed = types.filter { !$0.rule.arn.variables.isEmpty && $0.rule.namings(with: given).isEmpty }
        let isNothingNamed = unnamed.count == types.count
        let doubtful = unnamed.first { type in
            guard case .unsaid = type.rule.absent else { return false }
            return !type.isCreated && (type.isRequired || types.count == 1 || source == .names)
        }
        guard let type = doubtful ?? (isNothingNamed ? types.first : nil), !type.isCreated else { return [] }
        let named = given.flatMap(\.arguments).compactMap(\.path)
        return leftovers(of: action).filter { !named.contains($0) }.map { (type.rule.name, $0) }
    }
}

extension TypeRule {
    /// The members that name such a resource, those that are given for one operation first.
    fileprivate func namings(with given: [NamedType]) -> [Naming] {
        given.filter { $0.type == name }.reduce(self) { $0.named(by: $1) }.namings
    }
}

extension AccessRule {
    fileprivate var conditionTexts: [String] {
        conditions.map { condition in
            let path = condition.path.description
            let word = condition.isNegated ? "unless" : "if"
            return switch condition.test {
            case .isThere: "\(word) \(path)"
            case .equals(let text): "\(word) \(path) is \(text)"
            case .begins(let text): "\(word) \(path) begins with \(text)"
            case .ends(let text): "\(word) \(path) ends with \(text)"
            }
        } + (elements.map { ["for each of \($0.description)"] } ?? [])
    }
}

extension TypeRule {
    /// The ARN, with members in braces in place of the variables.
    fileprivate func text(of arguments: [Argument], isARN: Bool = false) -> String {
        if isARN, let only = arguments.first { return only.text }
        // One member stands for a whole ARN where there are several variables.
        if arguments.count == 1, arn.variables.count > 1 { return arguments[0].text }
        return arn.arn(
            arguments.map(\.text), in: Place(partition: "{partition}", region: "{region}", account: "{account}"))
    }
}

extension Argument {
    /// `{QueueUrl tail}`, or the text itself.
    fileprivate var text: String {
        switch self {
        case .text(let text): text
        case .member(let path, let filters):
            "{" + ([path.description] + filters.map(\.rawValue)).joined(separator: " ") + "}"
        }
    }
}

extension Template {
    fileprivate var text: String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .place(let part): "{\(part.rawValue)}"
            case .argument(let argument): argument.text
            }
        }.joined()
    }
}

extension KeyRule.Value {
    fileprivate var text: String {
        switch self {
        case .argument(let argument): argument.text
        case .template(let template): template.text
        case .resource(.type(let type, let arguments)): type.text(of: arguments)
        case .resource: "the resource's ARN"
        }
    }
}
