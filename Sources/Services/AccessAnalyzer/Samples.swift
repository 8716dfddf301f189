import Platform

/// Made-up inputs, with which OPERATIONS.md is generated.
let accessAnalyzerSamples = Samples(
    texts: [
        "analyzerArn": AnalyzerName("x", account: Samples.account, region: "us-east-1").arn,
        "resourceArn": AnalyzerName("x", account: Samples.account, region: "us-east-1").arn,
        "type": "ACCOUNT",
        "principalArn": "arn:aws:iam::\(Samples.account):role/x",
        "accessRole": "arn:aws:iam::\(Samples.account):role/x",
        "accessPreviewId": "3c65eb13-6ef9-4629-8919-a32043619e6b",
    ])
