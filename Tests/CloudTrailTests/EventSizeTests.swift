import Testing
import Wire

@testable import CloudTrailService

@Suite struct EventSizeTests {
    private func record(_ sizes: [(String, Int)]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("eventVersion", "1.11")
        for (name, size) in sizes {
            writer.key(name)
            let text = String(repeating: "é", count: size / 2)
            if ["userAgent", "errorMessage"].contains(name) {
                writer.string(text)
            } else {
                writer.beginObject()
                writer.member("text", text)
                writer.endObject()
            }
        }
        writer.member("eventCategory", "Management")
        writer.endObject()
        return writer.bytes
    }

    private func note(_ field: String, _ size: Int) -> JSONValue {
        .object([
            JSONMember(key: "reason", value: .string("\(field) too large")),
            JSONMember(key: "omitted", value: .boolean(true)),
            JSONMember(key: "originalSize", value: .integer(size + 11)),
        ])
    }

    @Test func whatFitsIsLeftAsItIs() {
        for size in [10, 20_000, 100_000] {
            let bytes = record([("requestParameters", size), ("responseElements", size)])
            #expect(EventSize.standard.fitted(bytes) == bytes)
            #expect(EventSize.large.fitted(bytes) == bytes)
        }
        // No JSON, as no record is.
        let nonsense = [UInt8](repeating: 0x7b, count: 2 << 20)
        #expect(EventSize.standard.fitted(nonsense) == nonsense)
    }

    @Test func aFieldThatIsTooLarge() throws {
        let bytes = record([("requestParameters", 200_000), ("additionalEventData", 30_000), ("userAgent", 3001)])
        #expect(EventSize.large.fitted(bytes) == bytes)
        let cut = try JSONValue(parsing: EventSize.standard.fitted(bytes))
        #expect(cut["requestParameters"] == note("requestParameters", 200_000))
        #expect(cut["additionalEventData"] == note("additionalEventData", 30_000))
        #expect(cut["userAgent"] == .string(String(repeating: "é", count: 512)))
        #expect(cut["eventVersion"] == .string("1.11") && cut["eventCategory"] == .string("Management"))
    }

    /// In AWS's order, and no more than is needed.
    @Test func aRecordThatIsTooLarge() throws {
        let bytes = record([("responseElements", 700_000), ("requestParameters", 800_000)])
        let cut = try JSONValue(parsing: EventSize.large.fitted(bytes))
        #expect(cut["responseElements"] == note("responseElements", 700_000))
        #expect(cut["requestParameters"]?["text"] != nil)
    }

    @Test func fieldsThatAreTooMuchTogether() throws {
        let sizes = [
            ("additionalEventData", 28_000), ("serviceEventDetails", 100_000), ("responseElements", 100_000),
            ("requestParameters", 100_000),
        ]
        let fitted = EventSize.standard.fitted(record(sizes))
        #expect(fitted.count <= 256 << 10)
        #expect(try JSONValue(parsing: fitted)["requestParameters"]?["text"] != nil)
    }
}
