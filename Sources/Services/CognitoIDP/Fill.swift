import Ledger
public import Platform
import Wire

extension Environment {
    /// Makes a user pool full of users without being asked through the API, for measuring: `bench-0` and so on, each with an
    /// e-mail address. The first hundred have the password; the others have a verifier of the same length that nobody knows the
    /// password of, since each takes an exponentiation.
    ///
    /// The pool is `REGION_bench0000`, its app client `benchbenchbenchbenchbench0`, which allows USER_PASSWORD_AUTH and
    /// USER_SRP_AUTH.
    public func fillUserPool(account: String, users: Int, password: String) async throws {
        guard users > 0 else { return }
        let (time, scope, batch) = (now(), Scope(account: account, region: region), 500)
        let poolID = "\(region)_bench0000"
        let pool = UserPool(
            id: poolID, accountID: account, region: region, name: "bench", created: time, modified: time, tags: [],
            settings: "{\"UserPoolTier\":\"ESSENTIALS\"}", multiFactor: "{\"MfaConfiguration\":\"OFF\"}")
        let client = UserPoolClient(
            id: "benchbenchbenchbenchbench0", poolID: poolID, name: "bench", created: time, modified: time, secrets: [],
            settings: "{\"ExplicitAuthFlows\":[\"ALLOW_USER_PASSWORD_AUTH\",\"ALLOW_USER_SRP_AUTH\"]}")
        try await write(scope, requestID: "") { (records) throws(ServiceError) in
            try records.put(pool)
            try records.put(client)
        }
        let entry = try PoolEntry(pool)
        let unknown = PasswordVerifier(SRPVerifier(salt: SRPVerifier.newSalt(), verifier: Identifiers.randomBytes(384)))
        for start in stride(from: 0, to: users, by: batch) {
            var made: [PoolUser] = []
            for number in start..<min(users, start + batch) {
                let name = "bench-\(number)"
                var user = PoolUser(
                    poolID: poolID, username: name, name: name, sub: Identifiers.uuid(),
                    attributes: [
                        PoolUser.Attribute(name: "email", value: "\(name)@example.com"),
                        PoolUser.Attribute(name: "email_verified", value: "true"),
                    ], created: time, modified: time, isEnabled: true, status: .confirmed)
                user.password = unknown
                if number < 100 { user.password = try await .make(password, user: name, poolID: poolID, account: scope.account) }
                made.append(user)
            }
            try await write(scope, requestID: "") { [made] (records) throws(ServiceError) in
                for user in made { try records.put(user, replacing: nil, of: entry) }
            }
        }
    }
}
