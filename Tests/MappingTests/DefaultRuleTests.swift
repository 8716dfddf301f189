import Testing

@testable import Mapping

/// What requests to services ask for that nobody has gone through by hand: what the names say, and what is refused.
struct DefaultRuleTests {
    @Test(
        "Names and ARNs of members fill the ARNs of the action's types",
        arguments: [
            (
                "ecs", "DescribeClusters", #"{"clusters": ["arn:aws:ecs:eu-central-1:111122223333:cluster/c"]}"#,
                ["ecs:DescribeClusters arn:aws:ecs:eu-central-1:111122223333:cluster/c"]
            ),
            (
                "batch", "DeleteJobQueue", #"{"jobQueue": "q"}"#,
                ["batch:DeleteJobQueue arn:aws:batch:eu-central-1:111122223333:job-queue/q"]
            ),
            (
                "glue", "GetTable", #"{"DatabaseName": "d", "Name": "t"}"#,
                [
                    "glue:GetTable arn:aws:glue:eu-central-1:111122223333:database/d",
                    "glue:GetTable arn:aws:glue:eu-central-1:111122223333:catalog",
                    "glue:GetTable arn:aws:glue:eu-central-1:111122223333:table/d/t",
                ]
            ),
            ("ecs", "ListClusters", "{}", ["ecs:ListClusters *"]),
            ("backup", "ListBackupPlans", "{}", ["backup:ListBackupPlans *"]),
            (
                "codebuild", "CreateProject",
                #"{"name": "p", "source": {"type": "NO_SOURCE"}, "artifacts": {"type": "NO_ARTIFACTS"}, "serviceRole": "arn:aws:iam::111122223333:role/r", "tags": [{"key": "t", "value": "1"}]}"#,
                [
                    "codebuild:CreateProject arn:aws:codebuild:eu-central-1:111122223333:project/p aws:requesttag/t=1 aws:tagkeys=[t] codebuild:servicerole=arn:aws:iam::111122223333:role/r",
                    "iam:PassRole arn:aws:iam::111122223333:role/r iam:passedtoservice=codebuild.amazonaws.com",
                ]
            ),
        ] as [(String, String, String, [String])])
    func named(service: String, operation: String, input: String, expected: [String]) throws {
        let asked = try Inputs.asked(service, operation, input)
        #expect(asked == expected)
    }

    @Test("What a member may name, and no rule understands, is refused rather than asked on all")
    func refused() throws {
        for (service, operation, input) in [
            ("batch", "DeleteJobQueue", #"{"jobQueue": "a:b"}"#), ("batch", "DeleteJobQueue", #"{"jobQueue": ""}"#),
            ("batch", "DeleteJobQueue", #"{"jobQueue": "arn:aws:sqs:eu-central-1:111122223333:q"}"#),
            ("batch", "DeleteJobQueue", "{}"),
            ("glue", "GetTable", #"{"CatalogId": "444455556666", "DatabaseName": "d", "Name": "t"}"#),
            ("glue", "GetTable", #"{"DatabaseName": "d/e", "Name": "t"}"#),
        ] {
            guard case .unmapped = try Inputs.map(service, operation, input) else {
                Issue.record("\(service) \(operation) \(input): \(try Inputs.asked(service, operation, input))")
                continue
            }
        }
    }

    @Test(
        "The one member that may name the resource does, if what it holds is the ARN of such a one",
        arguments: [
            (
                "comprehend", "DescribeEndpoint", "EndpointArn",
                "arn:aws:comprehend:eu-central-1:111122223333:document-classifier-endpoint/e"
            ),
            (
                "iam", "DeleteOpenIDConnectProvider", "OpenIDConnectProviderArn",
                "arn:aws:iam::111122223333:oidc-provider/login.example.com"
            ),
            (
                "elbv2", "DeleteRule", "RuleArn",
                "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener-rule/app/l/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee"
            ),
            ("ce", "DeleteAnomalyMonitor", "MonitorArn", "arn:aws:ce::111122223333:anomalymonitor/m"),
            (
                "bedrock", "GetAutomatedReasoningPolicy", "policyArn",
                "arn:aws:bedrock:eu-central-1:111122223333:automated-reasoning-policy/p"
            ),
        ])
    func oneARN(service: String, operation: String, member: String, arn: String) throws {
        let asked = try Inputs.asked(service, operation, #"{"\#(member)": "\#(arn)"}"#)
        #expect(asked.count == 1 && asked[0].hasSuffix(":\(operation) \(arn)"), "\(asked)")
        // It may be anything, but not something else.
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        let other = "arn:aws:sqs:eu-central-1:111122223333:q"
        let ofOtherType = parts[..<5].joined(separator: ":") + ":no-such-type/x"
        for value in [other, ofOtherType, "name", "", "*", arn + "*", arn.replacing("arn:aws:", with: "arn:aws-cn:")] {
            let asked = try Inputs.asked(service, operation, #"{"\#(member)": "\#(value)"}"#)
            #expect(asked.count == 1 && asked[0].hasPrefix("unmapped: "), "\(value) \(asked)")
        }
        let nothing = try Inputs.asked(service, operation)
        #expect(nothing.count == 1 && nothing[0].hasPrefix("unmapped: "), "\(nothing)")
    }

    @Test("An ARN beside another member that may name the resource names nothing")
    func twoMembers() throws {
        // Which of its members says what is asked for, only the service knows.
        let input =
            #"{"remoteAccessSessionArn": "arn:aws:devicefarm:us-west-2:111122223333:session:a/b/c", "appArn": "arn:aws:devicefarm:us-west-2:111122223333:upload:a/b"}"#
        let asked = try Inputs.asked("devicefarm", "InstallToRemoteAccessSession", input)
        #expect(asked.count == 1 && asked[0].hasPrefix("unmapped: "), "\(asked)")
    }
}
