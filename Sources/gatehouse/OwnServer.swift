import Fetch
import FoundationEssentials
import Server
import Signature
import SwiftASN1
import X509

/// A running Gatehouse, asked for what only its operator may have.
struct OwnServer {
    /// What came of asking.
    enum Answer {
        case answered([UInt8])
        /// With an error of its own, as it was sent.
        case refused(String)
        case unreachable(String)
    }

    /// Those that `AWS_CA_BUNDLE` names, as the AWS CLI trusts them.
    private static var authorities: [Certificate] {
        guard let path = ProcessInfo.processInfo.environment["AWS_CA_BUNDLE"],
            let text = try? String(contentsOfFile: path, encoding: .utf8),
            let documents = try? PEMDocument.parseMultiple(pemString: text)
        else { return [] }
        return documents.compactMap { try? Certificate(pemDocument: $0) }
    }

    let endpoint: String
    let credentials: SigningCredentials

    /// Sends a signed request without a body.
    func post(_ path: String, query: String = "") async -> Answer {
        let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        // It is the operator's own server, mostly on this machine.
        let url = base + path + (query.isEmpty ? "" : "?" + query)
        guard let address = WebAddress(url, mayHaveQuery: true, mayBePlain: true) else {
            return .unreachable("'\(endpoint)' is not an endpoint: it looks like http://127.0.0.1:4566")
        }
        let signable = SignableRequest(
            method: "POST", path: path, query: query, headers: [("host", address.authority)], body: [])
        let signer = SignatureSigner(credentials: credentials, region: "us-east-1", service: "gatehouse")
        let headers = signer.sign(signable, timestamp: Date().timeIntervalSince1970)
        var limits = Fetch.Limits()
        limits.seconds = 10
        limits.body = 65_536
        do throws(FetchError) {
            let answer = try await Fetch(trust: ServerTrust(authorities: Self.authorities), limits: limits).send(
                Fetch.Request("POST", address, headers: headers))
            guard (200..<300).contains(answer.status) else {
                return .refused(String(decoding: answer.body, as: UTF8.self))
            }
            return .answered(Array(answer.body))
        } catch {
            return .unreachable("\(error)")
        }
    }
}

extension OwnServer {
    /// Has a server that uses the data directory write what it has answered. Where one answers that can't be asked, what
    /// it writes by itself, several times a second, is waited for.
    static func flushEvents(of data: DataDirectory, _ recorded: RecordedData) async throws(StartError) {
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
