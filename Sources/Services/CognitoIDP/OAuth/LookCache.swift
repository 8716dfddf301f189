import Synchronization

/// What was made of the looks of pages, so that a page that anybody can load does not read and parse them anew each time: a
/// branding has up to two megabytes. The one that was made first goes first.
package final class LookCache<Look: Sendable>: Sendable {
    private struct State {
        var looks: [String: Look] = [:]
        var order: [String] = []
    }

    private let state = Mutex(State())
    private let most: Int

    /// - Parameter most: how many are kept.
    package init(most: Int = 64) { self.most = most }

    /// - Parameter version: of a look; it changes with it.
    func look(_ version: String) -> Look? { state.withLock { $0.looks[version] } }

    func keep(_ look: Look, _ version: String) {
        state.withLock { state in
            if state.looks.updateValue(look, forKey: version) == nil { state.order.append(version) }
            while state.order.count > most { state.looks[state.order.removeFirst()] = nil }
        }
    }
}
