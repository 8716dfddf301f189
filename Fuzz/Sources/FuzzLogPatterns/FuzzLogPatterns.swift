import FuzzDriver
import LogPatterns

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a filter pattern, and after the first line a message. Nothing traps; what is extracted is only from what matches; and
/// a pattern says the same of a message each time.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = lines.first, let pattern = try? FilterPattern(String(first)) else { return 0 }
    precondition(pattern.expressionCount <= 2, "more regular expressions than may be")
    for message in messages + (lines.dropFirst().map { String($0) }) {
        let isMatch = pattern.matches(message)
        precondition(isMatch == pattern.matches(Array(message.utf8)), "a text and its bytes differ")
        let extracted = pattern.extracted(from: message)
        precondition((extracted != nil) == isMatch, "fields of what does not match, or none of what does")
        precondition(pattern.form == .delimited || extracted?.isEmpty != false, "fields where there are none")
    }
    return 0
}

private let messages = [
    "", "ERROR a b", #"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#,
    #"{"a":{"b":[1,"x",null,true,{"c":-2.5e3}]},"d":"AccessDenied"}"#,
]
