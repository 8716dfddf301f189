import Policy

/// Another name of a resource and of what is in it, by which a request may come: that of an access point, for a bucket.
///
/// Policies that are asked about a request by the other name speak of the other name. What they say is taken for the
/// resource: `arn:aws:s3:us-east-1:111122223333:accesspoint/reports/object/a` is `arn:aws:s3:::reports/a`.
public struct ResourceAlias: Sendable {
    private let alias: String
    private let aliasInner: String
    private let resource: String
    private let resourceInner: String

    /// Makes an alias.
    ///
    /// - Parameters:
    ///   - alias: the other name, an ARN.
    ///   - aliasInner: what follows it before the names of what is in the resource.
    ///   - resource: the resource's own ARN.
    ///   - resourceInner: what follows that.
    public init(
        _ alias: String, inner aliasInner: String = "/object/", of resource: String, inner resourceInner: String = "/"
    ) {
        self.alias = alias
        self.aliasInner = alias + aliasInner
        self.resource = resource
        self.resourceInner = resource + resourceInner
    }

    /// What a resource is called by the other name; nil: it has none.
    /// - Parameter name: an ARN, or a pattern of what is in the resource.
    func name(of name: String) -> String? {
        if name == resource { return alias }
        return name.hasPrefix(resourceInner) ? aliasInner + name.dropFirst(resourceInner.count) : nil
    }

    /// The resources whose other names match one of some patterns.
    ///
    /// - Parameter known: the values of condition keys that can have no other.
    /// - Returns: nil where that depends on a variable's value.
    /// - Complexity: grows with the patterns' lengths and the name's.
    fileprivate func resources(named set: PatternSet, _ known: Bindings) -> PatternSet? {
        let whole = alias.unicodeScalars.map(\.value)
        let inner = aliasInner.unicodeScalars.map(\.value)
        let start = resourceInner.unicodeScalars.map(\.value)
        var patterns: [Pattern] = []
        for pattern in set.patterns {
            var pattern = pattern
            if pattern.hasVariables, pattern.variables.allSatisfy({ known[$0.key] != nil }) {
                guard let bound = pattern.bound(known) else { continue }
                pattern = bound
            }
            guard let ends = pattern.remainders(after: whole), let rests = pattern.remainders(after: inner) else {
                return nil
            }
            if ends.contains(where: { $0.allSatisfy(\.isMany) }) { patterns.append(.text(resource)) }
            for rest in rests {
                guard let named = pattern.remainder(rest, after: start) else { return nil }
                patterns.append(named)
            }
        }
        return PatternSet(patterns, matchesNone: set.matchesNone)
    }
}

extension Formula {
    /// The formula of requests that come by another name, told of the resource itself.
    ///
    /// - Parameter known: the values of condition keys that can have no other.
    /// - Returns: nil where that depends on a variable's value.
    func through(_ alias: ResourceAlias, knowing known: Bindings = [:]) -> Formula? {
        switch self {
        case .always, .action, .key: return self
        case .resource(let set, let isTrue):
            return alias.resources(named: set, known).map { .resource($0, isTrue) }
        case .all(let parts): return parts.through(alias, known).map { .all($0) }
        case .any(let parts, let isSource):
            return parts.through(alias, known).map { .any($0, isSource: isSource) }
        }
    }
}

extension [Formula] {
    fileprivate func through(_ alias: ResourceAlias, _ known: Bindings) -> [Formula]? {
        var all: [Formula] = []
        for part in self {
            guard let changed = part.through(alias, knowing: known) else { return nil }
            all.append(changed)
        }
        return all
    }
}

extension Pattern {
    /// How the texts go on that match the pattern and begin with a prefix: the symbols that are left, in each way in which the
    /// prefix can be matched. Of ways that others contain, some are left out.
    /// - Returns: nil where it depends on a variable's value.
    fileprivate func remainders(after prefix: [Symbol]) -> [ArraySlice<Symbol>]? {
        if isLoose { return nil }
        var places = reached([0])
        for scalar in prefix {
            var next: [Int] = []
            for place in places where place < symbols.count {
                let symbol = symbols[place]
                if symbol.isVariable { return nil }
                if symbol == .many || (symbol == .manyInSegment && scalar != .colon) {
                    next.append(place)
                } else if !symbol.isMany, symbol.matches(scalar) {
                    next.append(place + 1)
                }
            }
            if next.isEmpty { return [] }
            places = reached(next)
        }
        return places.map { symbols[$0...] }
    }

    /// The places that can be reached from some by stars that stand for nothing, in order. What comes before a star that
    /// stands for anything is contained in what comes after it.
    private func reached(_ places: [Int]) -> [Int] {
        var all: Set<Int> = []
        for place in places {
            var place = place
            while all.insert(place).inserted, place < symbols.count, symbols[place].isMany { place += 1 }
        }
        let star = all.filter { $0 < symbols.count && symbols[$0] == .many }.max() ?? 0
        return all.filter { $0 >= star }.sorted()
    }

    /// The pattern of texts that begin so and go on as is left of this pattern.
    /// - Returns: nil for what can't be read again with its variables.
    fileprivate func remainder(_ rest: ArraySlice<Symbol>, after start: [Symbol]) -> Pattern? {
        let symbols = start + rest
        guard rest.contains(where: \.isVariable) else { return Pattern(symbols) }
        var tokens: [PatternToken] = []
        for symbol in symbols {
            switch symbol {
            case .many, .manyInSegment: tokens.append(.many(isBounded: symbol == .manyInSegment))
            case .one, .oneInSegment: tokens.append(.one(isBounded: symbol == .oneInSegment))
            case _ where symbol.isVariable:
                let variable = variables[symbol.variableIndex]
                tokens.append(.variable(key: variable.key, fallback: variable.fallback.map { Array($0.utf8) }))
            case _ where symbol.isScalar: tokens += String([symbol]).utf8.map { .byte($0) }
            default: return nil
            }
        }
        return Pattern.reading(tokens, as: .plain)
    }
}
