import Synchronization
import ThreatDetection

/// The calls that detectors need not look at again within the hour, by the detectors' ids. In memory alone: what is not known here is
/// looked at once more, and nothing comes of it.
final class Routines: Sendable {
    private struct State {
        var known: [String: RoutineCalls] = [:]
        /// What a batch has taught, which counts once its transaction has: then the next one begins with another event.
        var learnt: [String: Set<CallKey>?] = [:]
        var batch = ""
        var stamps: [String: String] = [:]
    }

    private let state = Mutex(State())

    /// Begins a batch.
    /// - Parameters:
    ///   - batch: the id of its first event.
    ///   - detectors: those that there are, by their ids, each with what stands for all that it knows.
    func begin(_ batch: String, _ detectors: [(id: String, stamp: String)]) {
        state.withLock { state in
            let stamps = Dictionary(detectors) { first, _ in first }
            for id in state.known.keys where stamps[id] == nil { state.known[id] = nil }
            if batch != state.batch {
                for (id, keys) in state.learnt {
                    guard let stamp = state.stamps[id] else { continue }
                    if let keys {
                        state.known[id, default: RoutineCalls()].insert(keys, stamp: stamp)
                    } else {
                        state.known[id] = nil
                    }
                }
            }
            state.learnt = [:]
            for (id, stamp) in stamps { state.known[id]?.forget(unless: stamp) }
            (state.stamps, state.batch) = (stamps, batch)
        }
    }

    func has(_ key: CallKey, _ detector: String) -> Bool {
        state.withLock { $0.known[detector]?.contains(key) ?? false }
    }

    /// - Parameters:
    ///   - learnt: of each detector the calls that were routine; nil: what was routine need not be any more.
    ///   - batch: the id of the batch's first event.
    func learn(_ learnt: [String: Set<CallKey>?], _ batch: String) {
        state.withLock { state in
            guard state.batch == batch else { return }
            state.learnt = learnt
        }
    }

    func forgetAll() { state.withLock { $0 = State() } }
}
