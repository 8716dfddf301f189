import Policy
import Testing

@testable import Mapping

/// The mapping language: what it can say, and what is said of a line that can't be read.
struct MappingParserTests {
    private static func asked(_ text: String, _ service: String, _ operation: String, _ input: String) throws
        -> [String]
    {
        try Inputs.asked(service, operation, input, declared: DeclaredMappings(parsing: text))
    }

    @Test("What the operator declares comes before all else")
    func declared() throws {
        let text = """
            # Batches count as administration here.
            sqs type queue = arn:{partition}:sqs:{region}:{account}:{name}
            sqs SendMessageBatch = sqs:SetQueueAttributes on queue(QueueUrl tail)
                with aws:SourceAccount = "{account}"
            """
        #expect(
            try Self.asked(text, "sqs", "SendMessageBatch", #"{"QueueUrl": "h/q", "Entries": []}"#)
                == ["sqs:SetQueueAttributes arn:aws:sqs:eu-central-1:111122223333:q aws:sourceaccount=111122223333"])
        let declared = try DeclaredMappings(parsing: text)
        guard
            case .accesses(_, .declared) = try Inputs.map(
                "sqs", "SendMessageBatch", #"{"QueueUrl": "h/q", "Entries": []}"#, declared: declared)
        else {
            Issue.record("the operator's line does not count")
            return
        }
        // Of what is not declared, the table says what it asks.
        #expect(try Self.asked(text, "sqs", "ListQueues", "{}") == ["sqs:ListQueues *"])
        #expect(declared.serviceIDs == ["sqs"])
        #expect(declared.operations.map(\.operation) == ["SendMessageBatch"])
    }

    @Test(
        "Resources: all, an ARN with members, elements of lists, alternatives, conditions",
        arguments: [
            ("sqs ListQueues = on *", "ListQueues", "{}", ["sqs:ListQueues *"]),
            (
                "sqs ListQueues = on arn:{partition}:sqs:{region}:{account}:{QueueNamePrefix}* else *", "ListQueues",
                #"{"QueueNamePrefix": "a"}"#, ["sqs:ListQueues arn:aws:sqs:eu-central-1:111122223333:a*"]
            ),
            (
                "sqs ListQueues = on arn:{partition}:sqs:{region}:{account}:{QueueNamePrefix}* else *", "ListQueues",
                "{}",
                ["sqs:ListQueues *"]
            ),
            (
                "sqs AddPermission = on arn:{partition}:sqs:{region}:{account}:{Actions}", "AddPermission",
                #"{"QueueUrl": "q", "Label": "l", "AWSAccountIds": [], "Actions": ["a", "b", "a"]}"#,
                [
                    "sqs:AddPermission arn:aws:sqs:eu-central-1:111122223333:a",
                    "sqs:AddPermission arn:aws:sqs:eu-central-1:111122223333:b",
                ]
            ),
            (
                "sqs SendMessageBatch = sqs:SendMessage on * for each Entries with sqs:Id = .Id if .DelaySeconds is 5",
                "SendMessageBatch",
                #"{"QueueUrl": "q", "Entries": [{"Id": "1", "MessageBody": ""}, {"Id": "2", "DelaySeconds": 5, "MessageBody": ""}]}"#,
                ["sqs:SendMessage * sqs:id=2"]
            ),
            (
                #"sqs PurgeQueue = unmapped "nobody empties queues here""#, "PurgeQueue", #"{"QueueUrl": "q"}"#,
                ["unmapped: nobody empties queues here"]
            ),
            (
                #"sqs CreateQueue = unmapped "no FIFO" if QueueName ends .fifo; on *"#, "CreateQueue",
                #"{"QueueName": "a.fifo"}"#, ["unmapped: no FIFO"]
            ),
            (
                #"sqs CreateQueue = unmapped "no FIFO" if QueueName ends .fifo; on *"#, "CreateQueue",
                #"{"QueueName": "a"}"#,
                ["sqs:CreateQueue *"]
            ),
            (
                "sqs CreateQueue = on *; iam:PassRole on iam-role(Attributes.Role)", "CreateQueue",
                #"{"QueueName": "a", "Attributes": {"Role": "r"}}"#,
                ["sqs:CreateQueue *", "iam:PassRole arn:aws:iam::111122223333:role/r"]
            ),
            ("sqs ListQueues = on named by queue(QueueNamePrefix)", "ListQueues", "{}", ["sqs:ListQueues *"]),
        ] as [(String, String, String, [String])])
    func resources(text: String, operation: String, input: String, expected: [String]) throws {
        let asked = try Self.asked(text, "sqs", operation, input)
        #expect(asked == expected)
    }

    @Test(
        "A line that can't be read is refused with its number and what is wrong",
        arguments: [
            ("sqs", 1, "an operation's name is missing"),
            ("# fine\n\nsqs SendMessage", 3, "after the operation's name, \"=\" is missing"),
            ("sqs SendMessage =", 1, "an access is missing: an action, or \"on\" and a resource"),
            ("sqs SendMessage = on", 1, "a resource is missing"),
            ("sqs SendMessage = SendMessage", 1, "\"SendMessage\" is no action, as sqs:SendMessage"),
            ("sqs SendMessage = sqs:", 1, "\"sqs:\" is no action, as sqs:SendMessage"),
            (
                "sqs SendMessage = on queue", 1,
                "\"queue\" is no resource: write *, an ARN, named, or a type with its members in parentheses"
            ),
            (
                "sqs SendMessage = on queue(QueueUrl)", 1,
                "there is no type queue with an ARN of its own in a line before"
            ),
            ("sqs SendMessage = on arn:x:{a b c}", 1, "\"b\" can't stand here"),
            ("sqs SendMessage = on arn:x:{a", 1, "a brace is not closed"),
            ("sqs SendMessage = on * with Key = a", 1, "\"Key\" is no condition key, as sns:Protocol"),
            ("sqs SendMessage = on * with sqs:Key", 1, "after the key sqs:Key, \"=\" is missing"),
            ("sqs SendMessage = on * for Entries", 1, "after \"for\", \"each\" is missing"),
            ("sqs SendMessage = on * on *", 1, "\"on\" stands twice"),
            ("sqs SendMessage = on * if a..b", 1, "\"a..b\" is no member, as Entries.EventBusName"),
            ("sqs SendMessage = on *\nsqs SendMessage = on *", 2, "the operation SendMessage is declared twice"),
            ("sqs SendMessage = unmapped", 1, "after \"unmapped\", the reason is missing, in quotation marks"),
            ("sqs SendMessage = on * with a:b = \"x", 1, "a quotation mark is not closed"),
            (" sqs SendMessage = on *", 1, "a line that begins with a blank continues none"),
            (
                "sqs type queue = arn:aws:sqs:x:y:z", 1,
                "\"arn:aws:sqs:x:y:z\" is no ARN with variables, as arn:{partition}:sqs:{region}:{account}:{name}"
            ),
            (
                "sqs type q = arn:{partition}:sqs:{region}:{account}:{a}/{b} by A & B & C", 1,
                "the ARN has 2 variables, but 3 members name it"
            ),
            ("sqs type queue by A\nsqs type queue by B", 2, "the type queue is declared twice"),
            ("sqs SendMessage = on * )", 1, "\")\" can't stand here"),
        ])
    func errors(text: String, line: Int, reason: String) {
        let error = #expect(throws: MappingSyntaxError.self) { try DeclaredMappings(parsing: text) }
        #expect(error == MappingSyntaxError(line: line, reason: reason))
        #expect(error?.description == "line \(line): \(reason)")
    }

    @Test("A text of any size and form is read or refused, at a cost that grows with its length")
    func bounds() {
        for text in [
            String(repeating: "x", count: 5 << 20), String(repeating: "a b = on *; ", count: 3_000),
            "a " + String(repeating: "b,", count: 300) + "c = on *",
            "a b = on arn:" + String(repeating: "{a}", count: 9_000),
            "a type t = arn:{partition}:s:{region}:{account}:" + String(repeating: "{a}/", count: 9),
        ] {
            #expect(throws: MappingSyntaxError.self) { try DeclaredMappings(parsing: text) }
        }
    }
}
