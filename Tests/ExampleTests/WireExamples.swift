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
