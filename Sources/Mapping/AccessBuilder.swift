import Catalogue
import Policy
import Wire

/// Makes the accesses of one request, by the rules of its operation.
struct AccessBuilder {
    let plan: OperationPlan
    let input: Structure
    let place: Place
    /// The element of `for each`.
    private var element: Value?
    private(set) var accesses: [MappedAccess] = []
    private var seen: Set<MappedAccess> = []
    /// Of what the request makes, by type.
    private let typedTags: [String: [String: ContextValue]]
    /// The one that is being built.
    private(set) var action = ""
    private var shared: [String: ContextValue]?

    /// More than any API takes in one request.
    private static let most = 10_000

    init(plan: OperationPlan, input: Structure, place: Place) throws(MappingFailure) {
        self.plan = plan
        self.input = input
        self.place = place
        typedTags = try plan.ec2?.tags(of: input) ?? [:]
    }

    /// Adds what the request asks by the rules of its operation, and what goes with every operation: roles that it passes,
    /// and tags of what it makes.
    mutating func addAll() throws(MappingFailure) {
        for rule in plan.rule { try add(rule) }
        guard !accesses.isEmpty else {
            throw MappingFailure(reason: "the request names nothing that its operation acts on")
        }
        if plan.tagsObjects {
            let tags = try S3ObjectTags.context(of: input)
            for index in accesses.indices where S3ObjectTags.areKeys(of: accesses[index].action) {
                accesses[index].context.merge(tags) { $1 }
            }
        }
        if let copy = try plan.copy.map({ operation throws(MappingFailure) in try S3Copy(reading: operation, input) }) {
            for index in accesses.indices { accesses[index].context.merge(copy.keys) { $1 } }
            try append(copy.reading(in: place))
        }
        for access in try plan.passedRoles.accesses(in: input, self) { try append(access) }
        for access in plan.ec2?.tagging(typedTags, in: place) ?? [] { try append(access) }
    }

    /// A resource that is asked for.
    struct Target: Hashable {
        var arn: String
        var gap: MappedAccess.Gap?
    }

    // MARK: Rules

    mutating func add(_ rule: AccessRule) throws(MappingFailure) {
        guard let elements = rule.elements else { return try addOnce(rule) }
        for value in elements.values(in: input, element: nil) {
            element = value
            try addOnce(rule)
        }
        element = nil
    }

    private mutating func addOnce(_ rule: AccessRule) throws(MappingFailure) {
        for condition in rule.conditions where !holds(condition) { return }
        if let reason = rule.refusal { throw MappingFailure(reason: reason) }
        guard let action = rule.action ?? plan.action else {
            throw MappingFailure(
                reason: "the Service Authorization Reference has no action for the operation \(plan.operationName)")
        }
        self.action = action
        let targets = try self.targets(of: rule.resources)
        // What the operation's own keys are, is no matter of another action's, such as iam:PassRole.
        var context: [String: ContextValue] = [:]
        if plan.isOwn(action) { context = try sharedContext() }
        for key in rule.keys { try set(key, in: &context) }
        for target in targets {
            let own = plan.ec2.map { $0.context(context, on: target, ruled: rule.keys, typedTags) } ?? context
            try append(MappedAccess(action: action, resource: target.arn, context: own, gap: target.gap))
        }
    }

    mutating func append(_ access: MappedAccess) throws(MappingFailure) {
        guard seen.insert(access).inserted else { return }
        guard accesses.count < Self.most else {
            throw MappingFailure(reason: "the request names more than \(Self.most) resources")
        }
        accesses.append(access)
    }

    private func holds(_ condition: MemberCondition) -> Bool {
        condition.path.values(in: input, element: element).contains(where: condition.test.holds) != condition.isNegated
    }

    // MARK: Resources

    /// What the first of the rules says of which all members are there.
    private func targets(of rules: [ResourceRule]) throws(MappingFailure) -> [Target] {
        for rule in rules {
            if let targets = try targets(of: rule) { return targets }
        }
        throw MappingFailure(reason: "the request lacks the member that names the resource")
    }

    /// Nil where a member is absent.
    private func targets(of rule: ResourceRule) throws(MappingFailure) -> [Target]? {
        switch rule {
        case .all: return [Target(arn: "*")]
        case .named(let types): return try NamedResources(self, types).targets()
        case .template(let template):
            guard let texts = try texts(of: template) else { return nil }
            return texts.map { Target(arn: $0) }
        case .type(let type, let arguments):
            var names: [[ResourceName]] = []
            for argument in arguments {
                let found = try self.names(of: argument)
                // Members whose values a filter leaves out name nothing of this type.
                guard !found.isEmpty else { return isThere(argument) ? [] : nil }
                names.append(found)
            }
            return try combine(type, names)
        }
    }

    /// The resources of a type that have these names, where at most one of the variables has several.
    func combine(_ type: TypeRule, _ names: [[ResourceName]]) throws(MappingFailure) -> [Target] {
        guard names.filter({ $0.count > 1 }).count <= 1 else {
            throw MappingFailure(reason: "the request names resources by two lists")
        }
        var targets: [Target] = []
        for index in 0..<(names.map(\.count).max() ?? 1) {
            targets += try self.targets(
                type, names.compactMap { $0.count == 1 ? $0[0] : index < $0.count ? $0[index] : nil })
        }
        return targets
    }

    /// The ARN of one resource. Where a member gives it in another region than that of the request, the resource of the
    /// same name in the request's region is asked for as well: which of the two is used, the service alone decides.
    private func targets(_ type: TypeRule, _ names: [ResourceName]) throws(MappingFailure) -> [Target] {
        for name in names where name.isARN {
            let arn = try checked(name.text)
            if type.arn.matches(arn) { return twins(arn, name.gap ?? type.gapOfARNs) }
            guard names.count > 1 else {
                throw MappingFailure(reason: "the ARN \(name.text) is none of a \(type.name)")
            }
        }
        guard names.count == type.arn.variables.count else {
            throw MappingFailure(reason: "\"\(names.first?.text ?? "")\" alone does not name a \(type.name)")
        }
        var region: String?
        var account: String?
        var values: [String] = []
        for name in names {
            if name.isARN {
                let arn = try checked(name.text)
                guard arn.service == type.arn.service,
                    let last = arn.resource.split(
                        omittingEmptySubsequences: false, whereSeparator: { $0 == "/" || $0 == ":" }
                    ).last
                else { throw MappingFailure(reason: "the ARN \(name.text) is of another service than a \(type.name)") }
                try ResourceName.check(String(last), allowsSlashes: false, allowsColons: false)
                values.append(String(last))
                try Self.agree(&region, arn.region.isEmpty ? nil : String(arn.region))
                try Self.agree(&account, arn.account.isEmpty ? nil : String(arn.account))
            } else {
                values.append(name.text)
                try Self.agree(&region, name.region)
                try Self.agree(&account, name.account)
            }
        }
        var there = place
        try Self.agree(&account, try self.account(of: type))
        if let account { there.account = account }
        let gap = names.last?.gap ?? type.gapOfNames
        let here = Target(arn: Self.canonical(type.arn.arn(values, in: there)), gap: gap)
        guard let region, region != place.region, type.arn.hasRegion else { return [here] }
        there.region = region
        // What is in no region is nowhere else.
        if region.isEmpty { return [Target(arn: type.arn.arn(values, in: there), gap: gap)] }
        return [Target(arn: Self.canonical(type.arn.arn(values, in: there)), gap: gap), here]
    }

    /// The account that a member of the request says such resources to be in.
    private func account(of type: TypeRule) throws(MappingFailure) -> String? {
        guard let value = type.account?.values(in: input, element: element).first else { return nil }
        guard let text = value.plainText, text.utf8.count == 12, text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else {
            throw MappingFailure(reason: "an account is not of twelve digits")
        }
        return text
    }

    private static func agree(_ value: inout String?, _ other: String?) throws(MappingFailure) {
        guard let other else { return }
        guard value == nil || value == other else {
            throw MappingFailure(reason: "the request names a resource in two regions or accounts at once")
        }
        value = other
    }

    /// An ARN that a member holds.
    func checked(_ text: String) throws(MappingFailure) -> ARNText {
        guard let arn = ARNText(text) else { throw MappingFailure(reason: "an ARN is not well-formed") }
        guard arn.partition == place.partition else {
            throw MappingFailure(reason: "the ARN \(text) is of another partition than \(place.partition)")
        }
        guard !arn.resource.utf8.contains(UInt8(ascii: "*")) else {
            throw MappingFailure(reason: "the ARN \(text) has wildcards")
        }
        guard
            !arn.resource.split(separator: "/", omittingEmptySubsequences: false).contains(where: {
                $0 == "." || $0 == ".."
            })
        else { throw MappingFailure(reason: "the ARN \(text) has a relative path") }
        return arn
    }

    /// The resource, and the one of the same name in the region of the request.
    func twins(_ arn: ARNText, _ gap: MappedAccess.Gap?) -> [Target] {
        let given = Target(arn: Self.canonical(arn.text(inRegion: String(arn.region))), gap: gap)
        guard !arn.region.isEmpty, arn.region != place.region else { return [given] }
        return [given, Target(arn: Self.canonical(arn.text(inRegion: place.region)), gap: gap)]
    }

    /// Services that tell names apart without regard to case, and whose ARNs have them in lower case: a denial of `prod`
    /// is one of `PROD`.
    private static let caseless: Set<Substring> = ["dax", "elasticache", "memorydb", "rds", "redshift"]

    /// The spelling that policies have.
    private static func canonical(_ arn: String) -> String {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, caseless.contains(parts[2]),
            parts[5].utf8.contains(where: { (0x41...0x5A).contains($0) })
        else {
            return arn
        }
        return parts[..<5].joined(separator: ":") + ":" + parts[5].lowercased()
    }

    // MARK: Values

    /// The names that an argument gives; empty where the member is absent.
    func names(of argument: Argument) throws(MappingFailure) -> [ResourceName] {
        switch argument {
        case .text(let text): return [ResourceName(literal: text)]
        case .member(let path, let filters):
            var names: [ResourceName] = []
            for value in path.values(in: input, element: element) {
                guard let text = value.plainText else {
                    throw MappingFailure(reason: "the member \(path.description) is no name")
                }
                if let name = try ResourceName(text, filters, qualifier: qualifier) { names.append(name) }
            }
            return names
        }
    }

    /// Whether the request has the argument's member.
    func isThere(_ argument: Argument) -> Bool {
        switch argument {
        case .text: true
        case .member(let path, _): !path.values(in: input, element: element).isEmpty
        }
    }

    private var qualifier: String? {
        if case .string(let text)? = input["Qualifier"] { text } else { nil }
    }

    /// Nil where a member is absent.
    private func texts(of template: Template) throws(MappingFailure) -> [String]? {
        var texts = [""]
        for piece in template.pieces {
            switch piece {
            case .text(let text): texts = texts.map { $0 + text }
            case .place(let part):
                let text =
                    switch part {
                    case .partition: place.partition
                    case .region: place.region
                    case .account: place.account
                    }
                texts = texts.map { $0 + text }
            case .argument(let argument):
                let names = try names(of: argument)
                guard !names.isEmpty else { return nil }
                if let arn = names.first(where: \.isARN) {
                    throw MappingFailure(reason: "the ARN \(arn.text) stands where a name is part of an ARN")
                }
                if names.count == 1 {
                    texts = texts.map { $0 + names[0].text }
                } else {
                    guard texts.count == 1 else {
                        throw MappingFailure(reason: "the request names resources by two lists")
                    }
                    texts = names.map { texts[0] + $0.text }
                }
            }
        }
        return texts
    }

    // MARK: Condition keys

    /// Of the operation's own accesses: tags in the request, and the keys of the service that members supply.
    private mutating func sharedContext() throws(MappingFailure) -> [String: ContextValue] {
        if let shared { return shared }
        var context = try plan.tags.context(of: input)
        for key in plan.keys { try set(key, in: &context) }
        shared = context
        return context
    }

    private func set(_ key: KeyRule, in context: inout [String: ContextValue]) throws(MappingFailure) {
        var values: [String] = []
        switch key.value {
        case .template(let template): values = try texts(of: template) ?? []
        case .resource(let rule): values = (try targets(of: rule) ?? []).prefix(1).map(\.arn)
        case .argument(.text(let text)): values = [text]
        case .argument(.member(let path, let filters)):
            for value in path.values(in: input, element: element) {
                guard var text = value.plainText else { continue }
                if filters.contains(.onlyARN), !ARNText.isMeant(text) { continue }
                if filters.contains(.qualifier) {
                    guard let qualifier = ResourceName.qualifier(of: text) else { continue }
                    text = qualifier
                }
                if filters.contains(.lower) { text = text.lowercased() }
                values.append(text)
            }
        }
        if plan.multivaluedKeys.contains(key.key) {
            // A list that is there and empty is a key without values.
            guard !values.isEmpty else { return }
            context[key.key] = .many(values)
        } else if let first = values.first {
            guard values.allSatisfy({ $0 == first }) else {
                throw MappingFailure(reason: "the request has several values for the condition key \(key.key)")
            }
            context[key.key] = .one(first)
        }
    }
}
