import Platform
import Testing
import Wire

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

    /// Hashes made elsewhere: by Python's hashlib, and the third vector of RFC 7914, cut to our length.
    @Test(arguments: [
        ("Correct-Horse-7", "scrypt$32768$8$3$AAECAwQFBgcICQoLDA0ODw==$0hR6iNwlLLb3aWdTE+RSZCefYUbkzTwvLcsKu3GgJeo="),
        ("pleaseletmein", "scrypt$16384$8$1$U29kaXVtQ2hsb3JpZGU=$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI="),
    ])
    func hashesStayGood(_ password: String, _ hash: String) async throws {
        #expect(try await PasswordHash.verify(password, hash, account: "2"))
        #expect(try await !PasswordHash.verify(password + "!", hash, account: "2"))
    }

    @Test(arguments: ["0$8$1", "3$8$1", "-2$8$1", "2$-1$1", "2$8$0", "1073741824$8$1", "2$9223372036854775807$2"])
    func numbersThatScryptDoesNotHave(_ numbers: String) async {
        await #expect(throws: ServiceError.internalFailure) {
            try await PasswordHash.verify("a", "scrypt$\(numbers)$AAAA$AAAA", account: "3")
        }
    }

    @Test func oneAccountCannotKeepTheOthersWaiting() async throws {
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 {
                group.addTask { (try? await PasswordHash.make("a", account: "greedy")) != nil }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.contains(true) && outcomes.contains(false))
        // The places are free again.
        _ = try await PasswordHash.make("a", account: "greedy")
    }
}
