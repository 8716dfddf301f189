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
    private var seen: Set<ExactText> = []

    mutating func add(_ text: String) {
        if seen.insert(ExactText(text)).inserted { texts.append(text) }
    }
}

extension Set<ExactText> {
    /// The texts, sorted.
    var sortedTexts: [String] { map(\.text).sorted() }
}
