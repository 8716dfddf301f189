/// One evaluation of a file against a document.
final class Evaluation {
    private let file: RuleFile
    private let rulesByName: [String: [Int]]
    private var statuses: [Int: GuardStatus] = [:]
    private var underWay: Set<Int> = []
    private var steps = 0
    private var depth = 0
    var root: Scope!
    /// The messages of the clauses that have failed so far.
    var messages: [String] = []

    /// How deeply blocks, rules and queries may call each other: each level takes some of the stack.
    private static let mostDepth = 200
    /// On how many bytes or values there may be work for one step.
    private static let sizeOfStep = 64

    init(_ file: RuleFile) {
        self.file = file
        rulesByName = Dictionary(grouping: file.rules.indices) { file.rules[$0].name }
    }

    func step() throws(GuardEvaluationError) {
        steps += 1
        guard steps <= GuardEvaluationError.mostSteps else { throw .tooMuchWork }
    }

    /// Counts work on so many bytes or values, before it is done where it makes something.
    func charge(_ size: Int) throws(GuardEvaluationError) {
        let (sum, isTooMuch) = steps.addingReportingOverflow(max(0, size) / Self.sizeOfStep)
        guard !isTooMuch, sum <= GuardEvaluationError.mostSteps else { throw .tooMuchWork }
        steps = sum
    }

    /// Counts work on each of some with each of others.
    func charge(_ one: Int, times other: Int) throws(GuardEvaluationError) {
        let (size, isTooMuch) = one.multipliedReportingOverflow(by: other)
        guard !isTooMuch else { throw .tooMuchWork }
        try charge(size)
    }

    func deeper<T>(_ body: () throws(GuardEvaluationError) -> T) throws(GuardEvaluationError) -> T {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.mostDepth else { throw .tooMuchWork }
        return try body()
    }

    // MARK: Rules

    func status(ofRule number: Int) throws(GuardEvaluationError) -> GuardStatus {
        if let status = statuses[number] { return status }
        let rule = file.rules[number]
        guard underWay.insert(number).inserted else { throw .circularRule(rule.name) }
        defer { underWay.remove(number) }
        let status: GuardStatus
        if let conditions = rule.conditions, try !holds(conditions, root) {
            status = .skip
        } else {
            status = try self.status(of: rule.block, root.value, root)
        }
        statuses[number] = status
        return status
    }

    /// Of several rules of a name the first that is not skipped counts.
    private func status(ofRule name: String) throws(GuardEvaluationError) -> GuardStatus {
        guard let numbers = rulesByName[name] else { throw .unknownRule(name) }
        for number in numbers {
            let status = try status(ofRule: number)
            if status != .skip { return status }
        }
        return .skip
    }

    private func call(_ name: String, _ arguments: [Operand], _ scope: Scope) throws(GuardEvaluationError)
        -> GuardStatus
    {
        guard let rule = file.functions[name], rule.parameters.count == arguments.count else {
            throw .unknownRule(name)
        }
        let inner = Scope(scope.value, variables: [:], parent: root)
        for (parameter, argument) in zip(rule.parameters, arguments) {
            inner.known[parameter] = try results(of: argument, scope)
        }
        return try deeper { () throws(GuardEvaluationError) in try status(of: rule.block, scope.value, inner) }
    }

    // MARK: Blocks and clauses

    /// Conditions decide whether something is looked at: what fails in them is no finding.
    func holds(_ conditions: Conjunctions, _ scope: Scope) throws(GuardEvaluationError) -> Bool {
        let before = messages.count
        let status = try status(of: conditions, scope)
        messages.removeLast(messages.count - before)
        return status == .pass
    }

    private func status(
        of block: Block, _ value: GuardValue, _ parent: Scope
    ) throws(GuardEvaluationError) -> GuardStatus {
        try status(of: block.conjunctions, Scope(value, variables: block.assignments, parent: parent))
    }

    private func status(of conjunctions: Conjunctions, _ scope: Scope) throws(GuardEvaluationError) -> GuardStatus {
        var result = GuardStatus.skip
        for disjunction in conjunctions {
            switch try status(of: disjunction, scope) {
            case .fail: result = .fail
            case .pass: if result == .skip { result = .pass }
            case .skip: break
            }
        }
        return result
    }

    private func status(of disjunction: [Clause], _ scope: Scope) throws(GuardEvaluationError) -> GuardStatus {
        var result = GuardStatus.skip
        let before = messages.count
        for clause in disjunction {
            let status = try deeper { () throws(GuardEvaluationError) in try self.status(of: clause, scope) }
            if status == .pass {
                messages.removeLast(messages.count - before)
                return .pass
            }
            if status == .fail { result = .fail }
        }
        return result
    }

    private func status(of clause: Clause, _ scope: Scope) throws(GuardEvaluationError) -> GuardStatus {
        try step()
        switch clause {
        case .comparison(let clause):
            return note(clause.message, try status(of: clause, scope))
        case .block(let query, let block):
            return try status(ofEach: self.results(of: query, scope), query, block, scope)
        case .when(let conditions, let block):
            return try holds(conditions, scope) ? status(of: block, scope.value, scope) : .skip
        case .type(let query, let conditions, let block):
            if let conditions, try !holds(conditions, scope) { return .skip }
            return try status(ofEach: self.results(of: query, root), query, block, root)
        case .rule(let name, let isNegated, let message):
            // A rule that is skipped has not passed.
            return note(message, (try status(ofRule: name) == .pass) != isNegated ? .pass : .fail)
        case .call(let name, let arguments, let message):
            return note(message, try call(name, arguments, scope))
        }
    }

    private func note(_ message: String?, _ status: GuardStatus) -> GuardStatus {
        if status == .fail, let message { messages.append(message) }
        return status
    }

    private func status(
        ofEach results: [QueryResult], _ query: Query, _ block: Block, _ scope: Scope
    ) throws(GuardEvaluationError) -> GuardStatus {
        var passes = 0
        var fails = 0
        for result in results {
            guard let value = result.value else {
                fails += 1
                continue
            }
            switch try status(of: block, value, scope) {
            case .pass: passes += 1
            case .fail: fails += 1
            case .skip: break
            }
        }
        if query.isSome { return passes > 0 ? .pass : fails > 0 ? .fail : .skip }
        return fails > 0 ? .fail : passes > 0 ? .pass : .skip
    }
}

/// What names mean in a block.
final class Scope {
    /// `this`, at which queries begin.
    let value: GuardValue
    let parent: Scope?
    fileprivate let variables: [String: Operand]
    /// Variables that have been evaluated, parameters, and what filters have captured.
    var known: [String: [QueryResult]] = [:]

    init(_ value: GuardValue, variables: [String: Operand], parent: Scope?) {
        self.value = value
        self.variables = variables
        self.parent = parent
    }
}

extension Evaluation {
    /// The values of a variable; it is evaluated once, where it is assigned.
    func results(ofVariable name: String, _ scope: Scope) throws(GuardEvaluationError) -> [QueryResult] {
        var current: Scope? = scope
        while let scope = current {
            if let known = scope.known[name] { return known }
            if let operand = scope.variables[name] {
                // A variable that is made of itself is looked for further out.
                if let parent = scope.parent { scope.known[name] = try? results(ofVariable: name, parent) }
                if scope.known[name] == nil { scope.known[name] = [] }
                let results = try deeper { () throws(GuardEvaluationError) in try self.results(of: operand, scope) }
                scope.known[name] = results
                return results
            }
            current = scope.parent
        }
        throw .unknownVariable(name)
    }

    func results(of operand: Operand, _ scope: Scope) throws(GuardEvaluationError) -> [QueryResult] {
        switch operand {
        case .value(let value): return [.literal(value)]
        case .query(let query):
            let results = try self.results(of: query, scope)
            try charge(results.count)
            return query.isSome ? results.filter { $0.value != nil } : results
        case .function(let name, let arguments): return try function(name, arguments, scope)
        }
    }
}
