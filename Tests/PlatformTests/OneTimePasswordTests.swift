import Testing

@testable import Platform

struct OneTimePasswordTests {
    /// RFC 6238, appendix B, of which six digits are taken instead of eight.
    @Test(arguments: [
        (59.0, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"),
        (2_000_000_000, "279037"), (20_000_000_000, "353130"),
    ])
    func codesOfTheRFC(_ time: Double, _ code: String) {
        let password = OneTimePassword(seed: Array("12345678901234567890".utf8))
        #expect(password.code(atStep: OneTimePassword.step(at: time)) == code)
    }

    /// RFC 4226, appendix D.
    @Test func firstTenCodes() {
        let password = OneTimePassword(seed: Array("12345678901234567890".utf8))
        let codes = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split(separator: " ")
        for (step, code) in codes.enumerated() {
            #expect(password.code(atStep: step) == code)
        }
    }

    static let password = OneTimePassword(seed: (0..<40).map { UInt8($0) })
    static let time = 1_600_000_000.0
    static let step = OneTimePassword.step(at: time)

    @Test(arguments: -4...4) func window(_ offset: Int) {
        let code = Self.password.code(atStep: Self.step + offset)
        let found = Self.password.step(matching: code, around: Self.time, window: 2, after: nil)
        #expect(found == (abs(offset) <= 2 ? Self.step + offset : nil))
    }

    @Test func noCodeTwice() {
        let code = Self.password.code(atStep: Self.step)
        #expect(Self.password.step(matching: code, around: Self.time, window: 2, after: Self.step) == nil)
        #expect(Self.password.step(matching: code, around: Self.time, window: 2, after: Self.step - 1) == Self.step)
        #expect(Self.password.step(matching: code, around: Self.time, window: 2, after: .max) == nil)
    }

    @Test(arguments: [-999, -3, 0, 1, 998]) func twoInARow(_ offset: Int) {
        let first = Self.password.code(atStep: Self.step + offset)
        let second = Self.password.code(atStep: Self.step + offset + 1)
        #expect(Self.password.consecutiveSteps(first, second, around: Self.time) == Self.step + offset + 1)
        #expect(Self.password.consecutiveSteps(second, first, around: Self.time) == nil)
        #expect(Self.password.consecutiveSteps(first, first, around: Self.time) == nil)
        #expect(
            Self.password.consecutiveSteps(first, second, around: Self.time, after: Self.step + offset) == nil,
            "the first of the two was taken before")
    }

    @Test func tooFarOff() {
        let first = Self.password.code(atStep: Self.step + 1_000)
        let second = Self.password.code(atStep: Self.step + 1_001)
        #expect(Self.password.consecutiveSteps(first, second, around: Self.time) == nil)
    }

    @Test(arguments: ["", "12345", "1234567", "12345a", "+12345", "-12345", " 12345", "１２３４５６", "12345\u{0}"])
    func notACode(_ code: String) {
        #expect(Self.password.step(matching: code, around: Self.time, window: 1_000, after: nil) == nil)
        #expect(Self.password.consecutiveSteps(code, code, around: Self.time) == nil)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e300, -1])
    func nonsenseOfAClock(_ time: Double) {
        let step = OneTimePassword.step(at: time)
        let code = Self.password.code(atStep: step)
        #expect(Self.password.step(matching: code, around: time, window: .max, after: nil) != nil)
    }

    @Test func seedIsNotPrinted() {
        let password = OneTimePassword(seed: Array("visible".utf8))
        var dumped = ""
        dump(password, to: &dumped)
        #expect("\(password)" == "OneTimePassword")
        #expect(dumped.split(separator: "\n").count == 1)
    }
}

struct Base32Tests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "MY======"), ("fo", "MZXQ===="), ("foo", "MZXW6==="), ("foob", "MZXW6YQ="),
        ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI======"),
    ])
    func vectorsOfTheRFC(_ plain: String, _ encoded: String) {
        let bare = String(encoded.prefix { $0 != "=" })
        #expect(Base32.encode(Array(plain.utf8)) == bare)
        #expect(Base32.decode(encoded) == Array(plain.utf8))
        #expect(Base32.decode(bare.lowercased()) == Array(plain.utf8))
    }

    @Test(arguments: ["A", "MZX", "MZXW6Y", "M1", "MY 2", "M=Y", "MZ", "é"]) func notBase32(_ text: String) {
        #expect(Base32.decode(text) == nil)
    }

    @Test func everyLengthGoesBothWays() {
        for count in 0..<64 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base32.decode(Base32.encode(bytes)) == bytes)
        }
        #expect(Base32.encode(Array(repeating: 0xFF, count: 40)).utf8.count == 64)
    }
}
