import CoreRuleSet
import FoundationEssentials
import Glibc
import WAF

/// Asks the Core Rule Set about requests, for tests and measurements: each line of its input is one, in JSON, and each line of its
/// output says which rules match.
///
///     core-rules LEVEL [FOLDER] < requests        {"rules":[942100],"score":5,"denied":true}
///     core-rules LEVEL --managed < requests       {"managed":["CrossSiteScripting_BODY"]}: AWS's rules
///     core-rules LEVEL --bench < requests         how many microseconds of processor time a request takes, five times
@main
struct Program {
    /// Texts stand for bytes: each character, up to U+00FF, for one.
    struct Asked: Decodable {
        let method: String
        let uri: String
        let version: String?
        let headers: [[String]]
        let body: String?
        let address: String?

        var request: WebRequest {
            func bytes(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
            var request = WebRequest(address: address ?? "192.0.2.1")
            var uri = bytes(uri)[...]
            if let hash = uri.firstIndex(of: UInt8(ascii: "#")) {
                request.fragment = Array(uri[(hash + 1)...])
                uri = uri[..<hash]
            }
            if let mark = uri.firstIndex(of: UInt8(ascii: "?")) {
                request.query = Array(uri[(mark + 1)...])
                uri = uri[..<mark]
            }
            request.path = Array(uri)
            request.method = bytes(method)
            request.version = "HTTP/" + (version ?? "1.1")
            request.headers = headers.filter { $0.count == 2 }.map { .init(name: bytes($0[0]), value: bytes($0[1])) }
            request.body = bytes(body ?? "")
            return request
        }
    }

    struct Answer: Encodable {
        var rules: [Int]?
        var score: Int?
        var denied: Bool?
        var managed: [String]?
    }

    static func main() throws {
        let arguments = CommandLine.arguments
        let level = arguments.count > 1 ? Int(arguments[1]) ?? 1 : 1
        let folder = arguments.dropFirst(2).first { !$0.hasPrefix("--") } ?? "/usr/share/modsecurity-crs/rules"
        let rules = try CoreRules(RuleFiles(folder: folder), paranoiaLevel: level)
        var requests: [WebRequest] = []
        while let line = readLine() {
            requests.append(try JSONDecoder().decode(Asked.self, from: Data(line.utf8)).request)
        }
        if arguments.contains("--bench") { return bench(rules, requests) }
        let managed = arguments.contains("--managed") ? rules.managedRules : []
        for request in requests {
            var answer = Answer()
            if arguments.contains("--managed") {
                let inspection = rules.inspection(of: request, at: 0)
                answer.managed = managed.filter { rule in
                    rules.question(rule).map { inspection.finding($0.question) != nil } ?? false
                }
            } else {
                let result = rules.inspect(request)
                (answer.rules, answer.score, answer.denied) = (result.rules, result.score, result.isDenied)
            }
            print(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
        }
    }

    static func bench(_ rules: CoreRules, _ requests: [WebRequest]) {
        func time() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
            return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
        }
        for _ in 0..<5 {
            let start = time()
            var denied = 0
            for request in requests where rules.inspect(request).isDenied { denied += 1 }
            print((time() - start) / Double(max(1, requests.count)), denied)
        }
    }
}
