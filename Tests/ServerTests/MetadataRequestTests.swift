import Directory
import Platform
import Server
import Signature
import Testing

struct MetadataRequestTests {
    @Test func `Both versions answer where tokens are optional`() async throws {
        let lab = try await MetadataLab()
        let first = await lab.get("/latest/meta-data/instance-id")
        #expect(first.status == 200 && first.body == MetadataLab.id)
        #expect(first.headers.contains { $0 == ("Content-Type", "text/plain") })
        #expect(first.headers.contains { $0 == ("Server", "EC2ws") })
        let token = await lab.token(60)
        let second = await lab.get("/latest/meta-data/instance-id", ["X-aws-ec2-metadata-token": token])
        #expect(second.status == 200 && second.body == MetadataLab.id)
        #expect(second.headers.contains { $0 == ("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "60") })
        let missing = await lab.get("/latest/user-data")
        #expect(missing.status == 404 && missing.body.contains("<h1>404 - Not Found</h1>"))
        #expect(await lab.get("/latest/meta-data/instance-id", method: "HEAD").status == 200)
    }

    @Test func `A token is needed where it is required`() async throws {
        let lab = try await MetadataLab()
        try await lab.change { $0.metadataOptions.requiresTokens = true }
        #expect(await lab.get("/latest/meta-data/instance-id").status == 401)
        #expect(await lab.get("/").status == 401)
        let token = await lab.token()
        #expect(await lab.get("/latest/meta-data/instance-id", ["x-aws-ec2-metadata-token": token]).status == 200)
    }

    @Test(arguments: ["0", "21601", "-1", "x", "", "1.5", "99999999999999999999", " 60"])
    func `A token has a lifetime of up to six hours`(seconds: String) async throws {
        let lab = try await MetadataLab()
        let answer = await lab.get(
            "/latest/api/token", method: "PUT", ["x-aws-ec2-metadata-token-ttl-seconds": seconds])
        #expect(answer.status == 400)
        #expect(await lab.get("/latest/api/token", method: "PUT").status == 400)
        for seconds in ["1", "21600"] {
            let answer = await lab.get(
                "/latest/api/token", method: "PUT", ["x-aws-ec2-metadata-token-ttl-seconds": seconds])
            #expect(answer.status == 200)
            #expect(answer.headers.contains { $0 == ("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", seconds) })
        }
    }

    @Test func `A token ends, and is good for one instance alone`() async throws {
        let lab = try await MetadataLab()
        let path = "/latest/meta-data/instance-id"
        let token = await lab.token(60)
        lab.test.advance(59)
        let last = await lab.get(path, ["x-aws-ec2-metadata-token": token])
        #expect(last.status == 200)
        #expect(last.headers.contains { $0 == ("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "1") })
        lab.test.advance(1)
        // Not even where none is required.
        #expect(await lab.get(path, ["x-aws-ec2-metadata-token": token]).status == 401)
        let foreign = await lab.token(base: try await lab.baseOfOther())
        #expect(await lab.get(path, ["x-aws-ec2-metadata-token": foreign]).status == 401)
        #expect(await lab.get(path, ["x-aws-ec2-metadata-token": ""]).status == 401)
        #expect(await lab.get(path, ["x-aws-ec2-metadata-token": "AQAAAA=="]).status == 401)
    }

    @Test func `Proxies get no token, and no other path or method gives one`() async throws {
        let lab = try await MetadataLab()
        let wanted = ["x-aws-ec2-metadata-token-ttl-seconds": "60"]
        let forwarded = wanted.merging(["X-Forwarded-For": "203.0.113.7"]) { $1 }
        #expect(await lab.get("/latest/api/token", method: "PUT", forwarded).status == 403)
        #expect(await lab.get("/2021-03-23/api/token", method: "PUT", wanted).status == 403)
        #expect(await lab.get("/latest/meta-data/", method: "PUT", wanted).status == 405)
        #expect(await lab.get("/latest/api/token", wanted).status == 405)
        #expect(await lab.get("/latest/api/token", method: "POST", wanted).status == 405)
    }

    @Test func `What is turned off or has ended does not answer`() async throws {
        let lab = try await MetadataLab()
        try await lab.change { $0.metadataOptions.isEnabled = false }
        #expect(await lab.get("/latest/meta-data/").status == 403)
        #expect(
            await lab.get("/latest/api/token", method: "PUT", ["x-aws-ec2-metadata-token-ttl-seconds": "60"]).status
                == 403)
        for state in [StoredInstance.State.stopped, .terminated] {
            try await lab.change { $0.state = state }
            #expect(await lab.get("/latest/meta-data/").status == 404)
        }
        try await lab.change { $0.state = .stopping }
        #expect(await lab.get("/latest/meta-data/").status == 200)
    }

    @Test(arguments: ["", "x", "AAAA", "../x"])
    func `Nobody guesses an address`(secret: String) async throws {
        let lab = try await MetadataLab()
        let answer = await lab.get("/latest/meta-data/", base: "/_gatehouse/instances/\(secret)")
        #expect(answer.status == 404)
        // One for containers is none for this.
        let variables = await MetadataLab.variables(lab.test, "instance=\(MetadataLab.id)&form=container")
        let token = try #require(variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"])
        #expect(await lab.get("/latest/meta-data/", base: "/_gatehouse/instances/\(token)").status == 404)
    }

    @Test func `Addresses are given to the operator alone`() async throws {
        let lab = try await MetadataLab()
        let alice = await lab.test.user(
            "alice", policy: #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#)
        for credentials in [alice, nil] {
            let answer = await lab.test.send(
                "gatehouse", path: "/_gatehouse/instance-metadata", query: "instance=\(MetadataLab.id)", headers: [],
                body: "", as: credentials)
            #expect(answer.status == 403)
        }
        #expect(await MetadataLab.variables(lab.test, "instance=i-00000000000000000") == [:])
    }

    @Test func `Who still uses version 1 is counted`() async throws {
        let lab = try await MetadataLab()
        _ = await lab.get("/latest/meta-data/", ["x-aws-ec2-metadata-token": await lab.token()])
        for _ in 0..<3 { _ = await lab.get("/latest/meta-data/") }
        try await lab.change { $0.metadataOptions.requiresTokens = true }
        _ = await lab.get("/latest/meta-data/")
        var counted: [String: Double] = [:]
        for (minute, values) in lab.test.gatehouse.environment.metricCounts.take(at: lab.test.now) {
            guard minute.series.namespace == "AWS/EC2" else { continue }
            #expect(minute.series.dimensions == [MetricDimension("InstanceId", MetadataLab.id)])
            counted[minute.series.name] = values[1]
        }
        #expect(counted == ["MetadataNoToken": 3, "MetadataNoTokenRejected": 1])
    }

    @Test func `Tags are there where they are allowed`() async throws {
        let lab = try await MetadataLab()
        try await lab.change { $0.head.tags = [Tag(key: "Name", value: "web")] }
        #expect(await lab.get("/latest/meta-data/tags/instance").status == 404)
        try await lab.change {
            $0.head.tags = [Tag(key: "Name", value: "web")]
            $0.metadataOptions.hasTags = true
        }
        #expect(await lab.get("/latest/meta-data/tags/instance").body == "Name")
        #expect(await lab.get("/latest/meta-data/tags/instance/Name").body == "web")
    }
}
