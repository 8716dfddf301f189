/// Where bodies lie: in a folder, in memory, or in a bucket. All of it may block.
protocol BodyPlace: Sendable {
    /// How old a body has to be, in seconds, before a sweep may take it; nil: a claim finds out whether its writer still
    /// lives.
    var leastAge: Int? { get }
    /// For how long a body that is finished may wait for its transaction; nil: as long as its writer lives.
    var patience: Duration? { get }

    /// Begins a body that nobody can read yet.
    func create(_ id: BodyID) throws(BodyError) -> any NewBody
    /// Opens one that is finished. As long as it is open it can be read, also when it is removed.
    func open(_ id: BodyID) throws(BodyError) -> any PlacedBody
    /// Removes one that is finished; one that isn't there is none to remove.
    func remove(_ id: BodyID) throws(BodyError)

    /// Removes what writers left behind that are no more.
    /// - Parameter time: those that were written to later are left alone; in seconds since 1970.
    /// - Returns: how many they were.
    func removeUnfinished(before time: Int) throws(BodyError) -> Int
    /// Finished bodies in the order of their ids.
    /// - Parameters:
    ///   - id: only those that come after it.
    ///   - time: only those that were finished before it, in seconds since 1970.
    func list(after id: BodyID?, before time: Int, limit: Int) throws(BodyError) -> [BodyID]
    /// Claims a finished body, for as long as what it returns lives; nil when its writer, or another sweep, has it, or
    /// when it isn't there.
    func claim(_ id: BodyID) throws(BodyError) -> (any Sendable)?

    /// What is written on it, so that nobody takes it for another; nil: nothing.
    func mark() throws(BodyError) -> String?
    /// Writes that on it, unless something is written there.
    func makeMark(_ text: String) throws(BodyError)
    /// Asks that nothing be removed, for as long as this is repeated every few minutes.
    func hold(_ name: String) throws(BodyError)
    func endHold(_ name: String) throws(BodyError)
    /// Whether somebody has asked that, later than a time, in seconds since 1970.
    func isHeld(since time: Int) throws(BodyError) -> Bool
}

extension BodyPlace {
    var leastAge: Int? { nil }
    var patience: Duration? { nil }
}

/// A body that is being written, by one job at a time. When it is released before it was finished, it is removed. As
/// long as it lives, the body can't be claimed.
protocol NewBody: Sendable {
    /// Writes more of it.
    func append(_ bytes: [UInt8]) throws(BodyError)
    /// Makes it last, and readable.
    func finish() throws(BodyError)
    /// Removes it, if it is not finished.
    func discard()
}

/// A body that can be read.
protocol PlacedBody: Sendable {
    /// How many bytes there are, with the seals.
    var size: Int { get }
    /// Reads some of them; fewer at the end.
    func read(at offset: Int, count: Int) throws(BodyError) -> [UInt8]
}
