import Mapping
import Testing
import Wire

/// What is known of operations before there is a request.
struct MappingDescriptionTests {
    private func describe(
        _ service: String, _ operation: String, declared: String = ""
    ) throws -> MappingDescription {
        let entry = try #require(ServiceModels.aws.entry(service))
        let shape = try #require(ServiceModels.aws.service(service)?.operation(named: operation))
        return try RequestMapper(declared: DeclaredMappings(parsing: declared)).description(of: shape, of: entry)
    }

    @Test("An operation of a service that was gone through by hand")
    func exact() throws {
        let description = try describe("sqs", "SendMessageBatch")
        #expect(description.source == .exact)
        #expect(description.coverage == .resources)
        #expect(description.accesses.map(\.action) == ["sqs:SendMessage"])
        #expect(description.accesses.map(\.resources) == [["arn:{partition}:sqs:{region}:{account}:{QueueUrl tail}"]])
    }

    @Test("An operation whose action has another name, from the generated table")
    func table() throws {
        let description = try describe("s3", "ListObjectsV2")
        #expect(description.source == .table)
        #expect(description.accesses.first?.action == "s3:ListBucket")
        #expect(description.accesses.first?.resources.first == "arn:{partition}:s3:::{Bucket}")
    }

    @Test("An operation whose own name is its action's")
    func names() throws {
        let description = try describe("ecs", "DeleteCluster")
        #expect(description.accesses.first?.action == "ecs:DeleteCluster")
        #expect(description.coverage == .resources)
    }

    @Test("An action on no kind of resource")
    func all() throws {
        let description = try describe("ec2", "DescribeVpcs")
        #expect(description.accesses.map(\.action) == ["ec2:DescribeVpcs"])
        #expect(description.accesses.map(\.resources) == [["*"]])
        #expect(description.coverage == .all)
    }

    @Test("What nobody knows is not mapped, and says why")
    func unmapped() throws {
        let description = try describe("codecatalyst", "CreateProject")
        #expect(description.coverage == .unmapped)
        #expect(description.accesses.isEmpty)
        #expect(description.refusals.first?.reason.contains("no action of its name") == true)
    }

    @Test("The operator's declaration comes before all")
    func declared() throws {
        let line =
            "codecatalyst CreateProject = codecatalyst:CreateProject on * if name; sqs:SendMessage on * unless name"
        let description = try describe("codecatalyst", "CreateProject", declared: line)
        #expect(description.source == .declared)
        #expect(description.accesses.map(\.conditions) == [["if name"], ["unless name"]])
        let other = try describe("sqs", "SendMessageBatch", declared: "sqs SendMessageBatch = sqs:SendMessage on *")
        #expect(other.source == .declared && other.coverage == .all)
    }

    @Test("A version makes it another action")
    func conditions() throws {
        let description = try describe("s3", "GetObject")
        #expect(description.accesses.map(\.action) == ["s3:GetObject", "s3:GetObjectVersion"])
        #expect(description.accesses.map(\.conditions) == [["unless VersionId"], ["if VersionId"]])
    }

    @Test("Roles that are passed on are shown")
    func passedRoles() throws {
        let description = try describe("glue", "CreateJob")
        let role = try #require(description.accesses.first { $0.action == "iam:PassRole" })
        #expect(role.resources.contains("{Role}"))
        #expect(role.keys.map { [$0.name, $0.value] } == [["iam:passedtoservice", "glue.amazonaws.com"]])
    }
}
