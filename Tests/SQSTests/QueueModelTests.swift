import Testing
import Wire

@testable import SQSService

/// Long random lives of queues, each step compared with a model.
@Suite struct QueueModelTests {
    @Test(arguments: 1...5) func standardQueuesAreAsTheModelSays(seed: UInt64) async throws {
        try await live(isFIFO: false, seed: seed)
    }

    @Test(arguments: 1...5) func fifoQueuesAreAsTheModelSays(seed: UInt64) async throws {
        try await live(isFIFO: true, seed: seed)
    }

    private func live(isFIFO: Bool, seed: UInt64) async throws {
        var random = Generator(state: seed)
        let bench = try await Workbench(isFIFO: isFIFO)
        var model = QueueModel(isFIFO: isFIFO)
        var held: [StoredMessage] = []
        for step in 0..<300 {
            let now = bench.now
            model.forgetOld(at: now)
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<7:
                // Groups, so that some are locked while others are not; ids, so that some are duplicates.
                let group = isFIFO ? "g\(Int.random(in: 0..<4, using: &random))" : nil
                let id = isFIFO && Bool.random(using: &random) ? "d\(Int.random(in: 0..<40, using: &random))" : nil
                let delay = isFIFO ? nil : [0, 0, 0, 5, 900].randomElement(using: &random)
                // Some do not fit into their rows.
                try await bench.send(
                    "\(step)", group: group, deduplicationID: id, delay: delay, size: step % 7 == 0 ? 5000 : 10)
                model.send("\(step)", group: group, deduplicationID: id, delay: Int64(delay ?? 0) * 1000, at: now)
            case 7..<12:
                let most = Int.random(in: 1...10, using: &random)
                let hiding = [1, 5, 30, 60].randomElement(using: &random) ?? 30
                let came = try await bench.receive(most, hiding: hiding)
                let problem = model.receive(came.map(\.id), most: most, hiding: Int64(hiding) * 1000, at: now)
                #expect(problem == nil, "step \(step)")
                held += came
            case 12..<15:
                guard let index = held.indices.randomElement(using: &random) else { continue }
                let message = held.remove(at: index)
                let known = model.messages.first { $0.id == message.id }
                let isGood = known.map { $0.receives == message.receives && (!isFIFO || $0.hidden > now) } ?? false
                if isFIFO, known != nil, !isGood {
                    await #expect(throws: ServiceError.self) { try await bench.delete(message) }
                } else {
                    try await bench.delete(message)
                    if isGood { model.messages.removeAll { $0.id == message.id } }
                }
            case 15..<17:
                guard let message = held.randomElement(using: &random) else { continue }
                let seconds = [0, 1, 120].randomElement(using: &random) ?? 0
                let place = model.messages.firstIndex { $0.id == message.id }
                if let place, model.messages[place].receives == message.receives, model.messages[place].hidden > now {
                    try await bench.hide(message, for: seconds)
                    model.messages[place].hidden = now + Int64(seconds) * 1000
                } else {
                    await #expect(throws: ServiceError.self) { try await bench.hide(message, for: seconds) }
                }
            case 17: bench.pass([1, 999, 1000, 30_000, 301_000].randomElement(using: &random) ?? 1)
            case 18 where isFIFO && step % 5 == 0:
                // It holds for what is there already.
                let delay = [0, 3].randomElement(using: &random) ?? 0
                // What was received before is not delayed again in the model's words.
                guard model.messages.allSatisfy({ $0.receives == 0 }) else { continue }
                try await bench.set(["DelaySeconds": String(delay)])
                model.delay = Int64(delay) * 1000
            case 18 where step % 9 == 0:
                let retention = [60, 600, 345_600].randomElement(using: &random) ?? 600
                try await bench.set(["MessageRetentionPeriod": String(retention)])
                model.retention = Int64(retention) * 1000
            default:
                #expect(try await bench.counts() == model.counts(at: now), "step \(step)")
            }
        }
        // In the end everything comes that is there, and nothing else.
        try await bench.set(["DelaySeconds": "0"])
        bench.pass(901_000)
        model.forgetOld(at: bench.now)
        model.delay = 0
        var rest: [StoredMessage] = []
        while true {
            let came = try await bench.receive(10, hiding: 1000)
            guard !came.isEmpty else { break }
            rest += came
            if isFIFO { for message in came { try await bench.delete(message) } }
        }
        #expect(Set(rest.map(\.id)) == Set(model.messages.map(\.id)))
        #expect(rest.count == model.messages.count)
    }
}

/// SplitMix64, so that a failure can be had again.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
