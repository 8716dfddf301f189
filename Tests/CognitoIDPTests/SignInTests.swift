import CognitoIDPAPI
import Foundation
import Ledger
import Platform
import Testing
import Wire

@testable import CognitoIDPService

@Suite("Failures lock users out")
struct LockoutTests {
    @Test("The duration doubles with each failure after the fourth, up to a quarter of an hour")
    func curve() {
        #expect((0...4).allSatisfy { SignInFailures.lock(after: $0) == 0 })
        #expect((5...9).map { SignInFailures.lock(after: $0) } == [1, 2, 4, 8, 16])
        #expect(SignInFailures.lock(after: 14) == 512)
        #expect([15, 16, 1_000, .max].allSatisfy { SignInFailures.lock(after: $0) == 900 })
    }

    @Test("Nobody signs in until a lock-out is over, and a quarter of an hour later all is forgotten")
    func memory() throws {
        var failures = SignInFailures(SignInFailures.Key("ann", of: try pool()))
        for second in 0..<5 { failures.add(at: Double(second)) }
        #expect(failures.isLocked(at: 4.5) && !failures.isLocked(at: 5))
        failures.add(at: 5)
        #expect(failures.isLocked(at: 6.9) && !failures.isLocked(at: 7))
        #expect(failures.count(at: 906.9) == 6 && failures.count(at: 907) == 0)
        failures.add(at: 907)
        #expect(failures.count(at: 907) == 1 && !failures.isLocked(at: 907))
    }

    @Test("Failures are of a name, in the case that counts")
    func keys() throws {
        let (sensitive, other) = (try pool(), try pool("{\"UsernameConfiguration\": {\"CaseSensitive\": false}}"))
        #expect(SignInFailures.Key("Ann", of: sensitive) != SignInFailures.Key("ann", of: sensitive))
        #expect(SignInFailures.Key("Ann", of: other) == SignInFailures.Key("ann", of: other))
    }

    @Test("One node alone may try, until it has failed, or is done, or has gone away")
    func claims() throws {
        var failures = SignInFailures(SignInFailures.Key("ann", of: try pool()))
        failures.add(at: 0)
        let claims = [1, 1, 20.9, 21].map { failures.claim(at: $0) }
        #expect(claims == [true, false, false, true])
        failures.add(at: 22)
        let afterFailure = failures.claim(at: 22)
        #expect(failures.count(at: 22) == 2 && afterFailure)
        failures.release()
        let afterRelease = failures.claim(at: 22)
        #expect(failures.count(at: 22) == 2 && afterRelease)
    }

    @Test("Only so many are tried at a time")
    func inFlight() throws {
        let key = SignInFailures.Key("in flight", of: try pool())
        #expect(AttemptsInFlight.shared.enter(key, most: 2) && AttemptsInFlight.shared.enter(key, most: 2))
        #expect(!AttemptsInFlight.shared.enter(key, most: 2))
        AttemptsInFlight.shared.leave(key)
        #expect(AttemptsInFlight.shared.enter(key, most: 2))
        AttemptsInFlight.shared.leave(key)
        AttemptsInFlight.shared.leave(key)
    }
}

@Suite("Times that clients sign")
struct ClaimTimeTests {
    @Test(
        "As clients write them",
        arguments: [
            "Thu Jan 1 00:00:00 UTC 1970", "Tue May 7 00:09:40 UTC 2025", "Thu Feb 29 23:59:59 UTC 2024",
            "Mon Nov 30 00:46:00 GMT 2026", "Fri Mar 1 12:00:00 UTC 2100",
        ])
    func areRead(_ text: String) {
        var parts = DateComponents()
        parts.timeZone = TimeZone(identifier: "UTC")
        guard let read = ClaimTime.seconds(text) else {
            Issue.record("\(text) is not read")
            return
        }
        // By Foundation's calendar, independently.
        let words = text.split(separator: " ").map(String.init)
        let clock = words[3].split(separator: ":").compactMap { Int($0) }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        parts.year = Int(words[5])
        parts.month = months.firstIndex(of: words[1]).map { $0 + 1 }
        parts.day = Int(words[2])
        (parts.hour, parts.minute, parts.second) = (clock[0], clock[1], clock[2])
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = parts.timeZone ?? .gmt
        #expect(calendar.date(from: parts)?.timeIntervalSince1970 == read)
    }

    @Test(
        "Others are refused",
        arguments: [
            "", "Thu Jan 1 00:00:00 UTC", "Thu Jan 0 00:00:00 UTC 1970", "Thu Jan 32 00:00:00 UTC 1970",
            "Thu Foo 1 00:00:00 UTC 1970", "Foo Jan 1 00:00:00 UTC 1970", "Thu Jan 1 24:00:00 UTC 1970",
            "Thu Jan 1 00:60:00 UTC 1970", "Thu Jan 1 00:00 UTC 1970", "Thu Jan 1 00:00:00 CET 1970",
            "Thu Jan  1 00:00:00 UTC 1970", "Thu Jan 1 00:00:00 UTC 99999999999999999999",
            "Thu Jan +1 00:00:00 UTC 1970",
            "1970-01-01T00:00:00Z", "Thu Jan 1 -1:00:00 UTC 1970",
        ])
    func areNone(_ text: String) { #expect(ClaimTime.seconds(text) == nil) }
}

@Suite("Second factors")
struct SecondFactorTests {
    private static let sms = "\"SmsMfaConfiguration\": {}"
    private static let app = "\"SoftwareTokenMfaConfiguration\": {\"Enabled\": true}"
    private static let email = "\"EmailMfaConfiguration\": {}"

    private func demand(
        _ mode: String, _ offered: [String], settings: String = "{}", _ change: (inout PoolUser) -> Void
    ) throws -> SecondFactorDemand {
        let pool = try CognitoIDPTests.pool(
            settings, "{\"MfaConfiguration\": \"\(mode)\", \(offered.joined(separator: ", "))}")
        var user = person("ann")
        change(&user)
        return pool.demand(of: user)
    }

    @Test("None where the pool asks for none, or the user has none and need not")
    func none() throws {
        #expect(try demand("OFF", [Self.app]) { $0.has(app: true) } == .none)
        #expect(
            try demand("OPTIONAL", [Self.app, Self.sms]) { $0[attribute: "phone_number"] = "+14325551234" } == .none)
        // An app that the user has set up, but does not want to be asked for.
        #expect(try demand("OPTIONAL", [Self.app]) { $0.has(app: false) } == .none)
        // And one that the pool offers no more.
        #expect(try demand("OPTIONAL", [Self.sms]) { $0.has(app: true) } == .none)
    }

    @Test("The preferred one, the only one, or a choice")
    func enabled() throws {
        #expect(try demand("OPTIONAL", [Self.app]) { $0.has(app: true) } == .factor("SOFTWARE_TOKEN_MFA"))
        func both(_ user: inout PoolUser) {
            user.has(app: true)
            user[attribute: "phone_number"] = "+14325551234"
            user.factors.isSMSEnabled = true
        }
        #expect(try demand("OPTIONAL", [Self.app, Self.sms], both) == .choice(["SMS_MFA", "SOFTWARE_TOKEN_MFA"]))
        #expect(
            try demand("ON", [Self.app, Self.sms]) {
                both(&$0)
                $0.factors.preferred = "SMS_MFA"
            } == .factor("SMS_MFA"))
        // One that can't be proved any more is not asked for.
        #expect(
            try demand("ON", [Self.app, Self.sms]) {
                both(&$0)
                $0[attribute: "phone_number"] = nil
                $0.factors.preferred = "SMS_MFA"
            } == .factor("SOFTWARE_TOKEN_MFA"))
    }

    @Test("Where one has to be there, what the user could prove will do, or is set up")
    func required() throws {
        #expect(try demand("ON", [Self.app]) { _ in } == .setup(["SOFTWARE_TOKEN_MFA"]))
        #expect(try demand("ON", [Self.app, Self.email]) { _ in } == .setup(["EMAIL_OTP", "SOFTWARE_TOKEN_MFA"]))
        #expect(try demand("ON", [Self.sms]) { $0[attribute: "phone_number"] = "+14325551234" } == .factor("SMS_MFA"))
        // Not what a forgotten password is recovered by, if there is another.
        let recovery = """
            {"AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]}}
            """
        #expect(
            try demand("ON", [Self.sms, Self.email], settings: recovery) {
                $0[attribute: "phone_number"] = "+14325551234"
                $0[attribute: "email"] = "ann@example.com"
            } == .factor("SMS_MFA"))
    }
}

@Suite("Users who do not exist")
struct SimulatedUserTests {
    @Test("They are always the same, by name and pool, and differ from each other")
    func stable() throws {
        let pool = try CognitoIDPTests.pool()
        let one = SimulatedUser("nobody", of: pool, secret: "s")
        #expect(one.verifier == SimulatedUser("nobody", of: pool, secret: "s").verifier)
        #expect(one.verifier.salt != SimulatedUser("somebody", of: pool, secret: "s").verifier.salt)
        #expect(one.verifier.salt != SimulatedUser("nobody", of: pool, secret: "t").verifier.salt)
        #expect(one.verifier.salt.count == 16 && one.verifier.salt.first != 0)
        #expect(one.verifier.verifier.lexicographicallyPrecedes(SRPGroup.modulus))
        #expect(one.username == "nobody")
    }

    @Test("Where names are UUIDs, theirs are")
    func names() throws {
        let pool = try CognitoIDPTests.pool("{\"UsernameAttributes\": [\"email\"]}")
        let name = SimulatedUser("nobody@example.com", of: pool, secret: "s").username
        #expect(UUID(uuidString: name) != nil && name == name.lowercased() && Array(name)[14] == "4")
        let aliases = try CognitoIDPTests.pool("{\"AliasAttributes\": [\"email\"]}")
        #expect(UUID(uuidString: SimulatedUser("nobody@example.com", of: aliases, secret: "s").username) != nil)
        #expect(SimulatedUser("nobody", of: aliases, secret: "s").username == "nobody")
    }
}

@Suite("Requests to sign in")
struct SignInRateTests {
    @Test("As many in a second as the quota says, and they come back evenly")
    func rate() {
        let rate = RequestRate()
        let scope = Scope(account: "111122223333", region: "us-east-1")
        let start = ContinuousClock.now
        let first = (0..<15).filter { _ in rate.take(.userAuthentication, scope, most: 10, at: start) }
        #expect(first.count == 10)
        let later = (0..<15).filter { _ in
            rate.take(.userAuthentication, scope, most: 10, at: start + .milliseconds(510))
        }
        #expect(later.count == 5)
        #expect(rate.take(.userAuthentication, Scope(account: "111122223334"), most: 10, at: start))
        #expect(rate.take(.userCreation, scope, most: 10, at: start))
    }
}

@Suite("What sessions wait for")
struct PendingChallengeTests {
    @Test("Each survives being sealed, and is answered by its own name alone")
    func names() throws {
        let exchange = SRPExchange(clientPublic: [1, 2], secret: [3], scrambler: [4])
        let all: [PendingChallenge] = [
            .passwordVerifier(exchange), .block("b"), .newPassword,
            .code(
                SentCode(
                    "123456", challenge: "SMS_MFA", to: CodeDelivery(.sms, to: "+14255550100"), isFirstFactor: false)),
            .softwareToken, .selectFactor(["SMS_MFA"]), .setUpFactor(FactorSetup(options: ["SOFTWARE_TOKEN_MFA"])),
            .deviceSRP, .devicePassword(exchange),
            .custom(CustomChallenge(privateParameters: ["a": "b"], metadata: nil)),
            .choice(["PASSWORD", "EMAIL_OTP"]), .password, .passwordSRP, .passkey("AA"), .confirmedSignUp("email"),
        ]
        for challenge in all {
            let read = try JSONDecoder().decode(PendingChallenge.self, from: try JSONEncoder().encode(challenge))
            #expect(read == challenge)
        }
        #expect(PendingChallenge.choice(["PASSWORD", "EMAIL_OTP"]).names == ["SELECT_CHALLENGE", "PASSWORD"])
        #expect(PendingChallenge.confirmedSignUp("email").names.isEmpty)
        #expect("\(exchange)" == "SRPExchange")
    }

    @Test("A code is known by its hash")
    func codes() throws {
        let code = SentCode(
            "012345", challenge: "EMAIL_OTP", to: CodeDelivery(.email, to: "ann@example.com"), isFirstFactor: true)
        #expect(code.matches("012345") && !code.matches("12345") && !code.matches("012346") && !code.matches(""))
        let text = String(decoding: try JSONEncoder().encode(code), as: UTF8.self)
        #expect(!text.contains("012345"))
    }
}

// MARK: - What they are about

func pool(_ settings: String = "{}", _ multiFactor: String = "{}") throws -> PoolEntry {
    try PoolEntry(
        UserPool(
            id: "us-east-1_AbCdEfGhI", accountID: "111122223333", region: "us-east-1", name: "people", created: 0,
            modified: 0, tags: [], settings: settings, multiFactor: multiFactor))
}

private func person(_ name: String) -> PoolUser {
    PoolUser(
        poolID: "us-east-1_AbCdEfGhI", username: name, name: name, sub: "3f0c9c1e-0000-4000-8000-000000000001",
        attributes: [], created: 0, modified: 0, isEnabled: true, status: .confirmed)
}

extension PoolUser {
    fileprivate mutating func has(app isEnabled: Bool) {
        softwareToken = "GEZDGNBVGY3TQOJQ"
        factors.isSoftwareTokenEnabled = isEnabled
    }
}
