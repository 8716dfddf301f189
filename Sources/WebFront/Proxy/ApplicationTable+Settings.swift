import Crypto
import NIOSSL
import Platform

extension ApplicationTable {
    /// Makes the applications that a file describes.
    /// - Parameters:
    ///   - account: twelve digits; it is in their ARNs, as the region is.
    ///   - before: whose targets go on as they are, where they are the same.
    /// - Throws: ``WebFrontProblem`` when a file that is named can't be used.
    convenience init(
        _ file: WebFrontFile, account: String, region: String, before: ApplicationTable?
    ) throws(WebFrontProblem) {
        var all: [Application] = []
        for settings in file.applications {
            let was = before?.all.first { $0.settings == settings }
            let tls = try Self.tls(settings)
            let targets = settings.targets.map { address in
                was?.targets.first { $0.address == address }
                    ?? Target(address, tls: address.isSecure ? tls : nil, isChecked: settings.health != nil)
            }
            let fronted = FrontedApplication(
                name: settings.name, arn: settings.arn ?? Self.arn(settings.name, account, region),
                hosts: settings.hosts, certificates: settings.certificates)
            var trust: ClientTrust?
            if let file = settings.trustFile {
                trust = try ClientTrust(
                    file: file, revocations: settings.revocationsFile,
                    known: (all + (before?.all ?? [])).compactMap(\.trust))
            }
            all.append(Application(settings, fronted, targets, trust: trust))
        }
        self.init(all)
    }

    private static func arn(_ name: String, _ account: String, _ region: String) -> String {
        let digest = SHA256.hash(data: Array("\(account)/\(region)/\(name)".utf8))
        let id = digest.prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
        return "arn:aws:elasticloadbalancing:\(region):\(account):loadbalancer/app/\(name)/\(id)"
    }

    private static func tls(_ settings: ApplicationSettings) throws(WebFrontProblem) -> NIOSSLContext? {
        guard settings.targets.contains(where: \.isSecure) else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        switch settings.verification {
        case .system: break
        case .authorities(let file): configuration.trustRoots = .file(file)
        case .none: configuration.certificateVerification = .none
        }
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw WebFrontProblem("HTTPS to the servers of \(settings.name) can't be spoken: \(error)")
        }
    }
}
