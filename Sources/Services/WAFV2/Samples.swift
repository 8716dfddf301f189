import Directory
import Ledger
import Platform
import Wire

private let account = Samples.account
private let id = "00000000-0000-4000-8000-000000000001"
private let webACL = "arn:aws:wafv2:us-east-1:\(account):regional/webacl/x/\(id)"
private let ruleGroup = "arn:aws:wafv2:us-east-1:\(account):regional/rulegroup/x/\(id)"

/// Made-up inputs for the reference of operations.
let wafSamples = Samples(
    texts: [
        "Id": id, "LockToken": id, "WebACLLockToken": id, "WebACLId": id, "Scope": "REGIONAL",
        "ARN": webACL, "GetRuleGroup.ARN": ruleGroup, "AssociatedRuleGroupArn": ruleGroup,
        "GetPermissionPolicy.ResourceArn": ruleGroup, "PutPermissionPolicy.ResourceArn": ruleGroup,
        "DeletePermissionPolicy.ResourceArn": ruleGroup, "GetLoggingConfiguration.ResourceArn": webACL,
        "PutLoggingConfiguration.ResourceArn": webACL, "DeleteLoggingConfiguration.ResourceArn": webACL,
        "LogScope": "CUSTOMER", "LogDestinationConfigs": "arn:aws:s3:::aws-waf-logs-x", "ResourceARN": webACL,
        "WebACLArn": webACL, "WebAclArn": webACL,
        "ResourceArn": "arn:aws:elasticloadbalancing:us-east-1:\(account):loadbalancer/app/x/50dc6c495c0c9188",
    ],
    // A web ACL or rule group is named by its ARN or by these, never by both.
    absent: ["Name", "Id", "Scope", "Rules"],
    furnish: { environment in try await furnish(environment) })

/// One of each, with a tag.
private func furnish(_ environment: Environment) async throws {
    let head = WAFHead(
        id: id, name: "x", accountID: account, region: "us-east-1", scope: .regional, lockToken: id,
        tags: [Tag(key: "a", value: "b")])
    try await environment.write(Scope(account: account, region: "us-east-1"), requestID: "") {
        (records) throws(ServiceError) in
        try records.put(StoredIPSet(head: head, addressVersion: "IPV4", addresses: []))
        try records.put(StoredRegexSet(head: head, patterns: []))
        try records.put(StoredRuleGroup(head: head, capacity: 1, settings: "{}", uses: []))
        try records.put(StoredWebACL(head: head, capacity: 0, settings: "{}", uses: []))
    }
}
