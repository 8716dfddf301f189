import Testing

@testable import Mapping

/// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
struct ECRTests {
    @Test(
        "Repositories of this and other registries",
        arguments: [
            (
                "BatchGetImage", #"{"repositoryName": "team/app", "imageIds": []}"#,
                ["ecr:BatchGetImage arn:aws:ecr:eu-central-1:111122223333:repository/team/app"]
            ),
            (
                "PutImage", #"{"repositoryName": "team/app", "registryId": "444455556666", "imageManifest": "{}"}"#,
                ["ecr:PutImage arn:aws:ecr:eu-central-1:444455556666:repository/team/app"]
            ),
            (
                "DescribeRepositories", #"{"repositoryNames": ["team/app", "b"]}"#,
                [
                    "ecr:DescribeRepositories arn:aws:ecr:eu-central-1:111122223333:repository/team/app",
                    "ecr:DescribeRepositories arn:aws:ecr:eu-central-1:111122223333:repository/b",
                ]
            ),
            (
                "DescribeRepositories", #"{}"#,
                ["ecr:DescribeRepositories arn:aws:ecr:eu-central-1:111122223333:repository/*"]
            ),
            (
                "CreateRepository", #"{"repositoryName": "team/app", "tags": [{"Key": "t", "Value": "1"}]}"#,
                [
                    "ecr:CreateRepository arn:aws:ecr:eu-central-1:111122223333:repository/team/app aws:requesttag/t=1 aws:tagkeys=[t]",
                    "ecr:TagResource arn:aws:ecr:eu-central-1:111122223333:repository/team/app aws:requesttag/t=1 aws:tagkeys=[t]",
                ]
            ),
            (
                "GetAuthorizationToken", #"{}"#,
                ["ecr:GetAuthorizationToken *"]
            ),
            (
                "TagResource",
                #"{"resourceArn": "arn:aws:ecr:eu-central-1:111122223333:repository/team/app", "tags": [{"Key": "t", "Value": "1"}]}"#,
                [
                    "ecr:TagResource arn:aws:ecr:eu-central-1:111122223333:repository/team/app aws:requesttag/t=1 aws:tagkeys=[t]"
                ]
            ),
            (
                "PutAccountSetting", #"{"name": "BASIC_SCAN_TYPE_VERSION", "value": "x"}"#,
                ["ecr:PutAccountSetting * ecr:accountsetting=BASIC_SCAN_TYPE_VERSION"]
            ),
            (
                "ListImageReferrers", #"{"repositoryName": "team/app", "subjectId": {}}"#,
                ["ecr:ListImageReferrers arn:aws:ecr:eu-central-1:111122223333:repository/team/app"]
            ),
        ] as [(String, String, [String])])
    func asked(operation: String, input: String, expected: [String]) throws {
        let asked = try Inputs.asked("ecr", operation, input)
        #expect(asked == expected)
    }

    @Test(
        "What can't be worked out is refused",
        arguments: [
            ("BatchGetImage", #"{"imageIds": []}"#),
            ("PutImage", #"{"repositoryName": "a", "registryId": "x", "imageManifest": ""}"#),
            ("PutImage", #"{"repositoryName": "a/../b", "imageManifest": ""}"#),
        ])
    func refused(operation: String, input: String) throws {
        guard case .unmapped = try Inputs.map("ecr", operation, input) else {
            Issue.record("mapped: \(try Inputs.asked("ecr", operation, input))")
            return
        }
    }
}
