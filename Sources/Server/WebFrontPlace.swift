import ACMService
import FoundationEssentials
import Logging
import Platform
public import WebFront

extension WebFront.Place {
    /// Where the operator says which applications lie behind the web front.
    /// - Parameters:
    ///   - file: which is read again on SIGHUP.
    ///   - address: to listen on.
    ///   - port: for HTTP; 0 picks a free one.
    ///   - securePort: for HTTPS.
    public init(file: String, address: String, port: Int, securePort: Int) {
        self.init(address: address, port: port, securePort: securePort) { () throws(WebFrontProblem) in
            let data: Data
            do { data = try Data(contentsOf: URL(filePath: file)) } catch {
                throw WebFrontProblem("\(file) can't be read: \(systemReason(error))")
            }
            guard data.count <= WebFrontFile.longest else {
                throw WebFrontProblem("\(file) is longer than \(WebFrontFile.longest) bytes")
            }
            guard let text = String(data: data, encoding: .utf8) else { throw WebFrontProblem("\(file) is not UTF-8") }
            do throws(WebFrontFile.Problem) { return try WebFrontFile(parsing: text) } catch {
                throw WebFrontProblem("\(file), \(error)")
            }
        }
    }
}

extension Gatehouse {
    /// Puts the web front together; nil: there are no applications.
    static func webFront(
        _ configuration: Configuration, _ environment: Environment, account: String, _ log: Logger
    ) async throws(StartError) -> WebFront? {
        guard let place = configuration.webFront else { return nil }
        do throws(WebFrontProblem) {
            return try await WebFront(
                place, environment, account: account,
                certificates: { [environment] (arn) throws in
                    let certificate = try await servableCertificate(arn, environment)
                    return certificate.map { ($0.chain, $0.key) }
                },
                screener: WebACLScreener(environment: environment, log: log),
                guardian: ShieldGuard(environment, exempt: configuration.exemptFromShield), log: log)
        } catch {
            throw StartError("\(error)")
        }
    }
}
