import Testing

@testable import ACMService

struct DomainLooksTests {
    @Test func `An account looks four times at once, and others do not wait for it`() {
        let looks = DomainLooks()
        for _ in 0..<4 { #expect(looks.begin(of: "a")) }
        #expect(!looks.begin(of: "a"))
        #expect(looks.begin(of: "b"))
        looks.end(of: "a", at: 0)
        #expect(looks.begin(of: "a"))
        #expect(!looks.begin(of: "a"))
    }

    /// Each time that a job is put off it is written: a quota full of certificates is not to be that every other second.
    @Test func `What an account has too much comes back one by one`() {
        let looks = DomainLooks()
        let now = 1_800_000_000.0
        let turns = (0..<2500).map { _ in looks.turn(of: "a", at: now) }
        #expect(turns.first == now + 2)
        #expect(turns == turns.sorted())
        let perSecond = Dictionary(grouping: turns) { Int($0) }.values.map(\.count)
        #expect(perSecond.max() == 4)
        #expect(turns.allSatisfy { $0 <= now + 1000 })
        #expect(looks.turn(of: "b", at: now) == now + 2)
        // As time goes on the line does not grow.
        #expect(looks.turn(of: "a", at: now + 3600) == now + 3602)
        // Nor when the clock is put back.
        #expect(looks.turn(of: "a", at: now) == now + 2)
    }
}
