import Crypto
import Platform
import WAF

/// What a client has to do before it goes on, as it is sealed into the page that asks for it.
struct ClientTask: Codable, Sendable {
    /// What the client gets for it.
    enum Grant: String, Codable, Sendable {
        case captcha
        case challenge
    }

    /// Each is good for one answer.
    let id: String
    let grant: Grant
    /// The web ACL's ARN.
    let webACL: String
    let host: String
    /// The path to go on to.
    let goal: String
    /// Seconds since 1970.
    let issued: Double
    /// Who keeps in mind that it was answered; nil: any node does.
    let keeper: String?
    /// The words that are right; nil: work is to be done.
    let words: [String]?
    /// With how many bits of 0 the hash has to begin.
    var bits: Int?

    /// For how long it may be answered, in seconds.
    static let lifetime = 600.0
    /// Some sixteen thousand hashes: under a second for a browser, and as much for whoever makes each of his requests anew.
    static let usualBits = 14
    private static let longestGoal = 2048

    /// - Parameter number: what the client has found.
    func isDone(by number: String) -> Bool {
        guard let bits, (1...20).contains(number.utf8.count), number.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { return false }
        var zeros = 0
        for byte in SHA256.hash(data: Array("\(id):\(number)".utf8)) {
            zeros += byte.leadingZeroBitCount
            guard byte == 0 else { break }
        }
        return zeros >= bits
    }

    /// - Parameter answer: as somebody typed it, in any order.
    func isAnswered(by answer: String) -> Bool {
        guard let words, answer.utf8.count <= 512 else { return false }
        let given = answer.lowercased().split { !$0.isLetter }.map(String.init).filter { $0 != "and" }
        return given.count == words.count && Set(given) == Set(words)
    }

    /// Where a request is sent again once its client has done its task: only ever a path of the same host.
    static func goal(of request: FilteredRequest) -> String {
        var bytes = request.target.map { Array($0.utf8) } ?? request.web.path
        if request.target == nil, let query = request.web.query { bytes += [UInt8(ascii: "?")] + query }
        let isPlain = bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
        guard isPlain, bytes.count <= longestGoal, bytes.first == UInt8(ascii: "/"), !bytes.starts(with: "//".utf8)
        else {
            return "/"
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
