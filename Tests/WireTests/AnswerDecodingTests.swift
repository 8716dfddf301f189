import ShapesCBORAPI
import ShapesEC2API
import ShapesJSON10API
import ShapesJSON11API
import ShapesMeterAPI
import ShapesQueryAPI
import ShapesRESTJSONAPI
import ShapesRESTXMLAPI
import Testing

@testable import Wire

/// The client's side of the protocols against the server's, which botocore and the SDKs read in `test_protocols.py`.
@Suite struct AnswerDecodingTests {
    static let services = [
        ShapesCBOR.service, ShapesEC2.service, ShapesJSON10.service, ShapesJSON11.service, ShapesMeter.service,
        ShapesQuery.service, ShapesRESTJSON.service, ShapesRESTXML.service,
    ]

    /// Whatever a server writes is read as it was.
    @Test(arguments: services.indices) func outputsComeBack(_ index: Int) throws {
        let service = Self.services[index]
        let seed = Seeded.freshSeed()
        var random = Seeded(seed)
        for name in service.operationNames {
            let operation = try #require(service.operation(named: name))
            for wire in service.wireProtocols {
                for _ in 0..<150 {
                    let output = Self.randomOutput(operation.output ?? .empty, wire, using: &random)
                    let answer = wire.encode(output, of: operation, of: service, requestID: "R")
                    let decoded = try wire.decodeAnswer(
                        status: answer.status, headers: answer.headers, body: answer.body, as: operation, of: service)
                    try #require(
                        decoded == Self.onTheWire(output, wire, answer),
                        "seed \(seed), \(service.id) \(name), \(type(of: wire)): \(String(decoding: answer.body, as: UTF8.self))"
                    )
                    #expect(
                        wire.decodeError(status: 200, headers: answer.headers, body: answer.body, of: service) == nil)
                }
            }
        }
    }

    @Test(arguments: services.indices) func errorsComeBack(_ index: Int) throws {
        let service = Self.services[index]
        var conflict = ServiceError("ShapeConflictException", "Two & <one>.", status: 409)
        if let code = service.errors.keys.first(where: { $0.hasPrefix("ShapeConflict") }) { conflict.code = code }
        let errors = [
            conflict, ServiceError("AccessDenied", "", status: 403),
            ServiceError("InternalFailure", "It broke.", status: 500),
        ]
        for wire in service.wireProtocols {
            for error in errors {
                let answer = wire.encode(error, for: service, requestID: "R")
                let decoded = try #require(
                    wire.decodeError(status: answer.status, headers: answer.headers, body: answer.body, of: service))
                let codes = [error.code, service.errors[error.code]?.name ?? error.code]
                // S3 has a name and a text of its own for this one.
                if service.hasBareErrors, error.code == "InternalFailure" {
                    #expect(decoded.code == "InternalError")
                } else {
                    #expect(codes.contains(decoded.code), "\(type(of: wire)): \(decoded)")
                    #expect(decoded.message == error.message)
                }
                #expect(decoded.status == error.status)
                #expect(decoded.fault == error.fault)
            }
        }
    }

    /// What other servers send, in whichever form.
    @Test func formsOfErrors() {
        let forms: [(headers: [(name: String, value: String)], body: String, code: String, message: String)] = [
            (
                [], #"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"No queue."}"#, "QueueDoesNotExist",
                "No queue."
            ),
            (
                [("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")],
                #"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","Message":"No queue."}"#,
                "AWS.SimpleQueueService.NonExistentQueue", "No queue."
            ),
            (
                [("X-Amzn-ErrorType", "ResourceNotFoundException:http://internal.amazon.com/coral/com.amazon.coral/")],
                #"{"Message":"No function.","Type":"User"}"#, "ResourceNotFoundException", "No function."
            ),
            ([], #"{"code":"BadRequest","message":"Bad."}"#, "BadRequest", "Bad."),
            (
                [],
                "<ErrorResponse xmlns='urn:x'><Error><Type>Sender</Type><Code>NotFound</Code><Message>No topic.</Message></Error><RequestId>R</RequestId></ErrorResponse>",
                "NotFound", "No topic."
            ),
            (
                [],
                "<?xml version='1.0'?>\n<Response><Errors><Error><Code>InvalidID</Code><Message>No VPC.</Message></Error></Errors></Response>",
                "InvalidID", "No VPC."
            ),
            ([], "<Error><Code>NoSuchKey</Code><Message>No key.</Message></Error>", "NoSuchKey", "No key."),
            ([], "", "404", ""), ([], "<html><body>Bad gateway</body></html>", "404", ""), ([], "{", "404", ""),
            ([], #"{"__type":"a b"}"#, "404", ""),
            ([], #"{"__type":"\#(String(repeating: "a", count: 300))"}"#, "404", ""),
            ([], #"{"__type":["x"],"message":{}}"#, "404", ""),
            ([("x-amzn-errortype", ":"), ("x-amzn-query-error", ";;")], "[]", "404", ""),
        ]
        for form in forms {
            for service in Self.services {
                for wire in service.wireProtocols {
                    let error = wire.decodeError(
                        status: 404, headers: form.headers, body: Array(form.body.utf8), of: service)
                    #expect(error?.code == form.code, "\(form.body)")
                    #expect(error?.message == form.message)
                    #expect(error?.status == 404)
                }
            }
        }
    }

    /// S3 has answered with 200 already when a copy fails.
    @Test func bareErrorWithinASuccess() {
        let body = Array("<?xml version=\"1.0\"?>\n<Error><Code>SlowDown</Code><Message>Later.</Message></Error>".utf8)
        let service = ShapesRESTXML.service
        let error = RESTXMLProtocol().decodeError(status: 200, headers: [], body: body, of: service)
        #expect((error?.code == "SlowDown" && error?.status == 500) == service.hasBareErrors)
        #expect(RESTXMLProtocol().decodeError(status: 200, headers: [], body: body, of: ShapesQuery.service) == nil)
    }

    @Test func messagesEnd() {
        let text = String(repeating: "é", count: 5000)
        let error = JSONProtocol().decodeError(
            status: 400, headers: [], body: Array("{\"__type\":\"X\",\"message\":\"\(text)\"}".utf8),
            of: ShapesJSON10.service)
        #expect(error?.message.utf8.count == 4096)
    }

    /// Unknown members say nothing; members of another type, or given twice, are not guessed at.
    @Test func strangeAnswers() throws {
        let json = try #require(ShapesJSON10.service.operation(named: "Echo"))
        func decode(_ body: String) throws -> Structure {
            try JSONProtocol().decodeAnswer(
                status: 200, headers: [], body: Array(body.utf8), as: json, of: ShapesJSON10.service)
        }
        #expect(try decode(#"{"Nobody":{"knows":[1]},"Text":"x"}"#)["Text"] == .string("x"))
        for body in [#"{"Text":1}"#, #"{"Text":"x","Text":"y"}"#, "[]", "{", "<a/>"] {
            #expect { try decode(body) } throws: { ($0 as? ServiceError)?.status == 502 }
        }
        let query = try #require(ShapesQuery.service.operation(named: "Echo"))
        for body in [
            "<EchoResponse/>", "<EchoResponse><EchoResult/><EchoResult/></EchoResponse>", "",
            "<EchoResponse><EchoResult><Text>x</Text><Text>y</Text></EchoResult></EchoResponse>",
            "<EchoResponse><EchoResult><Integer>x</Integer></EchoResult></EchoResponse>",
            "<!DOCTYPE x [<!ENTITY y 'z'>]><EchoResponse><EchoResult><Text>&y;</Text></EchoResult></EchoResponse>",
        ] {
            #expect {
                try QueryProtocol().decodeAnswer(
                    status: 200, headers: [], body: Array(body.utf8), as: query, of: ShapesQuery.service)
            } throws: { ($0 as? ServiceError)?.code == "SerializationException" }
        }
    }

    /// Damaged answers are read or refused; nothing traps.
    @Test(arguments: services.indices) func damagedAnswers(_ index: Int) throws {
        let service = Self.services[index]
        var random = Seeded(Seeded.freshSeed())
        for name in service.operationNames {
            let operation = try #require(service.operation(named: name))
            for wire in service.wireProtocols {
                for _ in 0..<300 {
                    let output = Self.randomOutput(operation.output ?? .empty, wire, using: &random)
                    var answer = wire.encode(output, of: operation, of: service, requestID: "R")
                    for _ in 0..<Int.random(in: 1...4, using: &random) where !answer.body.isEmpty {
                        let position = Int.random(in: 0..<answer.body.count, using: &random)
                        switch Int.random(in: 0..<4, using: &random) {
                        case 0: answer.body[position] = UInt8.random(in: .min ... .max, using: &random)
                        case 1: answer.body.remove(at: position)
                        case 2: answer.body.removeLast(position)
                        default:
                            answer.body.insert("{}[]\",:<>/\\0".utf8.randomElement(using: &random) ?? 0, at: position)
                        }
                    }
                    do throws(ServiceError) {
                        _ = try wire.decodeAnswer(
                            status: answer.status, headers: answer.headers, body: answer.body, as: operation,
                            of: service)
                    } catch {
                        #expect(error.status == 502)
                    }
                    _ = wire.decodeError(status: 500, headers: answer.headers, body: answer.body, of: service)
                }
            }
        }
    }

    // MARK: What comes and goes

    /// An output that the protocol can carry: headers hold what headers may, and documents are JSON.
    private static func randomOutput(
        _ shape: StructureShape, _ wire: any WireProtocol, using random: inout Seeded
    ) -> Structure {
        var output = randomStructure(shape, depth: 4, using: &random)
        for (index, member) in shape.members.enumerated() where output[member: index] != nil {
            switch (member.location, member.shape) {
            case (.header, .string): output[member: index] = .string("a\(Int.random(in: 0...99, using: &random))")
            case (.header, .list): output[member: index] = .list([.string("a, b"), .string("\"c\\")])
            case (.headers, _): output[member: index] = .map([MapEntry(key: "some-name", value: .string("x y"))])
            case (.statusCode, _): output[member: index] = .integer(Int.random(in: 200..<300, using: &random))
            case (_, .structure(let shape)) where shape.isDocument:
                output[member: index] = .document(.object([JSONMember(key: "a", value: .array([.integer(1), .null]))]))
            default:
                output[member: index] = output[member: index].map { precise($0, member.shape) }
            }
        }
        return output
    }

    /// A value with no more digits than the model says that it has.
    private static func precise(_ value: Value, _ shape: Shape) -> Value {
        if case (.double(let double), .double(let shape)) = (value, shape), shape.isShort {
            return .double(Double(Float(double)))
        }
        return value
    }

    /// What of an output is seen from the other side: XML has no empty list without an element around it, an empty body is
    /// none, and a stream is left alone.
    private static func onTheWire(_ output: Structure, _ wire: any WireProtocol, _ answer: WireResponse) -> Structure {
        var seen = output
        let isXML = wire is QueryProtocol || wire is EC2Protocol || wire is RESTXMLProtocol
        for (index, member) in output.shape.members.enumerated() {
            switch (member.shape, output[member: index]) {
            case (.list(let list), .list(let elements)?) where isXML && elements.isEmpty:
                if member.isFlattened || list.isFlattened { seen[member: index] = nil }
            case (.map(let map), .map(let entries)?) where isXML && entries.isEmpty:
                if member.isFlattened || map.isFlattened { seen[member: index] = nil }
            default: break
            }
            // Bodies have a type, whether or not the output says one.
            if member.location == .header, output[member: index] == nil, member.headerName == "content-type" {
                seen[member: index] = answer.headers.first(named: "content-type").map { .string($0) }
            }
            if member.location == .statusCode { seen[member: index] = .integer(answer.status) }
            if index == output.shape.payload, output.shape.streamsPayload || answer.body.isEmpty {
                seen[member: index] = nil
            }
        }
        return seen
    }
}
