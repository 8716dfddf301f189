/// Letters that check numbers of Spain and Italy.
enum NationalNumbers {
    private static let spanish = Array("TRWAGMYFPDXBNJZSQVHLCKE".utf8)

    /// DNI, NIE, NIF of people: the letter is that of the number modulo 23. X, Y and Z stand for 0, 1 and 2.
    static func isSpanish(_ text: [UInt8]) -> Bool {
        guard text.count == 9, let letter = text.last, let first = text.first else { return false }
        var digits = CheckDigits.digits(text)
        switch first {
        case UInt8(ascii: "X"), UInt8(ascii: "Y"), UInt8(ascii: "Z"): digits.insert(Int(first) - 0x58, at: 0)
        // Those who have no other number: their letters are made in the same way.
        case UInt8(ascii: "K"), UInt8(ascii: "L"), UInt8(ascii: "M"): break
        default: guard (0x30...0x39).contains(first) else { return false }
        }
        return spanish[digits.reduce(0) { ($0 * 10 + $1) % 23 }] == letter
    }

    /// CIF of companies: Luhn's sum, as a digit or a letter.
    static func isSpanishCompany(_ text: [UInt8]) -> Bool {
        let digits = CheckDigits.digits(text.dropFirst().prefix(7))
        guard text.count == 9, digits.count == 7, let last = text.last else { return false }
        let sum = digits.enumerated().reduce(0) { sum, item in
            let doubled = item.offset % 2 == 0 ? item.element * 2 : item.element
            return sum + doubled / 10 + doubled % 10
        }
        let check = (10 - sum % 10) % 10
        return last == UInt8(0x30 + check) || last == Array("JABCDEFGHI".utf8)[check]
    }

    /// What a character at an odd place of a codice fiscale counts, 0 to 9 as A to J.
    private static let odd = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
    ]

    static func isItalian(_ text: [UInt8]) -> Bool {
        guard text.count == 16, let last = text.last else { return false }
        var sum = 0
        for (place, byte) in text.dropLast().enumerated() {
            let value = (0x30...0x39).contains(byte) ? Int(byte) - 0x30 : Int(byte) - 0x41
            guard odd.indices.contains(value) else { return false }
            sum += place % 2 == 0 ? odd[value] : value
        }
        return Int(last) == 0x41 + sum % 26
    }
}
