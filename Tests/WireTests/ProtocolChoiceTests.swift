import Testing

@testable import Wire

/// As CloudWatch, a service that speaks three protocols.
private let meter = ServiceShape(
    schema: #"""
        service id=meter signing=meter endpoint=meter version=2026-11-21 serviceID=Meter protocol=smithy-rpc-v2-cbor,json,query json=1.0 target=Meter queryCompatible
        structure LostException fault=sender code=Lost status=404
          message String
        string String
        operation Read errors=LostException
        """#)

@Suite struct ProtocolChoiceTests {
    @Test func theRequestSaysIt() {
        #expect(meter.protocols == [.cbor, .json, .query])
        #expect(meter.wireProtocol(of: json("Meter.Read", "{}")) is JSONProtocol)
        #expect(meter.wireProtocol(of: form("Action=Read")) is QueryProtocol)
        let cbor = WireRequest(path: "/service/Meter/operation/Read", headers: [("Smithy-Protocol", "rpc-v2-cbor")])
        #expect(meter.wireProtocol(of: cbor) is CBORProtocol)
        // What bears no mark at all is answered as what has none.
        #expect(meter.wireProtocol(of: WireRequest(method: "PUT")) is QueryProtocol)
    }

    @Test(arguments: [
        ("/service/Meter/operation/Read", "Read"), ("/a/b/service/Meter/operation/Read", "Read"),
        ("/service/Other/operation/Read", nil), ("/service/Meter/operation/Read/", nil), ("/", nil), ("", nil),
        ("/service/Meter/operation/Unheard", "Unheard"), ("/Meter/operation/Read", nil),
    ])
    func thePathNamesTheOperation(path: String, name: String?) throws {
        let request = WireRequest(path: path, headers: [("smithy-protocol", "rpc-v2-cbor")])
        #expect(try CBORProtocol().operationName(of: request, for: meter) == name)
        #expect(try CBORProtocol().operationName(of: WireRequest(path: path), for: meter) == nil)
        let get = WireRequest(method: "GET", path: path, headers: [("smithy-protocol", "rpc-v2-cbor")])
        #expect(try CBORProtocol().operationName(of: get, for: meter) == nil)
    }

    @Test func anErrorHasItsOldCodeInAHeader() {
        let error = meter.serviceError("Lost", "m")
        for wire in [JSONProtocol(), CBORProtocol()] as [any WireProtocol] {
            let answer = wire.encode(error, for: meter, requestID: "r")
            #expect(answer.status == 404)
            #expect(answer.headers.contains { $0.name == "x-amzn-query-error" && $0.value == "Lost;Sender" })
        }
        #expect(
            text(JSONProtocol().encode(error, for: meter, requestID: "r"))
                == #"{"__type":"com.amazonaws.meter#LostException","message":"m"}"#)
    }

    @Test func namespacesWithAPrefix() {
        #expect(XMLNamespace("http://a/?b=c").prefix == nil)
        #expect(XMLNamespace("xsi=http://a/?b=c").prefix == "xsi")
        #expect(XMLNamespace("xsi=http://a/?b=c").uri == "http://a/?b=c")
    }

    @Test func millisecondsRoundIntoTheNextSecond() {
        #expect(Timestamp(secondsSinceEpoch: 0.9996).iso8601WithMilliseconds == "1970-01-01T00:00:01.000Z")
        #expect(Timestamp(secondsSinceEpoch: -0.25).iso8601WithMilliseconds == "1969-12-31T23:59:59.750Z")
        #expect(Timestamp(secondsSinceEpoch: .nan).iso8601WithMilliseconds == "1970-01-01T00:00:00Z")
        #expect(Timestamp(secondsSinceEpoch: 1e300).iso8601WithMilliseconds.hasPrefix("9999-12-31T23:59:59"))
    }
}

/// As S3, a service of which some operations differ by required parameters and headers alone.
private let store = ServiceShape(
    schema: #"""
        service id=store signing=store endpoint=store version=2026-11-21 serviceID=Store protocol=rest-xml bareErrors
        structure Object
          Bucket! String location=uri locationName=Bucket
          Key! String location=uri locationName=Key
        structure Part
          Bucket! String location=uri locationName=Bucket
          Key! String location=uri locationName=Key
          Upload! String location=querystring locationName=uploadId
        structure Copy
          Bucket! String location=uri locationName=Bucket
          Key! String location=uri locationName=Key
          Source! String location=header locationName=x-store-source
        structure PartCopy
          Bucket! String location=uri locationName=Bucket
          Key! String location=uri locationName=Key
          Upload! String location=querystring locationName=uploadId
          Source! String location=header locationName=x-store-source
        structure Location
          Place String
        string String
        operation CopyObject method=PUT uri=/{Bucket}/{Key+} input=Copy
        operation GetLocation method=GET uri=/{Bucket}?location output=Location unwrapped
        operation GetAttributes method=GET uri=/{Bucket}/{Key+}?attributes input=Copy
        operation GetObject method=GET uri=/{Bucket}/{Key+} input=Object
        operation PutLife method=PUT uri=/{Bucket}?life deprecated
        operation PutLifeConfiguration method=PUT uri=/{Bucket}?life
        operation PutObject method=PUT uri=/{Bucket}/{Key+} input=Object
        operation UploadPart method=PUT uri=/{Bucket}/{Key+} input=Part
        operation UploadPartCopy method=PUT uri=/{Bucket}/{Key+} input=PartCopy
        """#)

@Suite struct RESTRoutesTests {
    private func name(
        _ method: String, _ path: String, _ query: String = "", _ headers: [(name: String, value: String)] = []
    ) throws -> String? {
        try RESTXMLProtocol().operationName(
            of: WireRequest(method: method, path: path, query: query, headers: headers), for: store)
    }

    @Test func whatIsRequiredTellsOperationsApart() throws {
        #expect(try name("PUT", "/b/k") == "PutObject")
        #expect(try name("PUT", "/b/k", "uploadId=1") == "UploadPart")
        #expect(try name("PUT", "/b/k", "", [("X-Store-Source", "x")]) == "CopyObject")
        #expect(try name("PUT", "/b/k", "uploadId=1&x=y", [("x-store-source", "x")]) == "UploadPartCopy")
    }

    @Test func theNewerOfTwoOperationsIsMeant() throws {
        #expect(try name("PUT", "/b", "life") == "PutLifeConfiguration")
    }

    /// What names a sub-resource is for no other operation, even when something is missing.
    @Test func aMissingHeaderMakesNoOtherOperation() throws {
        #expect(try name("GET", "/b/k", "attributes") == "GetAttributes")
        #expect(try name("GET", "/b/k", "") == "GetObject")
    }

    @Test(arguments: [
        ("/b/k", "k"), ("/b/k/", "k/"), ("/b//", "/"), ("/b//k", "/k"), ("/b/a//b//", "a//b//"), ("/b/%2F/", "//"),
    ])
    func aKeyKeepsItsSlashes(path: String, key: String) throws {
        let operation = try #require(store.operation(named: "GetObject"))
        let input = try RESTXMLProtocol().decode(
            WireRequest(method: "GET", path: path), as: operation, of: store)
        #expect(input["Key"] == .string(key))
    }

    @Test func anUnwrappedAnswer() throws {
        let operation = try #require(store.operation(named: "GetLocation"))
        var output = Structure(try #require(operation.output))
        let rest = RESTXMLProtocol()
        let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        #expect(text(rest.encode(output, of: operation, of: store, requestID: "r")) == declaration + "<Place/>")
        output["Place"] = .string("eu")
        #expect(
            text(rest.encode(output, of: operation, of: store, requestID: "r")) == declaration + "<Place>eu</Place>")
    }

    @Test func aBareErrorHasMembersThatTheModelLacks() {
        var error = ServiceError("NoSuchKey", "m", status: 404)
        error.members = ["Key": .string("a&b"), "Bucket": .string("c")]
        let answer = RESTXMLProtocol().encode(error, for: store, requestID: "r")
        #expect(
            text(answer).hasSuffix(
                "<Error><Code>NoSuchKey</Code><Message>m</Message><Bucket>c</Bucket><Key>a&amp;b</Key>"
                    + "<RequestId>r</RequestId><HostId>cg==</HostId></Error>"))
    }
}
