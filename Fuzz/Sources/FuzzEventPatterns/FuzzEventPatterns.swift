import EventPatterns
import FuzzDriver
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a pattern, after the first line an event, and after the second a template. Nothing traps; a matcher says the same as the
/// pattern by itself, and forgets it; and what is transformed can be asked for anything.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    let event = (try? JSONValue(parsing: Array((lines.count > 1 ? lines[1] : "{}").utf8))) ?? .object([])
    if lines.count > 2,
        let transformer = try? InputTransformer(paths: ["a": "$.a", "b": "$.a.b[0]", "c": "$.*"], template: lines[2])
    {
        _ = transformer.text(
            of: event, InputTransformer.Variables(ruleARN: "r", ruleName: "n", ingestionTime: "t"), limit: 1 << 20)
    }
    for scope in [FilterPolicy.Scope.attributes, .body] {
        guard let policy = try? FilterPolicy(parsing: lines[0], scope: scope) else { continue }
        _ = policy.matches(body: Array((lines.count > 1 ? lines[1] : "").utf8))
        guard case .object(let members) = event else { continue }
        _ = policy.matches(attributes: Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first })
    }
    do throws(PatternError) {
        let pattern = try EventPattern(parsing: lines[0])
        for event in [event] + events {
            let document = EventDocument(event)
            let isMatch = pattern.matches(document)
            let matcher = EventMatcher<Int>()
            for number in 0..<10 { matcher.set(number, pattern) }
            precondition(matcher.matches(document).count == (isMatch ? 10 : 0), "a matcher says otherwise")
            for number in 0..<10 { matcher.remove(number) }
            precondition(matcher.matches(document).isEmpty, "what was removed is found")
        }
    } catch {
        precondition(!error.description.isEmpty)
    }
    return 0
}

private let events = [
    #"{"a":{"b":[1,"x",null,true,{"c":-2.5e3}]},"d":"AccessDenied"}"#,
    #"{"source":"aws.s3","detail-type":"Object Created","detail":{"ip":"10.0.0.1","key":"a/b.png","size":5}}"#,
].compactMap { try? JSONValue(parsing: Array($0.utf8)) }
