import FuzzDriver
import LogMasking

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a data protection policy, and after the first NUL a message. Nothing traps; what is found is in the message, in order;
/// and what is masked has as many characters as before, none of which was not found.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let parts = UnsafeBufferPointer(start: start, count: count).split(
        separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first else { return 0 }
    let document = String(decoding: first, as: UTF8.self)
    let own = [DataProtectionPolicy.Dialect.logs, .topics].compactMap { dialect in
        try? DataProtectionPolicy(parsing: document, for: dialect)
    }
    let message = parts.count > 1 ? Array(parts[1]) : Array(first)
    for data in own.map({ SensitiveData($0.identifiers) }) + [everything] {
        let findings = data.findings(in: message)
        for finding in findings {
            precondition(!finding.places.isEmpty, "a finding of nothing")
            var end = 0
            for place in finding.places {
                precondition(
                    place.lowerBound >= end && place.upperBound <= message.count && !place.isEmpty, "a wrong place")
                end = place.upperBound
            }
        }
        let masked = SensitiveData.masked(message, findings)
        func characters(_ text: [UInt8]) -> Int { text.count { $0 & 0xc0 != 0x80 } }
        precondition(characters(masked) == characters(message), "another length")
        precondition(findings.isEmpty == (masked == message) || message.contains(UInt8(ascii: "*")), "nothing masked")
    }
    return 0
}

private let everything = SensitiveData(DataIdentifier.managedNames.compactMap { DataIdentifier.managed($0) })
