import Keyring
import Ledger
import Platform
import Testing

private let account = "111122223333"

/// A call as the server takes it in and as its event tells of it.
private struct RecordedCall {
    var use: RecordedUse
    /// The access key of the event: a session's where the use has no long-term key.
    var sessionKey: String?
    /// What the policies were asked about.
    var asked: [String] = []

    var event: Event {
        var random = SystemRandomNumberGenerator()
        let isRole = use.principalID.hasPrefix("AROA")
        let principal = isRole ? use.principalID + ":session" : use.principalID
        let key = use.longTermKey ?? sessionKey ?? ""
        let context =
            use.longTermKey != nil
            ? ""
            : isRole
                ? #","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"\#(use.principalID)"}}"#
                : #","sessionContext":{"attributes":{"mfaAuthenticated":"false"}}"#
        let body = """
            {"eventType":"AwsApiCall","eventSource":"\(use.service).amazonaws.com","eventName":"\(use.action)",\
            "awsRegion":"\(use.region)","userIdentity":{"type":"\(isRole ? "AssumedRole" : "IAMUser")","principalId":"\(principal)","accountId":"\(account)",\
            "accessKeyId":"\(key)"\(context)}}
            """
        return Event(
            id: UUIDv7.make(milliseconds: use.time, using: &random),
            requestID: UUIDv7.make(milliseconds: use.time, using: &random), account: account, time: use.time,
            attributes: [
                EventAttribute("EventName", use.action), EventAttribute("EventSource", use.service + ".amazonaws.com"),
                EventAttribute("Username", isRole ? "session" : "anybody"), EventAttribute("AccessKeyId", key),
            ], body: Array(body.utf8),
            decision: Array("[\(asked.map { #"{"action":"\#($0)","resource":"*"}"# }.joined(separator: ","))]".utf8))
    }
}

private func call(
    _ principal: String, key: String? = nil, _ action: String = "ListUsers", region: String = "us-east-1",
    at time: Int64
) -> RecordedUse {
    RecordedUse(
        principalID: principal, accountID: account, longTermKey: key, service: "iam", action: action, region: region,
        time: time)
}

private func signIn(_ user: String, _ outcome: String, at time: Int64) -> Event {
    var random = SystemRandomNumberGenerator()
    let body = """
        {"eventType":"AwsConsoleSignIn","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin",\
        "userIdentity":{"type":"IAMUser","principalId":"\(user)","accountId":"\(account)"},\
        "responseElements":{"ConsoleLogin":"\(outcome)"}}
        """
    return Event(
        id: UUIDv7.make(milliseconds: time, using: &random), requestID: UUIDv7.make(milliseconds: time, using: &random),
        account: account, time: time, attributes: [EventAttribute("EventName", "ConsoleLogin")],
        body: Array(body.utf8), decision: Array("[]".utf8))
}

extension UsageFold {
    /// What a process that starts now would know.
    fileprivate static func restored(from ledger: Ledger) throws -> UsageFold {
        let fold = UsageFold()
        try ledger.replay(UsageFold.kinds) { (change) throws(LedgerError) in try fold.restore(change) }
        try fold.restoreEvents(of: ledger)
        return fold
    }

    fileprivate func checkpoint(into ledger: Ledger, at time: Int64 = 1_700_000_000_000) async throws {
        try await checkpoint(into: ledger, time: time) { _ in
            true
        } isKey: { _ in
            true
        }
    }
}

@Suite struct UsageFoldTests {
    private let minute: Int64 = 60_000
    private let start: Int64 = 1_700_000_000_000

    private func ledger() throws -> Ledger { try Ledger(at: .memory, keyring: EphemeralKeyring()) }

    @Test func theLastUseOfEachActionStays() {
        let fold = UsageFold()
        fold.take(call("AIDAA", "ListUsers", at: start))
        fold.take(call("AIDAA", "ListUsers", region: "eu-west-1", at: start + minute))
        // Calls that overlap may be taken in out of order.
        fold.take(call("AIDAA", "ListUsers", at: start + 1))
        fold.take(call("AIDAA", "GetUser", at: start + 2))
        let usage = fold.usage(of: "AIDAA")
        #expect(usage?.services["iam"]?["ListUsers"]?.time == start + minute)
        #expect(usage?.services["iam"]?["ListUsers"]?.region == "eu-west-1")
        #expect(usage?.lastUse(of: "iam")?.time == start + minute)
        #expect(usage?.lastUse(of: "s3") == nil)
        #expect(fold.usage(of: "AIDAB") == nil)
    }

    @Test func theFirstUseOfAKeyInASpanStays() {
        let fold = UsageFold()
        for (time, expected) in [(0, 0), (14, 0), (15, 15), (29, 15), (31, 31)] as [(Int64, Int64)] {
            fold.take(call("AIDAA", key: "AKIA1", at: start + time * minute))
            #expect(fold.usage(of: "AIDAA")?.keys["AKIA1"]?.time == start + expected * minute)
        }
    }

    @Test func theFirstUseOfAPasswordInASpanStays() async throws {
        let ledger = try ledger()
        let fold = UsageFold()
        for (time, expected) in [(0, 0), (4, 0), (5, 5)] as [(Int64, Int64)] {
            fold.takePassword(of: "AIDAA", in: account, time: start + time * minute)
            try ledger.record(signIn("AIDAA", "Success", at: start + time * minute))
            #expect(fold.password(of: "AIDAA") == start + expected * minute)
        }
        try ledger.record(signIn("AIDAA", "Failure", at: start + 60 * minute))
        try await ledger.flushEvents()
        #expect(try UsageFold.restored(from: ledger).password(of: "AIDAA") == start + 5 * minute)
        #expect(fold.password(of: "AIDAB") == nil)
    }

    /// Whatever the calls, and wherever the process is cut off between two checkpoints: the state that is restored is the
    /// state that was there.
    @Test(arguments: 0..<20)
    func whatIsRestoredIsWhatWasThere(seed: UInt64) async throws {
        var random = SeededNumbers(state: seed)
        let ledger = try ledger()
        let fold = UsageFold()
        let principals = ["AIDAA", "AIDAB", "AROAC", account]
        let keys = ["AIDAA": ["AKIA1", "AKIA2"], "AIDAB": ["AKIA3"], account: ["AKIAR"]]
        var time = start
        for step in 0..<400 {
            time += .random(in: 0...(2 * minute), using: &random)
            let principal = principals.randomElement(using: &random) ?? ""
            var use = call(
                principal, key: keys[principal]?.randomElement(using: &random),
                ["ListUsers", "GetUser", "CreateUser"].randomElement(using: &random) ?? "",
                region: ["us-east-1", "eu-west-1"].randomElement(using: &random) ?? "", at: time)
            if principal == "AIDAB", step % 3 == 0 { use.longTermKey = nil }
            fold.take(use)
            let own = "iam:\(use.action)"
            let more = ["iam:PassRole", "iam:TagUser"].filter { _ in Bool.random(using: &random) }
            if !more.isEmpty { fold.take(more, by: principal, of: account, in: use.region, time: use.time) }
            try ledger.record(RecordedCall(use: use, sessionKey: "ASIA" + principal, asked: [own] + more).event)
            if Int.random(in: 0..<50, using: &random) == 0 { try await ledger.flushEvents() }
            if Int.random(in: 0..<100, using: &random) == 0 { try await fold.checkpoint(into: ledger) }
        }
        try await ledger.flushEvents()
        let restored = try UsageFold.restored(from: ledger)
        for principal in principals {
            #expect(restored.usage(of: principal) == fold.usage(of: principal))
            #expect(restored.usage(of: principal) != nil)
        }
        // And once more, from a checkpoint alone.
        try await restored.checkpoint(into: ledger)
        let again = UsageFold()
        try ledger.replay(UsageFold.kinds) { (change) throws(LedgerError) in try again.restore(change) }
        for principal in principals { #expect(again.usage(of: principal) == fold.usage(of: principal)) }
        #expect(restored.waiting == 0)
    }

    @Test func actionsThatOtherOperationsNeedAreUsed() throws {
        let fold = UsageFold()
        fold.take(call("AIDAA", "CreateUser", at: start))
        fold.take(["iam:TagUser", "kms:Decrypt"], by: "AIDAA", of: account, in: "us-east-1", time: start + 1)
        fold.take(["kms:Decrypt"], by: "AIDAA", of: account, in: "us-east-1", time: start)
        let usage = try #require(fold.usage(of: "AIDAA"))
        #expect(usage.lastUse(of: "TagUser", in: "iam")?.time == start + 1)
        #expect(usage.lastUse(of: "CreateUser", in: "iam")?.time == start)
        #expect(usage.lastUse(of: "Decrypt", in: "kms")?.time == start + 1)
        // IAM's last accessed information goes by operations.
        #expect(usage.lastUse(of: "kms") == nil && usage.lastUse?.time == start)
        #expect(usage.lastNeed(of: "kms")?.time == start + 1)
        #expect(usage.lastNeed(of: "iam")?.time == start + 1)
        #expect(usage.lastNeed(of: "s3") == nil)
        #expect(usage.actions(of: "iam", usedSince: start + 1) == ["TagUser"])
    }

    @Test func eventsOfOthersInTheHistoryAreNotTaken() async throws {
        let ledger = try ledger()
        var event = RecordedCall(use: call("AIDAA", key: "AKIA1", at: start)).event
        event.account = "999999999999"
        try ledger.record(event)
        try await ledger.flushEvents()
        #expect(try UsageFold.restored(from: ledger).usage(of: "AIDAA") == nil)
    }

    @Test func aCheckpointForgetsWhoIsGoneAndWhatIsOld() async throws {
        let ledger = try ledger()
        let fold = UsageFold()
        let now = start + PrincipalUsage.trackingPeriod + minute
        fold.take(call("AIDAA", key: "AKIA1", "GetUser", at: start))
        fold.take(call("AIDAA", key: "AKIA2", "ListUsers", at: now))
        fold.take(call("AIDAB", at: now))
        try await fold.checkpoint(into: ledger)
        try await Task.sleep(for: .milliseconds(1))
        fold.take(call("AIDAA", key: "AKIA2", "ListUsers", at: now + 1))
        try await fold.checkpoint(into: ledger, time: now) {
            $0 != "AIDAB"
        } isKey: {
            $0 != "AKIA1"
        }
        for fold in [fold, try UsageFold.restored(from: ledger)] {
            #expect(fold.usage(of: "AIDAB") == nil)
            #expect(fold.usage(of: "AIDAA")?.keys.keys.sorted() == ["AKIA2"])
            #expect(fold.usage(of: "AIDAA")?.services["iam"]?.keys.sorted() == ["ListUsers"])
        }
    }
}

private struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
