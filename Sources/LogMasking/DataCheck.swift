import WAF

/// What is checked of data that look as wanted: check digits, ranges that are never given out, numbers for tests.
enum DataCheck: String, CaseIterable, Sendable {
    case secret, address, iban, card, dea, insee, npi, nhs, cnpj, cpf, latlong, ausweis, dni, fiscale, nino, nie, nif,
        sin
    case ssnes, ssn, steuer, cif, vin, gblicence

    /// How many of the bytes are such data, from the first on; nil: none.
    func length(of text: ArraySlice<UInt8>) -> Int? {
        guard self == .card else { return holds(Array(text)) ? text.count : nil }
        // Digits that follow behind a space may be something else.
        var end = text.endIndex
        while end > text.startIndex {
            if CheckDigits.isCard(CheckDigits.digits(text[..<end])) { return end - text.startIndex }
            guard let separator = text[..<end].lastIndex(where: { !(0x30...0x39).contains($0) }) else { return nil }
            end = separator
        }
        return nil
    }

    private func holds(_ text: [UInt8]) -> Bool {
        let digits = CheckDigits.digits(text)
        let letters = text.filter { $0 != 0x20 && $0 != UInt8(ascii: "-") }.map { CheckDigits.uppercase($0) }
        switch self {
        case .secret: return Self.looksRandom(text)
        case .address:
            let text = String(decoding: text, as: UTF8.self)
            return IPAddress(text) != nil && text.contains { $0.isHexDigit }
        case .latlong:
            let parts = String(decoding: text, as: UTF8.self).split(separator: ",").map { part in
                Double(String(part.filter { $0 != " " }))
            }
            guard parts.count == 2, let latitude = parts[0], let longitude = parts[1] else { return false }
            return (-90...90).contains(latitude) && (-180...180).contains(longitude)
        case .card: return CheckDigits.isCard(digits)
        case .npi: return CheckDigits.isLuhn([8, 0, 8, 4, 0] + digits)
        case .sin: return CheckDigits.isLuhn(digits)
        case .iban: return CheckDigits.isIBAN(letters)
        case .dea: return CheckDigits.isDEA(digits)
        case .nhs: return CheckDigits.isNHS(digits)
        case .cpf: return CheckDigits.isCPF(digits)
        case .cnpj: return CheckDigits.isCNPJ(digits)
        case .insee: return CheckDigits.isINSEE(letters)
        case .steuer: return CheckDigits.isTaxID(digits)
        case .ausweis: return CheckDigits.isIdentityCard(letters)
        case .ssnes: return CheckDigits.isSpanishSocialSecurity(digits)
        case .ssn: return Self.isSocialSecurity(digits)
        case .nino: return !Self.unusedInsurance.contains(String(decoding: letters.prefix(2), as: UTF8.self))
        case .dni, .nie, .nif: return NationalNumbers.isSpanish(letters)
        case .cif: return NationalNumbers.isSpanishCompany(letters)
        case .fiscale: return NationalNumbers.isItalian(letters)
        case .vin:
            return text.contains { (0x30...0x39).contains($0) }
                && text.suffix(4).allSatisfy { (0x30...0x39).contains($0) }
        case .gblicence: return text.contains { (0x41...0x5a).contains(CheckDigits.uppercase($0)) }
        }
    }

    /// Letters of both cases and digits: what has only some of them is a word, a path or a hash.
    private static func looksRandom(_ text: [UInt8]) -> Bool {
        text.contains { (0x41...0x5a).contains($0) } && text.contains { (0x61...0x7a).contains($0) }
            && text.contains { (0x30...0x39).contains($0) } && Set(text).count >= 12
    }

    /// <https://www.ssa.gov/kc/SSAFactSheet--IssuingSSNs.pdf>
    private static func isSocialSecurity(_ digits: [Int]) -> Bool {
        guard digits.count == 9 else { return false }
        let area = digits[0] * 100 + digits[1] * 10 + digits[2]
        return area != 0 && area != 666 && area < 900 && digits[3] + digits[4] > 0 && digits[5...].contains { $0 > 0 }
    }

    /// Prefixes of National Insurance numbers that are not given out.
    private static let unusedInsurance: Set<String> = ["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"]
}
