import Directory
import Platform
import Policy

extension ProposedBucket {
    /// The bucket with what is proposed for it, ready to be analysed.
    ///
    /// - Returns: nil for what a bucket can't have: a grant to somebody who does not exist, say.
    static func analyzed(_ proposal: ProposedBucket, _ environment: Environment) -> Outcome? {
        let name = String(proposal.arn.dropFirst("arn:aws:s3:::".count))
        let known = environment.projection(BucketIndex.self).bucket(name)?.bucket
        let existing = known.flatMap { $0.accountID == proposal.owner ? $0 : nil }
        var bucket = existing ?? proposal.newBucket(name, at: environment.now())
        if let policy = proposal.policy { bucket.policy = policy.isEmpty ? nil : policy }
        if let block = proposal.block {
            bucket.publicAccessBlock = (bucket.publicAccessBlock ?? PublicAccessBlock()).with(block)
        }
        var users = CanonicalUsers(directory: environment.directory)
        if let grants = proposal.grants {
            guard let list = AccessControlList(grants, &users) else { return nil }
            bucket.acl = list
        }
        var points: [AccessPointEntry]?
        if let proposed = proposal.accessPoints {
            points = []
            for point in proposed {
                guard let entry = point.entry(of: bucket, environment) else { return nil }
                points?.append(entry)
            }
        }
        return Outcome(
            resource: BucketEntry(bucket).analyzed(environment, accessPoints: points), canonicalUsers: users.strangers)
    }

    /// A new bucket blocks nothing unless that is proposed; and if grants are, its access control list counts.
    /// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_S3PublicAccessBlockConfiguration.html>
    private func newBucket(_ name: String, at time: Double) -> Bucket {
        var bucket = Bucket(name: name, accountID: owner, region: region, creationDate: time)
        bucket.publicAccessBlock = nil
        if grants != nil { bucket.ownership = .objectWriter }
        return bucket
    }
}

extension PublicAccessBlock {
    fileprivate func with(_ proposed: ProposedBucket.Block) -> PublicAccessBlock {
        var block = self
        block.ignorePublicAcls = proposed.ignoresPublicLists
        block.restrictPublicBuckets = proposed.restrictsPublicBuckets
        return block
    }
}

/// The accounts of canonical users. A user of an account that is not here is somebody all the same: a number that no account
/// has stands for it.
private struct CanonicalUsers {
    let directory: IdentityDirectory
    /// The ids, by those numbers.
    private(set) var strangers: [String: String] = [:]

    init(directory: IdentityDirectory) { self.directory = directory }

    mutating func account(of id: String) -> String {
        if let account = CanonicalUser.account(of: id, directory) { return account }
        if let known = strangers.first(where: { $0.value == id })?.key { return known }
        var number = strangers.count
        var account = ""
        repeat {
            number += 1
            let digits = String(number)
            account = String(repeating: "0", count: max(0, 12 - digits.count)) + digits
        } while strangers[account] != nil || directory.account(account) != nil
        strangers[account] = id
        return account
    }
}

extension AccessControlList {
    /// nil: a grant is to nobody, or of nothing that there is.
    fileprivate init?(_ grants: [ProposedBucket.Grant], _ users: inout CanonicalUsers) {
        guard grants.count <= 100 else { return nil }
        self.init(grants: [])
        for grant in grants {
            guard let permission = Permission(rawValue: grant.permission) else { return nil }
            if let uri = grant.group, grant.canonicalUser == nil {
                guard let group = Group(uri: uri) else { return nil }
                self.grants.append(Grant(grantee: .group(group), permission: permission))
            } else if let id = grant.canonicalUser, grant.group == nil {
                self.grants.append(Grant(grantee: .account(users.account(of: id)), permission: permission))
            } else {
                return nil
            }
        }
    }
}

extension ProposedBucket.AccessPoint {
    /// nil: its name is none that an access point of the bucket can have.
    fileprivate func entry(of bucket: Bucket, _ environment: Environment) -> AccessPointEntry? {
        guard let name = AccessPointName(arn: arn), name.region == bucket.region else { return nil }
        let existing = environment.projection(AccessPointIndex.self).point(name.name, name.account, name.region)?.point
        let isOfBucket = existing?.bucket == bucket.name && existing?.bucketAccountID == bucket.accountID
        let old = isOfBucket ? existing : nil
        let oldBlock = old?.publicAccessBlock ?? .everything
        var point = AccessPoint(
            name: name.name, accountID: name.account, region: name.region, bucket: bucket.name,
            bucketAccountID: bucket.accountID, alias: old?.alias ?? "", creationDate: environment.now(),
            vpcID: old?.vpcID, publicAccessBlock: block.map { oldBlock.with($0) } ?? oldBlock, policy: old?.policy)
        if let vpcID { point.vpcID = vpcID.isEmpty ? nil : vpcID }
        if let policy { point.policy = policy.isEmpty ? nil : policy }
        return AccessPointEntry(point)
    }
}
