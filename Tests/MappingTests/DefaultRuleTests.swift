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
}
