import Testing

@testable import Wire

/// As SQS, a service whose older clients send forms, with names of their own for what is repeated.
private let desk = ServiceShape(
    schema: #"""
        service id=desk signing=desk endpoint=desk version=2026-11-21 serviceID=Desk protocol=json,query json=1.0 target=Desk queryCompatible namespace=http://desk/
        structure Answer
          Notes NoteMap queryName=Note
          Pages PageList queryName=Page flattened
          Title String queryName=Name
        map NoteMap key=Kind keyName=Name value=String valueName=Value flattened
        list PageList member=String
        list KindList member=Kind flattened
        string Kind enum=A,B
        string String
        structure Question
          Kinds KindList
          Notes NoteMap
          Kind Kind
        operation Read input=Question output=Answer result=ReadResult
        """#)

@Suite struct FormAnswerTests {
    private let operation = desk.operation("Read")

    /// What is repeated is called as in forms; nothing else is, and JSON has the model's names.
    @Test func repeatedElementsAreCalledAsInForms() throws {
        var answer = Structure(try #require(operation.output))
        answer["Notes"] = .map([MapEntry(key: "A", value: .string("1"))])
        answer["Pages"] = .list([.string("x"), .string("y")])
        answer["Title"] = .string("t")
        let xml = text(QueryProtocol().encode(answer, of: operation, of: desk, requestID: "r"))
        #expect(
            xml.contains(
                "<ReadResult><Note><Name>A</Name><Value>1</Value></Note><Page>x</Page><Page>y</Page><Title>t</Title>"),
            "\(xml)")
        let json = text(JSONProtocol().encode(answer, of: operation, of: desk, requestID: "r"))
        #expect(json == #"{"Notes":{"A":"1"},"Pages":["x","y"],"Title":"t"}"#)
    }

    @Test func aDenialHasTheStatusAndCodeOfForms() {
        let denial = ServiceError("AccessDeniedException", "m")
        let answer = JSONProtocol().encode(denial, for: desk, requestID: "r")
        #expect(answer.status == 403)
        #expect(answer.headers.contains { $0.name == "x-amzn-query-error" && $0.value == "AccessDenied;Sender" })
    }

    /// A service that says it checks plain elements itself is left to it.
    @Test func plainElementsCanBeTheServicesOwnToCheck() throws {
        var question = Structure(try #require(operation.input))
        question["Kinds"] = .list([.string("C")])
        question["Notes"] = .map([MapEntry(key: "C", value: .string("1"))])
        #expect(throws: ServiceError.self) { try validate(question, of: operation) }
        #expect(throws: Never.self) { try validate(question, of: operation, by: ValidationRules(ignored: [.element])) }
        // A member that is no element is checked all the same.
        question["Kind"] = .string("C")
        #expect(throws: ServiceError.self) {
            try validate(question, of: operation, by: ValidationRules(ignored: [.element]))
        }
    }
}
