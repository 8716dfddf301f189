/// What guests may do at most, whatever their role may, where the pool gets their credentials for them.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html#access-policies-scope-down-services>
enum ScopeDownPolicy {
    /// Allows some more besides ``inline``: what either allows, both do.
    static let managedARN = "arn:aws:iam::aws:policy/AmazonCognitoUnAuthedIdentitiesSessionPolicy"

    static let inline = """
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudwatch:*","logs:*","dynamodb:*","kinesis:*",\
        "mobileanalytics:*","s3:*","ses:*","sns:*","sqs:*","lambda:*","machinelearning:*","execute-api:*","iot:*",\
        "gamelift:*","cognito-identity:*","cognito-idp:*","lex:*","polly:*","comprehend:*","translate:*","transcribe:*",\
        "rekognition:*","mobiletargeting:*","firehose:*","appsync:*","personalize:*","sagemaker:InvokeEndpoint",\
        "cognito-sync:*","sumerian:View*","codewhisperer:*","textract:DetectDocumentText","textract:AnalyzeDocument","sdb:*"],\
        "Resource":["*"]}]}
        """
}
