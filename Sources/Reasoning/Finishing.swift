import Policy

// The end of the walk: from what is known of each dimension to one request.

extension Solver {
    func finish(_ state: State) -> Outcome {
        guard let action = action(state.actions) else {
            meter.note(.budget)
            return .unknown
        }
        let service = String(action.prefix { $0 != ":" }).lowercasedASCII
        var isUnknown = false
        for cell in state.resources.cells {
            switch finish(state, action, cell, service) {
            case .found(let assignment): return .found(assignment)
            case .unknown: isUnknown = true
            case .none: break
            }
            if meter.isExhausted { return .unknown }
        }
        if state.resources.holdsNone {
            switch finish(state, action, nil, service) {
            case .found(let assignment): return .found(assignment)
            case .unknown: isUnknown = true
            case .none: break
            }
        }
        return isUnknown ? .unknown : .none
    }

    /// An action of the region, if possible one that exists.
    private func action(_ region: TextRegion) -> String? {
        for cell in region.cells.prefix(40) {
            guard let pattern = cell.positives.first(where: { $0.symbols.contains(.colon) }) else { continue }
            let service = pattern.symbols.prefix { $0 != .colon }
            let services =
                service.allSatisfy(\.isScalar) ? [String(service)] : ["s3", "ec2", "iam", "kms", "lambda", "sts"]
            for service in services {
                for name in domain.actionNames(service) {
                    let text = service + ":" + name
                    if cell.contains(text.lowercasedASCII.unicodeScalars.map(\.value)) { return text }
                }
            }
        }
        for cell in region.cells {
            if case .found(let symbols) = cell.look(meter) { return String(symbols) }
        }
        return nil
    }

    /// - Parameter cell: what is known of the resource; nil: it is "*".
    private func finish(_ state: State, _ action: String, _ cell: TextRegion.Cell?, _ service: String) -> Outcome {
        let variables = Self.variables(state, cell)
        if variables.isEmpty { return finish(state, action, cell, service, [:]) }
        var keys: [String] = []
        for variable in variables where !keys.contains(variable.key) { keys.append(variable.key) }
        var state = state
        for key in keys where !state.keys.contains(where: { $0.key == key }) {
            state.keys.append(facts.state(of: key))
        }
        return bind(keys[...], [:], state, action, cell, service)
    }

    private static func variables(_ state: State, _ cell: TextRegion.Cell?) -> [Variable] {
        var variables: [Variable] = []
        for pattern in (cell?.positives ?? []) + (cell?.negatives ?? []) { variables += pattern.variables }
        for key in state.keys { for (test, _) in key.tests { variables += test.test.patterns.flatMap(\.variables) } }
        return variables
    }

    /// Gives the first of some keys a value, and the others after it.
    private func bind(
        _ keys: ArraySlice<String>, _ bindings: Bindings, _ state: State, _ action: String,
        _ cell: TextRegion.Cell?, _ service: String
    ) -> Outcome {
        guard let key = keys.first, let index = state.keys.firstIndex(where: { $0.key == key }) else {
            return finish(state, action, cell, service, bindings)
        }
        if meter.isExhausted { return .unknown }
        meter.spend(20 + state.keys.count)
        let rest = keys.dropFirst()
        let known = state.keys[index]
        let kind = domain.kind(key)
        let shapes = KeyState.shapes(kind)
        var isUnknown = false
        func go(_ value: VariableValue, fixed: ContextValue?? = nil) -> Assignment? {
            var bindings = bindings
            bindings[key] = value
            var state = state
            state.keys[index].fixed = fixed
            if fixed == nil { state.keys[index].shapes = [.many, .emptySet] }
            switch bind(rest, bindings, state, action, cell, service) {
            case .found(let assignment): return assignment
            case .unknown: isUnknown = true
            case .none: break
            }
            return nil
        }
        if shapes.contains(.one) {
            let (texts, isAll) = candidates(for: key, known, kind, bindings, state, cell)
            for text in texts {
                if let assignment = go(.text(text), fixed: .some(.one(text))) { return .found(assignment) }
            }
            if !isAll { isUnknown = true }
        }
        if shapes.contains(.absent), let assignment = go(.absent, fixed: .some(nil)) { return .found(assignment) }
        if !shapes.isDisjoint(with: [.many, .emptySet]), let assignment = go(.many) { return .found(assignment) }
        if isUnknown { meter.note(.variables(Array(keys))) }
        return isUnknown ? .unknown : .none
    }

    /// Texts that may be a key's value, and whether there can be no other.
    private func candidates(
        for key: String, _ known: KeyState, _ kind: KeyKind, _ bindings: Bindings, _ state: State,
        _ cell: TextRegion.Cell?
    ) -> ([String], isAll: Bool) {
        var texts: [String] = []
        func take(_ text: String) { if !text.isEmpty, !texts.contains(text) { texts.append(text) } }
        switch known.value(kind, shapes: .one, bindings: nil, meter) {
        case .none: return ([], true)
        case .found(.one(let text)): take(text)
        case .found, .unknown: break
        }
        // Named one by one by a condition, there is no other value.
        for (test, isTrue) in known.tests {
            guard case .value(true) = test.toOne.negated(!isTrue) else { continue }
            let patterns = test.test.patterns
            guard !patterns.isEmpty, test.test.isText else { continue }
            let literals = patterns.compactMap(\.literal)
            if literals.count == patterns.count { return (literals, true) }
            let bound = patterns.compactMap { $0.bound(bindings)?.literal }
            // Variables that are bound make texts of patterns.
            if patterns.allSatisfy({ $0.variables.allSatisfy { bindings[$0.key] != nil } }),
                bound.count == patterns.count
            {
                return (bound, true)
            }
        }
        if kind.values == .boolean { return (["true", "false"], true) }
        for other in state.keys where other.key != key && domain.kind(other.key).count == .one {
            if let only = other.onlyValues(of: key) { return (only, true) }
        }
        // What the key would be if another text that it is a part of were as that text's other conditions want it.
        for other in state.keys where other.key != key {
            let patterns = other.tests.flatMap { $0.test.test.patterns }.filter {
                $0.variables.contains { $0.key == key }
            }
            guard !patterns.isEmpty else { continue }
            var samples = other.namedTexts
            if case .found(.one(let text)) = other.value(domain.kind(other.key), shapes: .one, meter) {
                samples.append(text)
            }
            if case .one(let text)?? = other.fixed { samples.append(text) }
            for pattern in patterns {
                for sample in samples { pattern.capture(sample.unicodeScalars.map(\.value), meter)?[key].map(take) }
            }
        }
        if let cell {
            let patterns = (cell.positives + cell.negatives).filter { $0.variables.contains { $0.key == key } }
            var samples = cell.positives.compactMap { $0.isLiteral ? $0.symbols : nil }
            if case .found(let sample) = cell.look(meter) { samples.append(sample) }
            // Each pattern without variables says what the text looks like, too.
            for positive in cell.positives where !positive.hasVariables {
                if let sample = TextRegion.Cell(positives: [positive]).guess() { samples.append(sample) }
            }
            for pattern in patterns {
                for sample in samples { pattern.capture(sample, meter)?[key].map(take) }
            }
        }
        for text in ["alice", "x9"] { take(text) }
        return (texts, false)
    }

    /// The request, once all variables have values.
    private func finish(
        _ state: State, _ action: String, _ cell: TextRegion.Cell?, _ service: String, _ bindings: Bindings
    ) -> Outcome {
        var resource = "*"
        if var cell {
            if !bindings.isEmpty || cell.hasVariables {
                cell.sample = nil
                let positives = cell.positives.map { $0.bound(bindings) }
                guard !positives.contains(where: { $0 == nil }) else { return .none }
                cell.positives = positives.compactMap { $0 }
                cell.negatives = cell.negatives.compactMap { $0.bound(bindings) }
            }
            switch likelyResource(cell, service) ?? cell.look(meter) {
            case .found(let symbols): resource = String(symbols)
            case .none: return .none
            case .unknown: return .unknown
            }
        }
        var context: [String: ContextValue] = [:]
        var absent: [String] = []
        for key in state.keys {
            if let fixed = key.fixed {
                guard key.accepts(fixed, bindings) else { return .none }
                context[key.key] = fixed
                if fixed == nil { absent.append(key.key) }
                continue
            }
            switch key.value(domain.kind(key.key), shapes: key.shapes, bindings: bindings, meter) {
            case .found(let value):
                context[key.key] = value
                if value == nil { absent.append(key.key) }
            case .none: return .none
            case .unknown: return .unknown
            }
        }
        return .found(Assignment(action: action, resource: resource, context: context, absent: absent))
    }

    /// A resource of the action's service, if one fits.
    private func likelyResource(_ cell: TextRegion.Cell, _ service: String) -> PatternSearch.Outcome? {
        guard cell.positives.count == 1, cell.positives[0] === Pattern.anyResource, service != "iam" else { return nil }
        let text =
            service == "s3" ? "arn:aws:s3:::example/example" : "arn:aws:\(service):us-east-1:111122223333:example"
        let symbols = text.unicodeScalars.map(\.value)
        return cell.contains(symbols) ? .found(symbols) : nil
    }
}

extension KeyState {
    /// The values that another key can have: this one has one of a few texts, and is compared with a pattern that says
    /// which value each makes; nil: not known.
    fileprivate func onlyValues(of variable: String) -> [String]? {
        let demands: [[Pattern]] = tests.compactMap { test, isTrue in
            guard case .value(true) = test.toOne.negated(!isTrue), test.whenNull != isTrue, test.test.isText else {
                return nil
            }
            return test.test.patterns
        }
        guard
            let pattern = demands.lazy.compactMap({ $0.count == 1 ? $0.first : nil })
                .first(where: { $0.fixesItsVariable && $0.variables.first?.key == variable })
        else { return nil }
        for patterns in demands where !patterns.isEmpty {
            let texts = patterns.compactMap(\.literal)
            guard texts.count == patterns.count else { continue }
            return texts.compactMap { pattern.value(fixedBy: $0.unicodeScalars.map(\.value)) }
        }
        return nil
    }

    /// Whether a value meets all that is asked of the key.
    func accepts(_ value: ContextValue?, _ bindings: Bindings) -> Bool {
        tests.allSatisfy { test, isTrue in test.accepts(value, bindings) == isTrue }
    }
}

extension KeyTest {
    /// The answer for one value.
    func accepts(_ value: ContextValue?, _ bindings: Bindings) -> Bool {
        switch value {
        case nil: return whenNull
        case .one(let text):
            let question = text.isEmpty ? whenEmpty(takesEmpty: KeyTest.takesEmpty(key)) : toOne
            return answer(question, [text], bindings)
        case .many(let texts):
            if texts.allSatisfy(\.isEmpty) { return whenEmptySet }
            return answer(toMany, texts, bindings)
        }
    }

    private func answer(_ question: Question, _ texts: [String], _ bindings: Bindings) -> Bool {
        func matches(_ text: String) -> Bool { test.bound(bindings).matches(text) }
        switch question {
        case .always(let answer): return answer
        case .value(let wanted): return texts.allSatisfy { matches($0) == wanted }
        case .all(let wanted): return texts.allSatisfy { matches($0) == wanted }
        case .any(let wanted): return texts.contains { matches($0) == wanted }
        }
    }
}
