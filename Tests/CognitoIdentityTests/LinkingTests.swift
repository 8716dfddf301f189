import Keyring
import Ledger
import Platform
import Testing
import Wire

@testable import CognitoIdentityService

/// What becomes of identities when logins are shown.
@Suite struct LinkingTests {
    private let ledger: Ledger
    private let pool: IdentityPool

    init() throws {
        ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        let settings = IdentityPool.Settings(
            name: "x", allowsGuests: true, allowsClassicFlow: false, loginProviders: [:], developerProvider: "dev",
            openIDProviderARNs: [], userPools: [], samlProviderARNs: [])
        pool = IdentityPool(
            id: "us-east-1:0123abcd-0000-4000-8000-000000000001", accountID: "111122223333", region: "us-east-1",
            created: 0, settings: settings, tags: [])
    }

    private func login(_ provider: String, _ user: String) -> PooledIdentity.Login {
        PooledIdentity.Login(provider: provider, user: user)
    }

    /// Shows logins, alone or for an identity; the id of whose they are, or the code of the error.
    private func show(_ logins: [PooledIdentity.Login], for id: String? = nil) async throws -> String {
        let pool = pool
        return try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            let records = MutableRecords(transaction, scope: pool.scope)
            do throws(ServiceError) {
                let linking =
                    if let id {
                        try IdentityLinking(id, logins, in: pool, at: 1, records)
                    } else {
                        try IdentityLinking(logins, in: pool, at: 1, records)
                    }
                try linking.put(in: records)
                return .commit(linking.identity.id)
            } catch {
                return .rollback(error.code)
            }
        }
    }

    private func guest() async throws -> String {
        let guest = PooledIdentity(in: pool, logins: [], at: 0)
        let pool = pool
        return try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            try transaction.put(guest, in: pool.scope)
            return .commit(guest.id)
        }
    }

    private func all() async throws -> [PooledIdentity] {
        let pool = pool
        return try await ledger.read { (reader) throws(LedgerError) in
            try reader.list(PooledIdentity.self, of: pool.id, in: pool.scope, limit: 100)
        }
    }

    @Test func idsBeginAsThePools() async throws {
        let identity = PooledIdentity(in: pool, logins: [], at: 0)
        #expect(identity.id.hasPrefix("us-east-1:0123abcd-"))
        #expect(identity.id.count == "us-east-1:".count + 36)
        #expect(IdentityPool.identityPrefix(identity.id) == pool.identityPrefix)
        for odd in ["", ":", "x", "a:b", "us-east-1:0"] { _ = IdentityPool.identityPrefix(odd) }
    }

    @Test func aLoginIsOfOneIdentity() async throws {
        let first = try await show([login("a", "1")])
        #expect(try await show([login("a", "1")]) == first)
        #expect(try await show([login("a", "2")]) != first)
        #expect(try await show([login("b", "1")]) != first)
        // A second one of the same user's.
        #expect(try await show([login("a", "1"), login("c", "9")]) == first)
        #expect(try await show([login("c", "9")]) == first)
        // Providers and users are told apart, however they are put together.
        #expect(try await show([login("a1", "")]) != first)
        let rows = try await all()
        #expect(Set(rows.flatMap(\.logins)).count == rows.flatMap(\.logins).count)
    }

    @Test func guestsBecomeUsers() async throws {
        let guest = try await guest()
        #expect(try await show([], for: guest) == guest)
        #expect(try await show([login("a", "1")], for: guest) == guest)
        #expect(try await show([], for: guest) == "NotAuthorizedException")
        #expect(try await show([login("a", "2")], for: guest) == "NotAuthorizedException")
        #expect(try await show([login("a", "1")], for: guest) == guest)
        // One who is known already becomes who they were.
        let second = try await self.guest()
        #expect(try await show([login("a", "1")], for: second) == guest)
        #expect(try await show([], for: second) == "NotAuthorizedException")
        #expect(try await show([login("a", "1")], for: second) == guest)
        #expect(try await show([login("a", "2")], for: second) == "NotAuthorizedException")
    }

    @Test func identitiesAreMerged() async throws {
        let a = try await show([login("a", "1")])
        let b = try await show([login("b", "1")])
        #expect(try await show([login("b", "1")], for: a) == "NotAuthorizedException")
        #expect(try await show([login("a", "1"), login("b", "1")], for: b) == b)
        #expect(try await show([login("a", "1")]) == b)
        let rows = try await all()
        #expect(rows.first { $0.id == a }?.isEnabled == false)
        #expect(rows.first { $0.id == b }?.logins.count == 2)
        // Two users of one public provider are not one user, and nothing is changed by the attempt.
        _ = try await show([login("a", "2"), login("c", "1")])
        #expect(try await show([login("a", "1"), login("c", "1")], for: b) == "ResourceConflictException")
        #expect(try await all() == (try await all()))
        #expect(try await show([login("c", "1")]) != b)
        // Of the developer provider there may be several.
        let d = try await show([login("dev", "1")])
        #expect(try await show([login("dev", "1"), login("dev", "2")], for: d) == d)
    }

    @Test func thereAreTwentyLoginsAtMost() async throws {
        let all = (0..<21).map { login("dev", "\($0)") }
        let identity = try await show(Array(all.prefix(20)))
        #expect(try await show([all[0], all[20]], for: identity) == "ResourceConflictException")
        #expect(try await show([all[0]], for: identity) == identity)
    }

    @Test func whatIsNotThere() async throws {
        let unknown = "us-east-1:0123abcd-0000-4000-8000-00000000000f"
        #expect(try await show([], for: unknown) == "ResourceNotFoundException")
        #expect(try await show([login("a", "1")], for: unknown) == "ResourceNotFoundException")
    }

    @Test(arguments: [
        "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI", "cognito-idp.cn-north-1.amazonaws.com.cn/x",
    ])
    func userPoolNames(_ name: String) {
        #expect(UserPoolName(name) != nil)
    }

    @Test(arguments: ["", "/", "cognito-idp./x", "cognito-idp.us-east-1.amazonaws.com/", "x.amazonaws.com/y", "a/b/c"])
    func otherNames(_ name: String) {
        #expect(UserPoolName(name) == nil)
    }
}
