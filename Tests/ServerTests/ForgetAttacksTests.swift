import Ledger
import Platform
import Testing
import Wire

@testable import Shield
@testable import ShieldService

@Suite struct ForgetAttacksTests {
    private static let day = 86_400.0
    /// There is no web front, and no such account has an application.
    private static let scope = Scope(account: "444455556666", region: "")

    private func environment(_ attacks: [(daysAgo: Double, isOver: Bool)]) async throws -> Environment {
        let environment = try await TestGatehouse().gatehouse.environment
        let time = environment.now()
        try await environment.write(Self.scope, requestID: "") { (records) throws(ServiceError) in
            for (number, attack) in attacks.enumerated() {
                var report = AttackReport(start: time - attack.daysAgo * Self.day)
                if attack.isOver { report.end = report.start + 60 }
                try records.put(
                    StoredAttack(
                        id: RequestIDs.make(time: report.start), resourceARN: "app/\(number)", report: report,
                        rules: nil))
            }
        }
        return environment
    }

    /// How many days ago those that are left began.
    private func left(_ environment: Environment) async throws -> [Int] {
        let time = environment.now()
        return try await environment.read(Self.scope) { (records) throws(ServiceError) in
            try records.list(StoredAttack.self).map { Int(((time - $0.report.start) / Self.day).rounded()) }
        }
    }

    /// Of all accounts, and whatever goes on among them.
    @Test func whatIsOlderThanAYearIsForgotten() async throws {
        let old = (0..<150).map { (daysAgo: 600 - Double($0), isOver: $0 != 0 && $0 != 70) }
        let environment = try await environment(old + [(366, true), (364, true), (1, true), (0, false)])
        try await ForgetAttacks.forget(environment)
        #expect(try await left(environment) == [600, 530, 364, 1, 0])
        try await ForgetAttacks.forget(environment)
        #expect(try await left(environment).count == 5)
    }

    @Test func ofTooManyTheOldestAreForgotten() async throws {
        let environment = try await environment((0..<100).map { (daysAgo: 100 - Double($0), isOver: $0 != 3) })
        try await ForgetAttacks.forget(environment, most: 10)
        #expect(try await left(environment) == [97] + (1...9).reversed())
        try await ForgetAttacks.forget(environment, most: 0)
        #expect(try await left(environment) == [97])
    }
}
