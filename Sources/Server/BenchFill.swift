import CognitoIDPService
import Directory
import KMSService
import Ledger
import Platform
import S3Service

extension Gatehouse {
    /// Makes accounts and users without being asked through the API, for measuring. Half of the users have a policy of
    /// AWS's attached.
    /// - Parameters:
    ///   - keys: how many KMS keys the last account has.
    ///   - grants: how many grants there are of them; one of each key's is the first user's.
    ///   - objects: how many objects the last account has, in the bucket `bench`.
    ///   - poolUsers: how many users there are in a user pool of the last account. A thousand of them, evenly
    ///     spread, have the password `Correct-Horse-7`.
    ///   - lastKey: the access key that the first user of the last account gets.
    ///   - progress: is told now and then what has been made.
    public func fill(
        accounts: Int, users: Int, events: Int = 0, keys: Int = 0, grants: Int = 0, objects: Int = 0,
        poolUsers: Int = 0,
        lastKey: (id: String, secret: String), progress: (String) -> Void = { _ in }
    ) async throws {
        let now = environment.now()
        var grantee = ""
        for number in 0..<accounts {
            let id = String(200_000_000_000 + number)
            let members = (0..<users).map { member in
                var user = User(
                    accountID: id, name: "user-\(member)", path: "/", uniqueID: Identifiers.unique(.user),
                    createDate: now)
                if member.isMultiple(of: 2) { user.attachedPolicies = ["arn:aws:iam::aws:policy/ReadOnlyAccess"] }
                return user
            }
            if number == accounts - 1 { grantee = members.first?.uniqueID ?? "" }
            try await environment.ledger.write(requestID: "") { (transaction) throws(LedgerError) in
                let scope = Scope(account: id)
                try transaction.put(Account(id: id, createDate: now), in: scope)
                for user in members { try transaction.put(user, in: scope) }
                if number == accounts - 1, let first = members.first {
                    let key = AccessKey(
                        id: lastKey.id, secret: lastKey.secret, accountID: id, ownerID: first.uniqueID, createDate: now)
                    try transaction.put(key, in: scope)
                }
                return .commit(())
            }
        }
        let last = String(200_000_000_000 + max(0, accounts - 1))
        try await environment.fillKMS(account: last, keys: keys, grants: grants, grantee: grantee)
        try await environment.fillS3(account: last, bucket: "bench", objects: objects)
        try await environment.fillUserPool(account: last, users: poolUsers, password: "Correct-Horse-7") {
            progress("\($0) of \(poolUsers) users of the pool")
        }
        for number in 0..<events {
            let account = String(200_000_000_000 + number * max(1, accounts) / events)
            // As many at a time as a busy server writes together.
            try environment.ledger.record(Self.event(number, of: account, at: now - Double(events - number) / 1000))
            if number % 1000 == 999 { try await environment.ledger.flushEvents() }
        }
    }

    /// Makes a bucket of small objects in the first account, for tests of lists.
    /// - Parameter keys: each once.
    public func fill(bucket: String, keys: [String]) async throws {
        try await environment.fillS3(account: accountID, bucket: bucket, keys: keys)
    }

    private static func event(_ number: Int, of account: String, at time: Double) -> Event {
        ServiceEvent("GetUser", source: "iam.amazonaws.com", account: account, time: time) { writer in
            writer.member("userName", "user-\(number % 1000)")
            writer.member("text", String(repeating: "As long as the record of a call is. ", count: 20))
        }.event
    }
}
