import Directory
import Ledger
import Platform
import Policy
import ShieldAdvancedAPI
import Wire

// What operations are about, and so what policies are asked.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsshield.html>

/// The ARNs of what Shield has itself.
enum ShieldARN {
    static func protection(_ id: String, _ account: String) -> String { "arn:aws:shield::\(account):protection/\(id)" }
    static func group(_ id: String, _ account: String) -> String { "arn:aws:shield::\(account):protection-group/\(id)" }
    static func attack(_ id: String, _ account: String) -> String { "arn:aws:shield::\(account):attack/\(id)" }
    static func subscription(_ account: String) -> String { "arn:aws:shield::\(account):subscription" }
}

extension Call {
    func shieldAccess(_ arn: String, _ context: [String: ContextValue] = [:]) -> Access {
        Access("shield:\(operation)", on: arn, context: context)
    }

    /// What an operation on something that exists needs of a service that has it. Shield has an error of its own for whoever
    /// may not.
    func dependency(_ action: String, on arn: String, _ context: [String: ContextValue] = [:]) -> Access {
        var access = Access(action, on: arn, context: context)
        access.denial = { ShieldAdvanced.Failure.accessDeniedForDependencyException($0) }
        return access
    }
}

/// An operation whose action has no resources.
protocol OnAllOfShield: Platform.Operation {}

extension OnAllOfShield {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.shieldAccess("*"))
    }
}

/// An operation on the protection that its request names by its ID.
protocol OnProtection: Platform.Operation where InputFields: ShieldAdvanced.WithProtectionId {}

extension OnProtection {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.shieldAccess(ShieldARN.protection(input.protectionId, call.accountID)))
    }
}

/// An operation on the protection group that its request names.
protocol OnProtectionGroup: Platform.Operation where InputFields: ShieldAdvanced.WithProtectionGroupId {}

extension OnProtectionGroup {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.shieldAccess(ShieldARN.group(input.protectionGroupId, call.accountID)))
    }
}

extension ResourceType {
    /// Protections and protection groups, with their tags.
    static let ofShield = ResourceType("shield", "", hasOwnTagKey: false) { access, _, call in
        call.environment.projection(ShieldIndex.self).resource(access.resource)
    }
}

/// The pages of lists.
enum ShieldPage {
    /// How many items there are if a request does not say; AWS says so of most lists.
    /// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_ListProtections.html>
    static let usualLimit = 20
    /// How many there are at most, whatever a request says.
    static let most = 1000

    /// - Throws: InvalidPaginationTokenException for a token that is not one of ours.
    static func paging<F: PageRequestFields>(_ input: View<F>) throws(ServiceError) -> Paging {
        let asked = input.pageLimit ?? 0
        do throws(ServiceError) {
            return try Paging(marker: input.pageToken, maxItems: asked == 0 ? usualLimit : min(asked, most))
        } catch {
            throw ShieldAdvanced.Failure.invalidPaginationTokenException("The NextToken value is invalid.")
        }
    }
}
