import Synchronization
import ThreatDetection

/// What a batch of calls teaches about those that come after them.
struct Lesson: Sendable {
    private(set) var calls: [CallKey: Routine] = [:]
    private(set) var routine = RoutineCalls()
    /// Whether what was known before still holds: nothing was found that calls of the hour may belong to.
    private(set) var isSure = true
    /// Whether nothing is routine any more.
    private(set) var forgets = false

    init(forgets: Bool = false) { self.forgets = forgets }

    mutating func take(_ look: Detector.Look, _ key: CallKey?) {
        if look.forgets || !look.found.isEmpty {
            calls = look.forgets ? [:] : calls.filter { $0.value == .ofTheDay }
            if look.forgets { routine.forgetAll() } else { routine.forgetHours() }
            (isSure, forgets) = (false, forgets || look.forgets)
        }
        guard let key, let one = look.routine else { return }
        calls[key] = one
        routine.insert([key: one], stamp: "")
    }
}

/// The calls that detectors need not look at again within the hour or the day, by the detectors' ids. In memory alone: what is not known here is
/// looked at once more, and nothing comes of it.
final class Routines: Sendable {
    private struct State {
        var known: [String: RoutineCalls] = [:]
        /// What a batch has taught, which counts once its transaction has: then the next one begins with another event.
        var learnt: [String: Lesson] = [:]
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
                for (id, lesson) in state.learnt {
                    guard let stamp = state.stamps[id] else { continue }
                    if lesson.forgets { state.known[id] = nil }
                    if !lesson.isSure { state.known[id]?.forgetHours() }
                    state.known[id, default: RoutineCalls()].insert(lesson.calls, stamp: stamp)
                }
            }
            state.learnt = [:]
            for (id, stamp) in stamps { state.known[id]?.forget(unless: stamp) }
            (state.stamps, state.batch) = (stamps, batch)
        }
    }

    func known(_ key: CallKey, _ detector: String) -> Routine? {
        state.withLock { $0.known[detector]?[key] }
    }

    /// - Parameters:
    ///   - learnt: by the detectors' ids.
    ///   - batch: the id of the batch's first event.
    func learn(_ learnt: [String: Lesson], _ batch: String) {
        state.withLock { state in
            guard state.batch == batch else { return }
            state.learnt = learnt
        }
    }

    func forgetAll() { state.withLock { $0 = State() } }
}
