import Testing

@testable import Mapping

/// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
struct SecretsManagerTests {
    @Test(
        "Secrets by name, partial ARN and ARN, with the keys of the request",
        arguments: [
            (
                "GetSecretValue", #"{"SecretId": "db/main", "VersionStage": "AWSCURRENT"}"#,
                [
                    "secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-?????? secretsmanager:secretid=db/main secretsmanager:versionstage=AWSCURRENT"
                ]
            ),
            (
                "GetSecretValue",
                #"{"SecretId": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-a1B2c3", "VersionId": "v"}"#,
                [
                    "secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-a1B2c3 secretsmanager:secretid=arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-a1B2c3 secretsmanager:versionid=v"
                ]
            ),
            (
                "GetSecretValue", #"{"SecretId": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main"}"#,
                [
                    "secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-?????? secretsmanager:secretid=arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main"
                ]
            ),
            (
                "CreateSecret", #"{"Name": "db/main", "Description": "d", "KmsKeyId": "alias/k"}"#,
                [
                    "secretsmanager:CreateSecret arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-?????? secretsmanager:description=d secretsmanager:kmskeyid=alias/k secretsmanager:name=db/main"
                ]
            ),
            (
                "CreateSecret",
                #"{"Name": "db/main", "Tags": [{"Key": "team", "Value": "a"}], "AddReplicaRegions": [{"Region": "eu-west-1"}]}"#,
                [
                    "secretsmanager:CreateSecret arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-?????? aws:requesttag/team=a aws:tagkeys=[team] secretsmanager:addreplicaregions=[eu-west-1] secretsmanager:name=db/main",
                    "secretsmanager:TagResource arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-?????? aws:requesttag/team=a aws:tagkeys=[team] secretsmanager:addreplicaregions=[eu-west-1] secretsmanager:name=db/main",
                    "secretsmanager:ReplicateSecretToRegions arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-?????? aws:requesttag/team=a aws:tagkeys=[team] secretsmanager:addreplicaregions=[eu-west-1] secretsmanager:name=db/main",
                ]
            ),
            (
                "DeleteSecret", #"{"SecretId": "db/main", "ForceDeleteWithoutRecovery": true}"#,
                [
                    "secretsmanager:DeleteSecret arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-?????? secretsmanager:forcedeletewithoutrecovery=true secretsmanager:secretid=db/main"
                ]
            ),
            (
                "DeleteSecret", #"{"SecretId": "db/main", "RecoveryWindowInDays": 7}"#,
                [
                    "secretsmanager:DeleteSecret arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-?????? secretsmanager:recoverywindowindays=7 secretsmanager:secretid=db/main"
                ]
            ),
            (
                "BatchGetSecretValue",
                #"{"SecretIdList": ["db/main", "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main2-abcdef"]}"#,
                [
                    "secretsmanager:BatchGetSecretValue *",
                    "secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-??????",
                    "secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main2-abcdef",
                ]
            ),
            (
                "PutResourcePolicy", #"{"SecretId": "db/main", "ResourcePolicy": "{}", "BlockPublicPolicy": false}"#,
                [
                    "secretsmanager:PutResourcePolicy arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-?????? secretsmanager:blockpublicpolicy=false secretsmanager:secretid=db/main"
                ]
            ),
            (
                "RotateSecret",
                #"{"SecretId": "db/main", "RotationLambdaARN": "arn:aws:lambda:eu-central-1:111122223333:function:f", "RotateImmediately": true}"#,
                [
                    "secretsmanager:RotateSecret arn:aws:secretsmanager:eu-central-1:111122223333:secret:db/main-?????? secretsmanager:modifyrotationrules=false secretsmanager:rotateimmediately=true secretsmanager:rotationlambdaarn=arn:aws:lambda:eu-central-1:111122223333:function:f secretsmanager:secretid=db/main",
                    "lambda:InvokeFunction arn:aws:lambda:eu-central-1:111122223333:function:f",
                ]
            ),
            (
                "ListSecrets", #"{}"#,
                ["secretsmanager:ListSecrets *"]
            ),
            (
                "GetRandomPassword", #"{}"#,
                ["secretsmanager:GetRandomPassword *"]
            ),
        ] as [(String, String, [String])])
    func asked(operation: String, input: String, expected: [String]) throws {
        let asked = try Inputs.asked("secretsmanager", operation, input)
        #expect(asked == expected)
    }

    @Test(
        "What can't be worked out is refused",
        arguments: [
            ("BatchGetSecretValue", #"{"Filters": [{"Key": "name", "Values": ["db"]}]}"#),
            ("GetSecretValue", #"{"SecretId": "db*"}"#),
            ("GetSecretValue", #"{"SecretId": "../db"}"#),
            ("GetSecretValue", #"{"SecretId": ""}"#),
            ("GetSecretValue", #"{"SecretId": "arn:aws:ssm:eu-central-1:111122223333:parameter/x"}"#),
            ("GetSecretValue", #"{}"#),
        ])
    func refused(operation: String, input: String) throws {
        guard case .unmapped = try Inputs.map("secretsmanager", operation, input) else {
            Issue.record("mapped: \(try Inputs.asked("secretsmanager", operation, input))")
            return
        }
    }

    @Test("The suffix of a secret that is named is left to look up")
    func gap() throws {
        guard
            case .accesses(let named, .exact) = try Inputs.map(
                "secretsmanager", "DescribeSecret", #"{"SecretId": "db"}"#)
        else {
            Issue.record("unmapped")
            return
        }
        #expect(named.map(\.gap) == [.secretSuffix])
    }
}
