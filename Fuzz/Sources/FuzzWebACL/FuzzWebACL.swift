import FuzzDriver
import WAF

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input's lines are: method, path, query, then headers, as `name: value`, up to an empty line; what follows is the body. It is
/// put to a web ACL that looks at every part of a request, after every transformation. Asked twice, it has to say the same.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // The same bytes as the first message of a TLS client.
    if let prints = TLSFingerprints(UnsafeBufferPointer(start: start, count: count)) {
        precondition(prints.ja3.utf8.count == 32 && prints.ja4.utf8.count == 36, "a fingerprint of another length")
    }
    let request = request(Array(UnsafeBufferPointer(start: start, count: count)))
    let (first, second) = (firewall.evaluate(request, at: 1000), firewall.evaluate(request, at: 1000))
    precondition(first.labels == second.labels && first.counting == second.counting, "it says this, then that")
    precondition(first.outcome == second.outcome && first.terminating == second.terminating, "it does this, then that")
    // Addresses bring labels of their own, the first ten of a header.
    precondition(
        first.labels.count <= rules.count + 20 && request.cookies.count <= count, "there is more than was sent")
    return 0
}

private func request(_ bytes: [UInt8]) -> WebRequest {
    var rest = bytes[...]
    func line() -> [UInt8]? {
        guard let end = rest.firstIndex(of: 0x0A) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return Array(rest[..<end])
    }
    var request = WebRequest()
    request.method = line() ?? []
    request.path = line() ?? []
    request.query = line()
    while let header = line(), !header.isEmpty {
        guard let colon = header.firstIndex(of: UInt8(ascii: ":")) else { continue }
        request.headers.append(
            WebRequest.Header(
                name: Array(header[..<colon]), value: Array(header[(colon + 1)...].drop { $0 == 0x20 })))
    }
    request.body = Array(rest)
    request.isBodyOversize = rest.count % 5 == 0
    request.address = IPAddress("192.0.2.1")
    return request
}

private let fields: [FieldToMatch] = [
    .singleHeader("x"), .singleQueryArgument("q"), .allQueryArguments, .uriPath, .queryString, .body(.proceed), .method,
    .jsonBody(JSONBodyMatch()),
    .jsonBody(JSONBodyMatch(paths: ["/a", "/a/0/b"], scope: .value, invalid: .evaluateAsString)),
    .headers(.all, .all, .match), .headers(.excluded(["x"]), .key, .proceed),
    .cookies(.included(["c"]), .all, .proceed),
    .cookies(.all, .value, .noMatch), .headerOrder(.proceed), .ja3(.noMatch), .uriFragment(nil),
]

private let criteria: [FieldMatch.Criterion] = [
    .bytes(Array("ab".utf8), .contains), .bytes(Array("ab".utf8), .containsWord), .bytes(Array("ab".utf8), .endsWith),
    .regex("(?i)a+b|^c$"), .size(.greaterOrEqual, 3),
]

private let rules: [Rule] = {
    let forwarded = ForwardedAddress(header: "x-forwarded-for", fallback: .match, position: .any)
    var statements: [Statement] = [.geo(countries: ["DE"], forwarded: forwarded), .asn([1], forwarded: forwarded)]
    for (index, field) in fields.enumerated() {
        for (place, transformation) in TextTransformation.allCases.enumerated() {
            let criterion = criteria[(index + place) % criteria.count]
            statements.append(.match(FieldMatch(field, [transformation, .lowercase], criterion)))
        }
    }
    return statements.enumerated().map { number, statement in
        Rule(
            name: "r\(number)", priority: number, statement: statement, effect: .action(.count()),
            labels: ["l\(number)"])
    }
}()

private struct Nothing: FirewallResources {
    func networks(ofIPSet arn: String) -> NetworkSet? { nil }
    func expressions(ofRegexSet arn: String) -> [String]? { nil }
    func ruleGroup(_ arn: String) -> RuleGroup? { nil }
    func managedRuleGroup(_ statement: ManagedRuleGroupStatement, in rule: String) -> RuleGroup? { nil }
}

private let firewall: Firewall = {
    let acl = WebACL(
        name: "fuzz", arn: "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/fuzz/1", accountID: "111122223333",
        defaultAction: .allow(), rules: rules)
    do { return try Firewall(acl, Nothing()) } catch { fatalError("\(error)") }
}()
