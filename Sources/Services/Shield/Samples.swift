import Directory
import Ledger
import Platform
import Wire

private let account = Samples.account
private let id = "00000000-0000-4000-8000-000000000001"
private let balancer = "arn:aws:elasticloadbalancing:us-east-1:\(account):loadbalancer/app/x/50dc6c495c0c9188"

/// Made-up inputs for the reference of operations.
let shieldSamples = Samples(
    texts: [
        "ProtectionId": id, "ProtectionGroupId": "x", "AttackId": id, "LogBucket": "xxx",
        "ResourceArn": balancer,
        "ResourceARN": "arn:aws:shield::\(account):protection/\(id)",
        "RoleArn": "arn:aws:iam::\(account):role/x", "HealthCheckArn": "arn:aws:route53:::healthcheck/\(id)",
        "EmailAddress": "x@example.com", "PhoneNumber": "+15555550100", "DescribeProtection.ProtectionId": id,
    ],
    // A protection is named by its ID or by what it protects.
    absent: ["DescribeProtection.ResourceArn"],
    furnish: { environment in
        try await environment.write(Scope(account: account), requestID: "") { (records) throws(ServiceError) in
            try records.put(
                StoredProtection(
                    id: id, accountID: account, name: "x",
                    resourceARN: balancer,
                    tags: [Tag(key: "a", value: "b")]))
            try records.put(
                StoredProtectionGroup(
                    id: "x", accountID: account, aggregation: "SUM", pattern: .all, members: [],
                    tags: [Tag(key: "a", value: "b")]))
        }
    })
