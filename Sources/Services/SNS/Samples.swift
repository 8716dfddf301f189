import Platform

private let topic = "arn:aws:sns:us-east-1:\(Samples.account):news"

/// Made-up inputs, with which OPERATIONS.md is generated.
let snsSamples = Samples(
    texts: [
        "TopicArn": topic, "ResourceArn": topic, "TargetArn": topic, "Name": "news",
        "SubscriptionArn": "\(topic):00000000-0000-0000-0000-000000000001",
    ])
