/// Classes of characters one after another, such as `/[!-~]+/`, of which one at most may stand differently often: so it is known
/// from a value's length how often.
struct CharacterRow: Sendable {
    struct Element: Sendable {
        let characters: CharacterClass
        let count: ClosedRange<Int>

        var isFixed: Bool { count.lowerBound == count.upperBound }
    }

    private let elements: [Element]
    /// How many characters those take that always stand equally often.
    private let fixedCount: Int

    /// Nil when more than one may stand differently often.
    init?(_ elements: [Element]) {
        var fixedCount = 0
        var variable = 0
        for element in elements {
            guard element.isFixed else {
                variable += 1
                continue
            }
            let (sum, overflow) = fixedCount.addingReportingOverflow(element.count.lowerBound)
            guard !overflow else { return nil }
            fixedCount = sum
        }
        guard variable <= 1 else { return nil }
        self.elements = elements
        self.fixedCount = fixedCount
    }

    func matches(_ value: String) -> Bool {
        let scalars = value.unicodeScalars
        var left = value.utf8.count
        if !value.utf8.allSatisfy({ $0 < 0x80 }) { left = scalars.count }
        left -= fixedCount
        guard left >= 0 else { return false }
        var rest = scalars.makeIterator()
        for element in elements {
            var count = element.count.lowerBound
            if !element.isFixed {
                guard element.count.contains(left) else { return false }
                (count, left) = (left, 0)
            }
            for _ in 0..<count {
                guard let scalar = rest.next(), element.characters.contains(scalar) else { return false }
            }
        }
        return rest.next() == nil
    }
}
