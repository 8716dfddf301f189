import Mapping
import Testing
import Wire

/// What the documentation shows.
struct MappingExamples {
    @Test("A request is mapped")
    func mapping() {
        var found: MappedRequest?
        func example() {
            let mapper = RequestMapper()
            guard let sqs = ServiceModels.aws.entry("sqs"),
                let send = ServiceModels.aws.service("sqs")?.operation(named: "SendMessageBatch"),
                let shape = send.input
            else { return }
            var input = Structure(shape)
            input["QueueUrl"] = .string("https://sqs.eu-central-1.amazonaws.com/111122223333/orders")
            let asked = mapper.map(send, of: sqs, input, in: Place(region: "eu-central-1", account: "111122223333"))
            // sqs:SendMessage on arn:aws:sqs:eu-central-1:111122223333:orders
            found = asked
        }
        example()
        #expect(
            found
                == .accesses(
                    [MappedAccess(action: "sqs:SendMessage", resource: "arn:aws:sqs:eu-central-1:111122223333:orders")],
                    by: .exact))
    }

    @Test("An operator's lines are read")
    func declaring() throws {
        let mappings = try DeclaredMappings(
            parsing: """
                # A batch asks for the action of the single one.
                sqs type queue = arn:{partition}:sqs:{region}:{account}:{name}
                sqs SendMessageBatch = sqs:SendMessage on queue(QueueUrl tail)
                """)
        #expect(mappings.serviceIDs == ["sqs"])
    }

    @Test("Models are read")
    func models() {
        let models = ServiceModels.aws
        let queues = models.service("sqs")
        let names = queues?.operation(named: "SendMessage")?.input?.members.map(\.name)
        #expect(names?.first == "QueueUrl")
    }

    @Test("An operation is described")
    func description() {
        var found: MappingDescription?
        func example() {
            let mapper = RequestMapper()
            guard let sqs = ServiceModels.aws.entry("sqs"),
                let send = ServiceModels.aws.service("sqs")?.operation(named: "SendMessageBatch")
            else { return }
            let description = mapper.description(of: send, of: sqs)
            // sqs:SendMessage on arn:{partition}:sqs:{region}:{account}:{QueueUrl tail}
            found = description
        }
        example()
        #expect(found?.accesses.first?.action == "sqs:SendMessage")
        #expect(found?.accesses.first?.resources == ["arn:{partition}:sqs:{region}:{account}:{QueueUrl tail}"])
    }
}
