import Ledger
import Testing

@Suite struct UUIDv7Tests {
    /// The example of RFC 9562, appendix A.6.
    @Test func theExampleOfTheRFC() {
        #expect(UUIDv7.milliseconds(of: "017F22E2-79B0-7CC3-98C4-DC0C0C07398F") == 1_645_557_742_000)
    }

    @Test func theTimeComesBack() throws {
        let seed = UInt64.random(in: 0...999_999)
        var random = SeededGenerator(seed: seed)
        for time in [0, 1, 1_700_000_000_123, 0xffff_ffff_ffff] as [Int64]
            + (0..<200).map({ _ in
                Int64.random(in: 0...0xffff_ffff_ffff, using: &random)
            })
        {
            let text = UUIDv7.make(milliseconds: time, using: &random)
            #expect(UUIDv7.milliseconds(of: text) == time, "seed \(seed)")
            #expect(UUIDv7.milliseconds(of: text.uppercased()) == time)
            #expect(text.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        }
        #expect(UUIDv7.milliseconds(of: UUIDv7.make(milliseconds: -5, using: &random)) == 0)
        #expect(UUIDv7.milliseconds(of: UUIDv7.make(milliseconds: .max, using: &random)) == 0xffff_ffff_ffff)
    }

    @Test func idsAreUniqueAndSortByTime() {
        var random = SystemRandomNumberGenerator()
        let ids = (0..<1000).map { UUIDv7.make(milliseconds: 1_700_000_000_000 + Int64($0), using: &random) }
        #expect(ids.sorted() == ids)
        #expect(Set((0..<1000).map { _ in UUIDv7.make(milliseconds: 1, using: &random) }).count == 1000)
    }

    @Test(arguments: [
        "", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2079b0-7cc3-98c4-dc0c0c07398f",
        "017f22e279b07cc398c4dc0c0c07398f----", "é17f22e2-79b0-7cc3-98c4-dc0c0c0739",
    ])
    func otherTextsHaveNoTime(text: String) {
        #expect(UUIDv7.milliseconds(of: text) == nil)
    }
}
