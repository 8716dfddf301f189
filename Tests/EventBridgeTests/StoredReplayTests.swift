import Testing

@testable import EventBridgeService

/// Replays count against the quota of their account as long as they run.
@Suite struct StoredReplayTests {
    @Test(arguments: [
        (StoredReplay.State.starting, 1), (.running, 1), (.cancelled, 0), (.completed, 0), (.failed, 0),
    ])
    func onlyThoseThatAreNotOverCount(state: StoredReplay.State, count: Int) {
        var replay = StoredReplay(
            name: "again", accountID: "111122223333", region: "us-east-1", source: "", archive: "", destination: "",
            rules: [], from: 0, to: 1, started: 2)
        replay.state = state
        #expect(replay.references.count(where: { $0.target == "111122223333" }) == count)
    }
}
