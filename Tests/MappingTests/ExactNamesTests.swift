import Mapping
import Testing
import Wire

/// Names that another server could take for a member's are refused in every protocol, and those that nobody knows are not.
struct ExactNamesTests {
    private func isRefused(_ service: String, _ operation: String, _ request: WireRequest) throws -> Bool {
        let model = try #require(ServiceModels.aws.service(service))
        let shape = try #require(model.operation(named: operation))
        // What is refused must have been readable, or the test shows nothing.
        _ = try model.wireProtocol(of: request).decode(request, as: shape, of: model)
        do {
            try model.requireSingleMeaning(of: request, as: shape)
            return false
        } catch {
            #expect(error.message.contains("read in two ways"), "\(error.message)")
            return true
        }
    }

    @Test(
        "XML: elements in another case, at any depth",
        arguments: [
            ("<Delete><Object><Key>a</Key></Object></Delete>", false),
            ("<Delete><Object><Key>a</Key></Object><Colour>red</Colour></Delete>", false),
            ("<Delete><Object><Key>a</Key><key>victim</key></Object></Delete>", true),
            ("<Delete><Object><KEY>victim</KEY></Object></Delete>", true),
            ("<Delete><object><Key>victim</Key></object></Delete>", true),
            ("<Delete><Object><Key>a</Key></Object><x:object xmlns:x='y'><Key>victim</Key></x:object></Delete>", true),
            // The model calls the list so, and the wire does not.
            ("<Delete><Objects><Key>victim</Key></Objects></Delete>", true),
            ("<Delete><Object><Key>a</Key><versionId>1</versionId></Object></Delete>", true),
        ])
    func xml(_ body: String, _ refused: Bool) throws {
        let request = WireRequest(method: "POST", path: "/bucket", query: "delete", body: Array(body.utf8))
        #expect(try isRefused("s3", "DeleteObjects", request) == refused)
    }

    @Test(
        "XML without a payload, and what stands in the path",
        arguments: [
            ("<Comment>c</Comment>", false), ("<comment>c</comment>", true), ("<Id>Z1</Id>", true),
            ("<HostedZoneId>Z1</HostedZoneId>", true),
        ])
    func xmlInPlace(_ element: String, _ refused: Bool) throws {
        let batch = "<ChangeBatch>\(element)<Changes></Changes></ChangeBatch>"
        let top = element.contains("omment") ? "" : element
        let body = "<ChangeResourceRecordSetsRequest>\(top)\(batch)</ChangeResourceRecordSetsRequest>"
        let request = WireRequest(
            method: "POST", path: "/2013-04-01/hostedzone/Z2/rrset", body: Array(body.utf8))
        #expect(try isRefused("route53", "ChangeResourceRecordSets", request) == refused)
    }

    /// A map of texts to texts, or to such maps, in CBOR; RFC 8949, section 3.1.
    private func cbor(_ members: [(String, [UInt8])]) -> [UInt8] {
        [0xA0 + UInt8(members.count)] + members.flatMap { text($0.0) + $0.1 }
    }

    private func text(_ text: String) -> [UInt8] { [0x60 + UInt8(text.utf8.count)] + Array(text.utf8) }

    @Test("CBOR: members in another case, at any depth")
    func cborNames() throws {
        func isRefused(_ members: [(String, [UInt8])]) throws -> Bool {
            let request = WireRequest(
                path: "/service/GraniteServiceVersion20100801/operation/PutMetricData",
                headers: [("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor")],
                body: cbor(members))
            return try self.isRefused("cloudwatch", "PutMetricData", request)
        }
        let space = ("Namespace", text("a"))
        #expect(try !isRefused([space]))
        #expect(try !isRefused([space, ("Colour", text("red"))]))
        #expect(try isRefused([space, ("namespace", text("victim"))]))
        #expect(try isRefused([("NAMESPACE", text("victim"))]))
        let datum = cbor([("MetricName", text("m"))])
        #expect(try !isRefused([space, ("MetricData", [0x81] + datum)]))
        let other = cbor([("metricname", text("m"))])
        #expect(try isRefused([space, ("MetricData", [0x81] + other)]))
    }

    @Test(
        "Forms: fields in another case, at any depth",
        arguments: [
            ("TopicArn=t&Message=m", false), ("TopicArn=t&Message=m&Colour=red", false),
            ("TopicArn=t&topicArn=victim&Message=m", true), ("TOPICARN=victim&Message=m", true),
            ("TopicArn=t&Message=m&action=DeleteTopic", true), ("TopicArn=t&Message=m&version=1", true),
            ("TopicArn=t&Message=m&Action.x=1", true),
            ("TopicArn=t&MessageAttributes.entry.1.Name=a&MessageAttributes.entry.1.Value.DataType=String", false),
            ("TopicArn=t&MessageAttributes.entry.1.Name=a&MessageAttributes.entry.1.Value.datatype=String", true),
            (
                "TopicArn=t&MessageAttributes.entry.1.Name=a&MessageAttributes.entry.1.name=b"
                    + "&MessageAttributes.entry.1.Value.DataType=String", true
            ),
            ("TopicArn=t&messageattributes.entry.1.Name=a", true),
        ])
    func forms(_ fields: String, _ refused: Bool) throws {
        let request = WireRequest(
            headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: Array("Action=Publish&Version=2010-03-31&\(fields)".utf8))
        #expect(try isRefused("sns", "Publish", request) == refused)
    }

    @Test(
        "EC2's forms: the names that the model has, and the service has not",
        arguments: [
            ("InstanceId.1=i-1", false), ("instanceId.1=i-1", true), ("InstanceIds.1=i-1", true),
            ("InstanceId.1=i-1&Filter.1.Name=x&Filter.1.Value.1=y", false),
            ("InstanceId.1=i-1&Filter.1.Name=x&Filter.1.value.1=y", true),
        ])
    func ec2(_ fields: String, _ refused: Bool) throws {
        let request = WireRequest(
            headers: [("Content-Type", "application/x-www-form-urlencoded")],
            body: Array("Action=DescribeInstances&Version=2016-11-15&\(fields)".utf8))
        #expect(try isRefused("ec2", "DescribeInstances", request) == refused)
    }

    @Test("A version that is an operation's own member is no version of another API")
    func versionMembers() throws {
        // Every operation of a service with forms whose input has a member like the request's own fields.
        for entry in ServiceModels.aws.entries where entry.protocols.contains(.query) || entry.protocols.contains(.ec2)
        {
            let model = try #require(ServiceModels.aws.service(entry.id))
            for name in model.operationNames {
                let members = model.operation(named: name)?.input?.members ?? []
                #expect(!members.contains { ["action", "version"].contains($0.wireName.lowercased()) }, "\(name)")
            }
        }
    }
}
