import Foundation
import FuzzDriver
import SAML

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The provider that signed the seeds, which lie where `Tools/fuzz` is run from.
private let verifier: SAMLVerifier = {
    guard let seed = try? String(contentsOfFile: "Fuzz/Seeds/FuzzSAML/metadata", encoding: .utf8),
        let metadata = try? SAMLMetadata(parsing: String(seed.dropFirst()))
    else { fatalError("run Tools/fuzz in the repository") }
    return SAMLVerifier(metadata: metadata)
}()

/// The input is a metadata document after an `m`, else a response. What is taken of a response must be what the
/// provider did sign: it signed nothing of anybody but Alice.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let first = bytes.first else { return 0 }
    let rest = Array(bytes.dropFirst())
    if first == UInt8(ascii: "m") {
        _ = try? SAMLMetadata(parsing: String(decoding: rest, as: UTF8.self))
    } else if let assertion = try? verifier.assertion(in: rest, at: 1_767_225_600) {
        guard assertion.subject == "alice@example.com",
            assertion.attributes["https://aws.amazon.com/SAML/Attributes/RoleSessionName"] == ["alice"]
        else { fatalError("forged: \(assertion)") }
    }
    return 0
}
