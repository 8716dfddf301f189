import ACMService
import Logging
import Platform
import ServiceLifecycle
import TransportSecurity
import Wire

/// The certificate of ACM's that the server shows.
struct ManagedServerCertificate: Sendable {
    let arn: String
    let certificate = KeptCertificate()

    /// Reads it for the first time, and notes that it is in use.
    /// - Throws: `StartError` where there is no such certificate, or it is not issued.
    init(_ arn: String, _ environment: Environment) async throws {
        self.arn = arn
        guard let found = try await servableCertificate(arn, environment) else {
            throw StartError(
                "The certificate \(arn) is not there, or not issued: start without --tls-certificate-arn, and look at it with"
                    + " `aws acm describe-certificate`.")
        }
        try certificate.take(found, at: environment.clock.realTime)
        environment.applications.addServer(showing: arn)
    }
}

/// Looks whether ACM has renewed the server's certificate, or another has been imported in its place.
struct ManagedCertificateReload: ServiceLifecycle.Service {
    let managed: ManagedServerCertificate
    let environment: Environment
    let log: Logger

    private static let interval = Duration.seconds(5)

    func run() async throws {
        let (managed, environment, log) = (managed, environment, log)
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.interval)) != nil {
                do {
                    guard let found = try await servableCertificate(managed.arn, environment) else { continue }
                    if try managed.certificate.take(found, at: environment.clock.realTime) {
                        log.notice("the server has another certificate", metadata: ["certificate": "\(managed.arn)"])
                    }
                } catch {
                    log.error("the certificate was not exchanged: \(error)")
                }
            }
        }
    }
}
