import Mapping
import Policy
import Testing
import Wire

/// Requests that the generated table maps.
struct GeneratedRequestsTests {
    private func accesses(
        _ service: String, _ operation: String, _ members: [String: Value]
    ) throws -> [String] {
        let entry = try #require(ServiceModels.aws.entry(service))
        let shape = try #require(ServiceModels.aws.service(service)?.operation(named: operation))
        var input = Structure(shape.input ?? .empty)
        for (name, value) in members {
            #expect(input.shape.index(of: name) != nil, "\(name)")
            input[name] = value
        }
        let place = Place(region: "eu-central-1", account: "111122223333")
        switch RequestMapper().map(shape, of: entry, input, in: place) {
        case .accesses(let accesses, _): return accesses.map { "\($0.action) \($0.resource)" }
        case .unmapped: return []
        }
    }

    @Test("Log groups keep their slashes, and are asked for as CloudWatch Logs writes them")
    func logGroups() throws {
        let group = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/f:log-stream:"
        #expect(
            try accesses("logs", "CreateLogGroup", ["logGroupName": .string("/aws/lambda/f")]) == [
                "logs:CreateLogGroup \(group)"
            ])
        let stream: [String: Value] = [
            "logGroupName": .string("/aws/lambda/f"), "logStreamName": .string("2026/11/29/[$LATEST]0a"),
        ]
        #expect(try accesses("logs", "PutLogEvents", stream) == ["logs:PutLogEvents \(group)2026/11/29/[$LATEST]0a"])
        #expect(
            try accesses("logs", "DescribeMetricFilters", [:])
                == ["logs:DescribeMetricFilters arn:aws:logs:eu-central-1:111122223333:log-group::log-stream:"])
    }

    @Test("A log group that is named twice is asked for twice")
    func logGroupTwice() throws {
        let both: [String: Value] = ["logGroupName": .string("open"), "logGroupIdentifier": .string("secret")]
        #expect(
            try accesses("logs", "FilterLogEvents", both) == [
                "logs:FilterLogEvents arn:aws:logs:eu-central-1:111122223333:log-group:open:log-stream:",
                "logs:FilterLogEvents arn:aws:logs:eu-central-1:111122223333:log-group:secret:log-stream:",
            ])
    }

    @Test("Objects of S3 are asked for by their whole keys, and by version if the request has one")
    func objects() throws {
        let key: [String: Value] = ["Bucket": .string("notes"), "Key": .string("/2026/a:b")]
        #expect(try accesses("s3", "GetObject", key) == ["s3:GetObject arn:aws:s3:::notes//2026/a:b"])
        let version = key.merging(["VersionId": .string("v1")]) { $1 }
        #expect(try accesses("s3", "GetObject", version) == ["s3:GetObjectVersion arn:aws:s3:::notes//2026/a:b"])
    }

    @Test("Deleting many objects asks for each of them")
    func manyObjects() throws {
        let model = try #require(ServiceModels.aws.service("s3"))
        guard case .structure(let delete)? = model.shapes["Delete"],
            case .structure(let one)? = model.shapes["ObjectIdentifier"]
        else { return #expect(Bool(false), "the model has other names") }
        var plain = Structure(one)
        plain["Key"] = .string("a")
        var version = Structure(one)
        version["Key"] = .string("b/c")
        version["VersionId"] = .string("v1")
        var all = Structure(delete)
        all["Objects"] = .list([.structure(plain), .structure(version)])
        #expect(
            try accesses("s3", "DeleteObjects", ["Bucket": .string("notes"), "Delete": .structure(all)]) == [
                "s3:DeleteObject arn:aws:s3:::notes/a", "s3:DeleteObjectVersion arn:aws:s3:::notes/b/c",
            ])
    }

    @Test("Members of other names name the resource")
    func otherNames() throws {
        #expect(
            try accesses("amp", "DescribeRuleGroupsNamespace", ["workspaceId": .string("ws-1"), "name": .string("n")])
                == ["aps:DescribeRuleGroupsNamespace arn:aws:aps:eu-central-1:111122223333:rulegroupsnamespace/ws-1/n"])
        #expect(
            try accesses("apigateway", "GetRestApi", ["restApiId": .string("a1b2")])
                == ["apigateway:GET arn:aws:apigateway:eu-central-1::/restapis/a1b2"])
        #expect(
            try accesses("keyspaces", "CreateTable", ["keyspaceName": .string("k"), "tableName": .string("t")])
                == ["cassandra:Create arn:aws:cassandra:eu-central-1:111122223333:/keyspace/k/table/t"])
    }

    @Test("A name that could be another resource's is not mapped")
    func hostileNames() throws {
        for name in ["a/../b", "*", "a?", "", "a b\n", String(repeating: "x", count: 3_000)] {
            #expect(try accesses("logs", "CreateLogGroup", ["logGroupName": .string(name)]).isEmpty, "\(name)")
        }
        #expect(try accesses("apigateway", "GetRestApi", ["restApiId": .string("a/stages/prod")]).isEmpty)
    }
}
