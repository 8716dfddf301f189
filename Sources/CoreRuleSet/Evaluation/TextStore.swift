import WAF

/// The texts of one request, each with what has become of it by transformations and what was found in it, so that nothing is done
/// twice.
struct TextStore {
    private let plan: ScanPlan
    private var texts: [[UInt8]] = []
    private var traits: [TextTraits] = []
    /// For each of the first texts, which node's text is which; -1: not known yet.
    private var derived: [Int32] = []
    private var rows = 0
    /// Bits, by the numbers of expression sets: which were asked, and which found something.
    private var asked: [UInt64] = []
    private var hits: [UInt64] = []
    private var found: [Int: [Int]] = [:]
    /// How many bytes each set has looked at.
    private var looked: [Int]
    /// Of each set that has looked at enough, which expressions may match the short texts that were looked at together; and bits,
    /// by the numbers of the sets: whether a text is one of those.
    private var candidates: [[Int]?]
    private var isLine: [UInt64] = []
    /// How many times an expression was asked of a text by itself.
    private(set) var singleMatches = 0
    /// 0: not asked, 1: no, 2: yes.
    private var sql: [UInt8] = []
    private var script: [UInt8] = []

    private let nodeCount: Int

    /// How long a text may be that is looked at together with others, in bytes.
    private static let mostOfLine = 512
    /// How often an expression is asked of a text by itself, in one request. Each time costs some tenth of a microsecond, and more
    /// the longer the text is; the lengths of all texts together are bounded by the request's, a few times over.
    static let mostSingleMatches = 200_000

    /// Whether so much was asked that the rest was not. Then a request counts as one in which something was found.
    var isExhausted: Bool { singleMatches > Self.mostSingleMatches }

    /// In how many bytes of a request all expressions of a set are looked for together. It bounds what a hostile request can cost.
    private static let mostTogether = 2048

    init(_ plan: ScanPlan) {
        self.plan = plan
        nodeCount = plan.tree.nodes.count
        looked = Array(repeating: 0, count: plan.sets.count)
        candidates = Array(repeating: nil, count: plan.sets.count)
    }

    /// Takes a text in.
    /// - Returns: its number.
    mutating func add(_ text: [UInt8]) -> Int {
        texts.append(text)
        traits.append(TextTraits(of: text))
        asked.append(0)
        hits.append(0)
        isLine.append(0)
        sql.append(0)
        script.append(0)
        return texts.count - 1
    }

    /// Makes room for what becomes of the texts that are there.
    mutating func finishValues() {
        rows = texts.count
        derived = Array(repeating: -1, count: rows * nodeCount)
    }

    func text(_ number: Int) -> [UInt8] { texts[number] }

    /// What a text is at a node.
    mutating func number(of text: Int, at node: Int) -> Int {
        guard node != 0 else { return text }
        let place = text * nodeCount + node
        if text < rows, derived[place] >= 0 { return Int(derived[place]) }
        let step = plan.tree.nodes[node]
        let before = number(of: text, at: step.parent)
        var after = before
        if plan.triggers[node].map({ !$0.isDisjoint(with: traits[before]) }) ?? true {
            let changed = step.step.apply(to: texts[before])
            if changed != texts[before] { after = add(changed) }
        }
        if text < rows { derived[place] = Int32(truncatingIfNeeded: after) }
        return after
    }

    /// Which expressions of a set are found in a text.
    mutating func matches(_ text: Int, _ set: Int) -> [Int] {
        let bit = Self.bit(set)
        if asked[text] & bit != 0 {
            return hits[text] & bit == 0 ? [] : found[text * plan.sets.count + set] ?? []
        }
        looked[set] += texts[text].count
        let numbers =
            looked[set] <= Self.mostTogether ? plan.expressionsOfSets[set].matches(texts[text]) : oneByOne(text, set)
        asked[text] |= bit
        if !numbers.isEmpty {
            hits[text] |= bit
            found[text * plan.sets.count + set] = numbers
        }
        return numbers
    }

    private mutating func oneByOne(_ text: Int, _ set: Int) -> [Int] {
        guard !isExhausted else { return [] }
        let expressions = plan.expressionsOfSets[set]
        if candidates[set] == nil { candidates[set] = candidates(of: set) }
        guard let candidates = candidates[set], isLine[text] & Self.bit(set) != 0 else {
            singleMatches += expressions.count
            return expressions.matchesOneByOne(texts[text])
        }
        singleMatches += candidates.count
        var numbers: [Int] = []
        for number in candidates where expressions.matches(texts[text], number) { numbers.append(number) }
        return numbers
    }

    private static func bit(_ set: Int) -> UInt64 { set < 64 ? 1 << UInt64(set) : 0 }

    /// Puts all short values of the request, as a set sees them, together, one in a line.
    private mutating func candidates(of set: Int) -> [Int] {
        var all: [UInt8] = []
        for row in 0..<rows where texts[row].count <= Self.mostOfLine {
            let number = number(of: row, at: plan.nodesOfSets[set])
            guard isLine[number] & Self.bit(set) == 0, texts[number].count <= Self.mostOfLine,
                !texts[number].contains(0x0A)
            else { continue }
            isLine[number] |= Self.bit(set)
            all += texts[number]
            all.append(0x0A)
        }
        singleMatches += plan.expressionsOfSets[set].count
        return plan.expressionsOfSets[set].candidates(inLines: all)
    }

    mutating func isSQL(_ text: Int) -> Bool {
        if sql[text] == 0 { sql[text] = InjectionDetection.isSQL(texts[text]) ? 2 : 1 }
        return sql[text] == 2
    }

    mutating func isScript(_ text: Int) -> Bool {
        if script[text] == 0 { script[text] = InjectionDetection.isScript(texts[text]) ? 2 : 1 }
        return script[text] == 2
    }
}
