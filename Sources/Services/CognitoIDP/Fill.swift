import CognitoIDPAPI
import Ledger
public import Platform
import Wire

extension Environment {
    /// Makes a user pool full of users without being asked through the API, for measuring: `bench-0` and so on, each with an
    /// e-mail address. A thousand, evenly spread from the first on, have the password; the others have a verifier of the same length
    /// that nobody knows the password of, since each takes an exponentiation.
    ///
    /// The pool is `REGION_bench0000`, its app client `benchbenchbenchbenchbench0`, which allows USER_PASSWORD_AUTH and
    /// USER_SRP_AUTH.
    /// - Parameter progress: is told now and then how many users there are.
    public func fillUserPool(
        account: String, users: Int, password: String, progress: (Int) -> Void = { _ in }
    ) async throws {
        guard users > 0 else { return }
        let (time, scope, batch) = (now(), Scope(account: account, region: region), 4000)
        let poolID = "\(region)_bench0000"
        var settings = try CognitoIDP.UserPoolType(requested: CognitoIDP.UserPoolType().structure)
        settings.schemaAttributes = try AttributeSchema(creating: []).views
        let pool = UserPool(
            id: poolID, accountID: account, region: region, name: "bench", created: time, modified: time, tags: [],
            settings: settings.structure.json, multiFactor: try settings.multiFactor(replacing: nil).structure.json)
        let client = UserPoolClient(
            id: "benchbenchbenchbenchbench0", poolID: poolID, name: "bench", created: time, modified: time, secrets: [],
            settings: "{\"ExplicitAuthFlows\":[\"ALLOW_USER_PASSWORD_AUTH\",\"ALLOW_USER_SRP_AUTH\"]}")
        try await write(scope, requestID: "") { (records) throws(ServiceError) in
            try records.put(pool)
            try records.put(client)
        }
        let entry = try PoolEntry(pool)
        let unknown = PasswordVerifier(SRPVerifier(salt: SRPVerifier.newSalt(), verifier: Identifiers.randomBytes(384)))
        let step = max(1, users / 1000)
        @Sendable func made(_ numbers: Range<Int>) async throws -> [PoolUser] {
            var made: [PoolUser] = []
            for number in numbers.clamped(to: 0..<users) {
                let name = "bench-\(number)"
                var user = PoolUser(
                    poolID: poolID, username: name, name: name, sub: Identifiers.uuid(),
                    attributes: [
                        PoolUser.Attribute(name: "email", value: "\(name)@example.com"),
                        PoolUser.Attribute(name: "email_verified", value: "true"),
                    ], created: time, modified: time, isEnabled: true, status: .confirmed)
                user.password = unknown
                if number.isMultiple(of: step) {
                    user.password = try await .make(password, user: name, poolID: poolID, account: account)
                }
                made.append(user)
            }
            return made
        }
        // While some are written, the next are made.
        var next = try await made(0..<batch)
        for start in stride(from: 0, to: users, by: batch) {
            async let following = made(start + batch..<start + 2 * batch)
            try await write(scope, requestID: "") { [next] (records) throws(ServiceError) in
                for user in next { try records.put(user, replacing: nil, of: entry) }
            }
            next = try await following
            progress(min(users, start + batch))
        }
    }
}
