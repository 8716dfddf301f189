import Platform

let cognitoIDPSamples = Samples(
    texts: [
        "CloudWatchLogsRoleArn": roleARN, "ResourceArn": UserPool.arn(poolID, region: "us-east-1", account: account),
        "RoleArn": roleARN, "SnsCallerArn": roleARN, "TagKeys": "a", "UserPoolId": poolID,
    ])

private let account = Samples.account
private let poolID = "us-east-1_xxxxxxxxx"
private let roleARN = "arn:aws:iam::\(account):role/x"
