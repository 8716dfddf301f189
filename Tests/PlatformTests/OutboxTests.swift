import Testing

@testable import Platform

@Suite struct OutboxTests {
    /// Messages of accounts, the oldest first.
    private func mail(_ accounts: String) -> [Mail] {
        accounts.enumerated().map { number, account in
            Mail(
                requestID: "\(1000 + number)", at: Double(number), about: "\(account)", to: "ada@example.com",
                subject: "Code", text: "")
        }
    }

    @Test(
        arguments: [
            // One account has most: its oldest go, until another has as many.
            ("abaaac", 1, "baaac"), ("abaaac", 2, "baac"), ("abaaac", 3, "bac"),
            // Nobody's go before those of whoever has more.
            ("bcaaaa", 2, "bcaa"), ("aabb", 2, "ab"),
            // All alike: one account is as good as the other, and then it is the other's turn.
            ("ab", 2, ""), ("", 3, ""), ("a", 0, "a"),
        ]) func `Whoever sends most loses first`(accounts: String, count: Int, kept: String)
    {
        let all = mail(accounts)
        let dropped = Outbox.dropped(of: all, count)
        #expect(dropped.count == min(count, all.count))
        let rest = all.filter { one in !dropped.contains { $0.id == one.id } }
        #expect(rest.map(\.accountID).joined() == kept)
    }
}
