/// The names of the header fields that a signature covers: lower-case, sorted, each once.
///
/// They are kept as the line that the canonical request has of them, and lent from it: every request comes through here.
struct SignedHeaders: Sendable {
    /// `host;x-amz-date`
    let line: [UInt8]
    /// How many there are.
    let count: Int

    /// The list of a request. Clients send it in canonical form; then it is taken as it is.
    init(_ list: ArraySlice<UInt8>) {
        if let count = Self.canonicalCount(list) {
            self.init(line: Array(list), count: count)
        } else {
            let names = Set(list.split(separator: Self.separator).map { $0.map(ASCII.lowercased) })
            self.init(canonical: names.sorted { $0.lexicographicallyPrecedes($1) })
        }
    }

    /// Names that are in canonical form and order already.
    init(canonical names: [some Collection<UInt8>]) {
        self.init(line: Array(names.joined(separator: [Self.separator])), count: names.count)
    }

    /// A line that is in canonical form already.
    init(line: [UInt8], count: Int) {
        self.line = line
        self.count = count
    }

    /// The names, as texts.
    var names: [String] { line.split(separator: Self.separator).map(ASCII.text) }

    /// Whether a field is signed.
    /// - Parameter name: in any case.
    func contains(_ name: String) -> Bool {
        !forEach { !ASCII.isSame(name, lowercased: $0) }
    }

    /// Lends one name after the other, until the closure returns false.
    /// - Returns: whether it never did.
    @inline(__always)
    func forEach(_ goesOn: (UnsafeBufferPointer<UInt8>) -> Bool) -> Bool {
        line.withUnsafeBufferPointer { line in
            var start = 0
            while start < line.count {
                let end = line[start...].firstIndex(of: Self.separator) ?? line.count
                guard goesOn(UnsafeBufferPointer(rebasing: line[start..<end])) else { return false }
                start = end + 1
            }
            return true
        }
    }

    private static let separator = UInt8(ascii: ";")

    /// How many names there are, if the list is in canonical form; nil if it isn't.
    private static func canonicalCount(_ list: ArraySlice<UInt8>) -> Int? {
        list.withUnsafeBufferPointer { list in
            var count = 0
            var last: UnsafeBufferPointer<UInt8>.SubSequence = list[0..<0]
            var start = 0
            while start < list.count {
                let end = list[start...].firstIndex(of: separator) ?? list.count
                let name = list[start..<end]
                guard !name.isEmpty, name.allSatisfy({ ASCII.lowercased($0) == $0 }),
                    last.lexicographicallyPrecedes(name)
                else { return nil }
                count += 1
                last = name
                start = end + 1
            }
            return list.last == separator ? nil : count
        }
    }
}
