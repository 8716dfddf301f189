import Testing
import WAF

@testable import WAFV2Service

@Suite struct AttemptsTests {
    private func task(_ number: Int, at time: Double) -> ClientTask {
        ClientTask(
            id: "\(number)", grant: .challenge, webACL: "acl", host: "shop", goal: "/", issued: time, keeper: nil,
            words: nil)
    }

    /// However many were answered, everybody may answer another one; those of late are good for one answer.
    @Test func manyAnswersKeepNobodyFromAnswering() {
        let attempts = Attempts(mostAnswered: 1000)
        for number in 0..<5000 {
            #expect(attempts.use(task(number, at: 1000), at: 1000))
            #expect(!attempts.use(task(number, at: 1000), at: 1000))
            #expect(!attempts.use(task(max(0, number - 499), at: 1000), at: 1000))
        }
    }

    @Test func anAnswerIsKeptInMindAsLongAsItsTaskIsGood() {
        let attempts = Attempts()
        for start in [1000.0, 1599, 1601, 2900] {
            let task = task(Int(start), at: start)
            #expect(attempts.use(task, at: start))
            for second in stride(from: 0, through: ClientTask.lifetime, by: 50) {
                #expect(!attempts.use(task, at: start + second))
                #expect(attempts.use(self.task(Int(start * 10_000 + second), at: start), at: start + second))
            }
        }
    }

    @Test func rightAnswersAreLimitedToo() throws {
        let attempts = Attempts()
        let client = try #require(IPAddress("2001:db8::1"))
        let (neighbour, other) = (IPAddress("2001:db8::2"), IPAddress("2001:db8:1::1"))
        for _ in 0..<300 {
            #expect(attempts.refusal(of: client, at: 1000) == nil)
            attempts.note(isRight: true, from: client, at: 1000)
        }
        #expect(attempts.refusal(of: neighbour, at: 1299) != nil)
        #expect(attempts.refusal(of: other, at: 1299) == nil)
        #expect(attempts.refusal(of: neighbour, at: 1300) == nil)
    }
}
