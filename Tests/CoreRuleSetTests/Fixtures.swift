import WAF

@testable import CoreRuleSet

/// Rules in ModSecurity's language, made ready.
func rules(_ text: String, data: [String: [String]] = [:], paranoiaLevel: Int = 1) throws -> CoreRules {
    try CoreRules(RuleFiles(rules: [("test.conf", text)], data: data), paranoiaLevel: paranoiaLevel)
}

/// The numbers of the rules that match.
func matches(_ text: String, _ request: WebRequest, data: [String: [String]] = [:]) throws -> [Int] {
    try rules(text, data: data).inspect(request).rules
}

func get(_ query: String, _ headers: [WebRequest.Header] = [], path: String = "/") -> WebRequest {
    WebRequest(path: path, query: query, headers: headers)
}

func post(_ type: String, _ body: String) -> WebRequest {
    WebRequest(method: "POST", headers: [.init("Content-Type", type)], body: Array(body.utf8))
}

/// Always the same numbers (xorshift).
struct Numbers: RandomNumberGenerator {
    var state: UInt64 = 88_172_645_463_325_252
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

/// Texts that have what attackers write in them.
func randomText(_ numbers: inout Numbers) -> [UInt8] {
    let pieces = [
        "a", "Z", "0", " ", "  ", "\t", "/", "../", "%41", "%u0041", "+", "&lt;", "&#60;", "\\", "\\u0041", "\\x41",
        "'", "\"",
        ";", "(", ",", "^", "\u{0}", "é", "/*x*/", ".", "=", "\u{A0}", "%", "&", "--",
    ]
    var text: [UInt8] = []
    for _ in 0..<Int.random(in: 0..<8, using: &numbers) {
        text += Array(pieces[Int.random(in: 0..<pieces.count, using: &numbers)].utf8)
        if Int.random(in: 0..<12, using: &numbers) == 0 { text.append(UInt8.random(in: 0...255, using: &numbers)) }
    }
    return text
}
