import Platform
import Testing

@testable import SQSService

/// Each waits for an hour, but for what ends it.
@Suite(.timeLimit(.minutes(5))) struct QueueSignalTests {
    private let signals = QueueSignals()
    private let ending = Ending()

    private func wait(since version: UInt64, until: Double = 3600) -> Task<Void, Never> {
        Task { [signals, ending] in
            await signals.wait(for: "a", since: version, until: until, seconds: 3600, ending)
        }
    }

    /// What comes between looking for messages and waiting for them.
    @Test func nothingIsMissed() async {
        let version = signals.version(of: "a")
        signals.wake("a", 1)
        await wait(since: version).value
    }

    @Test func oneMessageWakesOne() async {
        let waiters = (0..<2).map { _ in wait(since: 0) }
        while signals.waiters(of: "a") < 2 { await Task.yield() }
        signals.wake("b", 1)
        signals.wake("a", 1)
        while signals.waiters(of: "a") > 1 { await Task.yield() }
        #expect(signals.waiters(of: "a") == 1)
        signals.wake("a", 1)
        for waiter in waiters { await waiter.value }
    }

    /// Only whoever would sleep past it hears of a message that comes later.
    @Test func laterMessagesWakeWhoWouldMissThem() async {
        let early = wait(since: 0, until: 10)
        let late = wait(since: 0, until: 20)
        while signals.waiters(of: "a") < 2 { await Task.yield() }
        signals.wake("a", waitingPast: 15_000)
        await late.value
        #expect(signals.waiters(of: "a") == 1)
        early.cancel()
        await early.value
        #expect(signals.waiters(of: "a") == 0)
    }

    @Test func theEndOfTheServerIsTheEndOfWaiting() async {
        let waiter = wait(since: 0)
        while signals.waiters(of: "a") < 1 { await Task.yield() }
        ending.begin()
        await waiter.value
        // Nor does anybody begin to.
        await wait(since: signals.version(of: "a")).value
    }
}
