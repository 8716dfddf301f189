import Directory
import Inspector2API
import Ledger
import Platform
import Policy
import Wire

// What operations are about, and so what policies are asked.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoninspector2.html>

extension Call {
    func inspectorAccess(_ resource: String = "*", _ context: [String: ContextValue] = [:]) -> Access {
        Access("inspector2:\(operation)", on: resource, context: context)
    }

    /// What an operation asks for that makes a filter or a configuration. Whoever gives it tags has to be allowed to tag.
    func accessToNew(_ kind: OwnedName.Kind, _ tags: [String: String]?) -> Authorization {
        let arn = OwnedName(kind, "*", account: accountID, region: region).arn
        let context = ConditionKeys.requestTags((tags ?? [:]).map { Tag(key: $0.key, value: $0.value) })
        var accesses = [inspectorAccess(arn, context)]
        if tags?.isEmpty == false { accesses.append(Access("inspector2:TagResource", on: arn, context: context)) }
        for index in accesses.indices { accesses[index].isOfNewResource = true }
        return .required(accesses)
    }

    /// What an operation asks for on what an ARN names.
    func inspectorAccess(
        onARN arn: String, _ kind: OwnedName.Kind, member: String
    ) throws(ServiceError) -> Authorization {
        guard let name = OwnedName(arn), name.kind == kind else {
            throw .invalidField(member, "The ARN \(arn) is not valid.")
        }
        return .required(inspectorAccess(name.arn))
    }

    /// Where Amazon Inspector's records of the caller are.
    var inspectorScope: Scope { Scope(account: accountID, region: region) }
}

/// An operation whose action has no resources.
protocol OnAllOfInspector: Platform.Operation {}

extension OnAllOfInspector {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.inspectorAccess())
    }
}

extension Paging {
    /// What a list request says about pages.
    /// - Parameter limit: of a page, where the request says nothing.
    /// - Throws: ValidationException for a token that is not one of ours, or a number that can't be.
    init<F: PageRequestFields>(inspector input: View<F>, limit: Int = 100) throws(ServiceError) {
        try self.init(inspector: input.pageToken, input.pageLimit, limit: limit)
    }

    init(inspector token: String?, _ most: Int?, limit: Int = 100) throws(ServiceError) {
        if let most, most < 1 { throw .invalidField("maxResults", "maxResults must be at least 1.") }
        // An empty token stands for the first page.
        let token = token == "" ? nil : token
        do throws(ServiceError) { try self.init(marker: token, maxItems: most ?? limit) } catch {
            throw .invalidField("nextToken", "The nextToken is not valid.")
        }
    }
}
