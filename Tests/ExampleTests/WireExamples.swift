import IAMAPI
import Synchronization
import Testing
import Wire

/// What the documentation of `Wire` shows.
struct WireExamples {
    private func answer(_ request: WireRequest) throws(ServiceError) -> WireResponse? {
        let service = IAM.service
        let wire = service.wireProtocol(of: request)  // a service may speak several

        guard let name = try wire.operationName(of: request, for: service) else { return nil }  // not in this protocol
        guard let operation = service.operation(named: name) else {
            throw wire.unknownOperation(name, version: nil, of: service)
        }
        let input = try wire.decode(request, as: operation, of: service)  // types are right
        try validate(input, of: operation)  // constraints hold
        let output = try handle(IAM.ListGroups.Input(input)).structure
        return wire.encode(output, of: operation, of: service, requestID: "1234")
    }

    private func handle(_ input: IAM.ListGroups.Input) throws(ServiceError) -> IAM.ListGroups.Output {
        guard input.pathPrefix == "/" else { throw IAM.Failure.noSuchEntity("There is no such path.") }
        return IAM.ListGroups.Output([], next: nil)
    }

    private func request(_ form: String) -> WireRequest {
        WireRequest(
            headers: [(name: "content-type", value: "application/x-www-form-urlencoded")], body: Array(form.utf8))
    }

    @Test func answers() throws {
        let answer = try #require(try answer(request("Action=ListGroups&Version=2010-05-08&PathPrefix=/")))
        #expect(answer.status == 200)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("<Groups/>"))
    }

    @Test func refusals() {
        #expect(throws: IAM.Failure.noSuchEntity("There is no such path.")) {
            try answer(request("Action=ListGroups&Version=2010-05-08&PathPrefix=/x/"))
        }
        #expect(throws: ServiceError.self) { try answer(request("Action=MakeTea&Version=2010-05-08")) }
        #expect(throws: ServiceError.self) { try answer(request("Action=ListGroups&MaxItems=many")) }
    }

    @Test func answersOfOthers() throws {
        let wire = IAM.service.wireProtocol(of: request("Action=ListGroups&Version=2010-05-08"))
        let operation = try #require(IAM.service.operation(named: "ListGroups"))
        let groups = IAM.ListGroups.Output([], next: nil).structure
        let answer = wire.encode(groups, of: operation, of: IAM.service, requestID: "1234")
        let output = try wire.decodeAnswer(
            status: answer.status, headers: answer.headers, body: answer.body, as: operation, of: IAM.service)
        print(output["IsTruncated"] == .boolean(false))  // true
        #expect(output["IsTruncated"] == .boolean(false))
    }

    @Test func models() {
        let operation = IAM.service.operation(named: "CreateUser")
        let name = operation?.input?.members.first { $0.name == "UserName" }
        print(name?.isRequired ?? false)  // true
        #expect(name?.isRequired == true)
        #expect(IAM.service.error(code: "NoSuchEntity")?.status == 404)
    }

    @Test func views() {
        var user = IAM.User {
            $0.userName = "analyst"
            $0.path = "/"
        }
        user.tags = [IAM.Tag(key: "team", value: "audit")]
        let name = user.structure["UserName"]  // .string("analyst")
        #expect(name == .string("analyst"))
        #expect(user.tags?.first?.pair.value == "audit")
    }

    @Test func writingJSON() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("eventVersion", "1.11")
        writer.key("readOnly")
        writer.boolean(true)
        writer.endObject()
        let json = String(decoding: writer.bytes, as: UTF8.self)  // {"eventVersion":"1.11","readOnly":true}
        #expect(json == #"{"eventVersion":"1.11","readOnly":true}"#)
    }

    @Test func readingJSON() throws {
        let text = Array(#"{"Rules": [{"Id": 1}]}"#.utf8)
        let value = try JSONValue(parsing: text)
        guard case .array(let rules)? = value["Rules"] else {
            Issue.record("There are no rules.")
            return
        }
        let id = rules.first?["Id"]  // .integer(1)
        #expect(id == .integer(1))
        #expect(throws: JSONError.self) {
            try JSONValue(parsing: Array(#"{"a": 1, "a": 2}"#.utf8))
        }
    }

    @Test func timestamps() {
        let time = Timestamp(parsing: "2026-11-21T02:03:04+01:00")
        print(time?.iso8601 ?? "")  // 2026-11-21T01:03:04Z
        #expect(time?.iso8601 == "2026-11-21T01:03:04Z")
        #expect(time?.httpDate == "Sat, 21 Nov 2026 01:03:04 GMT")
    }

    @Test func streams() async throws {
        let pieces = [Array("one".utf8), Array("two".utf8)]
        let left = Pieces(pieces)
        let body = BodyStream(length: 6) {
            left.next()
        } onStop: {
            left.close()
        }
        var content: [UInt8] = []
        while let piece = try await body.next() { content += piece }
        #expect(content == Array("onetwo".utf8))
        #expect(left.isClosed)
    }

    @Test func lists() {
        let list = LazyList(["alice", "bob"]) { name in IAM.User { $0.userName = name } }
        print(list.count)  // 2

        #expect(list.count == 2)
    }
}

/// Stands for a file that is read piece by piece.
private final class Pieces: Sendable {
    private let state: Mutex<(pieces: [[UInt8]], isClosed: Bool)>

    init(_ pieces: [[UInt8]]) {
        state = Mutex((pieces, false))
    }

    func next() -> [UInt8]? { state.withLock { $0.pieces.isEmpty ? nil : $0.pieces.removeFirst() } }

    func close() { state.withLock { $0.isClosed = true } }

    var isClosed: Bool { state.withLock { $0.isClosed } }
}
