import Costs
import Testing

/// Amounts are what they are written as, and their sums are exact.
@Suite struct ExactAmountTests {
    @Test func aPriceTimesACount() throws {
        let price = try #require(ExactAmount("0.000003"))
        #expect(price.times(3_333_333).text() == "9.999999")
    }

    @Test(arguments: ["0", "0.1", "-0.5", "12", "123456789012345678.000000000000000001", "-3.25"])
    func whatIsReadIsWritten(_ text: String) throws {
        #expect(try #require(ExactAmount(text)).text() == text)
    }

    @Test(arguments: [
        "", ".", "-", "1e3", "1.2.3", "0x10", " 1", "1,0", "0.0000000000000000001", "99999999999999999999",
    ])
    func whatIsNoAmount(_ text: String) {
        #expect(ExactAmount(text) == nil)
    }

    @Test func tenthsAddUp() throws {
        let tenth = try #require(ExactAmount(".1"))
        let sum = (0..<10).reduce(ExactAmount.zero) { sum, _ in sum + tenth }
        #expect(sum == ExactAmount(1))
    }

    @Test func whatIsTooMuchStaysAtTheEnd() {
        let most = ExactAmount(units: .max)
        #expect(most + ExactAmount(1) == most)
        #expect(most.times(2) == most)
        #expect(most.times(-2) == ExactAmount(units: .min))
        #expect((ExactAmount(units: .min) - ExactAmount(1)) == ExactAmount(units: .min))
    }

    @Test func percentages() throws {
        let limit = try #require(ExactAmount("0.30"))
        #expect(limit.percent(ExactAmount(80)).text() == "0.24")
        #expect(
            ExactAmount(1_000_000_000_000).percent(try #require(ExactAmount(rounding: 33.3))).text() == "333000000000")
        #expect(ExactAmount(units: .max).percent(ExactAmount(1000)) == ExactAmount(units: .max))
    }

    @Test func asBillsShowThem() throws {
        #expect(ExactAmount.zero.billed == "0")
        #expect(try #require(ExactAmount("0.0000004")).billed == "0.0000004000")
        #expect(try #require(ExactAmount("1.00000000000025")).billed == "1.00000000000025")
    }
}
