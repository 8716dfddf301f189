import Testing

@testable import Upstreams

struct AccountMappingTests {
    private let mapping = AccountMapping.outwards([
        Upstream.AccountPair(own: "111122223333", theirs: "123456789012")
    ])

    @Test(
        arguments: [
            ("arn:aws:sns:us-east-1:111122223333:news", "arn:aws:sns:us-east-1:123456789012:news"),
            ("http://localhost/111122223333/jobs", "http://localhost/123456789012/jobs"),
            ("QueueUrl=http%3A%2F%2Fh%2F111122223333%2Fq", "QueueUrl=http%3A%2F%2Fh%2F123456789012%2Fq"),
            ("arn%3aaws%3asns%3a%3a111122223333%3at", "arn%3aaws%3asns%3a%3a123456789012%3at"),
            (":111122223333:111122223333:", ":123456789012:123456789012:"),
        ])
    func whereAccountsStand(_ text: String, _ mapped: String) {
        #expect(mapping.applied(to: text) == mapped)
    }

    @Test(
        arguments: [
            "a111122223333f", "1111222233334444", ":1111222233334:", "111122223333", ":111122223333",
            "%4A111122223333%3A",
            "", "%", ":11112222333",
        ])
    func whereTheyDoNot(_ text: String) {
        #expect(mapping.applied(to: text) == text)
    }

    @Test func thereAndBack() {
        let pairs = [
            Upstream.AccountPair(own: "111122223333", theirs: "222233334444"),
            Upstream.AccountPair(own: "222233334444", theirs: "111122223333"),
        ]
        let text = "arn:aws:sns:::111122223333:a /222233334444/ :333344445555:"
        let there = AccountMapping.outwards(pairs).applied(to: text)
        #expect(there == "arn:aws:sns:::222233334444:a /111122223333/ :333344445555:")
        #expect(AccountMapping.inwards(pairs).applied(to: there) == text)
    }
}
