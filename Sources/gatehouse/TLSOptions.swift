import ArgumentParser
import FoundationEssentials
import Server
import TransportSecurity

/// What `gatehouse serve` is told about HTTPS.
struct TLSOptions: ParsableArguments {
    @Flag(
        help: """
            Answer HTTPS, too, on a port of its own: with a certificate of Gatehouse's own local authority, unless \
            --tls-certificate names another.
            """)
    var tls = false

    @Option(help: "The port for HTTPS (default 4567; 0 picks a free one).")
    var tlsPort: Int?

    @Option(
        help: """
            Another name or IP address that the local authority's certificate is for, besides those of this machine. \
            Can be repeated.
            """)
    var tlsName: [String] = []

    @Option(help: "A file for the local authority's certificate, which clients have to trust.")
    var tlsCaFile: String?

    @Option(
        help: """
            A PEM file with the certificate to use, and those of its authorities after it. It is read again when it \
            changes, and on SIGHUP.
            """)
    var tlsCertificate: String?

    @Option(help: "A PEM file with the private key of --tls-certificate.")
    var tlsKey: String?

    @Option(
        help: """
            The ARN of a certificate of ACM's to use, one that is issued: imported, private or public. It is exchanged without a \
            restart when ACM renews it.
            """)
    var tlsCertificateArn: String?

    /// - Parameter address: that is listened on.
    /// - Returns: nil: HTTPS is not spoken.
    /// - Throws: `ValidationError` for options that contradict each other.
    static func configuration(address: String) throws -> Gatehouse.Configuration.TLS? {
        let certificate = Settings.text("TLS_CERTIFICATE")
        let key = Settings.text("TLS_KEY")
        let names = Settings.list("TLS_NAME")
        _ = try port()
        let arn = Settings.text("TLS_CERTIFICATE_ARN")
        guard try Settings.flag("TLS") else {
            guard certificate == nil, key == nil, arn == nil, names.isEmpty, authorityFile == nil,
                Settings.option("TLS_PORT") == nil
            else {
                throw ValidationError("The options --tls-… have no effect without --tls: add it.")
            }
            return nil
        }
        if let arn {
            guard certificate == nil, key == nil, names.isEmpty, authorityFile == nil else {
                throw ValidationError(
                    "--tls-certificate-arn names a certificate that is there: leave out the other options of certificates."
                )
            }
            guard arn.wholeMatch(of: /arn:aws:acm:[a-z0-9-]+:[0-9]{12}:certificate\/[A-Za-z0-9-]+/) != nil else {
                throw ValidationError(
                    "--tls-certificate-arn takes the ARN of a certificate, arn:aws:acm:REGION:ACCOUNT:certificate/ID, not '\(arn)'."
                )
            }
            return .managed(arn: arn)
        }
        guard let certificate, let key else {
            guard certificate == nil, key == nil else {
                throw ValidationError("--tls-certificate and --tls-key go together.")
            }
            // The address that is listened on, where it is one.
            let own = ServedName(address).flatMap { $0.isUnspecified ? nil : $0 }
            let named = try names.map { text in
                guard let name = ServedName(text) else {
                    throw ValidationError(
                        "--tls-name takes a name like gatehouse.example or an IP address, not '\(text)'.")
                }
                guard !name.isUnspecified else {
                    throw ValidationError("--tls-name takes an address that clients connect to, not '\(text)'.")
                }
                return name
            }
            return .localAuthority(names: named + (own.map { named.contains($0) ? [] : [$0] } ?? []))
        }
        guard names.isEmpty else {
            throw ValidationError(
                "--tls-name is for certificates of the local authority; that of --tls-certificate has names of its own. Leave out --tls-name."
            )
        }
        guard authorityFile == nil else {
            throw ValidationError(
                "--tls-ca-file is for the local authority; clients trust whoever issued --tls-certificate. Leave out --tls-ca-file."
            )
        }
        return .files(certificate: certificate, key: key)
    }

    /// The file for the local authority's certificate, from the root.
    static var authorityFile: String? {
        Settings.text("TLS_CA_FILE").map(Self.absolute)
    }

    static func port() throws -> Int {
        let port = try Settings.number("TLS_PORT") ?? 4567
        guard (0...65535).contains(port) else { throw ValidationError("--tls-port takes 0 to 65535, not \(port).") }
        return port
    }

    /// A file's name as it is good in every folder.
    static func absolute(_ path: String) -> String { URL(filePath: path).absoluteURL.path }
}
