/// Types of members that services with much traffic have, without generic code, which asks each value for its kind by
/// tables: Swift prefers these where both would do.
extension View {
    /// The bytes at a position, nil when they are absent.
    public subscript(optional index: Int) -> Blob? {
        get { structure[member: index].flatMap { Blob($0) } }
        set { structure[member: index] = newValue.map { .blob($0.bytes) } }
    }

    /// The bytes at a position that the model requires; none when they are not there.
    public subscript(required index: Int) -> Blob {
        get { structure[member: index].flatMap { Blob($0) } ?? Blob([]) }
        set { structure[member: index] = .blob(newValue.bytes) }
    }

    /// The texts at a position by their names, nil when they are absent.
    public subscript(optional index: Int) -> [String: String]? {
        get {
            guard case .map(let entries)? = structure[member: index] else { return nil }
            var texts = [String: String](minimumCapacity: entries.count)
            for entry in entries {
                guard case .string(let text) = entry.value else { return nil }
                texts[entry.key] = text
            }
            return texts
        }
        set { structure[member: index] = newValue?.wireValue }
    }
}
