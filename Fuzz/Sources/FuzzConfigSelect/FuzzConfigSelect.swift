import ConfigSelect
import FuzzDriver
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is a query of AWS Config's. Nothing traps; a query says the same of an item each time; what it narrows to, the item has
/// where it matches; and aggregations have a result for all that match.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    guard let query = try? ConfigQuery(text) else { return 0 }
    var aggregation = ConfigAggregation(query)
    var matched = 0
    for item in items {
        let isMatch = query.matches(item)
        precondition(isMatch == query.matches(item), "another answer to the same question")
        guard isMatch else { continue }
        matched += 1
        if let types = query.values(of: "resourceType"), case .string(let type)? = item["resourceType"] {
            precondition(types.contains(type), "it narrows to what leaves this out")
        }
        if case .object = query.projection(of: item) {} else { preconditionFailure("a result is an object") }
        precondition(!(query.place(of: item) < query.place(of: item)), "a result comes before itself")
        if query.isAggregation { try? aggregation.add(item) }
    }
    if query.isAggregation {
        precondition(matched == 0 || !aggregation.results().isEmpty, "nothing of what matched")
    }
    return 0
}

private let items: [JSONValue] = [
    #"{"resourceType":"AWS::S3::Bucket","resourceId":"a","tags":[{"key":"k","value":"v","tag":"k=v"}],"n":[1,2.5,"x"],"b":true}"#,
    #"{"resourceType":"AWS::IAM::User","resourceId":"b","configuration":{"list":[{"a":1},{"a":null},{"a":[3,[4]]}],"ip":"10.0.0.0/8"}}"#,
    #"{"resourceId":"c","configuration":{"a":{"b":{"c":"deep"}}},"n":-1,"b":"false"}"#, "{}",
].compactMap { try? JSONValue(parsing: Array($0.utf8)) }
