import Directory
import Ledger
import Platform
import ShieldAdvancedAPI
import Wire

// Health checks of protected things. Route 53 has them; here its IDs are taken as they are.
// <https://docs.aws.amazon.com/waf/latest/developerguide/ddos-advanced-health-checks.html>

/// The most health checks of a protection.
/// <https://docs.aws.amazon.com/waf/latest/developerguide/health-checks-create-association.html>
private let mostHealthChecks = 1

private func healthCheckID(_ arn: String) -> String { String(arn.split(separator: "/").last ?? "") }

extension ShieldAdvanced.AssociateHealthCheck: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required([
            call.shieldAccess(ShieldARN.protection(input.protectionId, call.accountID)),
            Access("route53:GetHealthCheck", on: input.healthCheckArn, resourceAccount: call.accountID),
        ])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        var protection = try records.protection(input.protectionId)
        let id = healthCheckID(input.healthCheckArn)
        guard !protection.healthChecks.contains(id) else { return Output() }
        guard protection.healthChecks.count < mostHealthChecks else {
            throw .shieldLimit("HEALTH_CHECK", mostHealthChecks)
        }
        protection.healthChecks.append(id)
        try records.put(protection)
        return Output()
    }
}

extension ShieldAdvanced.DisassociateHealthCheck: WriteOperation, OnProtection {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        var protection = try records.protection(input.protectionId)
        let id = healthCheckID(input.healthCheckArn)
        guard let index = protection.healthChecks.firstIndex(of: id) else {
            throw .shieldNotFound("The health check is not associated with the protection.", "HealthCheck")
        }
        protection.healthChecks.remove(at: index)
        try records.put(protection)
        return Output()
    }
}
