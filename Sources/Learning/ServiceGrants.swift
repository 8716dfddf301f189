public import Catalogue
public import Policy

/// Which services, and which of their actions, some policies could allow together, whatever the resources and
/// conditions: what access advisor lists. Other types of policy don't count there, nor do permissions boundaries.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html#access_policies_last-accessed-know>
///
/// A statement takes away what it denies for all resources and without condition, and nothing otherwise.
///
/// ```swift
/// let grants = ServiceGrants([document])
/// for service in grants.services { print(service, grants.actions(of: service)) }
/// ```
public struct ServiceGrants: Sendable {
    fileprivate struct Rule: Sendable {
        let isAllow: Bool
        let isNegated: Bool
        /// Patterns of actions by the service they name, in lower case.
        var ofService: [String: [String]] = [:]
        /// Patterns of services and of actions, where the service has wildcards.
        var ofAny: [(service: String, action: String)] = []
    }

    private let rules: [Rule]
    private let catalogue: ServiceCatalogue

    /// What identity-based policies could allow together.
    public init(_ documents: [PolicyDocument], catalogue: ServiceCatalogue = .aws) {
        self.catalogue = catalogue
        rules = documents.flatMap(\.statements).compactMap { statement in
            let isAllow = statement.effect == .allow
            guard isAllow || statement.isUnconditional else { return nil }
            var rule = Rule(isAllow: isAllow, isNegated: statement.actions.isNegated)
            for value in statement.actions.values {
                let parts = value.value.lowercased().split(separator: ":", maxSplits: 1).map(String.init)
                guard let service = parts.first else { continue }
                let action = parts.count > 1 ? parts[1] : "*"
                if service.contains(where: { $0 == "*" || $0 == "?" }) {
                    rule.ofAny.append((service, action))
                } else {
                    rule.ofService[service, default: []].append(action)
                }
            }
            return rule
        }
    }

    /// The services with an action that could be allowed, sorted.
    public var services: [String] { catalogue.prefixes.filter(grants) }

    /// The services with an action that every level could allow, sorted; all services without levels.
    public static func services(allowedByAll levels: [ServiceGrants], catalogue: ServiceCatalogue = .aws) -> [String] {
        catalogue.prefixes.filter { prefix in
            guard levels.allSatisfy({ $0.grants(prefix) }) else { return false }
            // Where each level allows the whole, they need not be compared.
            let parts = levels.filter { !$0.isWhole(prefix) }
            guard let first = parts.first, parts.count > 1 else { return true }
            return !parts.dropFirst().reduce(into: Set(first.actions(of: prefix))) { common, level in
                common.formIntersection(level.actions(of: prefix))
            }.isEmpty
        }
    }

    /// Whether an action of a service could be allowed.
    public func grants(_ prefix: String) -> Bool {
        guard rules.contains(where: { $0.isAllow && $0.touches(prefix) }) else { return false }
        return isWhole(prefix) || !actions(of: prefix).isEmpty
    }

    /// Whether all actions of a service could be allowed, as far as that is seen without looking at them.
    private func isWhole(_ prefix: String) -> Bool {
        rules.contains { $0.isAllow && $0.isWhole(prefix) } && !rules.contains { !$0.isAllow && $0.touches(prefix) }
    }

    /// The actions of a service that could be allowed, in the catalogue's order.
    public func actions(of prefix: String) -> [String] {
        guard let service = catalogue.service(prefix) else { return [] }
        var allowed: Set<String> = []
        var denied: Set<String> = []
        for rule in rules {
            let names = rule.actions(of: service)
            if rule.isAllow { allowed.formUnion(names) } else { denied.formUnion(names) }
        }
        allowed.subtract(denied)
        return service.actions.map(\.name).filter(allowed.contains)
    }
}

extension ServiceGrants.Rule {
    private func patterns(of prefix: String) -> [String] {
        (ofService[prefix] ?? []) + ofAny.filter { matchesWildcards($0.service, prefix) }.map(\.action)
    }

    /// Whether the rule may speak of actions of a service.
    fileprivate func touches(_ prefix: String) -> Bool { isNegated || !patterns(of: prefix).isEmpty }

    /// Whether the rule speaks of all actions of a service.
    fileprivate func isWhole(_ prefix: String) -> Bool {
        let patterns = patterns(of: prefix)
        return isNegated ? patterns.isEmpty : patterns.contains("*")
    }

    fileprivate func actions(of service: CatalogueService) -> Set<String> {
        let named = Set(patterns(of: service.prefix).flatMap { service.actions(matching: $0) }.map(\.name))
        return isNegated ? Set(service.actions.map(\.name)).subtracting(named) : named
    }
}

extension Statement {
    /// Whether the statement holds for every resource and request.
    fileprivate var isUnconditional: Bool {
        guard conditions.isEmpty, let resources, !resources.isNegated else { return false }
        return resources.values.contains { $0.value == "*" }
    }
}

/// Whether a pattern with `*` and `?` matches a text; linear but for several `*`.
func matchesWildcards(_ pattern: String, _ text: String) -> Bool {
    let (pattern, text) = (Array(pattern.utf8), Array(text.utf8))
    var (at, place) = (0, 0)
    var retry: (at: Int, place: Int)?
    while place < text.count {
        if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
            retry = (at + 1, place)
            at += 1
        } else if at < pattern.count, pattern[at] == text[place] || pattern[at] == UInt8(ascii: "?") {
            at += 1
            place += 1
        } else if let back = retry {
            retry = (back.at, back.place + 1)
            (at, place) = (back.at, back.place + 1)
        } else {
            return false
        }
    }
    return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
}
