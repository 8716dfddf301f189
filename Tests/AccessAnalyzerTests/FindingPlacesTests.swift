import Lint
import Testing

@testable import AccessAnalyzerService

/// Where ValidatePolicy says that findings are.
@Suite struct FindingPlacesTests {
    private func places(_ text: String) -> [(code: FindingCode, place: FindingPlaces.Place)] {
        let places = FindingPlaces(in: text)
        return Linter().lint(text, as: .identity).findings.map { ($0.code, places.place(of: $0)) }
    }

    /// The text that a place is about.
    private func part(_ text: String, _ place: FindingPlaces.Place) -> String {
        let scalars = Array(text.unicodeScalars)
        var part = String.UnicodeScalarView()
        part.append(contentsOf: scalars[place.start.offset..<place.end.offset])
        return String(part)
    }

    @Test func columnsAndOffsetsCountScalarsAndLinesBytes() throws {
        let text = "{\"Version\": \"2012-10-17\",\r\n\"Statement\": [{\"Sid\": \"\u{1F511}é\", \"Effect\": \"allow\"}]}"
        let found = try #require(places(text).first { $0.code == .invalidEffect })
        #expect(part(text, found.place) == "\"allow\"")
        #expect(found.place.start.line == 2)
        #expect(found.place.start.column == 38)
        #expect(found.place.path == [.value("Statement"), .index(0), .value("Effect")])
    }

    @Test func aValueEndsWhereItsBracketsClose() throws {
        let text = #"{"Version":"2012-10-17","Statement":[{"Action":"s3:GetObject","Resource":["}]\"",{"a":["]"]}]}]}"#
        let found = try #require(places(text).first { $0.code == .missingEffect })
        #expect(part(text, found.place) == String(text.dropFirst(37).dropLast(2)))
    }

    @Test func aWholeDocumentHasNoPath() throws {
        let text = #"  {"Statement": []}  "#
        let found = try #require(places(text).first { $0.code == .missingVersion })
        #expect(found.place.path.isEmpty)
        #expect(part(text, found.place) == #"{"Statement": []}"#)
    }

    /// Of what ends too early, the place is its end.
    @Test func theEndOfATextIsAPlace() throws {
        let text = "{\"Version\": \n"
        let found = try #require(places(text).first { $0.code == .jsonSyntaxError })
        #expect(found.place.start == found.place.end)
        #expect(found.place.start == FindingPlaces.Position(line: 2, column: 0, offset: 13))
    }

    @Test(
        arguments: [
            ("s3:NoSuch", FindingCode.invalidAction, "NoSuch", 3), ("nosuch:X", .invalidServiceInAction, "nosuch", 0),
        ]) func partsOfActions(action: String, code: FindingCode, part wanted: String, start: Int) throws
    {
        let text =
            #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"\#(action)","Resource":"*"}}"#
        let found = try #require(places(text).first { $0.code == code })
        #expect(part(text, found.place) == wanted)
        #expect(found.place.path.last == .substring(start: start, length: wanted.utf8.count))
    }

    @Test(
        arguments: [
            ("arn:aws:s3:::é", FindingCode.invalidARNResource), ("arn:aws:iam::12:role/x", .invalidARNAccount),
            ("arn:nowhere:s3:::x", .invalidPartition),
        ]) func partsOfARNs(arn: String, code: FindingCode) throws
    {
        let text = #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"\#(arn)"}}"#
        guard let found = places(text).first(where: { $0.code == code }) else { return }
        let wanted = [FindingCode.invalidARNAccount: "12", .invalidPartition: "nowhere"][code] ?? "\"\(arn)\""
        #expect(part(text, found.place) == wanted)
    }

    /// Any text has a place for each of its findings, within it.
    @Test func placesAreWithinTheText() {
        let texts = [
            "", " ", "{", "\"", "{\"Statement\":\"", "[[[[", "{\"Statement\":{\"Action\":\"\\", "\u{FEFF}{}",
            "{\"é\":1}",
            "{\"Statement\":[{\"Effect\":\"x\\\"y\"}]}",
        ]
        for text in texts {
            let count = text.unicodeScalars.count
            for (_, place) in places(text) {
                #expect(place.start.offset <= place.end.offset && place.end.offset <= count, "\(text)")
            }
        }
    }
}
