/// A set of texts: those of any of its cells.
///
/// What conditions, actions and resources say of one text is taken in one after the other; the region shrinks. It is
/// empty when no cell is left.
struct TextRegion {
    /// The texts that match all of some patterns and none of others.
    struct Cell {
        var positives: [Pattern]
        var negatives: [Pattern] = []
        /// Whether some text is known to be in it; nil: not looked at since it last changed.
        var sample: [Symbol]?

        var hasVariables: Bool {
            positives.contains(where: \.hasVariables) || negatives.contains(where: \.hasVariables)
        }

        /// Whether there certainly is a text in it.
        var isClearlyFilled: Bool {
            negatives.isEmpty && (positives.isEmpty || (positives.count == 1 && !positives[0].isLoose)) || sample != nil
        }
    }

    var cells: [Cell]
    /// Whether the resource "*" is in it.
    var holdsNone = false

    /// All texts of a pattern.
    init(_ universe: Pattern, holdsNone: Bool = false) {
        cells = [Cell(positives: [universe])]
        self.holdsNone = holdsNone
    }

    private init(_ cells: [Cell], holdsNone: Bool) {
        self.cells = cells
        self.holdsNone = holdsNone
    }

    /// Every ARN, and "*".
    static let anyResource = TextRegion(.anyResource, holdsNone: true)

    /// The ARNs of resources that there can be, and "*".
    static let realResources: TextRegion = {
        let iam = Pattern(Pattern.wild("arn:*:iam:", bounded: true).symbols + [.many])
        return TextRegion(
            [
                Cell(positives: [.anyResource], negatives: [iam]),
                Cell(positives: [.wild("arn:*:iam::############:*", bounded: true)]),
                Cell(positives: [.wild("arn:*:iam::aws:*", bounded: true)]),
            ], holdsNone: true)
    }()

    var isEmpty: Bool { cells.isEmpty && !holdsNone }

    /// What taking something in did.
    enum Change {
        /// It was true of all texts.
        case none
        case narrowed
        case emptied
    }

    // MARK: Taking in

    /// Leaves the texts that match one of the patterns.
    mutating func keep(_ set: PatternSet, _ meter: Meter) -> Change {
        let holdsNone = holdsNone && set.matchesNone
        var isNarrowed = holdsNone != self.holdsNone
        self.holdsNone = holdsNone
        if set.patterns.count == 1, set.patterns[0].isAnything {
            return isNarrowed ? (isEmpty ? .emptied : .narrowed) : .none
        }
        var kept: [Cell] = []
        kept.reserveCapacity(cells.count)
        for cell in cells {
            meter.spend(1)
            let isCovered = cell.positives.contains { positive in
                set.contains(near: positive) { $0.covers(positive) }
            }
            if isCovered {
                kept.append(cell)
                continue
            }
            isNarrowed = true
            let guide = cell.positives.max { $0.prefixCount < $1.prefixCount }
            let narrow: (Pattern) -> Bool = { pattern in
                meter.spend(cell.cost(of: pattern))
                if let cell = cell.narrowed(to: pattern) { kept.append(cell) }
                return false
            }
            _ = set.contains(near: guide, where: narrow)
            if meter.isExhausted { return .narrowed }
        }
        guard isNarrowed else { return .none }
        cells = kept
        return settled(meter)
    }

    /// Leaves the texts that match none of the patterns.
    mutating func remove(_ set: PatternSet, _ meter: Meter) -> Change {
        let holdsNone = holdsNone && !set.matchesNone
        var isNarrowed = holdsNone != self.holdsNone
        self.holdsNone = holdsNone
        var isChanged = false
        var kept: [Cell]?
        for (number, cell) in cells.enumerated() {
            meter.spend(1)
            var changed: Cell?
            var isCovered = false
            let look: (Pattern) -> Bool = { pattern in
                meter.spend(cell.cost(of: pattern))
                for positive in cell.positives where pattern.covers(positive) {
                    isCovered = true
                    return true
                }
                for positive in cell.positives where positive.isClearlyApart(from: pattern) { return false }
                if cell.negatives.contains(where: { $0.covers(pattern) }) { return false }
                if changed == nil { changed = cell }
                changed?.negatives.append(pattern)
                return false
            }
            let guide = cell.positives.max { $0.prefixCount < $1.prefixCount }
            _ = set.contains(near: guide, where: look)
            if isCovered || changed != nil {
                isChanged = true
                if kept == nil { kept = Array(cells[..<number]) }
                if !isCovered, var cell = changed {
                    cell.sample = nil
                    kept?.append(cell)
                }
            } else {
                kept?.append(cell)
            }
            if meter.isExhausted { break }
        }
        if meter.isExhausted { return .narrowed }
        if let kept { cells = kept }
        isNarrowed = isNarrowed || isChanged
        return isNarrowed ? settled(meter) : .none
    }

    /// Finds out whether anything is left.
    private mutating func settled(_ meter: Meter) -> Change {
        if holdsNone { return .narrowed }
        if cells.contains(where: \.isClearlyFilled) { return .narrowed }
        while let cell = cells.first {
            switch cell.look(meter) {
            case .found(let text):
                cells[0].sample = text
                return .narrowed
            case .unknown: return .narrowed
            case .none: cells.removeFirst()
            }
        }
        return .emptied
    }
}

extension TextRegion.Cell {
    /// The cell without the texts that do not match a pattern; nil if it is clear that nothing is left.
    fileprivate func narrowed(to pattern: Pattern) -> TextRegion.Cell? {
        for positive in positives where positive.isClearlyApart(from: pattern) { return nil }
        for negative in negatives where negative.covers(pattern) { return nil }
        var cell = TextRegion.Cell(positives: positives.filter { !$0.covers(pattern) })
        cell.positives.append(pattern)
        cell.negatives = negatives.filter { !$0.isClearlyApart(from: pattern) }
        return cell
    }

    /// A text of the cell; with variables, one of a set that is too wide (see `PatternSearch`).
    func look(_ meter: Meter) -> PatternSearch.Outcome {
        if let sample { return .found(sample) }
        if let only = only { return only }
        meter.spend(Filling.all.count * (positives + negatives).reduce(0) { $0 + cost(of: $1) })
        if meter.isExhausted { return .unknown }
        if let text = guess() { return .found(text) }
        if PatternSearch.isEmptyWhateverVariables(matching: positives, butNot: negatives, meter) { return .none }
        return PatternSearch.search(matching: positives, butNot: negatives, meter)
    }

    /// What is left of a cell that has room for one text: it, or nothing. nil for any other cell.
    private var only: PatternSearch.Outcome? {
        guard let literal = positives.first(where: { $0.isLiteral && !$0.hasVariables }) else { return nil }
        for positive in positives where positive !== literal && !positive.widened.covers(literal) {
            return PatternSearch.Outcome.none
        }
        for negative in negatives where !negative.hasVariables && negative.covers(literal) {
            return PatternSearch.Outcome.none
        }
        return .found(literal.symbols)
    }

    /// The steps that it takes to compare the cell with a pattern: as many as wildcards can make of their lengths.
    fileprivate func cost(of pattern: Pattern) -> Int {
        positives.reduce(1) { $0 + ($1.symbols.count * pattern.symbols.count) >> 7 }
    }

    /// A text that is likely to be in the cell, found by filling in a pattern's wildcards.
    func guess() -> [Symbol]? {
        guard let longest = positives.max(by: { $0.symbols.count < $1.symbols.count }), !longest.isLoose,
            longest.symbols.count <= 512
        else { return nil }
        for filling in Filling.all {
            let text = longest.filled(filling)
            if contains(text) { return text }
        }
        return nil
    }

    /// Whether a text is in the cell; variables are read as in `PatternSearch.search`.
    func contains(_ text: [Symbol]) -> Bool {
        let pattern = Pattern(text)
        return positives.allSatisfy { $0.widened.covers(pattern) }
            && negatives.allSatisfy { $0.hasVariables || !$0.covers(pattern) }
    }
}

/// What wildcards of a pattern are filled in with, so that people read a likely text.
struct Filling {
    let many: String
    let one: Symbol

    static let all = [Filling(many: "example", one: 0x78), Filling(many: "", one: 0x78), Filling(many: "0", one: 0x31)]

    /// What stands in an ARN after so many colons.
    static func part(_ colons: Int) -> String? {
        switch colons {
        case 1: "aws"
        case 3: "us-east-1"
        case 4: "111122223333"
        default: nil
        }
    }
}

extension Pattern {
    fileprivate func filled(_ filling: Filling) -> [Symbol] {
        var text: [Symbol] = []
        var colons = 0
        let isARN = symbols.starts(with: "arn:".unicodeScalars.map(\.value))
        for (index, symbol) in symbols.enumerated() {
            if symbol.isScalar {
                if symbol == .colon { colons += 1 }
                text.append(symbol)
            } else if symbol.isAnyCase {
                text.append(symbol.letter)
            } else if symbol == .digit {
                text.append(0x31)
            } else if symbol.isMany || symbol.isVariable {
                let isPart = isARN && index > 0 && symbols[index - 1] == .colon && filling.many == "example"
                let word = (isPart ? Filling.part(colons) : nil) ?? filling.many
                text += (symbol.isVariable && word.isEmpty ? "x" : word).unicodeScalars.map(\.value)
            } else {
                text.append(filling.one)
            }
        }
        return text
    }
}
