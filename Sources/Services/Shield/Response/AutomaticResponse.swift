import Directory
import Ledger
import Platform
import ShieldAdvancedAPI
import Wire

// Automatic mitigation of floods of requests.
// <https://docs.aws.amazon.com/waf/latest/developerguide/ddos-automatic-app-layer-response.html>

extension ShieldAdvanced.EnableApplicationLayerAutomaticResponse: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.accessesToResponse(input.resourceArn) + (call.needForShieldRole.map { [$0] } ?? []))
    }

    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> PreparedResponse {
        let action = try StoredProtection.Action(input.action)
        let protection = try await call.respondable(input.resourceArn)
        guard protection.response?.isEnabled != true else { throw .enabledAlready }
        let placement = MitigationPlacement(call.environment)
        guard let webACL = try await placement.webACL(protecting: input.resourceArn) else {
            throw .shieldOperation(
                "The resource \(input.resourceArn) must be associated with a web ACL of AWS WAF (v2).")
        }
        do throws(ServiceError) {
            let placed = try await placement.place(for: protection, in: webACL, action: action)
            return PreparedResponse(
                response: StoredProtection.AutomaticResponse(isEnabled: true, action: action, placement: placed))
        } catch {
            throw Self.told(error)
        }
    }

    /// What WAF says, as Shield says it.
    private static func told(_ error: ServiceError) -> ServiceError {
        guard error.code.hasPrefix("WAF") else { return error }
        let text = "\(error.code): \(error.message)"
        return switch error.code {
        case "WAFOptimisticLockException": ShieldAdvanced.Failure.optimisticLockException(text)
        case "WAFLimitsExceededException": ShieldAdvanced.Failure.limitsExceededException(text)
        default: .shieldOperation(text)
        }
    }

    public static func handle(
        _ input: Input, _ prepared: PreparedResponse, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        var protection = try records.protection(of: input.resourceArn)
        guard protection.response?.isEnabled != true else { throw .enabledAlready }
        protection.response = prepared.response
        try records.put(protection)
        return Output()
    }
}

extension ShieldAdvanced.UpdateApplicationLayerAutomaticResponse: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.accessesToResponse(input.resourceArn))
    }

    /// The rules that are there get the new action at once.
    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> PreparedResponse {
        let action = try StoredProtection.Action(input.action)
        let protection = try await call.respondable(input.resourceArn)
        guard var response = protection.response, response.isEnabled else { throw .notEnabled }
        guard response.action != action else {
            throw .shieldOperation("The automatic response has this action already.")
        }
        response.action = action
        if let group = response.placement?.ruleGroup, let region = ARN(parsing: group)?.region {
            var changed = protection
            changed.response = response
            let placed = call.environment.projection(ShieldIndex.self).protectionsByGroup[group] ?? []
            let others = placed.filter { $0.id != protection.id }
            let contents = MitigationContents(
                others + [changed], rules: call.environment.projection(OngoingAttacks.self).rules(of:))
            try await MitigationRuleGroup(call.environment, region).set(contents, in: group)
        }
        return PreparedResponse(response: response)
    }

    public static func handle(
        _ input: Input, _ prepared: PreparedResponse, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        var protection = try records.protection(of: input.resourceArn)
        guard protection.response?.isEnabled == true else { throw .notEnabled }
        protection.response?.action = prepared.response.action
        try records.put(protection)
        return Output()
    }
}

extension ShieldAdvanced.DisableApplicationLayerAutomaticResponse: PreparedWriteOperation, OnAllOfShield {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        let protection = try await call.respondable(input.resourceArn)
        guard protection.response?.isEnabled == true else { throw .notEnabled }
        try await MitigationPlacement(call.environment).remove(from: protection)
    }

    public static func handle(
        _ input: Input, _ preparation: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        var protection = try records.protection(of: input.resourceArn)
        guard protection.response?.isEnabled == true else { throw .notEnabled }
        protection.response?.isEnabled = false
        protection.response?.placement = nil
        try records.put(protection)
        return Output()
    }
}

/// What WAF has been told of.
public struct PreparedResponse: Sendable {
    let response: StoredProtection.AutomaticResponse
}

extension ServiceError {
    fileprivate static var enabledAlready: ServiceError {
        .shieldOperation(
            "The automatic response is already enabled. Use UpdateApplicationLayerAutomaticResponse to change it.")
    }

    fileprivate static var notEnabled: ServiceError { .shieldOperation("The automatic response is not enabled.") }
}

extension Call {
    /// What an operation that looks for a thing's web ACL asks for.
    fileprivate func accessesToResponse(_ resource: String) -> [Access] {
        [shieldAccess("*"), Access("wafv2:GetWebACLForResource", on: resource)]
    }

    /// The permission to have the service-linked role made; nil when it is there.
    fileprivate var needForShieldRole: Access? {
        let service = MitigationPlacement.service
        let arn = "arn:aws:iam::\(accountID):role\(Role.serviceLinkedPath)\(service)/AWSServiceRoleForAWSShield"
        guard directory.uniqueID(ofARN: arn) == nil else { return nil }
        return Access("iam:CreateServiceLinkedRole", on: arn, context: ["iam:awsservicename": .one(service)])
    }

    /// The protection of a thing whose requests a web ACL can act on.
    /// - Throws: ResourceNotFoundException; InvalidParameterException for anything else.
    fileprivate func respondable(_ resource: String) async throws(ServiceError) -> StoredProtection {
        let protection = try await environment.read(shieldScope) { (records) throws(ServiceError) in
            _ = try records.subscription(self)
            return try records.protection(of: resource)
        }
        guard ProtectableType(arn: resource)?.hasApplicationLayer == true else {
            throw .invalidParameter(
                "ResourceArn",
                "The automatic response is available for CloudFront distributions and Application Load Balancers only.")
        }
        return protection
    }
}
