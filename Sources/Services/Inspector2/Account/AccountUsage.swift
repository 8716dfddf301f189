import Inspector2API
import Ledger
import Platform
import Wire

// What an account may say, what it has used, and until when that would be free.

extension Inspector2.ListAccountPermissions: ReadOperation, OnAllOfInspector {
    private static let all: [(service: String, operation: String)] = [
        ("ECR", "ENABLE_SCANNING"), ("ECR", "DISABLE_SCANNING"), ("ECR", "ENABLE_REPOSITORY"),
        ("ECR", "DISABLE_REPOSITORY"), ("EC2", "ENABLE_SCANNING"), ("EC2", "DISABLE_SCANNING"),
        ("LAMBDA", "ENABLE_SCANNING"), ("LAMBDA", "DISABLE_SCANNING"),
    ]

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        // A member's administrator decides what is scanned there.
        let isMember = call.environment.inspectorAdministrator(of: call.accountID, region: call.region) != nil
        let held = all.filter { permission in
            (input.service.map { $0 == permission.service } ?? true)
                && !(isMember && permission.operation.hasPrefix("DISABLE"))
        }
        let page = page(held, try Paging(inspector: input))
        return Output(page) { permission in
            Inspector2.Permission {
                $0.service = permission.service
                $0.operation = permission.operation
            }
        }
    }
}

/// How long a type is free at AWS.
/// <https://docs.aws.amazon.com/inspector/latest/user/usage.html>
private let trial = 15.0 * 86_400

extension Inspector2.BatchGetFreeTrialInfo: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let seen = call.environment.inspected(by: call.accountID, region: call.region)
        var output = Output()
        (output.accounts, output.failedAccounts) = ([], [])
        for account in input.accountIds {
            guard seen.contains(account) else {
                output.failedAccounts.append(
                    Inspector2.FreeTrialInfoError {
                        $0.accountId = account
                        $0.code = "ACCESS_DENIED"
                        $0.message = InspectorName.noAccess(to: "this account")
                    })
                continue
            }
            let settings = try records.of(account: account).inspectorSettings()
            output.accounts.append(
                Inspector2.FreeTrialAccountInfo {
                    $0.accountId = account
                    $0.freeTrialInfo = InspectedType.allCases.compactMap { type in
                        settings.firstEnabled[type].map { info(type, from: $0, at: call.time) }
                    }
                })
        }
        return output
    }

    private static func info(_ type: InspectedType, from start: Double, at time: Double) -> Inspector2.FreeTrialInfo {
        Inspector2.FreeTrialInfo {
            $0.type = type.rawValue
            $0.start = Timestamp(secondsSinceEpoch: start)
            $0.end = Timestamp(secondsSinceEpoch: start + trial)
            $0.status = time < start + trial ? "ACTIVE" : "INACTIVE"
        }
    }
}

extension Inspector2.ListUsageTotals: ReadOperation, OnAllOfInspector {
    /// Usage is that of the last 30 days.
    private static let period = 30.0 * 86_400

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let wanted = input.accountIds.map(Set.init)
        let accounts = call.environment.inspected(by: call.accountID, region: call.region).filter {
            wanted?.contains($0) ?? true
        }
        let page = page(accounts, by: { $0 }, try Paging(inspector: input))
        var totals: [Inspector2.UsageTotal] = []
        for account in page.items {
            let usage = try usage(records.of(account: account), at: call.time)
            totals.append(
                Inspector2.UsageTotal {
                    $0.accountId = account
                    $0.usage = usage
                })
        }
        return Output(totals, next: page.marker)
    }

    private static func usage(_ records: Records, at time: Double) throws(ServiceError) -> [Inspector2.Usage] {
        var totals: [String: Double] = [:]
        for row in try records.list(CoveredResource.self, limit: .max) where row.scanType == "PACKAGE" {
            let hours = row.isActive ? min(max(time - row.since, 0), period) / 3600 : 0
            switch row.type {
            case "AWS_EC2_INSTANCE": totals["EC2_AGENTLESS_INSTANCE_HOURS", default: 0] += hours
            case "AWS_LAMBDA_FUNCTION": totals["LAMBDA_FUNCTION_HOURS", default: 0] += hours
            case "AWS_ECR_CONTAINER_IMAGE" where row.scans > 0:
                totals["ECR_INITIAL_SCAN", default: 0] += 1
                totals["ECR_RESCAN", default: 0] += Double(row.scans - 1)
            default: break
            }
        }
        // Nobody sends a bill for what Gatehouse scans.
        return totals.sorted { $0.key < $1.key }.map { type, total in
            Inspector2.Usage {
                $0.type = type
                $0.total = total
                $0.estimatedMonthlyCost = 0
                $0.currency = "USD"
            }
        }
    }
}
