import CloudTrailAPI
import Testing

@testable import Wire

@Suite struct JSONProtocolTests {
    private let protocolJSON = JSONProtocol()
    private let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101."

    @Test func theTargetNamesTheOperation() throws {
        #expect(
            try protocolJSON.operationName(of: json(target + "CreateTrail", "{}"), for: CloudTrail.service)
                == "CreateTrail")
        #expect(try protocolJSON.operationName(of: json("TrentService.Encrypt", "{}"), for: CloudTrail.service) == nil)
        #expect(try protocolJSON.operationName(of: json("CreateTrail", "{}"), for: CloudTrail.service) == nil)
        #expect(try protocolJSON.operationName(of: form("Action=CreateTrail"), for: CloudTrail.service) == nil)
        #expect(
            protocolJSON.unknownOperation("X", version: nil, of: CloudTrail.service)
                == ServiceError("UnknownOperationException", ""))
    }

    private func decode<Operation: OperationModel>(
        _ body: String, as operation: Operation.Type
    ) throws -> Operation.Input {
        Operation.Input(
            try protocolJSON.decode(
                json(target + Operation.shape.name, body), as: Operation.shape, of: CloudTrail.service))
    }

    @Test func inputs() throws {
        let input = try decode(
            #"{"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"é\u00e9\ud83d\udd11"}],"#
                + #""StartTime":1795226584.5,"EndTime":"2026-11-21T02:03:04Z","MaxResults":10,"NextToken":null,"New":{"a":[]}}"#,
            as: CloudTrail.LookupEvents.self)
        #expect(input.lookupAttributes?.first?.attributeValue == "éé\u{1F511}")
        #expect(input.startTime == Timestamp(secondsSinceEpoch: 1_795_226_584.5))
        #expect(input.endTime == Timestamp(secondsSinceEpoch: 1_795_226_584))
        #expect(input.maxResults == 10)
        #expect(input.nextToken == nil)
        #expect(try decode("", as: CloudTrail.LookupEvents.self).structure.isEmpty)
    }

    @Test(arguments: [
        "{", "[]", "\"x\"", "nul", "{}x", "{'a':1}", "{\"MaxResults\":1,}", "{\"MaxResults\":\"1\"}",
        "{\"MaxResults\":1.5}",
        "{\"MaxResults\":99999999999}", "{\"MaxResults\":1,\"MaxResults\":2}", "{\"NextToken\":1}",
        "{\"NextToken\":{}}",
        "{\"NextToken\":[]}", "{\"NextToken\":\"\\ud800\"}", "{\"LookupAttributes\":{}}", "{\"LookupAttributes\":[1]}",
        "{\"LookupAttributes\":[null]}", "{\"StartTime\":true}", "{\"StartTime\":1e300}", "{\"StartTime\":\"soon\"}",
        "{\"NextToken\":\"a\nb\"}", "\u{FEFF}{}",
    ])
    func badBodies(body: String) {
        let error = #expect(throws: ServiceError.self) { try decode(body, as: CloudTrail.LookupEvents.self) }
        #expect(error?.code == "SerializationException")
        #expect(error?.status == 400)
    }

    @Test func typeErrorsReadAsAWSHasThem() {
        #expect(throws: ServiceError("SerializationException", "STRING_VALUE can not be converted to an Integer")) {
            try decode(#"{"MaxResults":"1"}"#, as: CloudTrail.LookupEvents.self)
        }
        #expect(throws: ServiceError("SerializationException", "Start of structure or map found where not expected.")) {
            try decode(#"{"NextToken":{}}"#, as: CloudTrail.LookupEvents.self)
        }
    }

    @Test func answers() {
        let output = CloudTrail.LookupEventsResponse {
            $0.events = [
                CloudTrail.Event {
                    $0.eventTime = Timestamp(secondsSinceEpoch: 1_795_226_584.25)
                    $0.cloudTrailEvent = "{\"a\":\"\\\n\"}"
                }
            ]
        }
        let response = protocolJSON.encode(
            output.structure, of: CloudTrail.LookupEvents.shape, of: CloudTrail.service, requestID: "r")
        #expect(
            text(response)
                == #"{"Events":[{"EventTime":1795226584.25,"CloudTrailEvent":"{\"a\":\"\\\n\"}"}]}"#)
        #expect(response.headers.contains { $0 == ("Content-Type", "application/x-amz-json-1.1") })
        #expect(response.headers.contains { $0 == ("x-amzn-RequestId", "r") })
    }

    @Test func errors() {
        let response = protocolJSON.encode(
            CloudTrail.Failure.trailNotFoundException("no \"such\" trail"), for: CloudTrail.service, requestID: "r")
        #expect(response.status == 400)
        #expect(text(response) == #"{"__type":"TrailNotFoundException","message":"no \"such\" trail"}"#)
        let denied = protocolJSON.encode(
            ServiceError("AccessDeniedException", "no"), for: CloudTrail.service, requestID: "r")
        #expect(text(denied) == #"{"__type":"AccessDeniedException","Message":"no"}"#)
        let unknown = protocolJSON.encode(
            ServiceError("UnknownOperationException", ""), for: CloudTrail.service, requestID: "r")
        #expect(text(unknown) == #"{"__type":"UnknownOperationException"}"#)
    }

    /// Outputs of every operation, written and read again.
    @Test func randomStructuresRoundTrip() throws {
        let seed = Seeded.freshSeed()
        var random = Seeded(seed)
        for name in CloudTrail.service.operationNames {
            let operation = try #require(CloudTrail.service.operation(named: name))
            for shape in [operation.input, operation.output].compactMap({ $0 }) {
                let structure = randomStructure(shape, using: &random)
                var writer = JSONWriter()
                writer.structure(structure)
                let read = try JSONDecoding.input(JSONValue(parsing: writer.bytes), shape)
                #expect(read == structure, "seed \(seed): \(String(decoding: writer.bytes, as: UTF8.self))")
            }
        }
    }
}
