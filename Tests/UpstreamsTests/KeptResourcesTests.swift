import Directory
import Keyring
import Ledger
import Mapping
import Platform
import Testing
import Wire

import struct Policy.AuthorizationRequest
import class Policy.CompiledPolicy
import enum Policy.ContextValue
import struct Policy.DictionaryContext
import struct Policy.PolicyDocument
import enum Policy.PolicyEvaluator
import struct Policy.PolicyInputs
import struct Policy.PolicySource
import struct Policy.Principal

@testable import Upstreams

/// A ledger in memory, and what is kept in it of calls that pass.
private struct Passing {
    let ledger: Ledger
    let kept = KeptResources()
    var place = Place(region: "us-east-1", account: "111122223333")

    init() throws {
        ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        let kept = kept
        ledger.observe { changes in
            do throws(LedgerError) { try kept.apply(changes) } catch { Issue.record("\(error)") }
        }
    }

    func arn(_ service: String, _ resource: String) -> String {
        "arn:aws:\(service):us-east-1:111122223333:\(resource)"
    }

    /// Lets a call pass; `input` and `output` are JSON with the model's names.
    /// - Returns: whether anything had to be written.
    @discardableResult func pass(
        _ service: String, _ operation: String, _ input: String, on resources: [String], _ output: String = "{}",
        error: String? = nil, action: String? = nil, isMapped: Bool = false
    ) async throws -> Bool {
        let shape = try #require(ServiceModels.aws.service(service)?.operation(named: operation))
        let answer: Result<Structure, ServiceError>
        if let error {
            answer = .failure(ServiceError(error, ""))
        } else if KeptResources.readsAnswer(to: shape) {
            answer = .success(try Structure.named(output, shape.output ?? .empty))
        } else {
            answer = .success(Structure(shape.output ?? .empty))
        }
        var accesses = resources.map {
            MappedAccess(action: action ?? "\(shape.signingName):\(operation)", resource: $0)
        }
        let input = try Structure.named(input, shape.input ?? .empty)
        if isMapped, let entry = ServiceModels.aws.entry(service) {
            guard case .accesses(let mapped, _) = RequestMapper().map(shape, of: entry, input, in: place) else {
                Issue.record("\(service) \(operation) is not mapped")
                return false
            }
            accesses = mapped
        }
        let change = kept.learn(from: shape, input, answer, allowed: accesses, in: place)
        guard let change else { return false }
        let scope = Scope(account: place.account, region: place.region)
        try await ledger.write(requestID: "r") { (transaction) throws(LedgerError) in
            do throws(ServiceError) {
                return .commit(try change(MutableRecords(transaction, scope: scope)))
            } catch { throw LedgerError(.io, error.message) }
        }
        return true
    }

    func policy(_ arn: String) -> String? { kept.record(arn)?.policy }

    func tags(_ arn: String) -> [String: String] {
        Dictionary((kept.record(arn)?.tags ?? []).map { ($0.key, $0.value) }) { $1 }
    }

    /// Whether another account may do something, whose own policies allow everything.
    func mayOthers(_ action: String, on arn: String, _ context: [String: ContextValue] = [:]) throws -> Bool {
        try may("444455556666", action, on: arn, context)
    }

    func may(
        _ account: String, _ action: String, on arn: String, _ context: [String: ContextValue] = [:]
    ) throws -> Bool {
        let all = try PolicyDocument(
            parsing: #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
            as: .identity)
        var inputs = PolicyInputs(identity: [CompiledPolicy(all, source: PolicySource(type: .identity, name: "all"))])
        let resource = kept.resource(try #require(ARN(parsing: arn)))
        inputs.resource = resource?.policy
        inputs.accessControlList = resource?.accessControlList
        let request = AuthorizationRequest(
            principal: Principal(kind: .user, arn: "arn:aws:iam::\(account):user/eve", accountID: account),
            action: action, resource: arn, resourceAccount: resource?.owner)
        return PolicyEvaluator.evaluate(request, inputs, DictionaryContext(context)).isAllowed
    }
}

extension Structure {
    /// Makes a structure from JSON with the model's names, which on the wire may be others.
    fileprivate static func named(_ json: String, _ shape: StructureShape) throws -> Structure {
        guard case .structure(let made) = try value(JSONValue(parsing: Array(json.utf8)), .structure(shape)) else {
            Issue.record("\(json) is no object")
            return Structure(shape)
        }
        return made
    }

    private static func value(_ json: JSONValue, _ shape: Shape) throws -> Value {
        switch (shape, json) {
        case (.structure(let shape), .object(let members)):
            var structure = Structure(shape)
            for member in members {
                let index = try #require(shape.index(of: member.key))
                structure[member: index] = try value(member.value, shape.members[index].shape)
            }
            return .structure(structure)
        case (.map(let shape), .object(let members)):
            return .map(try members.map { MapEntry(key: $0.key, value: try value($0.value, shape.value)) })
        case (.list(let shape), .array(let elements)): return .list(try elements.map { try value($0, shape.element) })
        case (.string, .string(let text)): return .string(text)
        case (.boolean, .boolean(let boolean)): return .boolean(boolean)
        case (.integer, .integer(let integer)): return .integer(integer)
        default:
            Issue.record("\(json) is no \(shape.name)")
            return .null
        }
    }
}

private func allowing(_ action: String, _ resource: String, account: String = "444455556666") -> String {
    #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"\#(account)"},"Action":"\#(action)","#
        + #""Resource":"\#(resource)"}]}"#
}

private func quoted(_ text: String) -> String {
    var writer = JSONWriter()
    writer.string(text)
    return String(decoding: writer.bytes, as: UTF8.self)
}

@Suite struct KeptResourcesTests {
    /// Each lesson is about an operation that the models have; a misspelt one would never be given.
    @Test func lessonsAreOfOperations() throws {
        let models = ServiceModels.aws
        for lesson in KeptLesson.all.values {
            let operations = models.entries(signingAs: lesson.service).compactMap {
                models.service($0.id)?.operation(named: lesson.operation)
            }.filter { KeptLesson.of($0) != nil }
            #expect(operations.count == 1, "\(lesson.service) \(lesson.operation)")
            // Of most of S3's operations, the model declares no errors at all.
            for code in lesson.codes where !operations.contains(where: { $0.serviceID == "S3" && $0.errors.isEmpty }) {
                let isDeclared = operations.contains { $0.errors.contains { $0.error?.code == code } }
                #expect(isDeclared, "\(lesson.service) \(lesson.operation) declares no \(code)")
            }
        }
    }

    @Test func queues() async throws {
        let passing = try Passing()
        let queue = passing.arn("sqs", "q")
        let policy = allowing("sqs:SendMessage", queue)
        try await passing.pass(
            "sqs", "CreateQueue", #"{"QueueName":"q","tags":{"stage":"test"}}"#, on: [queue])
        #expect(passing.tags(queue) == ["stage": "test"])
        #expect(try !passing.mayOthers("sqs:SendMessage", on: queue))
        try await passing.pass(
            "sqs", "SetQueueAttributes", #"{"QueueUrl":"u","Attributes":{"Policy":\#(quoted(policy))}}"#, on: [queue])
        #expect(try passing.mayOthers("sqs:SendMessage", on: queue))
        #expect(try !passing.mayOthers("sqs:ReceiveMessage", on: queue))
        #expect(passing.tags(queue) == ["stage": "test"])

        // What is known already is not written again, in whatever layout it comes.
        let get = #"{"QueueUrl":"u","AttributeNames":["All"]}"#
        let spaced = policy.replacing(":", with: ": ", maxReplacements: 1)
        let isWritten = try await passing.pass(
            "sqs", "GetQueueAttributes", get, on: [queue], #"{"Attributes":{"Policy":\#(quoted(spaced))}}"#)
        #expect(!isWritten)
        // An answer without what was not asked for says nothing.
        try await passing.pass(
            "sqs", "GetQueueAttributes", #"{"QueueUrl":"u","AttributeNames":["QueueArn"]}"#, on: [queue])
        #expect(passing.policy(queue) == policy)
        try await passing.pass("sqs", "GetQueueAttributes", get, on: [queue], #"{"Attributes":{}}"#)
        #expect(passing.policy(queue) == nil)

        // A queue that is there already is not made anew.
        try await passing.pass(
            "sqs", "SetQueueAttributes", #"{"QueueUrl":"u","Attributes":{"Policy":\#(quoted(policy))}}"#, on: [queue])
        try await passing.pass("sqs", "CreateQueue", #"{"QueueName":"q"}"#, on: [queue])
        #expect(passing.policy(queue) == policy)
        try await passing.pass(
            "sqs", "SetQueueAttributes", #"{"QueueUrl":"u","Attributes":{"Policy":""}}"#, on: [queue])
        #expect(passing.policy(queue) == nil)

        try await passing.pass("sqs", "TagQueue", #"{"QueueUrl":"u","Tags":{"a":"1","stage":"live"}}"#, on: [queue])
        #expect(passing.tags(queue) == ["stage": "live", "a": "1"])
        try await passing.pass("sqs", "UntagQueue", #"{"QueueUrl":"u","TagKeys":["stage"]}"#, on: [queue])
        #expect(passing.tags(queue) == ["a": "1"])
        try await passing.pass("sqs", "ListQueueTags", #"{"QueueUrl":"u"}"#, on: [queue], #"{"Tags":{"b":"2"}}"#)
        #expect(passing.tags(queue) == ["b": "2"])
        try await passing.pass("sqs", "DeleteQueue", #"{"QueueUrl":"u"}"#, on: [queue])
        #expect(passing.kept.count == 0)
    }

    @Test func permissionsOfQueues() async throws {
        let passing = try Passing()
        let queue = passing.arn("sqs", "q")
        try await passing.pass(
            "sqs", "AddPermission",
            #"{"QueueUrl":"u","Label":"one","AWSAccountIds":["444455556666"],"Actions":["SendMessage"]}"#, on: [queue])
        #expect(
            passing.policy(queue) == """
                {"Version":"2008-10-17","Id":"\(queue)/SQSDefaultPolicy","Statement":[{"Sid":"one","Effect":"Allow",\
                "Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"SQS:SendMessage","Resource":"\(queue)"}]}
                """)
        try await passing.pass(
            "sqs", "AddPermission",
            #"{"QueueUrl":"u","Label":"two","AWSAccountIds":["444455556666","777788889999"],"Actions":["*"]}"#,
            on: [queue])
        #expect(try passing.mayOthers("sqs:ReceiveMessage", on: queue))
        #expect(try passing.may("777788889999", "sqs:SendMessage", on: queue))
        try await passing.pass("sqs", "RemovePermission", #"{"QueueUrl":"u","Label":"two"}"#, on: [queue])
        #expect(
            try passing.mayOthers("sqs:SendMessage", on: queue) && !passing.mayOthers("sqs:ReceiveMessage", on: queue))
        try await passing.pass("sqs", "RemovePermission", #"{"QueueUrl":"u","Label":"one"}"#, on: [queue])
        #expect(passing.policy(queue) == nil)
    }

    @Test func topics() async throws {
        let passing = try Passing()
        let topic = passing.arn("sns", "t")
        try await passing.pass("sns", "CreateTopic", #"{"Name":"t","Tags":[{"Key":"a","Value":"1"}]}"#, on: [topic])
        #expect(passing.policy(topic)?.contains("__default_statement_ID") == true)
        #expect(passing.tags(topic) == ["a": "1"])
        // AWS's own policy names no other account.
        #expect(try !passing.mayOthers("sns:Publish", on: topic))
        try await passing.pass(
            "sns", "AddPermission",
            #"{"TopicArn":"\#(topic)","Label":"l","AWSAccountId":["444455556666"],"ActionName":["Publish","Subscribe"]}"#,
            on: [topic])
        #expect(try passing.mayOthers("sns:Subscribe", on: topic))
        #expect(passing.policy(topic)?.contains("__default_statement_ID") == true)
        try await passing.pass("sns", "RemovePermission", #"{"TopicArn":"\#(topic)","Label":"l"}"#, on: [topic])
        #expect(try !passing.mayOthers("sns:Publish", on: topic))
        let policy = allowing("sns:Publish", topic)
        try await passing.pass(
            "sns", "SetTopicAttributes",
            #"{"TopicArn":"\#(topic)","AttributeName":"Policy","AttributeValue":\#(quoted(policy))}"#, on: [topic])
        #expect(passing.policy(topic) == policy)
        try await passing.pass(
            "sns", "SetTopicAttributes",
            #"{"TopicArn":"\#(topic)","AttributeName":"DisplayName","AttributeValue":"x"}"#,
            on: [topic])
        try await passing.pass("sns", "CreateTopic", #"{"Name":"t"}"#, on: [topic])
        #expect(passing.policy(topic) == policy)
        let other = allowing("sns:Subscribe", topic)
        try await passing.pass(
            "sns", "GetTopicAttributes", #"{"TopicArn":"\#(topic)"}"#, on: [topic],
            #"{"Attributes":{"Policy":\#(quoted(other))}}"#)
        #expect(passing.policy(topic) == other)
        try await passing.pass("sns", "DeleteTopic", #"{"TopicArn":"\#(topic)"}"#, on: [topic])
        #expect(passing.kept.count == 0)
    }

    @Test func functions() async throws {
        let passing = try Passing()
        let function = passing.arn("lambda", "function:f")
        func permit(_ sid: String, _ more: String, on name: String = "f") async throws {
            try await passing.pass(
                "lambda", "AddPermission",
                #"{"FunctionName":"\#(name)","StatementId":"\#(sid)","Action":"lambda:InvokeFunction"\#(more)}"#,
                on: [function])
        }
        try await passing.pass(
            "lambda", "CreateFunction", #"{"FunctionName":"f","Role":"r","Code":{},"Tags":{"a":"1"}}"#, on: [function])
        try await permit("one", #","Principal":"444455556666""#)
        try await permit(
            "two", #","Principal":"s3.amazonaws.com","SourceArn":"arn:aws:s3:::box","SourceAccount":"111122223333""#)
        #expect(
            passing.policy(function) == """
                {"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"one","Effect":"Allow","Principal":{"AWS":\
                "arn:aws:iam::444455556666:root"},"Action":"lambda:InvokeFunction","Resource":"\(function)"},{"Sid":"two",\
                "Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":\
                "\(function)","Condition":{"StringEquals":{"AWS:SourceAccount":"111122223333"},"ArnLike":{"AWS:SourceArn":\
                "arn:aws:s3:::box"}}}]}
                """)
        #expect(try passing.mayOthers("lambda:InvokeFunction", on: function))
        // An alias has permissions of its own, and the function's tags.
        let alias = function + ":live"
        #expect(try !passing.mayOthers("lambda:InvokeFunction", on: alias))
        try await permit("three", #","Principal":"444455556666","Qualifier":"live""#)
        #expect(try passing.mayOthers("lambda:InvokeFunction", on: alias))
        #expect(passing.kept.resource(try #require(ARN(parsing: alias)))?.tags.first?.value == "1")
        try await permit("four", #","Principal":"*""#, on: "111122223333:function:f:7")
        #expect(passing.policy(function + ":7")?.contains(#""Principal":"*""#) == true)
        try await permit("five", #","Principal":"*","Qualifier":"8""#, on: "\(function):7")
        #expect(passing.policy(function + ":8") == nil)

        try await passing.pass(
            "lambda", "RemovePermission", #"{"FunctionName":"f","StatementId":"three","Qualifier":"live"}"#,
            on: [function])
        #expect(try !passing.mayOthers("lambda:InvokeFunction", on: alias))
        try await passing.pass(
            "lambda", "GetPolicy", #"{"FunctionName":"f:7"}"#, on: [function], error: "ResourceNotFoundException")
        #expect(passing.policy(function + ":7") == nil)
        #expect(passing.policy(function) != nil)
        try await passing.pass(
            "lambda", "GetPolicy", #"{"FunctionName":"f"}"#, on: [function], error: "ServiceException")
        #expect(passing.policy(function) != nil)
        try await passing.pass(
            "lambda", "GetPolicy", #"{"FunctionName":"f","Qualifier":"9"}"#, on: [function],
            #"{"Policy":\#(quoted(allowing("lambda:InvokeFunction", function + ":9")))}"#)
        // moto's answers have principals as they were given.
        let bare = allowing("lambda:InvokeFunction", function + ":9").replacing(
            #"{"AWS":"444455556666"}"#, with: #""444455556666""#)
        try await passing.pass(
            "lambda", "GetPolicy", #"{"FunctionName":"f","Qualifier":"9"}"#, on: [function],
            #"{"Policy":\#(quoted(bare))}"#)
        #expect(
            try passing.policy(function + ":9") == bare
                && passing.mayOthers("lambda:InvokeFunction", on: function + ":9"))
        // With the function go its versions; another one's name may begin with the same letters.
        let other = passing.arn("lambda", "function:f2")
        try await passing.pass(
            "lambda", "CreateFunction", #"{"FunctionName":"f2","Role":"r","Code":{},"Tags":{"b":"2"}}"#, on: [other])
        try await passing.pass("lambda", "DeleteFunction", #"{"FunctionName":"f"}"#, on: [function])
        #expect(passing.kept.count == 1 && passing.tags(other) == ["b": "2"])

        let layer = passing.arn("lambda", "layer:l")
        try await passing.pass(
            "lambda", "AddLayerVersionPermission",
            #"{"LayerName":"l","VersionNumber":3,"StatementId":"x","Action":"lambda:GetLayerVersion","Principal":"*","#
                + #""OrganizationId":"o-1"}"#, on: [layer + ":3"])
        #expect(try passing.mayOthers("lambda:GetLayerVersion", on: layer + ":3", ["aws:PrincipalOrgID": .one("o-1")]))
        #expect(try !passing.mayOthers("lambda:GetLayerVersion", on: layer + ":3"))
        try await passing.pass(
            "lambda", "DeleteLayerVersion", #"{"LayerName":"l","VersionNumber":3}"#, on: [layer + ":3"])
        #expect(passing.kept.count == 1)
    }

    @Test func secrets() async throws {
        let passing = try Passing()
        let named = passing.arn("secretsmanager", "secret:db")
        let full = named + "-AbC123"
        // The endpoint's account may be another.
        let answer = #"{"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbC123","Name":"db"}"#
        try await passing.pass(
            "secretsmanager", "CreateSecret", #"{"Name":"db","Tags":[{"Key":"a","Value":"1"}]}"#,
            on: [named + "-??????"],
            answer)
        #expect(passing.kept.fullARN(named + "-??????") == full && passing.kept.fullARN(named) == full)
        #expect(passing.kept.fullARN(full) == full && passing.kept.fullARN(named + "-zzzzzz") == named + "-zzzzzz")
        let policy = allowing("secretsmanager:GetSecretValue", "*")
        try await passing.pass(
            "secretsmanager", "PutResourcePolicy", #"{"SecretId":"db","ResourcePolicy":\#(quoted(policy))}"#,
            on: [full],
            answer)
        for arn in [full, named, named + "-??????"] {
            #expect(try passing.mayOthers("secretsmanager:GetSecretValue", on: arn))
            #expect(passing.kept.resource(try #require(ARN(parsing: arn)))?.tags.first?.value == "1")
        }
        // A secret whose name looks like another's ARN is another.
        let alike = passing.arn("secretsmanager", "secret:db-AbC123-??????")
        #expect(try !passing.mayOthers("secretsmanager:GetSecretValue", on: alike))
        try await passing.pass(
            "secretsmanager", "CreateSecret", #"{"Name":"db/x","Tags":[{"Key":"b","Value":"2"}]}"#,
            on: [passing.arn("secretsmanager", "secret:db/x-??????")])
        // The answer must be about what the caller was allowed to touch.
        try await passing.pass(
            "secretsmanager", "GetResourcePolicy", #"{"SecretId":"other"}"#,
            on: [passing.arn("secretsmanager", "secret:other-??????")], #"{"ARN":"\#(full)","Name":"db"}"#)
        #expect(passing.policy(named) == policy)
        try await passing.pass("secretsmanager", "DeleteSecret", #"{"SecretId":"db"}"#, on: [full], answer)
        #expect(passing.policy(named) == policy)
        try await passing.pass("secretsmanager", "DeleteResourcePolicy", #"{"SecretId":"db"}"#, on: [full], answer)
        #expect(passing.policy(named) == nil)
        try await passing.pass(
            "secretsmanager", "DeleteSecret", #"{"SecretId":"db","ForceDeleteWithoutRecovery":true}"#, on: [full],
            answer)
        #expect(passing.kept.record(named) == nil && passing.kept.count == 1)
    }

    @Test func tables() async throws {
        let passing = try Passing()
        let table = passing.arn("dynamodb", "table/t")
        let stream = table + "/stream/2026-11-29T00:00:00.000"
        let policy = allowing("dynamodb:GetItem", "*")
        let create = #"{"TableName":"t","KeySchema":[],"AttributeDefinitions":[]"#
        try await passing.pass(
            "dynamodb", "CreateTable",
            create + #","ResourcePolicy":\#(quoted(policy)),"Tags":[{"Key":"a","Value":"1"}]}"#,
            on: [table, table])
        #expect(
            try passing.mayOthers("dynamodb:GetItem", on: table)
                && passing.mayOthers("dynamodb:GetItem", on: table + "/index/i"))
        #expect(try !passing.mayOthers("dynamodb:GetItem", on: stream))
        #expect(passing.kept.resource(try #require(ARN(parsing: table + "/index/i")))?.tags.first?.key == "a")
        try await passing.pass(
            "dynamodb", "PutResourcePolicy", #"{"ResourceArn":"\#(stream)","Policy":\#(quoted(policy))}"#, on: [stream])
        #expect(try passing.mayOthers("dynamodb:GetItem", on: stream))
        try await passing.pass(
            "dynamodb", "GetResourcePolicy", #"{"ResourceArn":"\#(table)"}"#, on: [table],
            error: "PolicyNotFoundException")
        #expect(passing.policy(table) == nil)
        // A page of tags is not all of them.
        try await passing.pass(
            "dynamodb", "ListTagsOfResource", #"{"ResourceArn":"\#(table)"}"#, on: [table],
            #"{"Tags":[{"Key":"b","Value":"2"}],"NextToken":"n"}"#)
        #expect(passing.tags(table) == ["a": "1"])
        try await passing.pass("dynamodb", "DeleteTable", #"{"TableName":"t"}"#, on: [table])
        #expect(passing.kept.count == 0)
        // A table that is made anew has nothing of the one before.
        try await passing.pass(
            "dynamodb", "PutResourcePolicy", #"{"ResourceArn":"\#(table)","Policy":\#(quoted(policy))}"#, on: [table])
        try await passing.pass("dynamodb", "CreateTable", create + "}", on: [table])
        #expect(passing.kept.count == 0)
    }

    @Test func buckets() async throws {
        var passing = try Passing()
        let bucket = "arn:aws:s3:::box"
        let object = "arn:aws:s3:::box/a"
        #expect(passing.kept.record(bucket) == nil)
        // Its ARN does not say whose it is.
        try await passing.pass("s3", "CreateBucket", #"{"Bucket":"box"}"#, on: [bucket])
        #expect(passing.kept.record(bucket)?.owner == "111122223333")
        let policy = allowing("s3:GetObject", "arn:aws:s3:::box/*")
        try await passing.pass("s3", "PutBucketPolicy", #"{"Bucket":"box","Policy":\#(quoted(policy))}"#, on: [bucket])
        #expect(try passing.mayOthers("s3:GetObject", on: object))
        #expect(try !passing.mayOthers("s3:PutObject", on: object))
        #expect(passing.kept.resource(try #require(ARN(parsing: object)))?.owner == "111122223333")
        #expect(passing.kept.resource(try #require(ARN(parsing: "arn:aws:s3:::box2/a"))) == nil)
        // Who makes his own again, where that is no error, changes nothing; nobody else can.
        try await passing.pass("s3", "CreateBucket", #"{"Bucket":"box"}"#, on: [bucket])
        #expect(try passing.mayOthers("s3:GetObject", on: object))
        passing.place.account = "444455556666"
        try await passing.pass("s3", "CreateBucket", #"{"Bucket":"box"}"#, on: [bucket])
        #expect(passing.kept.record(bucket)?.owner == "111122223333")
        // Elsewhere it would be an error, so that it is a new one.
        passing.place = Place(region: "eu-west-1", account: "111122223333")
        try await passing.pass("s3", "CreateBucket", #"{"Bucket":"box"}"#, on: [bucket])
        #expect(passing.kept.record(bucket)?.owner == "111122223333" && passing.policy(bucket) == nil)

        let block = #"{"Bucket":"box","PublicAccessBlockConfiguration":{"RestrictPublicBuckets":true}}"#
        try await passing.pass("s3", "PutPublicAccessBlock", block, on: [bucket])
        #expect(passing.kept.resource(try #require(ARN(parsing: object)))?.restrictsPublicBuckets == true)
        try await passing.pass("s3", "DeletePublicAccessBlock", #"{"Bucket":"box"}"#, on: [bucket])
        #expect(passing.kept.resource(try #require(ARN(parsing: object)))?.restrictsPublicBuckets == false)

        // As S3 tells it.
        let isNews = try await passing.pass(
            "s3", "GetBucketPolicy", #"{"Bucket":"box"}"#, on: [bucket], #"{"Policy":\#(quoted(policy))}"#)
        #expect(isNews && passing.policy(bucket) != nil)
        try await passing.pass("s3", "GetBucketPolicy", #"{"Bucket":"box"}"#, on: [bucket], error: "NoSuchBucketPolicy")
        #expect(passing.policy(bucket) == nil && passing.kept.record(bucket)?.owner != nil)
        try await passing.pass("s3", "GetBucketPolicy", #"{"Bucket":"box"}"#, on: [bucket], error: "NoSuchBucket")
        #expect(passing.kept.record(bucket) == nil)
        try await passing.pass("s3", "CreateBucket", #"{"Bucket":"box"}"#, on: [bucket], isMapped: true)
        #expect(passing.kept.record(bucket)?.owner == "111122223333")
        try await passing.pass("s3", "DeleteBucket", #"{"Bucket":"box"}"#, on: [bucket], isMapped: true)
        #expect(passing.kept.record(bucket) == nil)
        // S3 Control's operation of that name is on something else.
        let isOther = try await passing.pass("s3control", "CreateBucket", #"{"Bucket":"box"}"#, on: [bucket])
        #expect(!isOther)
    }

    @Test func repositories() async throws {
        let passing = try Passing()
        let repository = passing.arn("ecr", "repository/r")
        // Repository policies name no resource.
        let policy =
            #"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"ecr:BatchGetImage"}]}"#
        try await passing.pass(
            "ecr", "SetRepositoryPolicy", #"{"repositoryName":"r","policyText":\#(quoted(policy))}"#, on: [repository])
        #expect(
            try passing.mayOthers("ecr:BatchGetImage", on: repository)
                && !passing.mayOthers("ecr:PutImage", on: repository))
        let registry = allowing("ecr:PutImage", passing.arn("ecr", "repository/*"))
        try await passing.pass("ecr", "PutRegistryPolicy", #"{"policyText":\#(quoted(registry))}"#, on: ["*"])
        #expect(
            try passing.mayOthers("ecr:BatchGetImage", on: repository)
                && passing.mayOthers("ecr:PutImage", on: repository))
        #expect(try passing.mayOthers("ecr:PutImage", on: passing.arn("ecr", "repository/another")))
        try await passing.pass("ecr", "DeleteRegistryPolicy", "{}", on: ["*"])
        try await passing.pass(
            "ecr", "GetRepositoryPolicy", #"{"repositoryName":"r"}"#, on: [repository],
            error: "RepositoryPolicyNotFoundException")
        #expect(passing.kept.count == 0)
    }

    @Test func buses() async throws {
        let passing = try Passing()
        let bus = passing.arn("events", "event-bus/default")
        try await passing.pass(
            "events", "PutPermission",
            #"{"Action":"events:PutEvents","Principal":"*","StatementId":"s","Condition":{"Type":"StringEquals","#
                + #""Key":"aws:PrincipalOrgID","Value":"o-1"}}"#, on: [bus])
        #expect(try passing.mayOthers("events:PutEvents", on: bus, ["aws:PrincipalOrgID": .one("o-1")]))
        #expect(try !passing.mayOthers("events:PutEvents", on: bus))
        try await passing.pass("events", "RemovePermission", #"{"StatementId":"s"}"#, on: [bus])
        #expect(passing.policy(bus) == nil)
        try await passing.pass(
            "events", "PutPermission", #"{"Policy":\#(quoted(allowing("events:*", bus)))}"#, on: [bus])
        #expect(try passing.mayOthers("events:PutEvents", on: bus))
        try await passing.pass("events", "RemovePermission", #"{"RemoveAllPermissions":true}"#, on: [bus])
        #expect(passing.kept.count == 0)
    }

    /// What the engine can't read is kept, and allows nobody anything; the owner's own policies still decide for the owner.
    @Test func unreadablePolicies() async throws {
        let passing = try Passing()
        let queue = passing.arn("sqs", "q")
        for text in ["{", "nonsense", #"{"Statement":[{"Effect":"Perhaps"}]}"#, String(repeating: " ", count: 200_000)]
        {
            try await passing.pass(
                "sqs", "SetQueueAttributes", #"{"QueueUrl":"u","Attributes":{"Policy":\#(quoted(text))}}"#, on: [queue])
            #expect(passing.kept.hasUnreadablePolicy(queue))
            #expect(try !passing.mayOthers("sqs:SendMessage", on: queue))
            #expect(try passing.may("111122223333", "sqs:SendMessage", on: queue))
        }
        #expect((passing.policy(queue)?.utf8.count ?? 0) < 1000)
        // Nothing can be added to it.
        try await passing.pass(
            "sqs", "AddPermission",
            #"{"QueueUrl":"u","Label":"one","AWSAccountIds":["444455556666"],"Actions":["*"]}"#, on: [queue])
        #expect(try !passing.mayOthers("sqs:SendMessage", on: queue))
    }

    /// Only what the caller was allowed to touch is learnt about, and only of this service.
    @Test func onlyWhatWasAllowed() async throws {
        let passing = try Passing()
        let policy = quoted(allowing("sqs:*", "*"))
        let set = #"{"QueueUrl":"u","Attributes":{"Policy":\#(policy)}}"#
        for resources in [
            ["*"], [passing.arn("sqs", "*")], [passing.arn("sqs", "a"), passing.arn("sqs", "b")],
            [passing.arn("sns", "q")], [], ["arn:aws:sqs:us-east-1::q"], ["nonsense"],
        ] {
            let isWritten = try await passing.pass("sqs", "SetQueueAttributes", set, on: resources)
            #expect(!isWritten, "\(resources)")
        }
        let isWritten = try await passing.pass(
            "sqs", "SetQueueAttributes", set, on: [passing.arn("sqs", "q")], error: "AccessDenied")
        #expect(!isWritten)
        #expect(passing.kept.count == 0)
        // A queue of another account, whose policy let the caller in.
        let theirs = "arn:aws:sqs:us-east-1:777788889999:q"
        try await passing.pass("sqs", "SetQueueAttributes", set, on: [theirs])
        let records = try await passing.ledger.read { (reader) throws(LedgerError) in
            try reader.list(KeptResource.self, in: Scope(account: "777788889999", region: "us-east-1"), limit: 10)
        }
        #expect(records.map(\.arn) == [theirs])
    }

    /// What is asked for by the mapping is what is learnt about, for each service once.
    @Test func asMapped() async throws {
        let passing = try Passing()
        func pass(_ service: String, _ operation: String, _ input: String, about arn: String) async throws {
            try await passing.pass(service, operation, input, on: [], isMapped: true)
            #expect(passing.policy(arn) != nil, "\(service) \(operation): \(passing.kept.count)")
        }
        let policy = quoted(allowing("*", "*"))
        let queue = passing.arn("sqs", "q")
        try await pass(
            "sqs", "SetQueueAttributes",
            #"{"QueueUrl":"http://sqs/111122223333/q","Attributes":{"Policy":\#(policy)}}"#, about: queue)
        try await pass("sns", "CreateTopic", #"{"Name":"t"}"#, about: passing.arn("sns", "t"))
        try await pass(
            "secretsmanager", "PutResourcePolicy", #"{"SecretId":"s","ResourcePolicy":\#(policy)}"#,
            about: passing.arn("secretsmanager", "secret:s"))
        try await pass(
            "lambda", "AddPermission",
            #"{"FunctionName":"f","StatementId":"x","Action":"lambda:GetFunction","Principal":"444455556666"}"#,
            about: passing.arn("lambda", "function:f"))
        try await pass(
            "lambda", "AddPermission",
            #"{"FunctionName":"f","StatementId":"x","Action":"lambda:GetFunction","Principal":"444455556666","Qualifier":"v"}"#,
            about: passing.arn("lambda", "function:f:v"))
        try await pass(
            "lambda", "AddLayerVersionPermission",
            #"{"LayerName":"l","VersionNumber":3,"StatementId":"x","Action":"lambda:GetLayerVersion","Principal":"*"}"#,
            about: passing.arn("lambda", "layer:l:3"))
        try await pass(
            "ecr", "SetRepositoryPolicy", #"{"repositoryName":"r","policyText":\#(policy)}"#,
            about: passing.arn("ecr", "repository/r"))
        try await pass("ecr", "PutRegistryPolicy", #"{"policyText":\#(policy)}"#, about: passing.arn("ecr", "registry"))
        let (table, stream) = (passing.arn("dynamodb", "table/t"), passing.arn("kinesis", "stream/s"))
        try await pass(
            "dynamodb", "PutResourcePolicy", #"{"ResourceArn":"\#(table)","Policy":\#(policy)}"#, about: table)
        try await pass(
            "kinesis", "PutResourcePolicy", #"{"ResourceARN":"\#(stream)","Policy":\#(policy)}"#, about: stream)
        try await pass(
            "events", "PutPermission", #"{"EventBusName":"b","Policy":\#(policy)}"#,
            about: passing.arn("events", "event-bus/b"))
        try await pass(
            "events", "PutPermission", #"{"Policy":\#(policy)}"#, about: passing.arn("events", "event-bus/default"))
    }

    /// What is read again at the start is what was known before.
    @Test func isReplayed() async throws {
        let passing = try Passing()
        let full = passing.arn("secretsmanager", "secret:db-AbC123")
        try await passing.pass(
            "secretsmanager", "CreateSecret", #"{"Name":"db","Tags":[{"Key":"a","Value":"1"}]}"#,
            on: [passing.arn("secretsmanager", "secret:db-??????")], #"{"ARN":"\#(full)","Name":"db"}"#)
        try await passing.pass("sqs", "TagQueue", #"{"QueueUrl":"u","Tags":{"a":"1"}}"#, on: [passing.arn("sqs", "q")])
        let again = KeptResources()
        try passing.ledger.replay([KeptResource.kind]) { (change) throws(LedgerError) in try again.apply([change]) }
        #expect(again.count == 2 && again.fullARN(passing.arn("secretsmanager", "secret:db")) == full)
        #expect(again.record(full)?.tags.first?.value == "1")
        try again.replaceAll(with: [])
        #expect(again.count == 0 && again.record(full) == nil)
    }
}
