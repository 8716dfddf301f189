import Directory
import Ledger
import Platform
import Policy
import Synchronization

/// An S3 Access Grants instance as requests are decided by it; a change makes another.
final class AccessGrantsEntry: Sendable {
    let instance: AccessGrantsInstance
    /// nil: it has none.
    let policy: CompiledPolicy?

    init(_ instance: AccessGrantsInstance) {
        self.instance = instance
        policy = instance.policy.map { policy in
            BucketPolicies.compiled(
                policy.text,
                PolicySource(
                    type: .resource, name: "S3 Access Grants instance resource policy", attachedTo: instance.arn))
        }
    }
}

/// All S3 Access Grants instances. Their locations and grants stay in the ledger.
final class AccessGrantsIndex: Projection {
    static let kinds: Set<String> = [AccessGrantsInstance.kind]

    private let entries = Mutex<[Scope: AccessGrantsEntry]>([:])

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let entry = try change.decodeAfter(AccessGrantsInstance.self).map { AccessGrantsEntry($0) }
            entries.withLock { $0[change.scope] = entry }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        entries.withLock { $0 = [:] }
        try apply(changes)
    }

    /// The one of an account in a Region; nil: there is none.
    func instance(of account: String, in region: String) -> AccessGrantsEntry? {
        entries.withLock { $0[Scope(account: account, region: region)] }
    }
}

extension Call {
    var accessGrants: AccessGrantsIndex { environment.projection(AccessGrantsIndex.self) }

    /// What is known of a part of S3 Access Grants; nil: there is none.
    ///
    /// The instance's policy lets others in for what grantees do, and for nothing else. For that it can only deny.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-cross-accounts.html>
    func resource(of name: AccessGrantsName, _ access: Access) -> Resource? {
        switch name.thing {
        case .instance:
            guard let entry = accessGrants.instance(of: name.account, in: name.region) else { return nil }
            var resource = Resource(owner: name.account, tags: entry.instance.tags, policy: entry.policy)
            if !AccessGrantsUse.openToOthers.contains(access.action) { resource.authority = name.account }
            return resource
        case .location:
            guard let location = access.learnt as? AccessGrantsLocation else { return nil }
            return Resource(owner: name.account, tags: location.tags)
        case .grant:
            guard let grant = access.learnt as? AccessGrant else { return nil }
            return Resource(owner: name.account, tags: grant.tags)
        }
    }
}

enum AccessGrantsUse {
    /// What an instance's policy can allow other accounts.
    static let openToOthers: Set<String> = [
        "s3:GetAccessGrantsInstanceForPrefix", "s3:GetDataAccess", "s3:ListAccessGrants",
        "s3:ListAccessGrantsLocations", "s3:ListCallerAccessGrants",
    ]

    /// The service that lends the data, to roles' trust policies.
    static let principal = "access-grants.s3.amazonaws.com"

    /// What CloudTrail calls a part of S3 Access Grants that an access is on; nil for any other.
    static func resource(_ access: Access) -> EventParticulars.Resource? {
        guard let arn = ARN(parsing: access.resource), let name = AccessGrantsName(arn) else { return nil }
        return resource(name)
    }

    static func resource(_ name: AccessGrantsName) -> EventParticulars.Resource {
        let type =
            switch name.thing {
            case .instance: AccessGrantsInstance.kind
            case .location: AccessGrantsLocation.kind
            case .grant: AccessGrant.kind
            }
        return EventParticulars.Resource(name.arn, type, account: name.account)
    }
}
