/// Why a message is not taken.
struct Refusal: Error, Equatable {
    /// Of the answer.
    let status: Int
    /// For the log: nothing of the message's own.
    let reason: String

    /// What HTTP does not allow, or what several could read differently.
    static func malformed(_ reason: String) -> Refusal { Refusal(status: 400, reason: reason) }
}
