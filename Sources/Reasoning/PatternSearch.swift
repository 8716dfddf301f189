/// Looks for a text that matches all of some patterns and none of others: a walk, shortest first, through the states of
/// all patterns at once.
///
/// A state is the set of places that the patterns' automata can be at. From each state only the characters that some
/// pattern waits for, the colon, a digit and one character that no pattern knows make a difference, so the alphabet is
/// small though characters are many.
struct PatternSearch {
    enum Outcome {
        case found([Symbol])
        case none
        case unknown
    }

    /// How variables are read.
    private enum Variables {
        /// As any text that is not empty: for patterns that must match. What comes of it is too much, never too little.
        case anything
        /// As one character of its own for each: see `isEmptyWhateverVariables`.
        case opaque
    }

    /// - Returns: `.none` is certain. `.found` is certain where no pattern has variables; with variables those that must
    ///   match are taken too widely, and those that must not are left out.
    static func search(matching positives: [Pattern], butNot negatives: [Pattern], _ meter: Meter) -> Outcome {
        var search = PatternSearch(
            positives, negatives.filter { !$0.hasVariables }, .anything)
        return search.run(meter)
    }

    /// Whether no text matches, whatever values the variables have.
    ///
    /// A text of a pattern with variables is one of the pattern in which each variable is a character of its own, with
    /// those characters replaced. What such a text with its own characters is covered by, covers it after the
    /// replacement. So if nothing is left of one of the patterns that must match, nothing is left for any values.
    static func isEmptyWhateverVariables(
        matching positives: [Pattern], butNot negatives: [Pattern], _ meter: Meter
    ) -> Bool {
        guard negatives.contains(where: \.hasVariables) else { return false }
        return positives.contains { positive in
            guard positive.hasVariables, !positive.isLoose else { return false }
            var search = PatternSearch([positive], negatives.filter { !$0.isLoose }, .opaque)
            if case .none = search.run(meter) { return true }
            return false
        }
    }

    private typealias State = [UInt64]

    /// The symbols of all patterns, each pattern followed by an end.
    private var symbols: [Symbol] = []
    private var starts: [Int] = []
    private var ends: [Int] = []
    private let positiveCount: Int
    /// Where a pattern that must not match is beyond help: its last symbol is `*`.
    private var traps: [Int] = []
    private let masks: [State]
    private let other: Symbol
    private let otherDigits: [Symbol]
    private let words: Int

    private static let end: Symbol = .max

    private init(_ positives: [Pattern], _ negatives: [Pattern], _ reading: Variables) {
        positiveCount = positives.count
        var known: [Variable] = []
        var seen = Set<Symbol>()
        for (number, pattern) in (positives + negatives).enumerated() {
            starts.append(symbols.count)
            for symbol in pattern.symbols {
                guard symbol.isVariable else {
                    if symbol.isScalar { seen.insert(symbol.lowercased) }
                    if symbol.isAnyCase { seen.insert(symbol.letter) }
                    symbols.append(symbol)
                    continue
                }
                let variable = pattern.variables[symbol.variableIndex]
                switch reading {
                case .anything:
                    if variable.fallback == nil || variable.fallback?.isEmpty == false { symbols.append(.one) }
                    symbols.append(.many)
                case .opaque:
                    let index = known.firstIndex(of: variable) ?? known.count
                    if index == known.count { known.append(variable) }
                    symbols.append(.variable(index))
                }
            }
            ends.append(symbols.count)
            symbols.append(Self.end)
            if number >= positives.count, pattern.symbols.last == .many { traps.append(symbols.count - 2) }
        }
        words = (symbols.count + 63) / 64
        var masks: [State] = []
        for (start, end) in zip(starts, ends) {
            var mask = State(repeating: 0, count: words)
            for place in start...end { mask[place >> 6] |= 1 << UInt64(place & 63) }
            masks.append(mask)
        }
        self.masks = masks
        let candidates = Array("xyzabcdefghijklmnopqrstuvw0123456789-_".unicodeScalars.map(\.value)) + (0xE000...0xE3FF)
        other = candidates.first { !seen.contains($0) } ?? 0xF8FF
        let digits: [Symbol] = Array(0x30...0x39)
        otherDigits = digits.first { !seen.contains($0) }.map { [$0] } ?? digits
    }

    private mutating func run(_ meter: Meter) -> Outcome {
        var first = State(repeating: 0, count: words)
        for start in starts { add(start, to: &first) }
        var states = [first]
        var parents: [(from: Int, by: Symbol)] = [(-1, 0)]
        var seen: Set<State> = [first]
        var next = 0
        while next < states.count {
            let state = states[next]
            if accepts(state) { return .found(path(next, parents)) }
            let letters = letters(of: state)
            meter.spend((letters.count + 1) * (2 + symbols.count / 8))
            if meter.isExhausted { return .unknown }
            for letter in letters {
                let following = step(state, letter)
                guard isAlive(following), seen.insert(following).inserted else { continue }
                states.append(following)
                parents.append((next, letter))
            }
            next += 1
        }
        return .none
    }

    private func path(_ last: Int, _ parents: [(from: Int, by: Symbol)]) -> [Symbol] {
        var text: [Symbol] = []
        var index = last
        while index > 0 {
            text.append(parents[index].by)
            index = parents[index].from
        }
        return text.reversed()
    }

    @inline(__always)
    private func has(_ place: Int, _ state: State) -> Bool { state[place >> 6] & (1 << UInt64(place & 63)) != 0 }

    /// A star may also be passed at once.
    private func add(_ place: Int, to state: inout State) {
        var place = place
        while true {
            state[place >> 6] |= 1 << UInt64(place & 63)
            guard symbols[place].isMany, symbols[place] != Self.end else { return }
            place += 1
        }
    }

    private func accepts(_ state: State) -> Bool {
        for (index, end) in ends.enumerated() where has(end, state) != (index < positiveCount) { return false }
        return true
    }

    private func isAlive(_ state: State) -> Bool {
        for index in 0..<positiveCount {
            let mask = masks[index]
            var isAlive = false
            for word in 0..<words where mask[word] & state[word] != 0 {
                isAlive = true
                break
            }
            if !isAlive { return false }
        }
        for trap in traps where has(trap, state) { return false }
        return true
    }

    private func forEachPlace(of state: State, _ body: (Int) -> Void) {
        for (word, bits) in state.enumerated() {
            var bits = bits
            while bits != 0 {
                body(word << 6 | bits.trailingZeroBitCount)
                bits &= bits &- 1
            }
        }
    }

    private func letters(of state: State) -> [Symbol] {
        var letters: [Symbol] = []
        var hasWildcard = false
        var hasDigit = false
        func take(_ letter: Symbol) { if !letters.contains(letter) { letters.append(letter) } }
        forEachPlace(of: state) { place in
            let symbol = symbols[place]
            if symbol == Self.end { return }
            if symbol.isScalar || symbol.isVariable {
                take(symbol)
            } else if symbol.isAnyCase {
                take(symbol.letter)
                take(symbol.letter.uppercased)
            } else if symbol == .digit {
                hasDigit = true
            } else {
                hasWildcard = true
            }
        }
        if hasWildcard {
            take(other)
            take(.colon)
        }
        if hasDigit { otherDigits.forEach(take) }
        return letters
    }

    private func step(_ state: State, _ letter: Symbol) -> State {
        var following = State(repeating: 0, count: words)
        forEachPlace(of: state) { place in
            let symbol = symbols[place]
            switch symbol {
            case Self.end: break
            case .many: add(place, to: &following)
            case .manyInSegment: if letter.isScalar, letter != .colon { add(place, to: &following) }
            default: if symbol.matches(letter) { add(place + 1, to: &following) }
            }
        }
        return following
    }
}
