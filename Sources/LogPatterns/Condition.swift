/// Conditions that are all needed, or one of which is: `a && (b || c)`. What stands in parentheses comes first, then `&&`.
indirect enum Condition<Leaf: Sendable>: Sendable {
    case leaf(Leaf)
    case all([Condition])
    case any([Condition])

    /// How many parentheses may be open at once.
    private static var deepest: Int { 64 }

    /// Reads a condition up to where it ends.
    /// - Parameter leaf: reads one that has no parts. What it throws ends the reading.
    init(
        _ scanner: inout PatternScanner, depth: Int = 0,
        leaf: (inout PatternScanner) throws(InvalidFilterPattern) -> Leaf
    ) throws(InvalidFilterPattern) {
        var choices: [Condition] = []
        repeat {
            var needed: [Condition] = []
            repeat {
                scanner.skipSpace()
                if scanner.take("(") {
                    guard depth < Self.deepest else { throw scanner.invalid("too many parentheses are open") }
                    needed.append(try Condition(&scanner, depth: depth + 1, leaf: leaf))
                    scanner.skipSpace()
                    guard scanner.take(")") else { throw scanner.invalid("a parenthesis is not closed") }
                } else {
                    needed.append(.leaf(try leaf(&scanner)))
                }
                scanner.skipSpace()
            } while scanner.take("&&")
            choices.append(needed.count == 1 ? needed[0] : .all(needed))
        } while scanner.take("||")
        self = choices.count == 1 ? choices[0] : .any(choices)
    }

    func holds(_ isTrue: (Leaf) -> Bool) -> Bool {
        switch self {
        case .leaf(let leaf): isTrue(leaf)
        case .all(let parts): parts.allSatisfy { $0.holds(isTrue) }
        case .any(let parts): parts.contains { $0.holds(isTrue) }
        }
    }
}
