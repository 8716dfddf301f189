import IAMAPI
import STSAPI
import Testing

@testable import Wire

@Suite struct QueryProtocolTests {
    private let query = QueryProtocol()

    @Test func theActionNamesTheOperation() throws {
        let request = form("Action=CreateUser&Version=2010-05-08&UserName=x")
        #expect(try query.operationName(of: request, for: IAM.service) == "CreateUser")
        let get = WireRequest(method: "GET", query: "Version=2011-06-15&Action=GetCallerIdentity&X-Amz-Expires=60")
        #expect(try query.operationName(of: get, for: STS.service) == "GetCallerIdentity")
    }

    @Test(arguments: [
        WireRequest(method: "PUT", query: "Action=A&Version=2010-05-08"), WireRequest(method: "GET"),
        WireRequest(headers: [("content-type", "application/json")], body: Array("{}".utf8)),
        form("UserName=x"),
    ])
    func otherRequestsAreNotOfThisProtocol(request: WireRequest) throws {
        #expect(try query.operationName(of: request, for: IAM.service) == nil)
    }

    @Test func anotherVersionHasNoOperations() {
        #expect(throws: ServiceError("InvalidAction", "Could not find operation CreateUser for version 2009-01-01")) {
            try query.operationName(of: form("Action=CreateUser&Version=2009-01-01"), for: IAM.service)
        }
        #expect(throws: ServiceError("InvalidAction", "Could not find operation X for version NO_VERSION_SPECIFIED")) {
            try query.operationName(of: form("Action=X"), for: IAM.service)
        }
        #expect(
            query.unknownOperation("Nope", version: "2010-05-08", of: IAM.service)
                == ServiceError("InvalidAction", "Could not find operation Nope for version 2010-05-08"))
    }

    private func decode<Operation: OperationModel>(
        _ body: String, as operation: Operation.Type
    ) throws -> Operation.Input {
        Operation.Input(try query.decode(form(body), as: Operation.shape, of: IAM.service))
    }

    @Test func listsOfStructures() throws {
        let input = try decode(
            "Action=CreateUser&Version=2010-05-08&UserName=a%2Bb+c%C3%A9&Path=%2F"
                + "&Tags.member.1.Key=k%3D1&Tags.member.1.Value=v&Tags.member.2.Key=k2&Tags.member.2.Value=&Unknown.x=1",
            as: IAM.CreateUser.self)
        #expect(input.userName == "a+b cé")
        #expect(input.path == "/")
        #expect(input.tags?.map(\.key) == ["k=1", "k2"])
        #expect(input.tags?.map(\.value) == ["v", ""])
    }

    @Test func indexesMayBeSparseAndOutOfOrder() throws {
        let input = try decode(
            "TagKeys.member.999999999=c&TagKeys.member.7=b&TagKeys.member.1=a&UserName=u", as: IAM.UntagUser.self)
        #expect(input.tagKeys == ["a", "b", "c"])
    }

    @Test func emptyLists() throws {
        #expect(try decode("UserName=u&Tags=", as: IAM.CreateUser.self).tags == [])
        #expect(try decode("UserName=u", as: IAM.CreateUser.self).tags == nil)
    }

    @Test func plainTypes() throws {
        let list = try decode("MaxItems=5&OnlyAttached=true&Marker=", as: IAM.ListPolicies.self)
        #expect(list.maxItems == 5)
        #expect(list.onlyAttached == true)
        #expect(list.marker == "")
        let upload = try decode(
            "ContextEntries.member.1.ContextKeyName=k&ContextEntries.member.1.ContextKeyValues.member.1=a"
                + "&ContextEntries.member.1.ContextKeyValues.member.2=b&PolicyInputList.member.1=p",
            as: IAM.SimulateCustomPolicy.self)
        #expect(upload.contextEntries?.first?.contextKeyValues == ["a", "b"])
    }

    /// Bodies that AWS refuses with a 4xx; each names what is wrong with it.
    @Test(arguments: [
        ("MaxItems=five", "MalformedInput"), ("MaxItems=", "MalformedInput"),
        ("MaxItems=99999999999", "MalformedInput"),
        ("MaxItems=1&MaxItems=2", "MalformedInput"), ("OnlyAttached=yes", "MalformedInput"),
        ("Marker.x=1", "MalformedInput"), ("Marker=%zz", "MalformedQueryString"), ("Marker=%f", "MalformedQueryString"),
        ("Marker=%", "MalformedQueryString"), ("Marker=%C3%28", "MalformedQueryString"),
        ("Marker=%FF", "MalformedQueryString"),
    ])
    func badValues(body: String, code: String) {
        let error = #expect(throws: ServiceError.self) { try decode(body, as: IAM.ListPolicies.self) }
        #expect(error?.code == code)
    }

    @Test(arguments: [
        "Tags.member.x.Key=a", "Tags.member.-1.Key=a", "Tags.member..Key=a", "Tags.entry.1.Key=a", "Tags=x",
        "Tags.member=1",
        "Tags.member.99999999999999999999.Key=a", "Tags.member.1=x", "Tags.member.1.Key=a&Tags.member.01.Key=b",
        "Tags=&Tags.member.1.Key=a", "Tags.member.1.Key.deeper=a",
    ])
    func badLists(body: String) {
        let error = #expect(throws: ServiceError.self) { try decode(body, as: IAM.CreateUser.self) }
        #expect(error?.code == "MalformedInput")
        #expect(error?.status == 400)
    }

    @Test func answersAreXML() throws {
        let output = STS.GetCallerIdentityResponse {
            $0.account = "111122223333"
            $0.arn = "arn:aws:iam::111122223333:root"
        }
        let response = query.encode(
            output.structure, of: STS.GetCallerIdentity.shape, of: STS.service, requestID: "req-1")
        #expect(response.status == 200)
        #expect(response.headers.contains { $0 == ("x-amzn-RequestId", "req-1") })
        #expect(response.headers.contains { $0 == ("Content-Type", "text/xml") })
        #expect(
            text(response) == #"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">"#
                + "<GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:root</Arn>"
                + "</GetCallerIdentityResult><ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata>"
                + "</GetCallerIdentityResponse>")
    }

    @Test func listsTimestampsBooleansAndEscapes() {
        let output = IAM.ListUsersResponse {
            $0.isTruncated = false
            $0.users = [
                IAM.User {
                    $0.userName = "<a&b>\"\r\n\u{1}"
                    $0.createDate = Timestamp(secondsSinceEpoch: 1_795_226_584)
                    $0.tags = []
                }
            ]
        }
        let body = text(
            query.encode(output.structure, of: IAM.ListUsers.shape, of: IAM.service, requestID: "r"))
        #expect(
            body.contains(
                "<Users><member><UserName>&lt;a&amp;b&gt;&quot;&#xD;\n\u{FFFD}</UserName>"
                    + "<CreateDate>2026-11-21T02:03:04Z</CreateDate><Tags/></member></Users>"
                    + "<IsTruncated>false</IsTruncated>"))
    }

    @Test func anOperationWithoutOutputHasOnlyMetadata() {
        let response = query.encode(
            Structure(.empty), of: IAM.DeleteUser.shape, of: IAM.service, requestID: "r")
        #expect(
            text(response) == #"<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">"#
                + "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DeleteUserResponse>")
    }

    @Test func errors() {
        let response = query.encode(
            IAM.Failure.noSuchEntity("The user with name x<y cannot be found."), for: IAM.service, requestID: "r")
        #expect(response.status == 404)
        #expect(
            text(response) == #"<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error>"#
                + "<Type>Sender</Type><Code>NoSuchEntity</Code>"
                + "<Message>The user with name x&lt;y cannot be found.</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        )
        let failure = query.encode(
            ServiceError("InternalFailure", "", status: 500), for: IAM.service, requestID: "r")
        #expect(text(failure).contains("<Type>Receiver</Type><Code>InternalFailure</Code></Error>"))
    }

    /// Whatever a client can send in a form comes out as it went in.
    @Test func randomInputsOfEveryOperationRoundTrip() throws {
        let seed = Seeded.freshSeed()
        var random = Seeded(seed)
        for service in [IAM.service, STS.service] {
            for name in service.operationNames {
                let operation = try #require(service.operation(named: name))
                guard let shape = operation.input else { continue }
                for _ in 0..<3 {
                    let structure = randomStructure(shape, using: &random)
                    let body = "Action=\(name)&Version=\(service.apiVersion)" + FormEncoder.encode(structure)
                    let decoded = try query.decode(form(body), as: operation, of: service)
                    #expect(decoded == FormEncoder.normalized(structure), "seed \(seed): \(body)")
                }
            }
        }
    }

    @Test func mapsAndFlattenedLists() throws {
        let schema = ServiceShape(
            schema: """
                service id=x version=1 protocol=query serviceID=X
                string S
                list L member=S
                list Named member=S element=item
                map M key=S value=L
                map Short key=S value=S keyName=Name valueName=Value flattened
                structure I
                  Flat L flattened
                  Items Named
                  FlatNamed Named flattened
                  Map M
                  Attribute Short
                operation O input=I output=I result=R
                """)
        let operation = try #require(schema.operation(named: "O"))
        let input = try query.decode(
            form(
                "Flat.1=a&Flat.2=b&Items.item.1=c&item.1=d&Map.entry.1.key=k&Map.entry.1.value.member.1=v"
                    + "&Attribute.1.Name=n&Attribute.1.Value=w"), as: operation, of: schema)
        #expect(input["Flat"] == .list([.string("a"), .string("b")]))
        #expect(input["Items"] == .list([.string("c")]))
        #expect(input["FlatNamed"] == .list([.string("d")]))
        #expect(input["Map"] == .map([MapEntry(key: "k", value: .list([.string("v")]))]))
        #expect(input["Attribute"] == .map([MapEntry(key: "n", value: .string("w"))]))
        #expect(
            text(query.encode(input, of: operation, of: schema, requestID: "r")).contains(
                "<R><Flat>a</Flat><Flat>b</Flat><Items><item>c</item></Items><item>d</item>"
                    + "<Map><entry><key>k</key><value><member>v</member></value></entry></Map>"
                    + "<Attribute><Name>n</Name><Value>w</Value></Attribute></R>"))
        for body in [
            "Map.entry.1.key=k", "Map.entry.1.value.member.1=v",
            "Attribute.1.Name=a&Attribute.1.Value=b&Attribute.2.Name=a&Attribute.2.Value=c",
        ] {
            #expect(throws: ServiceError.self) { try query.decode(form(body), as: operation, of: schema) }
        }
    }

    @Test func recursionIsLimited() throws {
        let schema = ServiceShape(
            schema: """
                service id=x version=1 protocol=query serviceID=X
                string S
                structure I
                  A I
                  B S
                operation O input=I
                """)
        let operation = try #require(schema.operation(named: "O"))
        let deep = String(repeating: "A.", count: 100_000) + "B=x"
        #expect(throws: ServiceError("MalformedInput", "Maximum depth exceeded")) {
            try query.decode(form(deep), as: operation, of: schema)
        }
    }
}
