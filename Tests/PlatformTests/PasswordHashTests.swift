import Platform
import Testing

struct PasswordHashTests {
    @Test func whatIsNoHashVerifiesNothing() async throws {
        for text in ["", "scrypt", "scrypt$2$1$1$AAAA$", "md5$32768$8$3$AAAA$AAAA"] {
            #expect(try await !PasswordHash.verify("", text, account: "1"), "\(text)")
        }
    }

    @Test func onlyTheRightPasswordIsVerified() async throws {
        let first = try await PasswordHash.make("Correct-Horse-7", account: "1")
        #expect(first.hasPrefix("scrypt$32768$8$3$") && !first.contains("Correct"))
        #expect(try await PasswordHash.verify("Correct-Horse-7", first, account: "1"))
        #expect(try await !PasswordHash.verify("Correct-Horse-8", first, account: "1"))

        // With one salt, hashes tell whether their passwords are the same.
        let same = try await PasswordHash.make("Correct-Horse-7", sharingSaltOf: first, account: "1")
        #expect(PasswordHash.areEqual(first, same))
        // A hash of another cost lends no salt.
        let other = try await PasswordHash.make("a", sharingSaltOf: "scrypt$2$8$1$AAAA$AAAA", account: "1")
        #expect(other.hasPrefix("scrypt$32768$8$3$") && !other.contains("$AAAA$"))
        #expect(!PasswordHash.areEqual(first, other))
    }

    @Test func oneAccountCannotKeepTheOthersWaiting() async throws {
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask { (try? await PasswordHash.make("a", account: "greedy")) != nil }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.contains(true) && outcomes.contains(false))
        // The places are free again.
        _ = try await PasswordHash.make("a", account: "greedy")
    }
}
