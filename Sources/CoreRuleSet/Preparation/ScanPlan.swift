import WAF

/// What all requests are searched for: expressions, put together by the transformations that they want.
struct ScanPlan: Sendable {
    /// Expressions that look at the same texts.
    struct ExpressionSet: Sendable {
        let node: Int
        let expressions: LinearRegexSet
        /// Bits, by the numbers of value classes: what is looked at.
        let classes: UInt64
        /// For each expression the rules whose first test it is.
        let rules: [[Int]]
    }

    /// Values that some test looks at: all of a variable's, or those of a name.
    struct ValueClass: Sendable, Hashable {
        let variable: SecVariable
        let name: [UInt8]?
    }

    let tree: TransformationTree
    let triggers: [TextTraits?]
    let sets: [ExpressionSet]
    let classes: [ValueClass]
    /// The classes that each variable's values may be in, by the variables' numbers.
    let classesOfVariable: [[Int]]
    /// The sets' nodes and classes once more, side by side.
    let nodesOfSets: [Int]
    let classesOfSets: [UInt64]
    let expressionsOfSets: [LinearRegexSet]

    /// The most classes that fit in a word, with ``anyClass``.
    static let mostClasses = 63
    /// All values are in this one: for what has no room among the others.
    static let anyClass: UInt64 = 1 << 63

    /// The classes that a value is in.
    func classes(of variable: SecVariable, _ name: [UInt8]) -> UInt64 {
        var bits = Self.anyClass
        for number in classesOfVariable[variable.rawValue] {
            let wanted = classes[number].name
            if wanted.map({ SecSelector.name($0).selects(name) }) ?? true { bits |= 1 << UInt64(number) }
        }
        return bits
    }
}

/// Puts a scan plan together.
struct ScanPlanning {
    private(set) var tree = TransformationTree()
    private var classes: [ScanPlan.ValueClass] = []
    private var building: [Int: Building] = [:]
    private var order: [Int] = []

    private struct Building {
        var patterns: [String] = []
        var numbers: [String: Int] = [:]
        var rules: [[Int]] = []
        var classes: UInt64 = 0
    }

    mutating func path(_ steps: [SecTransformation]) -> [Int] { tree.path(steps) }

    /// Adds an expression at a node.
    /// - Parameter rule: the rule whose first test it is; nil: it is a later one.
    /// - Returns: its place.
    mutating func add(_ pattern: String, at node: Int, _ variables: SecVariables, rule: Int?) -> ScanPlace {
        if building[node] == nil {
            building[node] = Building()
            order.append(node)
        }
        var set = building[node] ?? Building()
        let number = set.numbers[pattern] ?? set.patterns.count
        if number == set.patterns.count {
            set.patterns.append(pattern)
            set.rules.append([])
            set.numbers[pattern] = number
        }
        if let rule, set.rules[number].last != rule { set.rules[number].append(rule) }
        if rule != nil { for choice in variables.choices { set.classes |= bits(choice) } }
        building[node] = set
        return ScanPlace(node: node, set: order.firstIndex(of: node) ?? 0, number: number)
    }

    private mutating func bits(_ choice: SecVariables.Choice) -> UInt64 {
        var bits: UInt64 = 0
        for variable in choice.variable.primaries {
            let name: [UInt8]? = if case .name(let name)? = choice.selector { name } else { nil }
            let wanted = ScanPlan.ValueClass(variable: variable, name: name)
            let number = classes.firstIndex(of: wanted) ?? classes.count
            guard number < ScanPlan.mostClasses else {
                bits |= ScanPlan.anyClass
                continue
            }
            if number == classes.count { classes.append(wanted) }
            bits |= 1 << UInt64(number)
        }
        return bits
    }

    /// - Throws: what RE2 says.
    func finish() throws(LinearRegexSet.Problem) -> ScanPlan {
        var sets: [ScanPlan.ExpressionSet] = []
        for node in order {
            guard let set = building[node] else { continue }
            sets.append(
                ScanPlan.ExpressionSet(
                    node: node, expressions: try LinearRegexSet(set.patterns), classes: set.classes, rules: set.rules))
        }
        var ofVariable = [[Int]](repeating: [], count: SecVariable.allCases.count)
        for (number, wanted) in classes.enumerated() { ofVariable[wanted.variable.rawValue].append(number) }
        return ScanPlan(
            tree: tree, triggers: tree.nodes.map(\.step.triggers), sets: sets, classes: classes,
            classesOfVariable: ofVariable, nodesOfSets: sets.map(\.node), classesOfSets: sets.map(\.classes),
            expressionsOfSets: sets.map(\.expressions))
    }
}

/// Where an expression is among those of a scan plan.
struct ScanPlace: Sendable {
    let node: Int
    let set: Int
    let number: Int
}
