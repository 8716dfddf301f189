extension PostureCheck {
    /// All checks, in the order in which they are shown.
    public static let all: [PostureCheck] = []

    /// The check of an id; nil: there is none.
    public static func named(_ id: String) -> PostureCheck? { all.first { $0.id == id } }
}
