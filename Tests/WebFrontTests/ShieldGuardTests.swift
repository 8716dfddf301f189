import Logging
import Platform
import Testing
import WAF
import WebFront

@testable import Server

/// Whose connections are refused for what they did before.
struct ShieldGuardTests {
    @Test(arguments: [TrafficEvent.revokedCertificate, .failedHandshake])
    func aRevokedCertificateKeepsNobodyOutButItsOwner(_ event: TrafficEvent) async throws {
        let gatehouse = try await Gatehouse(
            Gatehouse.Configuration(), log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let shield = ShieldGuard(gatehouse.environment, exempt: [])
        let office = try #require(IPAddress("192.0.2.1"))
        for _ in 0..<1000 { shield.saw(event, from: office, for: nil) }
        #expect(shield.admitsConnection(from: office) == (event == .revokedCertificate))
        await gatehouse.close()
    }
}
