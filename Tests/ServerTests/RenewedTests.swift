import Testing

@testable import WAFV2Service

/// Who waits for what is being made anew.
struct RenewedTests {
    private func isWait(_ look: Renewed<Int, String>.Look) -> Bool { if case .wait = look { true } else { false } }

    private func older(_ look: Renewed<Int, String>.Look) -> String? {
        if case .older(let product) = look { product } else { nil }
    }

    private func current(_ look: Renewed<Int, String>.Look) -> String? {
        if case .current(let product) = look { product } else { nil }
    }

    @Test func whatThereIsNotIsWaitedFor() {
        var made = Renewed<Int, String>(1)
        for time in [0.0, 1, 1000] { #expect(isWait(made.look(at: time))) }
        made.take("1", of: 0)
        #expect(current(made.look(at: 1000)) == "1")
    }

    /// Who changes it faster than it is made does not have others wait for ever.
    @Test func changesAreWaitedForAMomentInAll() {
        var made = Renewed<Int, String>(0)
        made.take("0", of: 0)
        for step in 1...60 {
            let before = made.version
            made.change(step)
            let look = made.look(at: Double(step))
            if step <= 11 { #expect(isWait(look)) } else { #expect(older(look) == "\(step - 2)") }
            // What was made of the source as it was before the last change.
            made.take("\(step - 1)", of: before)
        }
        made.take("60", of: made.version)
        #expect(current(made.look(at: 61)) == "60")
        made.change(61)
        #expect(isWait(made.look(at: 62)))
    }

    /// A flood does not pile up at a change.
    @Test func fewWaitForAChange() {
        var made = Renewed<Int, String>(0)
        made.take("0", of: 0)
        made.change(1)
        let looks = (0..<100).map { _ in made.look(at: 1) }
        #expect(looks.prefix(while: isWait).count == 16 && looks.compactMap(older).count == 84)
        made.take("1", of: 1)
        #expect(current(made.look(at: 1)) == "1")
    }

    @Test func whatFailedIsTriedAgain() {
        var made = Renewed<Int, String>(0)
        made.take("failure", of: 0, retry: 30)
        #expect(current(made.look(at: 29)) == "failure")
        #expect(older(made.look(at: 31)) == "failure")
        made.take("0", of: 0)
        #expect(current(made.look(at: 100)) == "0")
    }
}
