/// The names that a command may use, and what they stand for.
struct QueryNames {
    /// What the query has made, by its name.
    private(set) var made: [String: Int] = [:]
    /// How many places for values there are so far.
    private(set) var count = 0
    /// Whether only what was made can be named, as behind `stats`.
    let isClosed: Bool

    init(isClosed: Bool = false) { self.isClosed = isClosed }

    /// A new place; the name, if there is one, stands for it from now on.
    mutating func add(_ name: String?) -> Int {
        defer { count += 1 }
        if let name { made[name] = count }
        return count
    }

    /// Lets another name stand for a place as long as it stands for nothing else.
    mutating func alias(_ name: String, of place: Int) {
        if made[name] == nil, LogFields.System(rawValue: name) == nil { made[name] = place }
    }

    /// nil: there is nothing of the name.
    func find(_ name: String) -> Expression? {
        if let place = made[name] { return .made(place) }
        // What is in something that was made: the longest name that fits.
        var parts = name.split(separator: ".", omittingEmptySubsequences: false)[...]
        while parts.count > 1 {
            parts.removeLast()
            let whole = parts.joined(separator: ".")
            if let place = made[whole] {
                return .inside(.made(place), String(name.dropFirst(whole.count + 1)))
            }
        }
        guard !isClosed else { return nil }
        return LogFields.System(rawValue: name).map { .system($0) } ?? .discovered(name)
    }
}
