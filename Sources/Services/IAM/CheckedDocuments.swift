import Policy
import Synchronization

/// Documents that were found right lately. Many roles are given the same, and infrastructure as code puts the same again; what
/// a document is read as depends on nothing but its text. What is kept is bounded.
final class CheckedDocuments: Sendable {
    private struct Key: Hashable {
        var text: String
        var type: PolicyType
        var strictness: PolicyDocument.Strictness

        /// By bytes: Swift takes some texts for equal that are not.
        static func == (a: Key, b: Key) -> Bool {
            var (left, right) = (a.text, b.text)
            return a.type == b.type && a.strictness == b.strictness
                && left.withUTF8 { left in
                    right.withUTF8 { right in areSame(UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right)) }
                }
        }

        /// It compares eight bytes at a time.
        private static func areSame(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
            guard left.count == right.count else { return false }
            var offset = 0
            while offset + 8 <= left.count {
                guard
                    left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                        == right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                else { return false }
                offset += 8
            }
            return left[offset...].elementsEqual(right[offset...])
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(type)
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    private struct State {
        /// What was asked for since `old` was replaced.
        var young: [Key: PolicyDocument] = [:]
        /// What was asked for before. It is replaced by `young` when that has grown: so what nobody asks for goes.
        var old: [Key: PolicyDocument] = [:]
        /// Bytes of the texts in `young`.
        var size = 0

        mutating func keep(_ document: PolicyDocument, _ key: Key, limit: Int) {
            guard young.updateValue(document, forKey: key) == nil else { return }
            size += key.text.utf8.count
            guard size > limit / 2 else { return }
            (old, young, size) = (young, [:], 0)
        }
    }

    /// Bytes of all texts; what is read of them takes a multiple.
    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int = 256 << 10) {
        self.limit = limit
    }

    /// A document that is right.
    /// - Throws: what is wrong with it.
    func document(
        _ text: String, as type: PolicyType, _ strictness: PolicyDocument.Strictness
    ) throws(PolicyError) -> PolicyDocument {
        let key = Key(text: text, type: type, strictness: strictness)
        let known = state.withLock { state -> PolicyDocument? in
            if let known = state.young[key] { return known }
            guard let known = state.old.removeValue(forKey: key) else { return nil }
            state.keep(known, key, limit: limit)
            return known
        }
        if let known { return known }
        let document = try PolicyDocument(parsing: text, as: type, strictness: strictness)
        guard text.utf8.count <= limit / 8 else { return document }
        state.withLock { $0.keep(document, key, limit: limit) }
        return document
    }
}
