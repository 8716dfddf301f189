import Directory
import Ledger
import Platform
import Wire

private let account = Samples.account
private let region = "us-east-1"
private let bus = "arn:aws:events:\(region):\(account):event-bus/default"
private let connection = "arn:aws:events:\(region):\(account):connection/x/00000000-0000-4000-8000-000000000001"

/// Made-up inputs for the reference of operations.
let eventsSamples = Samples(
    texts: [
        "EventBusName": "default", "EventSourceArn": bus, "ResourceARN": bus, "Destination.Arn": bus,
        "StartReplay.EventSourceArn": "arn:aws:events:\(region):\(account):archive/x", "ConnectionArn": connection,
        "RoleArn": "arn:aws:iam::\(account):role/x", "Arn": "arn:aws:sqs:\(region):\(account):x",
        "TargetArn": "arn:aws:sqs:\(region):\(account):x", "EventPattern": #"{"source":["x"]}"#,
        "ScheduleExpression": "rate(1 hour)", "InvocationEndpoint": "https://example.com/x",
        "AuthorizationEndpoint": "https://example.com/token", "StartReplay.Arn": bus,
        "Action": "events:PutEvents", "Principal": account,
    ],
    absent: [
        "EndpointId", "KmsKeyIdentifier", "EventSourceName", "InvocationConnectivityParameters",
        "ConnectivityParameters",
        "ListRules.EventBusName",
    ])
