import Mapping
import Testing

@testable import Upstreams

/// What is believed of what endpoints have told.
struct RecollectionsTests {
    private let url = "http://127.0.0.1:8000"
    private let table = "arn:aws:dynamodb:us-east-1:111122223333:table/notes"
    private let told = Recollections.Answer.arn("a")

    @Test("An answer is believed for a minute, of that endpoint and that thing alone")
    func aMinute() {
        let known = Recollections()
        known.note(told, of: table, at: url, asked: known.moment, now: 1000)
        #expect(known.answer(of: table, at: url, now: 1059) == told)
        #expect(known.answer(of: table, at: url, now: 1060) == nil)
        #expect(known.answer(of: table, at: "http://127.0.0.1:8001", now: 1000) == nil)
        #expect(known.answer(of: table + "2", at: url, now: 1000) == nil)
    }

    @Test("A change makes it forgotten when it begins, and when it ends")
    func changes() {
        let known = Recollections()
        func note() { known.note(told, of: table, at: url, asked: known.moment, now: 1000) }
        var isKnown: Bool { known.answer(of: table, at: url, now: 1000) != nil }
        note()
        known.changeBegins(of: [table])
        #expect(!isKnown)
        note()
        #expect(!isKnown)
        known.changeBegins(of: [table])
        known.changeEnds(of: [table])
        note()
        #expect(!isKnown)
        known.changeEnds(of: [table])
        note()
        #expect(isKnown)
        known.changeBegins(of: [table + "2"])
        #expect(isKnown)
        known.changeEnds(of: [table + "2"])
        #expect(isKnown)
    }

    @Test("Who asked before a change, and has the answer after it, keeps nothing")
    func askedBefore() {
        let known = Recollections()
        let before = known.moment
        known.changeBegins(of: [table])
        let within = known.moment
        known.changeEnds(of: [table])
        for moment in [before, within] {
            known.note(told, of: table, at: url, asked: moment, now: 1000)
            #expect(known.answer(of: table, at: url, now: 1000) == nil)
        }
    }
}
