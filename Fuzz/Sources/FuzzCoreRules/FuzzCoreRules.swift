import CoreRuleSet
import FuzzDriver
import WAF

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is rules, and behind a line `--` the path, the query, a cookie, a content type and the body of a request, one a line;
/// the body has the rest. Whatever the rules are, they are read, and they are asked the same thing twice with the same answer.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let separator = Array("\n--\n".utf8)
    var split = bytes.count
    if bytes.count >= separator.count {
        split = (0...bytes.count - separator.count).first { bytes[$0...].starts(with: separator) } ?? bytes.count
    }
    let text = String(decoding: bytes[..<split], as: UTF8.self)
    var lines = bytes[min(bytes.count, split + separator.count)...].split(
        separator: 0x0A, maxSplits: 4, omittingEmptySubsequences: false
    ).map(Array.init)
    while lines.count < 5 { lines.append([]) }
    var request = WebRequest()
    (request.path, request.query, request.body) = (lines[0], lines[1], lines[4])
    request.headers = [
        WebRequest.Header(name: Array("Cookie".utf8), value: lines[2]),
        WebRequest.Header(name: Array("Content-Type".utf8), value: lines[3]),
    ]
    let files = RuleFiles(rules: [("fuzz.conf", text)], data: ["words.data": ["a", "select", "<script"]])
    let rules = try? CoreRules(files, paranoiaLevel: 1)
    precondition(rules?.inspect(request) == rules?.inspect(request), "the same request gets another answer")
    if let rules {
        let inspection = rules.inspection(of: request, at: 0)
        for rule in rules.managedRules { _ = rules.question(rule).map { inspection.finding($0.question) } }
    }
    return 0
}
