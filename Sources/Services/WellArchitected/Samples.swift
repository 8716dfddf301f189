import Platform
import Wire

private let account = Samples.account
private let region = "us-east-1"
private let id = "0123456789abcdef0123456789abcdef"

/// Made-up inputs for the reference of operations.
let reviewSamples = Samples(
    texts: [
        "WorkloadId": id, "ShareId": id, "ShareInvitationId": id,
        "WorkloadArn": ReviewName(.workload, id, account: account, region: region).arn,
        "LensAlias": ReviewName(.lens, id, account: account, region: region).arn,
        "LensArn": ReviewName(.lens, id, account: account, region: region).arn,
        "ProfileArn": ReviewName(.profile, id, account: account, region: region).arn,
        "TemplateArn": ReviewName(.template, id, account: account, region: region).arn,
        "ResourceArn": ReviewName(.template, id, account: account, region: region).arn,
        "SharedWith": Samples.member, "JiraProjectKey": "X", "Description": "xxx",
    ], absent: ["ImportLens.LensAlias"])
