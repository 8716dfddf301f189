import AccountAPI
import Testing

@testable import Wire

/// A made-up service with a binding of every kind, so that services to come find them all working.
private let zoo = ServiceShape(
    schema: #"""
        service id=zoo signing=zoo endpoint=zoo version=2026-11-21 serviceID=Zoo protocol=rest-json
        structure AnimalRequest
          Id! String location=uri locationName=id
          View String location=querystring locationName=view
          Limits IntegerList location=querystring locationName=limit
          Since Timestamp location=querystring locationName=since
          Others StringMap location=querystring
          Token String location=header locationName=X-Zoo-Token
          Names StringList location=header locationName=x-zoo-names
          Days TimestampList location=header locationName=x-zoo-days
          Facts String location=header locationName=x-zoo-facts json
          Metadata StringMap location=headers locationName=x-zoo-meta-
          Name String locationName=name
          Born Timestamp locationName=born
          Count Integer locationName=count
        structure Animal
          Name String locationName=name
          Born Timestamp locationName=born
          Tag String location=header locationName=ETag
          Names StringList location=header locationName=x-zoo-names
          Days TimestampList location=header locationName=x-zoo-days
          Seen Timestamp location=header locationName=Last-Modified
          Facts String location=header locationName=x-zoo-facts json
          Metadata StringMap location=headers locationName=x-zoo-meta-
          Code Integer location=statusCode
        structure PictureRequest payload=Picture
          Path! String location=uri locationName=path
          Picture Blob
          Type String location=header locationName=Content-Type
        structure Picture payload=Picture
          Picture Blob
          Type String location=header locationName=Content-Type
        structure CageRequest payload=Cage
          Id! String location=uri locationName=id
          Cage Cage
        structure CageResponse payload=Cage
          Cage Cage
        structure Cage
          Bars Integer
        structure CountRequest
          Count! Integer location=uri locationName=count
          Flag! Boolean location=uri locationName=flag
        structure EscapedException fault=sender status=409
          Message String locationName=message
          Animal String locationName=animal
          Kind String location=header locationName=x-amzn-ErrorType
        list StringList member=String
        list IntegerList member=Integer
        list TimestampList member=Timestamp
        map StringMap key=String value=String
        string String
        integer Integer
        boolean Boolean
        timestamp Timestamp
        blob Blob
        operation CountAnimals method=GET uri=/count/{count}/{flag}/ input=CountRequest
        operation FeedAll method=POST uri=/animals/all/feed
        operation FeedAnimal method=POST uri=/animals/{id}/feed?slowly input=AnimalRequest output=Animal
        operation FeedAnimalFast method=POST uri=/animals/{id}/feed input=AnimalRequest output=Animal status=202
        operation GetPicture method=GET uri=/pictures/{path+} output=Picture
        operation GetThumbnail method=GET uri=/pictures/{path+}/thumbnail input=PictureRequest
        operation PutCage method=PUT uri=/cages/{id} input=CageRequest output=CageResponse
        operation PutPicture method=PUT uri=/pictures/{path+} input=PictureRequest
        """#)

@Suite struct RESTJSONProtocolTests {
    private let rest = RESTJSONProtocol()

    private func name(_ method: String, _ path: String, _ query: String = "") throws -> String? {
        try rest.operationName(of: WireRequest(method: method, path: path, query: query), for: zoo)
    }

    private func decode(
        _ operation: String, _ path: String, query: String = "", headers: [(name: String, value: String)] = [],
        body: String = ""
    ) throws -> Structure {
        let operation = try #require(zoo.operation(named: operation))
        let request = WireRequest(
            method: operation.httpMethod, path: path, query: query, headers: headers, body: Array(body.utf8))
        return try rest.decode(request, as: operation, of: zoo)
    }

    @Test func theProtocolIsTheModels() {
        #expect(zoo.wireProtocol(of: WireRequest()) is RESTJSONProtocol)
        #expect(AccountManagement.service.wireProtocol(of: WireRequest()) is RESTJSONProtocol)
    }

    @Test func methodAndPathNameTheOperation() throws {
        #expect(try name("POST", "/animals/7/feed") == "FeedAnimalFast")
        #expect(try name("POST", "/animals/7/feed/") == "FeedAnimalFast")
        #expect(try name("POST", "/animals/7/feed", "slowly") == "FeedAnimal")
        #expect(try name("POST", "/animals/7/feed", "view=x&slowly=") == "FeedAnimal")
        #expect(try name("POST", "/animals/all/feed") == "FeedAll")
        #expect(try name("POST", "/%61nimals/7/feed") == "FeedAnimalFast")
        #expect(try name("GET", "/pictures/a") == "GetPicture")
        #expect(try name("GET", "/pictures/a/b/thumbnail") == "GetThumbnail")
        #expect(try name("PUT", "/pictures/a/b/thumbnail") == "PutPicture")
        #expect(try name("GET", "/count/1/true") == "CountAnimals")
        for (method, path) in [
            ("GET", "/animals/7/feed"), ("post", "/animals/7/feed"), ("POST", "/animals//feed"), ("POST", "/"),
            ("POST", ""), ("GET", "/pictures"), ("GET", "/pictures/"), ("POST", "/animals/7/feed/8"),
            ("POST", "/animals/%zz/feed"), ("POST", "/animals/%ff/feed"), ("POST", "//animals/7/feed"),
        ] {
            #expect(try name(method, path) == nil, "\(method) \(path)")
        }
        #expect(rest.unknownOperation("", version: nil, of: zoo).status == 404)
    }

    @Test func everyOperationOfAModelIsFoundByItsOwnPath() throws {
        let service = AccountManagement.service
        for name in service.operationNames {
            let operation = try #require(service.operation(named: name))
            let request = WireRequest(method: operation.httpMethod, path: operation.requestURI)
            #expect(try rest.operationName(of: request, for: service) == name)
        }
    }

    @Test func membersComeFromEverywhere() throws {
        let input = try decode(
            "FeedAnimal", "/animals/arn%3Aaws%3Azoo%3A%3A1%3Aanimal%2F7/feed",
            query: "slowly&view=a+b%20c&limit=1&limit=2&since=2026-11-21T02:03:04Z&x=1&x=2&y=%C3%A9",
            headers: [
                ("x-zoo-token", "t"), ("X-Zoo-Names", #"a, "b, \"c\"" ,d"#), ("x-zoo-names", "e"),
                ("x-zoo-days", "Sat, 21 Nov 2026 02:03:04 GMT, Sun, 22 Nov 2026 02:03:04 GMT"),
                ("x-zoo-facts", "eyJhIjoxfQ=="), ("X-Zoo-Meta-Colour", "grey"), ("x-zoo-meta-size", "big"),
            ],
            body: #"{"name":"Ada","born":1795226584,"count":3,"id":"other","view":"other","unknown":[]}"#)
        #expect(input["Id"] == .string("arn:aws:zoo::1:animal/7"))
        #expect(input["View"] == .string("a b c"))
        #expect(input["Limits"] == .list([.integer(1), .integer(2)]))
        #expect(input["Since"] == .timestamp(Timestamp(secondsSinceEpoch: 1_795_226_584)))
        let others: [MapEntry] = [("slowly", ""), ("x", "1"), ("y", "é")].map {
            MapEntry(key: $0.0, value: .string($0.1))
        }
        #expect(input["Others"] == .map(others))
        #expect(input["Token"] == .string("t"))
        #expect(input["Names"] == .list(["a", #"b, "c""#, "d", "e"].map { .string($0) }))
        #expect(
            input["Days"]
                == .list([1_795_226_584, 1_795_312_984].map { .timestamp(Timestamp(secondsSinceEpoch: $0)) }))
        #expect(input["Facts"] == .string(#"{"a":1}"#))
        #expect(
            input["Metadata"]
                == .map([
                    MapEntry(key: "colour", value: .string("grey")), MapEntry(key: "size", value: .string("big")),
                ]))
        #expect(input["Name"] == .string("Ada"))
        #expect(input["Count"] == .integer(3))
    }

    @Test func payloads() throws {
        let picture = try decode(
            "PutPicture", "/pictures/2026/a%20b.png", headers: [("content-type", "image/png")], body: "\u{1}bytes")
        #expect(picture["Path"] == .string("2026/a b.png"))
        #expect(picture["Picture"] == .blob(Array("\u{1}bytes".utf8)))
        #expect(picture["Type"] == .string("image/png"))
        #expect(try decode("PutPicture", "/pictures/x")["Picture"] == nil)
        let cage = try decode("PutCage", "/cages/1", body: #"{"Bars":4,"Id":"2"}"#)
        #expect(cage["Id"] == .string("1"))
        guard case .structure(let bars)? = cage["Cage"] else {
            Issue.record("no cage")
            return
        }
        #expect(bars["Bars"] == .integer(4))
    }

    @Test(arguments: [
        ("CountAnimals", "/count/x/true", "", ""), ("CountAnimals", "/count/1/maybe", "", ""),
        ("FeedAnimal", "/animals/1/feed", "slowly&limit=x", ""),
        ("FeedAnimal", "/animals/1/feed", "slowly&since=x", ""),
        ("FeedAnimal", "/animals/1/feed", "slowly&limit=", ""), ("FeedAnimal", "/animals/1/feed", "slowly", "["),
        ("FeedAnimal", "/animals/1/feed", "slowly", "[]"), ("FeedAnimal", "/animals/1/feed", "slowly", "{\"name\":1}"),
        ("PutCage", "/cages/1", "", "x"),
    ])
    func badRequests(operation: String, path: String, query: String, body: String) {
        let error = #expect(throws: ServiceError.self) { try decode(operation, path, query: query, body: body) }
        #expect(error?.code == "SerializationException")
        #expect(error?.status == 400)
    }

    @Test func badHeaders() {
        for header in [("x-zoo-names", "\"a"), ("x-zoo-days", "soon"), ("x-zoo-facts", "?")] {
            let error = #expect(throws: ServiceError.self) {
                try decode("FeedAnimal", "/animals/1/feed", query: "slowly", headers: [header])
            }
            #expect(error?.code == "SerializationException")
        }
    }

    @Test func answers() throws {
        let operation = try #require(zoo.operation(named: "FeedAnimalFast"))
        var output = Structure(try #require(operation.output))
        let empty = rest.encode(output, of: operation, of: zoo, requestID: "r")
        #expect((empty.status, text(empty)) == (202, "{}"))
        output["Name"] = .string("Ada")
        output["Born"] = .timestamp(Timestamp(secondsSinceEpoch: 1_795_226_584))
        output["Tag"] = .string("\"1\"")
        output["Names"] = .list([.string("a"), .string("b, \"c\"")])
        output["Days"] = .list([.timestamp(Timestamp(secondsSinceEpoch: 1_795_226_584))])
        output["Seen"] = .timestamp(Timestamp(secondsSinceEpoch: 1_795_226_584))
        output["Facts"] = .string("{}")
        output["Metadata"] = .map([
            MapEntry(key: "size", value: .string("big")), MapEntry(key: "a b", value: .string("x")),
            MapEntry(key: "split", value: .string("x\r\nSet-Cookie: y")),
        ])
        output["Code"] = .integer(299)
        let answer = rest.encode(output, of: operation, of: zoo, requestID: "r")
        #expect(answer.status == 299)
        #expect(text(answer) == #"{"name":"Ada","born":1795226584}"#)
        let headers = Dictionary(answer.headers.map { ($0.name, $0.value) }) { $0 + $1 }
        #expect(
            headers == [
                "x-amzn-RequestId": "r", "Content-Type": "application/json", "ETag": "\"1\"",
                "x-zoo-names": #"a, "b, \"c\"""#, "x-zoo-days": "Sat, 21 Nov 2026 02:03:04 GMT",
                "Last-Modified": "Sat, 21 Nov 2026 02:03:04 GMT", "x-zoo-facts": "e30=", "x-zoo-meta-size": "big",
            ])
    }

    @Test func answersWithoutABody() throws {
        let operation = try #require(zoo.operation(named: "FeedAll"))
        let answer = rest.encode(Structure(.empty), of: operation, of: zoo, requestID: "r")
        #expect(answer.body.isEmpty)
        #expect(answer.headers.map(\.name) == ["x-amzn-RequestId"])
    }

    @Test func payloadsOfAnswers() throws {
        let operation = try #require(zoo.operation(named: "GetPicture"))
        var output = Structure(try #require(operation.output))
        output["Picture"] = .blob([1, 2])
        var answer = rest.encode(output, of: operation, of: zoo, requestID: "r")
        #expect(answer.body == [1, 2])
        #expect(answer.headers.map(\.value) == ["r", "application/octet-stream"])
        output["Type"] = .string("image/png")
        answer = rest.encode(output, of: operation, of: zoo, requestID: "r")
        #expect(answer.headers.map(\.value) == ["r", "image/png"])
    }

    @Test func errors() {
        let error = ServiceError(
            "EscapedException", "gone", status: 409, members: ["Animal": .string("Ada"), "Kind": .string("x")])
        let answer = rest.encode(error, for: zoo, requestID: "r")
        #expect(answer.status == 409)
        #expect(text(answer) == #"{"message":"gone","animal":"Ada"}"#)
        #expect(answer.headers.contains { $0.name == "x-amzn-ErrorType" && $0.value == "EscapedException" })
        #expect(answer.headers.count == 3)
    }

    /// What Account's model has members for is said beside the message.
    @Test func validationErrorsNameTheFields() throws {
        let input = AccountManagement.GetAlternateContactRequest {
            $0.alternateContactType = "SALES"
            $0.accountId = "12"
        }
        let error = #expect(throws: ServiceError.self) {
            try validate(input.structure, of: AccountManagement.GetAlternateContact.shape)
        }
        let answer = rest.encode(try #require(error), for: AccountManagement.service, requestID: "r")
        #expect(answer.status == 400)
        #expect(
            text(answer)
                == #"{"message":"2 validation errors detected: Value 'SALES' at 'alternateContactType' failed to "#
                + #"satisfy constraint: Member must satisfy enum value set: [BILLING, OPERATIONS, SECURITY]; "#
                + #"Value '12' at 'accountId' failed to satisfy constraint: Member must satisfy regular expression "#
                + #"pattern: \\d{12}","reason":"fieldValidationFailed","fieldList":["#
                + #"{"name":"alternateContactType","message":"Member must satisfy enum value set: "#
                + #"[BILLING, OPERATIONS, SECURITY]"},{"name":"accountId","message":"Member must satisfy regular "#
                + #"expression pattern: \\d{12}"}]}"#)
    }

    /// Whatever comes gets an input or a 400.
    @Test func damagedRequests() throws {
        let seed = Seeded.freshSeed()
        var random = Seeded(seed)
        let pieces = [
            "/", "animals", "pictures", "count", "1", "true", "%", "%2F", "%ff", "?", "&", "=", "slowly", "limit", "x",
            "+",
            ",", "\"", "\\", "\u{0}", "Sat", " ",
        ]
        func piece() -> String {
            (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined()
        }
        for _ in 0..<5000 {
            let headers = ["x-zoo-names", "x-zoo-days", "x-zoo-facts", "x-zoo-meta-a"].map { ($0, piece()) }
            for name in zoo.operationNames {
                let operation = try #require(zoo.operation(named: name))
                let request = WireRequest(
                    method: operation.httpMethod, path: "/animals/" + piece(), query: piece(), headers: headers,
                    body: Array(piece().utf8))
                do throws(ServiceError) {
                    _ = try rest.operationName(of: request, for: zoo)
                    _ = try rest.decode(request, as: operation, of: zoo)
                } catch {
                    #expect(error.status == 400, "seed \(seed)")
                }
            }
        }
    }
}
