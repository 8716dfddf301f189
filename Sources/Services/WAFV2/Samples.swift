import Platform

private let account = Samples.account
private let id = "00000000-0000-4000-8000-000000000001"
private let webACL = "arn:aws:wafv2:us-east-1:\(account):regional/webacl/x/\(id)"

/// Made-up inputs for the reference of operations.
let wafSamples = Samples(
    texts: [
        "Id": id, "LockToken": id, "WebACLLockToken": id, "WebACLId": id, "Scope": "REGIONAL",
        "ResourceARN": webACL, "WebACLArn": webACL, "WebAclArn": webACL,
        "ResourceArn": "arn:aws:elasticloadbalancing:us-east-1:\(account):loadbalancer/app/x/50dc6c495c0c9188",
    ])
