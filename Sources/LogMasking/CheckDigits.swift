/// Check digits of numbers, as their issuers document them.
enum CheckDigits {
    /// The digits of a text; all else is left out.
    static func digits(_ text: some Sequence<UInt8>) -> [Int] {
        text.compactMap { (0x30...0x39).contains($0) ? Int($0) - 0x30 : nil }
    }

    static func uppercase(_ byte: UInt8) -> UInt8 { (0x61...0x7a).contains(byte) ? byte - 0x20 : byte }

    /// The sum of products.
    private static func sum(_ digits: some Sequence<Int>, _ weights: [Int]) -> Int {
        zip(digits, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// Luhn's formula (ISO/IEC 7812-1).
    static func isLuhn(_ digits: [Int]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let doubled = place % 2 == 1 ? digit * 2 : digit
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        return !digits.isEmpty && sum % 10 == 0
    }

    /// A card's number: of an issuer that AWS names, and none of those for tests.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protect-sensitive-log-data-types-financial.html>
    static func isCard(_ digits: [Int]) -> Bool {
        guard (13...19).contains(digits.count), isLuhn(digits) else { return false }
        func prefix(_ count: Int) -> Int { digits.prefix(count).reduce(0) { $0 * 10 + $1 } }
        let isKnown =
            digits[0] == 4 || (51...55).contains(prefix(2)) || (2221...2720).contains(prefix(4))
            || [34, 37, 36, 38, 39, 62, 65, 81].contains(prefix(2)) || (300...305).contains(prefix(3))
            || (644...649).contains(prefix(3)) || (3528...3589).contains(prefix(4))
            || [6011, 5019, 4571].contains(prefix(4)) || [50, 56, 57, 58, 63, 67].contains(prefix(2))
        return isKnown && !testCards.contains(digits.map { String($0) }.joined())
    }

    /// Reserved for tests by the issuers, and not reported.
    private static let testCards: Set<String> = Set(
        """
        122000000000003 2222405343248877 2222990905257051 2223007648726984 2223577120017656 30569309025904 34343434343434
        3528000700000000 3530111333300000 3566002020360505 36148900647913 36700102000000 371449635398431 378282246310005
        378734493671000 38520000023237 4012888888881881 4111111111111111 4222222222222 4444333322221111 4462030000000000
        4484070000000000 4911830000000 4917300800000000 4917610000000000 4917610000000000003 5019717010103742
        5105105105105100 5111010030175156 5185540810000019 5200828282828210 5204230080000017 5204740009900014
        5420923878724339 5454545454545454 5455330760000018 5506900490000436 5506900490000444 5506900510000234
        5506920809243667 5506922400634930 5506927427317625 5553042241984105 5555553753048194 5555555555554444
        5610591081018250 6011000990139424 6011000400000000 6011111111111117 630490017740292441 630495060000000000
        6331101999990016 6759649826438453 6799990100000000019 76009244561
        """.split { $0.isWhitespace }.map { String($0) })

    /// ISO 13616: the number with its head at its end is 1 modulo 97.
    static func isIBAN(_ text: [UInt8]) -> Bool {
        guard (15...34).contains(text.count) else { return false }
        return remainder(Array(text[4...] + text[..<4]), 97) == 1
    }

    /// Of a number in which letters stand for 10 to 35; nil: it has something else.
    private static func remainder(_ text: [UInt8], _ divisor: Int) -> Int? {
        var rest = 0
        for byte in text {
            switch byte {
            case 0x30...0x39: rest = (rest * 10 + Int(byte) - 0x30) % divisor
            case 0x41...0x5a: rest = (rest * 100 + Int(byte) - 0x37) % divisor
            default: return nil
            }
        }
        return rest
    }

    /// The registration of a prescriber: of seven digits, the last.
    static func isDEA(_ digits: [Int]) -> Bool {
        let digits = digits.suffix(7).map { $0 }
        guard digits.count == 7 else { return false }
        return (digits[0] + digits[2] + digits[4] + 2 * (digits[1] + digits[3] + digits[5])) % 10 == digits[6]
    }

    /// Modulo 11. <https://www.datadictionary.nhs.uk/attributes/nhs_number.html>
    static func isNHS(_ digits: [Int]) -> Bool {
        guard digits.count == 10 else { return false }
        let check = 11 - sum(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11
        return (check == 11 ? 0 : check) == digits[9]
    }

    static func isCPF(_ digits: [Int]) -> Bool {
        guard digits.count == 11, Set(digits).count > 1 else { return false }
        func check(_ count: Int) -> Int { sum(digits.prefix(count), Array((2...count + 1).reversed())) * 10 % 11 % 10 }
        return check(9) == digits[9] && check(10) == digits[10]
    }

    static func isCNPJ(_ digits: [Int]) -> Bool {
        guard digits.count == 14, Set(digits).count > 1 else { return false }
        let weights = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]
        func check(_ count: Int) -> Int {
            let rest = sum(digits.prefix(count), Array(weights.suffix(count))) % 11
            return rest < 2 ? 0 : 11 - rest
        }
        return check(12) == digits[12] && check(13) == digits[13]
    }

    /// The key of a French number: 97 less the number modulo 97. Corsica's departments are numbers of their own there.
    static func isINSEE(_ text: [UInt8]) -> Bool {
        guard text.count == 15 else { return false }
        var number = text
        if text[5] == UInt8(ascii: "2"), text[6] == UInt8(ascii: "A") || text[6] == UInt8(ascii: "B") {
            number[5] = UInt8(ascii: "1")
            number[6] = text[6] == UInt8(ascii: "A") ? UInt8(ascii: "9") : UInt8(ascii: "8")
        }
        let digits = digits(number)
        guard digits.count == 15 else { return false }
        let value = digits[..<13].reduce(0) { $0 * 10 + $1 }
        return 97 - value % 97 == digits[13] * 10 + digits[14]
    }

    /// A German tax identification number: ISO 7064, MOD 11,10.
    static func isTaxID(_ digits: [Int]) -> Bool {
        guard digits.count == 11 else { return false }
        var product = 10
        for digit in digits[..<10] {
            let sum = (digit + product) % 10
            product = (sum == 0 ? 10 : sum) * 2 % 11
        }
        return (11 - product) % 10 == digits[10]
    }

    /// A German identity card: with its check digit, if that is there (ICAO 9303: weights 7, 3, 1).
    static func isIdentityCard(_ text: [UInt8]) -> Bool {
        guard text.count >= 9, text[..<9].contains(where: { (0x30...0x39).contains($0) }) else { return false }
        guard text.count > 9, (0x30...0x39).contains(text[9]) else { return true }
        let sum = text[..<9].enumerated().reduce(0) { sum, item in
            let value = item.element >= 0x41 ? Int(item.element) - 0x37 : Int(item.element) - 0x30
            return sum + value * [7, 3, 1][item.offset % 3]
        }
        return sum % 10 == Int(text[9]) - 0x30
    }

    /// Of twelve digits, the last two are the rest of the others, as a number, modulo 97.
    static func isSpanishSocialSecurity(_ digits: [Int]) -> Bool {
        guard digits.count == 12 else { return false }
        // A number that begins with a zero behind the province is written without it.
        let skipsZero = digits[2] == 0
        let number = (digits[..<2] + digits[(skipsZero ? 3 : 2)..<10]).reduce(0) { $0 * 10 + $1 }
        return number % 97 == digits[10] * 10 + digits[11]
    }
}
