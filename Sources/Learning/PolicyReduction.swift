import Catalogue
public import Wire

/// Takes out of a policy what it allows and nobody has used, and leaves everything else as it stands: resources, conditions, and
/// all that it denies.
///
/// ```swift
/// let outcome = try PolicyReduction().reduce(text) { service, action in used.contains("\(service):\(action)") }
/// ```
public struct PolicyReduction: Sendable {
    /// What is left of a policy.
    public enum Outcome: Sendable, Equatable {
        /// All of it.
        case unchanged
        /// This document, without white space.
        case reduced(String)
        /// No statement.
        case nothing
    }

    /// A policy of which nobody can say what is to be taken out.
    public enum Refusal: Error, Sendable {
        /// A statement allows all actions but some.
        case notAction
        /// It is no policy.
        case unreadable
    }

    private let catalogue: ServiceCatalogue

    /// Makes a reduction by what AWS's services have of actions.
    public init(catalogue: ServiceCatalogue = .aws) {
        self.catalogue = catalogue
    }

    /// - Parameters:
    ///   - text: an identity-based policy.
    ///   - isKept: whether an action stays: `s3`, `GetObject`. It is not asked about actions that no service is known to have.
    /// - Throws: ``Refusal``.
    public func reduce(
        _ text: String, keeping isKept: (_ service: String, _ action: String) -> Bool
    ) throws(Refusal) -> Outcome {
        guard let document = try? JSONValue(parsing: Array(text.utf8)), case .object(var members) = document,
            let place = members.firstIndex(where: { $0.key == "Statement" })
        else { throw .unreadable }
        let statements: [JSONValue]
        switch members[place].value {
        case .array(let list): statements = list
        case let one: statements = [one]
        }
        var kept: [JSONValue] = []
        for statement in statements {
            if let statement = try reduced(statement, isKept) { kept.append(statement) }
        }
        guard kept != statements else { return .unchanged }
        guard !kept.isEmpty else { return .nothing }
        members[place].value = .array(kept)
        var writer = JSONWriter()
        writer.json(.object(members))
        return .reduced(String(decoding: writer.bytes, as: UTF8.self))
    }

    /// - Returns: nil: nothing of it stays.
    private func reduced(
        _ statement: JSONValue, _ isKept: (_ service: String, _ action: String) -> Bool
    ) throws(Refusal) -> JSONValue? {
        guard case .object(var members) = statement else { throw .unreadable }
        guard statement["Effect"] == .string("Allow") else { return statement }
        guard let place = members.firstIndex(where: { $0.key == "Action" }) else { throw .notAction }
        let patterns: [String]
        switch members[place].value {
        case .string(let one): patterns = [one]
        case .array(let list): patterns = list.compactMap { if case .string(let text) = $0 { text } else { nil } }
        default: throw .unreadable
        }
        var actions: [String] = []
        var isWhole = true
        for pattern in patterns {
            let named = named(by: pattern)
            let kept = named.filter { isKept($0.service, $0.action) }
            guard kept.count < named.count else {
                actions.append(pattern)
                continue
            }
            isWhole = false
            actions += kept.map { "\($0.service):\($0.action)" }
        }
        if isWhole { return statement }
        var seen: Set<String> = []
        let distinct = actions.filter { seen.insert($0.lowercased()).inserted }.sorted()
        guard let first = distinct.first else { return nil }
        members[place].value = distinct.count == 1 ? .string(first) : .array(distinct.map { .string($0) })
        return .object(members)
    }

    /// The actions that a pattern stands for; empty where no service is known to have one.
    private func named(by pattern: String) -> [(service: String, action: String)] {
        let parts = pattern.lowercased().split(separator: ":", maxSplits: 1).map(String.init)
        guard let service = parts.first else { return [] }
        let action = parts.count > 1 ? parts[1] : "*"
        let prefixes = catalogue.prefixes.filter { matchesWildcards(service, $0) }
        return prefixes.flatMap { prefix in
            (catalogue.service(prefix)?.actions(matching: action) ?? []).map { (prefix, $0.name) }
        }
    }
}
