import FuzzDriver
import Lint
import Policy

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a policy document; the first byte picks its type, or leaves it to be guessed.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let first = bytes.first else { return 0 }
    let types: [PolicyType?] = [nil, .identity, .resource, .serviceControl, .resourceControl, .roleTrust]
    let report = Linter().lint(
        String(decoding: bytes.dropFirst(), as: UTF8.self), as: types[Int(first) % types.count],
        resourceType: first > 127 ? "AWS::S3::Bucket" : nil)
    for finding in report.findings { precondition(!finding.message.isEmpty && !finding.code.anchor.isEmpty) }
    return 0
}
