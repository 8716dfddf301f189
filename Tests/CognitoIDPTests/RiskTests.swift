import CognitoIDPAPI
import Ledger
import Platform
import Testing
import Wire

@testable import CognitoIDPService

@Suite("How risky a sign-in is")
struct RiskTests {
    private let now = 1_800_000_000.0
    private let user = PoolUser(
        poolID: "us-east-1_AbCdEfGhI", username: "ann", name: "ann", sub: "3f0c9c1e-0000-4000-8000-000000000001",
        attributes: [], created: 0, modified: 0, isEnabled: true, status: .confirmed)

    private func event(
        _ address: String, _ device: String? = "phone", _ response: AuthEvent.Response = .pass, ago: Double = 86_400,
        of other: String? = nil, feedback isValid: Bool? = nil
    ) -> AuthEvent {
        let owner = other.map { sub in
            PoolUser(
                poolID: user.poolID, username: sub, name: sub, sub: sub, attributes: [], created: 0, modified: 0,
                isEnabled: true, status: .confirmed)
        }
        var event = AuthEvent(
            .signIn, response, of: owner ?? user, id: RequestIDs.make(time: now - ago), client: nil,
            Surroundings(address: address, device: device))
        event.feedback = isValid.map { AuthEvent.Feedback(isValid: $0, provider: "Admin", date: now) }
        return event
    }

    private func rated(
        _ address: String?, _ device: String? = "phone", after events: [AuthEvent], nearby: [AuthEvent] = []
    ) -> RiskAssessment {
        var history = SignInHistory()
        history.passed = events.filter { $0.response == .pass }
        history.guesses = events.filter { $0.response == .fail }
        history.judged = events.filter { $0.feedback != nil }
        history.guessesNearby = nearby
        return RiskAssessment(
            of: Surroundings(address: address, device: device), sub: user.sub, after: history, at: now)
    }

    @Test("Nothing is new to who has never signed in, and nothing can be told without an address")
    func nothingKnown() {
        #expect(rated("192.0.2.1", after: []).level == .none)
        #expect(rated(nil, after: [event("192.0.2.1")]).level == .none)
        #expect(rated("no address", after: [event("192.0.2.1")]).level == .none)
    }

    @Test("Networks: the same, a neighbour, another; of both families")
    func networks() {
        let history = [event("192.0.2.1"), event("2001:db8:1::1")]
        #expect(rated("192.0.2.200", after: history).reasons == [])
        #expect(rated("192.0.77.1", after: history).reasons == [.newNetwork])
        #expect(rated("198.51.100.1", after: history).reasons == [.newNetwork, .newRegion])
        #expect(rated("2001:db8:1:ffff::1", after: history).reasons == [])
        #expect(rated("2001:db8:2::1", after: history).reasons == [.newNetwork])
        #expect(rated("2001:db9::1", after: history).reasons == [.newNetwork, .newRegion])
    }

    @Test("Each reason adds to the level")
    func levels() {
        let history = [event("192.0.2.1", ago: 600)]
        #expect(rated("192.0.2.1", after: history).level == .none)
        #expect(rated("192.0.2.1", "tablet", after: history).level == .low)
        #expect(rated("192.0.77.1", "tablet", after: history).level == .medium)
        let far = rated("198.51.100.1", "tablet", after: history)
        #expect(far.level == .high && far.reasons == [.newNetwork, .newRegion, .newDevice, .quickMove])
        // A day later, it may have been a flight.
        #expect(rated("198.51.100.1", "tablet", after: [event("192.0.2.1")]).level == .medium)
    }

    @Test("A device is new only to who has used another")
    func devices() {
        #expect(rated("192.0.2.1", "phone", after: [event("192.0.2.1", nil)]).level == .none)
        // Whoever says nothing is not known for that, unless the user has done so before.
        #expect(rated("192.0.2.1", nil, after: [event("192.0.2.1")]).reasons == [.newDevice])
        #expect(rated("192.0.2.1", nil, after: [event("192.0.2.1"), event("192.0.2.1", nil)]).level == .none)
        let far = rated("198.51.100.1", nil, after: [event("192.0.2.1", ago: 60)])
        #expect(far.level == .high)
    }

    @Test("Failures since the last sign-in count for an hour")
    func pace() {
        let passed = event("192.0.2.1", ago: 7200)
        func failures(_ count: Int, ago: Double = 60) -> [AuthEvent] {
            (0..<count).map { _ in event("192.0.2.1", "phone", .fail, ago: ago) }
        }
        #expect(rated("192.0.2.1", after: failures(4) + [passed]).reasons == [])
        #expect(rated("192.0.2.1", after: failures(5) + [passed]).reasons == [.failures])
        #expect(rated("192.0.2.1", after: failures(10) + [passed]).level == .medium)
        #expect(rated("192.0.2.1", after: failures(10, ago: 3601) + [passed]).reasons == [])
        #expect(rated("192.0.2.1", after: [event("192.0.2.1", ago: 30)] + failures(10)).reasons == [])
        // At home, only what is tried from there counts: else anybody could make others suspicious.
        let elsewhere = (0..<10).map { _ in event("198.51.100.1", "phone", .fail, ago: 60) }
        #expect(rated("192.0.2.1", after: elsewhere + [passed]).reasons == [])
        #expect(rated("203.0.113.1", after: elsewhere + [passed]).level == .high)
        // What has failed makes no network known.
        #expect(rated("198.51.100.1", after: [event("198.51.100.1", "phone", .fail), passed]).level == .medium)
    }

    @Test("One password tried on many users from a network makes it suspicious")
    func spraying() {
        let others = (0..<5).map { event("198.51.100.7", nil, .fail, ago: 60, of: "other-\($0)") }
        #expect(rated("198.51.100.7", after: [], nearby: others).reasons == [.failuresOfOthers])
        #expect(rated("198.51.100.7", after: [], nearby: Array(others.dropLast())).level == .none)
        let own = (0..<5).map { _ in event("198.51.100.7", nil, .fail, ago: 60) }
        #expect(rated("198.51.100.7", after: [], nearby: own).level == .none)
    }

    @Test("What was said of a sign-in holds of others from there on the same device")
    func feedback() {
        let history = [event("198.51.100.1", "tablet", feedback: false), event("192.0.2.1")]
        #expect(rated("198.51.100.9", "tablet", after: history).level == .high)
        #expect(rated("192.0.2.1", "phone", after: history).level == .none)
        // A sign-in that was not the user's makes nothing known.
        #expect(rated("198.51.100.9", "laptop", after: history).level == .medium)
        let confirmed = [event("198.51.100.1", "tablet", feedback: true), event("192.0.2.1", ago: 60)]
        #expect(rated("198.51.100.9", "tablet", after: confirmed).reasons == [.calledValid])
        // Of that device alone, and not of how often somebody guesses.
        #expect(rated("198.51.100.9", "laptop", after: confirmed).reasons.contains(.newDevice))
        #expect(!rated("198.51.100.9", nil, after: confirmed).reasons.contains(.calledValid))
        let guesses = (0..<10).map { _ in event("198.51.100.9", "tablet", .fail, ago: 30) }
        #expect(
            rated("198.51.100.9", "tablet", after: guesses + confirmed).reasons
                == [.calledValid, .failures, .manyFailures])
        // What was called invalid may come back without a name.
        #expect(rated("198.51.100.9", nil, after: history).reasons == [.calledInvalid])
    }

    @Test("Ranges")
    func ranges() {
        #expect(Surroundings(address: "192.0.2.9").isIn(["198.51.100.0/24", "192.0.2.0/28"]))
        #expect(!Surroundings(address: "192.0.2.99").isIn(["192.0.2.0/28", "2001:db8::/32", "nonsense"]))
        #expect(!Surroundings(address: nil).isIn(["0.0.0.0/0"]))
    }

    @Test("The latest event comes first")
    func order() {
        let (first, second) = (event("192.0.2.1", ago: 10), event("192.0.2.1", ago: 5))
        #expect(second.key < first.key)
        #expect(abs(first.created - (now - 10)) < 0.01)
    }
}

@Suite("Mail about risky sign-ins")
struct RiskNoticeTests {
    private func notice(_ template: CognitoIDP.NotifyEmailType?) -> RiskNotice {
        RiskNotice(
            template, isBlocked: true, surroundings: Surroundings(address: "192.0.2.1"),
            time: Timestamp(secondsSinceEpoch: 0), username: "<ann> {event-id}", eventID: "e", token: "t",
            address: "https://x/p/auth-events/t")
    }

    @Test("Placeholders are filled once, and what fills them is no markup")
    func placeholders() {
        let made = notice(
            .init {
                $0.subject = "Hello"
                $0.htmlBody = "{username} {ip-address} {one-click-link-valid} {feedback-token} {event-id} {unknown} {"
            })
        #expect(made.subject == "Hello")
        #expect(
            made.html == "&lt;ann&gt; {event-id} 192.0.2.1 https://x/p/auth-events/t/valid t e {unknown} {")
    }

    @Test("A plain text stays one, and without a template there is one")
    func others() {
        let made = notice(
            .init {
                $0.subject = "Hello"
                $0.textBody = "a < b\n{city}"
            })
        #expect(made.html == "a &lt; b<br>\nunknown")
        #expect(notice(nil).html.contains("https://x/p/auth-events/t/invalid"))
        #expect(notice(nil).subject == "Blocked sign-in attempt")
    }
}
