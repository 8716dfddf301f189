import FuzzDriver
import GuardRules
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a rule file. Nothing traps or takes for ever, and rules say the same of a document each time.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    guard let rules = try? GuardRules(text), let document else { return 0 }
    guard let outcome = try? rules.evaluate(document) else { return 0 }
    precondition(outcome.rules.count == rules.names.count, "a rule without a status")
    precondition(outcome.status == .fail || outcome.messages.isEmpty, "messages of what does not fail")
    precondition((try? rules.evaluate(document)) == outcome, "another time another status")
    return 0
}

private let document = try? JSONValue(
    parsing: Array(
        #"""
        {"a":{"b":[1,2,3],"c":"x","e":[],"m":{},"n":null,"t":[{"Key":"k1","V":"v1"},{"Key":"k2","V":"v2"}],"s":"",
        "f":1.5},"Resources":{"x":{"Type":"AWS::S3::Bucket","P":1},"y":{"Type":"T","P":2}}}
        """#.utf8))
