import Catalogue
import Policy

/// Writes the smallest policy that covers what a principal was seen to do.
///
/// It allows each action on the resources on which it was seen, and nothing else. Actions that were seen on the same resources
/// share a statement. A resource is `*` only where the request had none.
///
/// ```swift
/// let generator = PolicyGenerator()
/// let policies = try generator.policies(for: [ObservedAccess("s3:GetObject", on: "arn:aws:s3:::box/a")])
/// print(policies[0].text)
/// ```
public struct PolicyGenerator: Sendable {
    /// Whether conditions are added for the keys in ``usefulKeys`` that had the same value in all requests of an action.
    public var addsConditions = false
    /// Whether the regions are named in which an action was seen (`aws:RequestedRegion`).
    public var namesRegions = false
    /// How many resources of one action that differ in what their names end with become one pattern; nil: never.
    public var collapsesFrom: Int?
    /// How many characters a policy may have, white space left out: those of a managed policy.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    public var sizeLimit = 6144
    /// What the ids of statements begin with, letters and digits; they end with a number. nil: they have none.
    public var statementPrefix: String?

    /// The condition keys by which it is worth narrowing what is allowed, in lower case.
    public static let usefulKeys: Set<String> = [
        "dynamodb:leadingkeys", "iam:awsservicename", "iam:passedtoservice", "iam:permissionsboundary", "iam:policyarn",
        "kms:viaservice", "s3:prefix", "sts:externalid",
    ]

    /// Makes a generator that adds no conditions and collapses nothing.
    public init() {}

    /// The policies that together cover all accesses. There are several only where one would be too long.
    ///
    /// They are checked by the policy engine: each access is allowed by one of them.
    ///
    /// - Parameter accesses: what was seen; the same one may be there any number of times.
    /// - Returns: none for no accesses.
    /// - Throws: ``GenerationError`` where an access can't be covered, such as one whose resource is no ARN.
    /// - Complexity: *n* log *n* in the accesses.
    public func policies(for accesses: [ObservedAccess]) throws(GenerationError) -> [GeneratedPolicy] {
        let distinct = Set(accesses)
        let newSecrets = Set(distinct.filter { $0.isOfNewSecret }.map(\.resource))
        if let strange = distinct.first(where: { !$0.isWritable }) { throw GenerationError(strange) }
        let statements = statements(for: distinct, newSecrets)
        var policies = packed(statements.flatMap { split($0) }).map { policy($0) }
        if let missing = Coverage(policies).missing(of: distinct).first { throw GenerationError(missing) }
        for index in policies.indices {
            policies[index].accesses =
                distinct.count - Coverage([policies[index]]).missing(of: distinct).count
        }
        return policies
    }

    /// One statement for all actions that were seen on the same resources, under the same conditions.
    /// - Parameter newSecrets: secrets that were made, and whose ARNs will have another end next time.
    private func statements(
        for accesses: Set<ObservedAccess>, _ newSecrets: Set<String>
    ) -> [GeneratedStatement] {
        var actions: [GeneratedStatement.Scope: Set<String>] = [:]
        for (action, seen) in Dictionary(grouping: accesses, by: \.action) {
            let patterns = Set(seen.map { $0.resourcePattern(newSecrets) })
            // Who was seen with no resource needs all of them.
            let resources = patterns.contains("*") ? ["*"] : collapsed(patterns.sorted())
            actions[GeneratedStatement.Scope(resources: resources, conditions: conditions(of: seen)), default: []]
                .insert(action)
        }
        return actions.map { GeneratedStatement(actions: $1.sorted(), scope: $0) }
            .sorted { left, right in
                left.actions != right.actions
                    ? left.actions.lexicographicallyPrecedes(right.actions)
                    : left.scope.resources.lexicographicallyPrecedes(right.scope.resources)
            }
    }

    // MARK: Conditions

    private func conditions(of accesses: [ObservedAccess]) -> [GeneratedCondition] {
        var conditions: [GeneratedCondition] = []
        if addsConditions, let first = accesses.first {
            for (key, value) in first.context where Self.usefulKeys.contains(key) {
                guard accesses.allSatisfy({ $0.context[key].map { $0.isSame(as: value) } ?? false }) else { continue }
                conditions.append(GeneratedCondition(key, value))
            }
        }
        if namesRegions {
            let regions = accesses.map { $0.context["aws:requestedregion"]?.texts ?? [] }
            if regions.allSatisfy({ $0.count == 1 }) {
                conditions.append(
                    GeneratedCondition(
                        test: "StringEquals", key: "aws:RequestedRegion", values: Set(regions.joined()).sorted()))
            }
        }
        return conditions.sorted { ($0.test, $0.key) < ($1.test, $1.key) }
    }

    // MARK: Collapsing

    /// Puts patterns in the place of many resources whose ARNs differ in what they end with.
    private func collapsed(_ patterns: [String]) -> [String] {
        guard let least = collapsesFrom, patterns.count >= max(2, least) else { return patterns }
        var patterns = patterns
        // From the innermost folders outwards, until nothing changes.
        while true {
            let folders = Dictionary(grouping: patterns) { $0.parent ?? "" }
                .filter { !$0.key.isEmpty && $0.value.count >= max(2, least) }
                .sorted { ($1.key.utf8.count, $0.key) < ($0.key.utf8.count, $1.key) }
            let pattern = folders.lazy.compactMap { $0.value.commonPattern(below: $0.key) }.first
            guard let pattern else { return patterns }
            let prefix = pattern.dropLast()
            patterns = (patterns.filter { !$0.utf8.starts(with: prefix.utf8) } + [pattern]).sorted()
        }
    }

    // MARK: Size

    private func policy(_ statements: [GeneratedStatement]) -> GeneratedPolicy {
        GeneratedPolicy(statements, statementPrefix: statementPrefix)
    }

    /// What a statement's id takes: `"Sid":"",`, and a number of four digits at most.
    private var idSize: Int { statementPrefix.map { $0.utf8.count + 13 } ?? 0 }

    /// A statement that fits into a policy of its own, or the parts of one that does not: each with as many of the resources, or
    /// else of the actions, as fit.
    private func split(_ statement: GeneratedStatement) -> [GeneratedStatement] {
        func fits(_ statement: GeneratedStatement) -> Bool { policy([statement]).size + idSize <= sizeLimit }
        let list: WritableKeyPath<GeneratedStatement, [String]> =
            statement.scope.resources.count > 1 ? \.scope.resources : \.actions
        var parts: [GeneratedStatement] = []
        var rest = statement[keyPath: list][...]
        while !rest.isEmpty {
            var part = statement
            // The longest beginning that fits, and never none.
            var (least, most) = (1, rest.count)
            while least < most {
                let middle = (least + most + 1) / 2
                part[keyPath: list] = Array(rest.prefix(middle))
                if fits(part) { least = middle } else { most = middle - 1 }
            }
            part[keyPath: list] = Array(rest.prefix(least))
            rest = rest.dropFirst(least)
            parts += list == \.scope.resources && part.scope.resources.count == 1 && !fits(part) ? split(part) : [part]
        }
        return parts
    }

    /// Statements in as few policies as their order allows.
    private func packed(_ statements: [GeneratedStatement]) -> [[GeneratedStatement]] {
        var policies: [[GeneratedStatement]] = []
        var room = 0
        for statement in statements {
            // A comma between two.
            let size = statement.size + 1 + idSize
            if policies.isEmpty || size > room {
                policies.append([])
                room = sizeLimit - GeneratedPolicy([]).size + 1
            }
            policies[policies.count - 1].append(statement)
            room -= size
        }
        return policies
    }
}

/// An access that no policy can cover.
public struct GenerationError: Error, Sendable, CustomStringConvertible {
    /// The access.
    public let access: ObservedAccess

    init(_ access: ObservedAccess) { self.access = access }

    public var description: String { "no policy can be written that allows \(access.action) on \(access.resource)" }
}

/// What policies allow, asked of the engine.
public struct Coverage: Sendable {
    private let inputs: PolicyInputs

    /// What the policies allow together.
    public init(_ policies: [GeneratedPolicy]) {
        var inputs = PolicyInputs(
            identity: policies.compactMap { policy in
                (try? PolicyDocument(parsing: policy.text, as: .identity)).map {
                    CompiledPolicy($0, source: PolicySource(type: .identity, name: "generated"))
                }
            })
        // What a resource's own policy says is nothing that the principal's could change.
        inputs.ignoresResourceSide = true
        self.inputs = inputs
    }

    /// The accesses that are not allowed.
    public func missing(of accesses: some Sequence<ObservedAccess>) -> [ObservedAccess] {
        accesses.filter { access in
            !PolicyEvaluator.evaluate(Self.request(access), inputs, DictionaryContext(access.context)).isAllowed
        }
    }

    /// An access as a request of somebody who has nothing but the policies that are asked about.
    public static func request(_ access: ObservedAccess) -> AuthorizationRequest {
        AuthorizationRequest(
            principal: Principal(
                kind: .user, arn: "arn:aws:iam::111122223333:user/generated", accountID: "111122223333"),
            action: access.action, resource: access.resource, resourceAccount: "111122223333")
    }
}

// MARK: Patterns

extension ObservedAccess {
    /// Whether a policy can name the resource and the action.
    fileprivate var isWritable: Bool {
        (resource == "*" || resource.hasPrefix("arn:")) && action.contains(":")
            && !action.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
    }

    /// What stands for the six characters that Secrets Manager appends to a secret's name.
    private static let anySuffix = "-??????"

    /// Whether it is about a secret that had no ARN yet.
    fileprivate var isOfNewSecret: Bool {
        action == "secretsmanager:CreateSecret" && resource.hasSuffix(Self.anySuffix)
    }

    /// The resource as a policy names it: what would be a wildcard or a variable in a pattern means itself.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars>
    fileprivate func resourcePattern(_ newSecrets: Set<String>) -> String {
        if resource == "*" { return resource }
        if action.hasPrefix("secretsmanager:") {
            let name = resource.dropLast(Self.anySuffix.count)
            if resource.hasSuffix(Self.anySuffix) || newSecrets.contains(name + Self.anySuffix) {
                return GeneratedCondition.escaped(name) + Self.anySuffix
            }
        }
        return GeneratedCondition.escaped(resource[...])
    }
}

extension ContextValue {
    fileprivate var texts: [String] {
        switch self {
        case .one(let text): [text]
        case .many(let texts): texts
        }
    }

    /// Several values are a set.
    fileprivate func isSame(as other: ContextValue) -> Bool {
        switch (self, other) {
        case (.one(let own), .one(let other)): own == other
        case (.many(let own), .many(let other)): Set(own) == Set(other)
        default: false
        }
    }
}

extension GeneratedCondition {
    fileprivate init(_ key: String, _ value: ContextValue) {
        let known = ServiceCatalogue.aws.conditionKey(key)
        let isARN = known?.type == .arn
        let test = isARN ? "ArnEquals" : "StringEquals"
        // Both read variables; only ARNs have wildcards.
        let values = Set(value.texts).sorted().map { Self.escaped($0[...], wildcards: isARN) }
        switch value {
        case .one: self.init(test: test, key: known?.name ?? key, values: values)
        case .many: self.init(test: "ForAllValues:\(test)", key: known?.name ?? key, values: values)
        }
    }

    /// A text in which nothing is a variable, nor a wildcard.
    fileprivate static func escaped(_ text: Substring, wildcards: Bool = true) -> String {
        var escaped = ""
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*" where wildcards, "?" where wildcards: escaped += "${\(scalar)}"
            case "$" where rest.first == "{": escaped += "${$}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension String {
    /// The ARN up to the last slash or colon of its resource, that mark included; nil for what has no such part, or is a pattern
    /// of a whole folder already.
    fileprivate var parent: String? {
        let parts = split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        let resource = parts[5].hasSuffix("/*") ? parts[5].dropLast(2) : parts[5]
        guard let mark = resource.lastIndex(where: { $0 == "/" || $0 == ":" }) else {
            return String(self[..<parts[5].startIndex])
        }
        return String(self[...mark])
    }
}

extension [String] {
    /// What they have in common from their beginning on, and an asterisk. nil where that would be every resource of a service.
    fileprivate func commonPattern(below parent: String) -> String? {
        let isWhole = parent.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).last == ""
        guard var common = first?.unicodeScalars[...] else { return nil }
        for other in dropFirst() {
            let length = zip(common, other.unicodeScalars).prefix { $0 == $1 }.count
            common = common.prefix(length)
        }
        // What is escaped stays whole.
        if let start = common.lastIndex(of: "$"), !common[start...].contains("}") { common = common[..<start] }
        let prefix = String(String.UnicodeScalarView(common))
        guard prefix.utf8.count > parent.utf8.count || !isWhole else { return nil }
        let pattern = prefix + "*"
        return contains(pattern) ? nil : pattern
    }
}
