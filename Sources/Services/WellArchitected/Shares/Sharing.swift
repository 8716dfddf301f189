import Directory
import Ledger
import Platform
import WellArchitectedAPI
import Wire

// What is shared, with whom. <https://docs.aws.amazon.com/wellarchitected/latest/userguide/sharing-considerations.html>

extension Quota {
    /// <https://docs.aws.amazon.com/wellarchitected/latest/userguide/sharing-considerations.html>
    static let sharesPerResource = Quota("WellArchitectedSharesPerResource", 20)
}

/// With whom something can be shared.
enum SharedWith {
    case account
    case user
    case organization
    case unit

    /// nil: nobody is called so.
    init?(_ text: String) {
        if text.utf8.count == 12, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            self = .account
            return
        }
        guard let arn = ARN(parsing: text) else {
            if text.hasPrefix("o-") {
                self = .organization
            } else if text.hasPrefix("ou-") {
                self = .unit
            } else {
                return nil
            }
            return
        }
        switch arn.service {
        case "iam" where arn.resource.hasPrefix("user/"): self = .user
        case "organizations" where arn.resource.hasPrefix("organization/"): self = .organization
        case "organizations" where arn.resource.hasPrefix("ou/"): self = .unit
        default: return nil
        }
    }

    /// Whether it holds at once, without an invitation that somebody accepts.
    var isOfOrganization: Bool {
        switch self {
        case .account, .user: false
        case .organization, .unit: true
        }
    }
}

extension MutableRecords {
    /// Shares something of the caller's.
    /// - Returns: the share's id.
    /// - Throws: ValidationException for whom nothing can be shared with, ConflictException for whom it is shared with already.
    func share(
        _ resource: ReviewName, with sharedWith: String, _ permission: String, _ call: Call
    ) throws(ServiceError) -> String {
        guard let kind = SharedWith(sharedWith) else {
            throw .reviewField(
                "SharedWith",
                "SharedWith must be an account ID, the ARN of an IAM user, an organization or an organizational unit.")
        }
        if kind.isOfOrganization {
            guard try get(ReviewSettings.self, call.accountID)?.sharesInOrganization == true else {
                throw .reviewField(
                    "SharedWith", "Sharing with an organization has to be enabled first, in the global settings.")
            }
            let own = call.directory.organization(ofAccount: call.accountID)
            let name = sharedWith.split(separator: "/").last.map(String.init) ?? sharedWith
            let organization =
                name.hasPrefix("o-") ? name : call.directory.organizationalUnit(name)?.organizationID
            guard let own, own.id == organization else {
                throw .reviewField("SharedWith", "\(sharedWith) is not in the organization of the account.")
            }
        } else if sharedWith == call.accountID {
            throw .reviewField("SharedWith", "A resource can't be shared with the account that owns it.")
        }
        let all = try referrers(StoredShare.self, StoredShare.byResource, to: resource.arn)
        if let old = all.first(where: { $0.sharedWith == sharedWith }) {
            guard ["REJECTED", "EXPIRED"].contains(old.status(at: call.time)) else {
                throw .reviewConflict(
                    "\(resource.kind.resourceType)_SHARE", old.id, "It is shared with \(sharedWith) already.")
            }
            try delete(old)
        }
        let limit = call.quotas[.sharesPerResource]
        guard all.count < limit else {
            throw .reviewQuota(
                "\(resource.kind.resourceType)_SHARE", "L-SHARES", "It can be shared with at most \(limit) others.")
        }
        let share = StoredShare(
            id: ReviewName.newID(), invitationID: ReviewName.newID(), resource: resource.arn, sharedWith: sharedWith,
            permission: permission, status: kind.isOfOrganization ? "ASSOCIATED" : "PENDING", created: call.time)
        try put(share)
        return share.id
    }

    /// Ends a share.
    /// - Throws: ResourceNotFoundException.
    func deleteShare(_ id: String, of resource: ReviewName) throws(ServiceError) {
        try delete(try share(id, of: resource))
    }

    func deleteShares(of resource: String) throws(ServiceError) {
        for share in try referrers(StoredShare.self, StoredShare.byResource, to: resource) { try delete(share) }
    }
}

extension RecordReading {
    /// A share of something of the caller's.
    /// - Throws: ResourceNotFoundException.
    func share(_ id: String, of resource: ReviewName) throws(ServiceError) -> StoredShare {
        guard let share = try get(StoredShare.self, id), share.resource == resource.arn else {
            throw .reviewNotFound("\(resource.kind.resourceType)_SHARE", id)
        }
        return share
    }

    /// A page of the shares of something.
    func shares<F: PageRequestFields & WellArchitected.MayHaveSharedWithPrefix & WellArchitected.MayHaveStatus>(
        of resource: ReviewName, _ input: View<F>, _ call: Call
    ) throws(ServiceError) -> Page<StoredShare> {
        let (prefix, status) = (input.sharedWithPrefix ?? "", input.status)
        return try page(
            StoredShare.self, StoredShare.byResource, to: resource.arn, try Paging(reviews: input)
        ) { share in
            share.sharedWith.hasPrefix(prefix) && (status ?? share.status(at: call.time)) == share.status(at: call.time)
        }
    }
}
