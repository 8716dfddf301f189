/// Why it can't be said what a request asks for. It names members, attributes and places, never values.
struct Unmapped: Error, Equatable {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
