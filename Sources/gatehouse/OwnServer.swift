import Fetch
import FoundationEssentials
import Server
import Signature
import SwiftASN1
import X509

/// A running Gatehouse, and what only its operator may ask it for.
struct OwnServer {
    /// What came of asking.
    enum Answer {
        case answered([UInt8])
        /// With an error of its own.
        case refused(code: String, message: String)
        case unreachable(String)
    }

    /// Those that `AWS_CA_BUNDLE` names, as the AWS CLI trusts them.
    private static var authorities: [Certificate] {
        guard let path = Settings.variable("AWS_CA_BUNDLE"),
            let text = try? String(contentsOfFile: path, encoding: .utf8),
            let documents = try? PEMDocument.parseMultiple(pemString: text)
        else { return [] }
        return documents.compactMap { try? Certificate(pemDocument: $0) }
    }

    let endpoint: String
    let credentials: SigningCredentials

    /// Sends a signed request without a body.
    func post(_ path: String, query: String = "") async -> Answer { await send("POST", path, query: query) }

    /// Sends a signed request without a body.
    func get(_ path: String) async -> Answer { await send("GET", path, query: "") }

    private func send(_ method: String, _ path: String, query: String) async -> Answer {
        let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        // It is the operator's own server, usually on this machine.
        let url = base + path + (query.isEmpty ? "" : "?" + query)
        guard let address = WebAddress(url, mayHaveQuery: true, mayBePlain: true) else {
            return .unreachable("'\(endpoint)' is not an endpoint: it looks like http://127.0.0.1:4566")
        }
        let signable = SignableRequest(
            method: method, path: path, query: query, headers: [("host", address.authority)], body: [])
        let signer = SignatureSigner(credentials: credentials, region: "us-east-1", service: "gatehouse")
        let headers = signer.sign(signable, timestamp: Date().timeIntervalSince1970)
        var limits = Fetch.Limits()
        limits.time = .seconds(10)
        limits.body = 65_536
        do throws(FetchError) {
            let answer = try await Fetch(trust: ServerTrust(authorities: Self.authorities), limits: limits).send(
                Fetch.Request(method, address, headers: headers))
            guard (200..<300).contains(answer.status) else {
                let text = String(decoding: answer.body, as: UTF8.self)
                return .refused(
                    code: Self.element("Code", of: text) ?? "HTTP status \(answer.status)",
                    message: Self.element("Message", of: text) ?? "it gave no reason.")
            }
            return .answered(Array(answer.body))
        } catch {
            return .unreachable("\(error)")
        }
    }

    /// The content of an XML element of an error, as Gatehouse writes it.
    private static func element(_ name: String, of xml: String) -> String? {
        guard let start = xml.firstRange(of: "<\(name)>"),
            let end = xml[start.upperBound...].firstRange(of: "</\(name)>")
        else { return nil }
        return String(xml[start.upperBound..<end.lowerBound])
            .replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
            .replacing("&amp;", with: "&")
    }
}

extension OwnServer {
    /// Has a server that uses the data directory write what it has answered. Where one answers that can't be asked, what
    /// it writes by itself, several times a second, is waited for; and so it is with nodes that share a database.
    static func flushEvents(of place: DataPlace, _ recorded: RecordedData) async throws(StartError) {
        guard case .directory(let data) = place else {
            try? await Task.sleep(for: .seconds(1))
            return
        }
        guard let endpoint = data.endpoint else { return }
        if let root = try recorded.rootKeys().first {
            let server = OwnServer(
                endpoint: endpoint.url,
                credentials: SigningCredentials(accessKeyID: root.id, secretAccessKey: root.secret))
            switch await server.post("/_gatehouse/flush") {
            case .answered, .unreachable: return
            case .refused: break
            }
        }
        try? await Task.sleep(for: .seconds(1))
    }
}
