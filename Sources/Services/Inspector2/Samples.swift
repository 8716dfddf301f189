import Ledger
import Platform
import Wire

private let account = Samples.account
private let region = "us-east-1"
private let id = "00000000-0000-4000-8000-000000000001"

/// Made-up inputs for the reference of operations.
let inspectorSamples = Samples(
    texts: [
        "accountId": account, "reportId": id, "scanJobId": id, "sessionToken": id,
        "arn": OwnedName(.filter, "0123456789abcdef", account: account, region: region).arn,
        "filterArn": OwnedName(.filter, "0123456789abcdef", account: account, region: region).arn,
        "resourceArn": OwnedName(.filter, "0123456789abcdef", account: account, region: region).arn,
        "scanConfigurationArn": OwnedName(.cisConfiguration, id, account: account, region: region).arn,
        "scanArn": OwnedName(.cisScan, id, account: account, region: region).arn,
        "delegatedAdminAccountId": Samples.member, "kmsKeyId": "arn:aws:kms:us-east-1:\(account):key/\(id)",
        "targetResourceId": "i-0123456789abcdef0", "timezone": "UTC", "timeOfDay": "12:00",
    ])
