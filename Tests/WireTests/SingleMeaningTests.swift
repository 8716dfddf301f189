import CloudTrailAPI
import Testing

@testable import Wire

/// A request that is passed on must mean one thing, whichever way its JSON is looked at.
@Suite struct SingleMeaningTests {
    private let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101."

    private func isRefused(_ body: String, _ headers: [(name: String, value: String)] = []) -> Bool {
        var request = json(target + "LookupEvents", body)
        request.headers += headers
        do {
            try CloudTrail.service.requireSingleMeaning(of: request, as: CloudTrail.LookupEvents.shape)
            return false
        } catch {
            return true
        }
    }

    private func areAllKnown(_ body: String) throws -> Bool {
        KnownNames.areAll(in: Array(body.utf8), of: try #require(CloudTrail.LookupEvents.shape.input))
    }

    @Test(arguments: [
        #"{}"#, #" { } "#, #"{"MaxResults":10}"#, #"{"MaxResults":-1.5e3,"NextToken":null,"EventCategory":"insight"}"#,
        #"{"LookupAttributes":[]}"#,
        #"{"LookupAttributes" : [ {"AttributeKey":"EventName" , "AttributeValue":"a"},{} ] }"#,
        #"{"NextToken":"\"MaxResults\":{\\","MaxResults":1}"#, #"{"NextToken":"maxResults"}"#,
        #"{"StartTime":1795226584.5}"#,
    ])
    func namesOfMembers(body: String) throws {
        #expect(try areAllKnown(body))
        #expect(!isRefused(body))
    }

    @Test(arguments: [
        #"{"maxResults":10}"#, #"{"MaxResults":10,"MAXRESULTS":11}"#,
        #"{"LookupAttributes":[{"AttributeKey":"EventName"},{"attributeKey":"EventId"}]}"#,
        // The name has an escape in it: what is like it is known only when it is decoded.
        #"{"\u006daxResults":10}"#, #"{"LookupAttributes":[{"attribute\u004bey":"a"}]}"#,
    ])
    func namesThatDifferInCase(body: String) throws {
        #expect(try !areAllKnown(body))
        #expect(isRefused(body))
    }

    /// Nobody takes them for a member; but they need the closer look that finds that out.
    @Test(arguments: [
        #"{"New":{"a":[]},"MaxResults":1}"#, #"{"\u004daxResults":10}"#, #"{"LookupAttributes":[{"New":1}]}"#,
        #"{"LookupAttributes":{"AttributeKey":"a"}}"#, #"{"MaxResults":{"maxResults":1}}"#,
    ])
    func otherNames(body: String) throws {
        #expect(try !areAllKnown(body))
        #expect(!isRefused(body))
    }

    @Test func whatIsNoJSONHasNoKnownNames() throws {
        for body in [
            "", "{", "{\"", "{\"MaxResults", #"{"MaxResults""#, #"{"MaxResults":"#, #"{"MaxResults":1"#, "[", "1",
            #"{"NextToken":"\"#,
        ] {
            #expect(try !areAllKnown(body))
        }
        let deep = String(repeating: "[", count: 100_000)
        #expect(try !areAllKnown(#"{"LookupAttributes":"# + deep))
    }

    @Test func headersThatMayBeThereOnce() {
        #expect(isRefused("{}", [("content-type", "text/plain"), ("Content-Type", "application/json")]))
        #expect(isRefused("{}", [("X-AMZ-TARGET", target + "LookupEvents")]))
        #expect(isRefused("{}", [("Connection", "close, X-Amz-Target")]))
        #expect(isRefused("{}", [("Content-Encoding", "gzip")]))
        #expect(!isRefused("{}", [("Connection", "keep-alive"), ("Accept", "a"), ("accept", "b")]))
    }
}
