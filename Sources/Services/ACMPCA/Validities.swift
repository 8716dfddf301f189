import ACMPCAAPI
import CertificateIssuing
import FoundationEssentials
import Platform
import Wire

// For how long a certificate is valid.
// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_Validity.html>

extension CertificateAuthority {
    /// Certificates are valid from an hour before they are issued, for those whose clocks are slow.
    private static let grace = 3600.0
    /// Of an authority whose certificates need not be revoked, in seconds.
    private static let shortLife = 7 * 86_400.0
    /// The end of the times that a certificate can have: RFC 5280, section 4.1.2.5.
    private static let endOfTime = 253_402_300_799.0

    /// When a certificate begins and ends, in seconds since 1970.
    /// - Throws: InvalidArgsException, ValidationException.
    func validity(
        _ input: ACMPCA.IssueCertificate.Input, _ template: CertificateTemplate, at time: Double
    ) throws(ServiceError) -> (notBefore: Double, notAfter: Double) {
        let now = time.rounded(.down)
        var notBefore = now - Self.grace
        if let given = input.validityNotBefore {
            guard given.type == "ABSOLUTE" || given.type == "END_DATE" else {
                throw .invalidArgs("ValidityNotBefore must be of type ABSOLUTE or END_DATE.")
            }
            notBefore = try given.end(from: now)
        }
        let notAfter = try input.validity.end(from: now)
        guard notAfter > now, notAfter > notBefore, notAfter <= Self.endOfTime else {
            throw .invalidArgs("The certificate validity specified is not valid.")
        }
        if usageMode == .shortLived, template.role == .endEntity, notAfter - now > Self.shortLife {
            throw .invalidArgs(
                "The certificate validity specified exceeds the seven days of a CA for short-lived certificates.")
        }
        // What a root signs for itself is what its own end is taken from.
        if template.role != .root, let end = certificate?.notAfter, notAfter > end {
            throw ServiceError(
                "ValidationException",
                "The certificate validity specified exceeds the certificate authority validity", status: 400)
        }
        return (notBefore, notAfter)
    }
}

extension View<ACMPCA.ValidityFields> {
    /// In seconds since 1970.
    /// - Throws: InvalidArgsException.
    fileprivate func end(from now: Double) throws(ServiceError) -> Double {
        let end: Double? =
            switch type {
            case "ABSOLUTE": Double(value)
            case "END_DATE": endDate
            case "DAYS": now + Double(value) * 86_400
            case "MONTHS": later(than: now, .month)
            case "YEARS": later(than: now, .year)
            default: nil
            }
        guard let end else { throw .invalidArgs("The certificate validity specified is not valid.") }
        return end
    }

    private func later(than now: Double, _ component: Calendar.Component) -> Double? {
        guard value <= 12 * 10_000 else { return nil }
        return Self.calendar.date(byAdding: component, value: value, to: Date(timeIntervalSince1970: now))?
            .timeIntervalSince1970
    }

    /// `YYMMDDHHMMSS` of UTCTime, or `YYYYMMDDHHMMSS` of GeneralizedTime.
    private var endDate: Double? {
        var rest = value
        func take(_ digits: Int) -> Int {
            defer { rest /= digits }
            return rest % digits
        }
        let (second, minute, hour, day, month) = (take(100), take(100), take(100), take(100), take(100))
        var year = rest
        // RFC 5280, section 4.1.2.5.1.
        if year < 100 { year += year < 50 ? 2000 : 1900 }
        let components = DateComponents(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        guard year <= 9999, (1...12).contains(month), hour < 24, minute < 60, second < 60,
            let date = Self.calendar.date(from: components),
            Self.calendar.component(.day, from: date) == day
        else { return nil }
        return date.timeIntervalSince1970
    }

    private static var calendar: Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }
}
