import Fetch
import NIOCore

/// What is said of the applications behind the web front, in a file.
///
/// ```text
/// # Each application: its name, and where its servers are.
/// shop = http://127.0.0.1:8080, http://127.0.0.1:8081
///     hosts = shop.example.com, *.shop.example.com
///     certificate = arn:aws:acm:us-east-1:111122223333:certificate/3c8f1b64-…
///     health = /healthz every 10s healthy 2 statuses 200-299
///     trust = /etc/gatehouse/clients.pem
/// # One without hosts has all that no other has.
/// rest = http://127.0.0.1:9000
/// ```
public struct WebFrontFile: Sendable {
    /// In the order of the file.
    private(set) var applications: [ApplicationSettings] = []

    /// Why a file can't be used.
    public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        /// The first line is 1.
        public let line: Int
        /// What is wrong there, and what to do.
        public let reason: String

        public var description: String { "line \(line): \(reason)" }
    }

    /// The largest file that is read, in bytes.
    public static let longest = 1 << 20

    /// Whether any application shows a certificate, so that HTTPS is to be spoken.
    public var hasCertificates: Bool { applications.contains(where: \.hasCertificate) }

    /// Reads a file.
    /// - Parameter text: of the file.
    /// - Throws: ``Problem`` at the first line that can't be used.
    public init(parsing text: String) throws(Problem) {
        var starts: [Int] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let content = line.trimmed
            guard !content.isEmpty, !content.hasPrefix("#") else { continue }
            let number = index + 1
            guard line.first?.isWhitespace == true else {
                try add(content, number)
                starts.append(number)
                continue
            }
            guard !applications.isEmpty else {
                throw Problem(
                    line: number,
                    reason: "a setting belongs to an application, and there is none above it: begin with NAME = URL")
            }
            try ApplicationReader.set(content, of: &applications[applications.count - 1], number)
        }
        guard !applications.isEmpty else {
            throw Problem(
                line: 1, reason: "there is no application: begin with NAME = URL, such as shop = http://127.0.0.1:8080")
        }
        try check(starts)
    }

    private mutating func add(_ line: Substring, _ number: Int) throws(Problem) {
        let form = "NAME = URL, such as shop = http://127.0.0.1:8080"
        let (name, places) = try ApplicationReader.sides(line, number, form)
        guard name.utf8.count <= 32, !name.hasPrefix("-"), !name.hasSuffix("-"), name.utf8.allSatisfy(Self.isOfName)
        else {
            throw Problem(
                line: number,
                reason: "'\(name)' is no name of an application: up to 32 letters, digits and hyphens between them")
        }
        guard !applications.contains(where: { $0.name == name }) else {
            throw Problem(line: number, reason: "there is an application \(name) already")
        }
        var targets: [WebAddress] = []
        for place in places.split(separator: ",").map(\.trimmed) {
            guard let address = WebAddress(String(place), mayBePlain: true), address.path.isEmpty || address.path == "/"
            else {
                throw Problem(
                    line: number,
                    reason: "'\(place)' is not the URL of a server: it begins with http:// or https:// and has no path")
            }
            guard !targets.contains(address) else { throw Problem(line: number, reason: "\(place) is there twice") }
            targets.append(address)
        }
        applications.append(ApplicationSettings(name: String(name), targets: targets))
    }

    /// What is wrong only when all of it is read.
    private func check(_ starts: [Int]) throws(Problem) {
        var owners: [String: String] = [:]
        var arns: Set<String> = []
        for (application, line) in zip(applications, starts) {
            for host in application.hosts.isEmpty ? [""] : application.hosts {
                guard let owner = owners.updateValue(application.name, forKey: host) else { continue }
                let what = host.isEmpty ? "all hosts that no other application has" : host
                throw Problem(line: line, reason: "\(owner) has \(what) already")
            }
            guard (application.certificateFile == nil) == (application.keyFile == nil) else {
                throw Problem(line: line, reason: "certificate-file and key-file go together")
            }
            if application.trustFile != nil, !application.hasCertificate {
                throw Problem(
                    line: line, reason: "trust is for clients that come by HTTPS: add certificate, or certificate-file")
            }
            if application.revocationsFile != nil, application.trustFile == nil {
                throw Problem(line: line, reason: "revocations are of the authorities that trust names: add trust")
            }
            if let arn = application.arn, !arns.insert(arn).inserted {
                throw Problem(line: line, reason: "another application has the same arn")
            }
        }
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
        default: false
        }
    }
}

extension Substring {
    /// Without the white space around it.
    var trimmed: Substring {
        var text = drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
