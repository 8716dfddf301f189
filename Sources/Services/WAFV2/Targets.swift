import Directory
import Platform
import Policy
import WAFV2API
import Wire

// What operations are about, and so what policies are asked.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html>

extension Call {
    /// What a request's name of a resource of the caller's account means.
    /// - Parameter id: `*` for a resource that has none yet.
    func wafName(_ type: String, scope: String, name: String, id: String) throws(ServiceError) -> WAFName {
        WAFName(
            type, try WAFScope(scope, region: region), name: name, id: id, region: region, accountID: accountID)
    }

    /// What an operation asks for on one resource.
    func wafAccess(_ arn: String, _ context: [String: ContextValue] = [:]) -> Access {
        Access("wafv2:\(operation)", on: arn, context: context)
    }

    /// What an operation asks for that makes a resource. Whoever gives it tags has to be allowed to tag.
    func accessToNew(
        _ type: String, scope: String, name: String, tags: [WAFV2.Tag]?, using others: [String] = []
    ) throws(ServiceError) -> Authorization {
        let arn = try wafName(type, scope: scope, name: name, id: "*").arn
        let context = requestTags(tags)
        var create = wafAccess(arn, context)
        create.isOfNewResource = true
        var accesses = [create] + others.map { wafAccess($0, context) }
        if tags?.isEmpty == false {
            var tag = Access("wafv2:TagResource", on: arn, context: context)
            tag.isOfNewResource = true
            accesses.append(tag)
        }
        return .required(accesses)
    }

    /// What an operation asks for whose action has no resources.
    var accessToAll: Authorization { .required(Access("wafv2:\(operation)", on: "*")) }
}

/// An operation on the resource that its request names by name, scope and id.
protocol OnWAFResource: Platform.Operation
where InputFields: WAFV2.WithName & WAFV2.WithScope & WAFV2.WithId {
    associatedtype Target: WAFResource
}

extension OnWAFResource {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.wafAccess(
                try call.wafName(Target.type, scope: input.scope, name: input.name, id: input.id).arn))
    }
}

/// An operation that lists, or looks at what belongs to nobody.
protocol OnAllOfWAF: Platform.Operation {}

extension OnAllOfWAF {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessToAll }
}

extension ResourceType {
    /// All resources of WAF: their tags, and who may use a rule group.
    static let ofWAF = ResourceType("wafv2", "", hasOwnTagKey: false) { access, _, call in
        call.environment.projection(WAFIndex.self).resource(access.resource)
    }
}

/// The pages of lists.
enum WAFPage {
    /// How many items there are if a request does not say.
    static let usualLimit = 100

    /// - Throws: WAFInvalidParameterException for a marker that is not one of ours.
    static func paging(_ marker: String?, _ limit: Int?) throws(ServiceError) -> Paging {
        do throws(ServiceError) { return try Paging(marker: marker, maxItems: limit ?? usualLimit) } catch {
            throw .invalid(.entityLimit, "NextMarker", .format)
        }
    }
}
