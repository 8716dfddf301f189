import Platform

/// Made-up inputs, with which OPERATIONS.md is generated.
let accessAnalyzerSamples = Samples(
    texts: [
        "analyzerArn": AnalyzerName("x", account: Samples.account, region: "us-east-1").arn,
        "resourceArn": AnalyzerName("x", account: Samples.account, region: "us-east-1").arn,
        "type": "ACCOUNT",
    ])
