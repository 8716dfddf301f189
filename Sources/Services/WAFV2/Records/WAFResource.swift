import Directory
import FoundationEssentials
import Ledger
import Platform
import WAFV2API
import Wire

/// What web ACLs, rule groups, IP sets and regex pattern sets have in common.
protocol WAFResource: Record {
    /// As ARNs have it: `ipset`.
    static var type: String { get }
    var head: WAFHead { get set }
    /// The ARNs of the resources that it refers to.
    var uses: [String] { get }
}

/// What is told of a resource in lists, and what it is found by.
struct WAFHead: Codable, Sendable, Equatable {
    let id: String
    let name: String
    let accountID: String
    let region: String
    let scope: WAFScope
    var description: String?
    /// A new one with each change: whoever changes the resource has to show the last one.
    var lockToken: String
    var tags: [Tag]
}

/// What a resource is found by.
struct WAFName: Sendable {
    let type: String
    let scope: WAFScope
    let name: String
    let id: String
    let region: String
    let accountID: String

    var arn: String {
        ARN.text("wafv2", region, accountID, "\(scope.inARN)/\(type)/", "\(name)/\(id)")
    }

    init(_ type: String, _ scope: WAFScope, name: String, id: String, region: String, accountID: String) {
        self.type = type
        self.scope = scope
        self.name = name
        self.id = id
        self.region = region
        self.accountID = accountID
    }

    /// nil: it is no ARN of a resource of WAF's.
    init?(arn text: String) {
        guard let arn = ARN(parsing: text), arn.service == "wafv2", arn.account.utf8.count == 12, !arn.region.isEmpty
        else { return nil }
        let parts = arn.resource.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let scope = ["regional": WAFScope.regional, "global": .cloudFront][parts[0]],
            !parts[2].isEmpty, !parts[3].isEmpty
        else { return nil }
        self.init(parts[1], scope, name: parts[2], id: parts[3], region: arn.region, accountID: arn.account)
    }

    /// Where the record is.
    var place: Scope { Scope(account: accountID, region: region) }
}

extension WAFResource {
    /// The relation of a resource to those that it refers to.
    static var relation: String { "uses" }

    var id: String { head.id }
    var references: [Reference] { Set(uses).map { Reference(Self.relation, to: $0) } }
    var fullName: WAFName {
        WAFName(
            Self.type, head.scope, name: head.name, id: head.id, region: head.region, accountID: head.accountID)
    }
    var arn: String { fullName.arn }
    var uses: [String] { [] }
}

extension WAFHead {
    /// A random UUID, as ids and lock tokens are.
    static func uuid() -> String { UUID().uuidString.lowercased() }

    /// - Parameter tags: checked already.
    init(_ call: Call, name: String, scope: WAFScope, description: String?, tags: [Tag]) {
        self.init(
            id: Self.uuid(), name: name, accountID: call.accountID, region: call.region, scope: scope,
            description: description, lockToken: Self.uuid(), tags: tags)
    }
}

extension RecordReading {
    /// A resource by all that identifies it.
    /// - Throws: WAFNonexistentItemException.
    func resource<R: WAFResource>(
        _ type: R.Type, name: String, scope: String, id: String
    ) throws(ServiceError) -> R {
        let scope = try WAFScope(scope, region: self.scope.region)
        guard let found = try get(type, id), found.head.name == name, found.head.scope == scope else {
            throw .nonexistentItem
        }
        return found
    }

    /// A resource by its ARN, which may be of another account.
    /// - Throws: WAFNonexistentItemException; WAFInvalidParameterException for what is no such ARN.
    func resource<R: WAFResource>(_ type: R.Type, arn: String) throws(ServiceError) -> R {
        guard let name = WAFName(arn: arn), name.type == R.type else { throw .invalid(.resourceArn, arn, .arn) }
        guard let found = try of(name.place).get(type, name.id), found.arn == arn else { throw .nonexistentItem }
        return found
    }
}

extension MutableRecords {
    /// Makes sure that a new resource has a name of its own, and that there is room for it.
    /// - Throws: WAFDuplicateItemException, WAFLimitsExceededException.
    func checkIsNew<R: WAFResource>(_ new: R, most: Int) throws(ServiceError) {
        let others = try list(R.self).filter { $0.head.scope == new.head.scope }
        guard !others.contains(where: { $0.head.name == new.head.name }) else { throw .duplicateItem }
        guard others.count < most else { throw .limitsExceeded }
    }

    /// The resource that is to be changed, for whoever knows its last lock token.
    /// - Throws: WAFNonexistentItemException, WAFOptimisticLockException.
    func locked<R: WAFResource>(
        _ type: R.Type, name: String, scope: String, id: String, lockToken: String
    ) throws(ServiceError) -> R {
        let found = try resource(type, name: name, scope: scope, id: id)
        guard found.head.lockToken == lockToken else { throw .optimisticLock }
        return found
    }

    /// Stores a resource that was changed.
    /// - Returns: the new lock token.
    func update<R: WAFResource>(_ resource: R) throws(ServiceError) -> String {
        var resource = resource
        resource.head.lockToken = WAFHead.uuid()
        try put(resource)
        return resource.head.lockToken
    }

    /// - Throws: WAFAssociatedItemException for a resource that others refer to.
    func checkIsUnused(_ resource: some WAFResource) throws(ServiceError) {
        guard try referrerCount(StoredIPSet.relation, to: resource.arn) == 0 else { throw .associatedItem }
    }
}
