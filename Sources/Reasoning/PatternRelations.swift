// What two patterns are to each other, as far as a look at both tells. `PatternSearch` decides the rest.

extension Pattern {
    /// Whether every text that matches `other` matches this pattern, as far as can be seen by matching this pattern
    /// against the other's symbols. Exact where `other` is a text; else true is certain, and false means "perhaps".
    ///
    /// The same variable has the same value on both sides; what covers `${x}` as a symbol covers each of its values.
    func covers(_ other: Pattern) -> Bool {
        if self === other { return true }
        if isLoose || other.isLoose { return isSame(as: other) }
        let own = symbols
        let others = other.symbols
        if own.count == 1, own[0] == .many { return !hasVariables }
        let shared = min(prefixCount, own.count)
        if shared > 0 {
            guard others.count >= shared else { return false }
            for index in 0..<shared where own[index] != others[index] { return false }
        }
        return coversTail(other, from: shared)
    }

    private func coversTail(_ other: Pattern, from start: Int) -> Bool {
        if isTangled { return coversTailByAllWays(other, from: start) }
        let own = symbols
        let others = other.symbols
        var p = start
        var t = start
        var star = -1
        var starEnd = 0
        var openStar = -1
        var openEnd = 0
        while true {
            if p < own.count {
                let wanted = own[p]
                if wanted == .many {
                    openStar = p
                    openEnd = t
                    star = p
                    p += 1
                    if p == own.count { return true }
                    continue
                }
                if wanted == .manyInSegment {
                    star = p
                    starEnd = t
                    p += 1
                    continue
                }
                if t < others.count, matches(wanted, others[t], of: other) {
                    p += 1
                    t += 1
                    continue
                }
            } else if t == others.count {
                return true
            }
            if star >= 0, star != openStar, starEnd < others.count, others[starEnd].staysInSegment {
                starEnd += 1
                t = starEnd
                p = star + 1
                continue
            }
            guard openStar >= 0, openEnd < others.count else { return false }
            openEnd += 1
            t = openEnd
            star = openStar
            p = openStar + 1
        }
    }

    /// The same, for patterns that are tangled: with all places at which the pattern can be after each symbol of the other.
    private func coversTailByAllWays(_ other: Pattern, from start: Int) -> Bool {
        let own = symbols
        var places = [Bool](repeating: false, count: own.count + 1)
        func reach(_ place: Int, _ places: inout [Bool]) {
            var place = place
            places[place] = true
            while place < own.count, own[place].isMany {
                place += 1
                places[place] = true
            }
        }
        reach(start, &places)
        for found in other.symbols[start...] {
            var following = [Bool](repeating: false, count: own.count + 1)
            for (place, wanted) in own.enumerated() where places[place] {
                switch wanted {
                case .many: reach(place, &following)
                case .manyInSegment: if found.staysInSegment { reach(place, &following) }
                default: if matches(wanted, found, of: other) { reach(place + 1, &following) }
                }
            }
            places = following
        }
        return places[own.count]
    }

    /// Whether a symbol of this pattern stands for all that one of the other's stands for.
    @inline(__always)
    private func matches(_ wanted: Symbol, _ found: Symbol, of other: Pattern) -> Bool {
        if wanted.isVariable || found.isVariable {
            return wanted.isVariable && found.isVariable
                && variables[wanted.variableIndex] == other.variables[found.variableIndex]
        }
        if wanted == found { return !wanted.isMany }
        if found.isScalar { return wanted.matches(found) }
        switch wanted {
        case .one: return !found.isMany
        case .oneInSegment: return found == .digit || found.isAnyCase
        default: return false
        }
    }

    /// Whether a text, given by its scalars, matches. For patterns without variables.
    func matches(_ text: [Symbol]) -> Bool { !hasVariables && covers(Pattern(text)) }

    func matches(_ text: String) -> Bool { matches(text.unicodeScalars.map(\.value)) }

    /// Whether no text matches both, as far as the beginnings and the ends tell, and certainly where one is a text.
    func isClearlyApart(from other: Pattern) -> Bool {
        if isLoose || other.isLoose { return false }
        if other.isLiteral { return !widened.covers(other) }
        if isLiteral { return !other.widened.covers(self) }
        let beginning = min(prefixCount, other.prefixCount)
        for index in 0..<beginning where symbols[index] != other.symbols[index] { return true }
        if hasApartSegment(other, from: beginning) { return true }
        let ending = min(suffixCount, other.suffixCount)
        let end = symbols.count
        let otherEnd = other.symbols.count
        for index in 0..<ending where symbols[end - 1 - index] != other.symbols[otherEnd - 1 - index] { return true }
        return false
    }

    /// Whether the texts differ in a segment between colons, before anything that may cross a colon.
    private func hasApartSegment(_ other: Pattern, from start: Int) -> Bool {
        // Segments count from where both are still at the same colon.
        var own = start
        var others = start
        while own > 0, symbols[own - 1] != .colon { own -= 1 }
        others = own
        for _ in 0..<6 {
            guard let (end, isText) = segment(from: own), let (otherEnd, isOtherText) = other.segment(from: others)
            else {
                return false
            }
            if isText, isOtherText {
                if end - own != otherEnd - others { return true }
                for offset in 0..<(end - own) where symbols[own + offset] != other.symbols[others + offset] {
                    return true
                }
            }
            guard end < symbols.count, otherEnd < other.symbols.count else { return false }
            own = end + 1
            others = otherEnd + 1
        }
        return false
    }

    /// Where the segment ends that begins at a place, and whether it is all characters; nil where something in it may
    /// cross a colon.
    private func segment(from start: Int) -> (end: Int, isText: Bool)? {
        var isText = true
        var index = start
        while index < symbols.count {
            let symbol = symbols[index]
            if symbol == .colon { return (index, isText) }
            if symbol == .many || symbol == .one || symbol.isVariable { return nil }
            if !symbol.isScalar { isText = false }
            index += 1
        }
        return (index, isText)
    }

    /// The value of the variable that a text fixes; nil if none makes the text.
    func value(fixedBy text: [Symbol]) -> String? {
        guard text.count > prefixCount + suffixCount, text.starts(with: symbols.prefix(prefixCount)),
            text.suffix(suffixCount).elementsEqual(symbols.suffix(suffixCount))
        else { return nil }
        return String(text.dropFirst(prefixCount).dropLast(suffixCount))
    }

    /// The values that the variables have if the text matches, in one way of matching; nil if it does not.
    ///
    /// Wildcards take as little as they can.
    func capture(_ text: [Symbol], _ meter: Meter) -> [String: String]? {
        guard !isLoose, text.count <= 2048, !meter.isExhausted else { return nil }
        var steps = 0
        defer { meter.spend(1 + steps >> 2) }
        var found: [Int: ArraySlice<Symbol>] = [:]
        func match(_ p: Int, _ t: Int) -> Bool {
            steps += 1
            guard steps < 20_000 else { return false }
            guard p < symbols.count else { return t == text.count }
            let symbol = symbols[p]
            if symbol.isVariable {
                if let value = found[symbol.variableIndex] {
                    return text[t...].starts(with: value) && match(p + 1, t + value.count)
                }
                // A variable takes at least one character.
                var end = t + 1
                while end <= text.count {
                    found[symbol.variableIndex] = text[t..<end]
                    if match(p + 1, end) { return true }
                    end += 1
                }
                found[symbol.variableIndex] = nil
                return false
            }
            if symbol.isMany {
                var end = t
                while true {
                    if match(p + 1, end) { return true }
                    guard end < text.count, symbol == .many || text[end] != .colon else { return false }
                    end += 1
                }
            }
            return t < text.count && symbol.matches(text[t]) && match(p + 1, t + 1)
        }
        guard match(0, 0) else { return nil }
        return Dictionary(found.map { (variables[$0.key].key, String($0.value)) }) { first, _ in first }
    }
}
