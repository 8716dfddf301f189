#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Keeps a store from losing bodies while somebody looks at all that a ledger named at one moment: a backup, or a
/// verification. It ends by itself some minutes after its process.
///
/// Take it before the moment, call ``refresh()`` now and then, and ``end()`` at the end.
public final class BodyHold {
    /// How long a hold counts that is not refreshed, in seconds.
    static let lifetime = 900
    private static let pause = 60

    private let place: any BodyPlace
    private let name = BodyID.random().description
    private var refreshed: Int

    fileprivate init(_ place: any BodyPlace) throws(BodyError) {
        self.place = place
        refreshed = time(nil)
        try place.hold(name)
    }

    /// Does something once a minute.
    public func refresh() throws(BodyError) {
        guard time(nil) - refreshed >= Self.pause else { return }
        refreshed = time(nil)
        try place.hold(name)
    }

    /// Lets bodies be removed again.
    public func end() { try? place.endHold(name) }
}

extension BodyStore {
    /// Has no body removed from now on: neither what nobody names any more, nor what was left behind. It blocks.
    ///
    /// - Throws: ``BodyError`` of kind `io`, as for a folder that can only be read.
    public func hold() throws(BodyError) -> BodyHold { try BodyHold(place) }

    /// Whether somebody holds the store: then what is to be removed has to wait.
    public func isHeld() async throws(BodyError) -> Bool {
        let place = place
        return try await Job { () throws(BodyError) in try place.isHeld(since: time(nil) - BodyHold.lifetime) }.value
    }
}
