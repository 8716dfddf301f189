import Testing

@testable import CloudWatchLogsService

@Suite struct EventPlaceTests {
    private let places = [
        EventPlace.before(0), EventPlace(time: 0, stream: 1, segment: 0, index: 0),
        EventPlace(time: 5, stream: .max, segment: 9, index: 9_999),
        EventPlace(time: 6, stream: 1, segment: 0, index: 0),
        EventPlace(time: 1_796_000_000_000, stream: 7, segment: 1, index: 2),
        EventPlace(time: 1_796_000_000_000, stream: 7, segment: 1, index: 10),
    ]

    @Test func textsAreInTheOrderOfThePlaces() {
        for (a, b) in zip(places, places.dropFirst()) {
            #expect(a < b)
            #expect(a.text < b.text)
        }
        #expect(Set(places.map(\.text.utf8.count)) == [56])
    }

    @Test func textsAreReadAgain() {
        for place in places { #expect(EventPlace(place.text) == place) }
        let long = String(repeating: "3", count: 57)
        for text in ["", "3", long, "4" + places[0].text.dropFirst(), "3" + String(repeating: "x", count: 55)] {
            #expect(EventPlace(text) == nil)
        }
    }

    @Test func tokensAreReadAgain() throws {
        for place in places {
            for isForward in [true, false] {
                let token = StreamToken(isForward: isForward, place: place)
                #expect(try StreamToken(token.text) == token)
            }
            let segment = LogSegment.Place(first: 17, stream: 3, number: 5)
            for from in [
                Resumption(time: 17, merges: nil), Resumption(time: 17, merges: 3), Resumption(segment, merges: 0),
            ] {
                let token = SearchToken(place: place, from: from)
                #expect(try SearchToken(token.text) == token)
                let within = StreamToken(isForward: true, place: place, from: from)
                #expect(try StreamToken(within.text) == within)
            }
        }
        for text in ["", "f", "f/1/s", "x/\(places[0].text)/s", "f/\(places[0].text)/t"] {
            #expect(throws: (any Error).self) { try StreamToken(text) }
        }
        for text in [
            "", "1-2", "\(places[0].text)", "\(places[0].text)-", "\(places[0].text)--1", "\(places[0].text)-1-2-3",
            "\(places[0].text)-1-2-3-4-5",
        ] {
            #expect(throws: (any Error).self) { try SearchToken(text) }
        }
    }
}
