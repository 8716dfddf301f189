import Wire

/// A name or a value that is the same as another only if all of its bytes are, as it is to DynamoDB and to policies.
///
/// Swift takes an `é` for the same as an `e` with an accent behind it. One of two such attributes would be lost, and
/// policies would not be asked about it.
struct ExactText: Hashable, Sendable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// Texts in the order in which they came, each once.
struct UniqueTexts {
    private(set) var texts: [String] = []
    /// Empty until there are two: most requests have one.
    private var seen: Set<ExactText> = []

    mutating func add(_ text: String) {
        guard let first = texts.first else { return texts.append(text) }
        if seen.isEmpty { seen.insert(ExactText(first)) }
        if seen.insert(ExactText(text)).inserted { texts.append(text) }
    }
}

extension Set<ExactText> {
    /// The texts, sorted.
    var sortedTexts: [String] { count == 1 ? map(\.text) : map(\.text).sorted() }

    /// With the names of entries.
    func union(_ entries: [MapEntry]) -> Self {
        var union = self
        for entry in entries { union.insert(ExactText(entry.key)) }
        return union
    }
}
