import ArgumentParser
import FoundationEssentials
import Server
import Signature

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// `gatehouse certificate`: ACM's certificates for other servers.
struct CertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate",
        abstract: "Write a certificate of ACM's into files, for nginx and other servers.",
        subcommands: [ExportCertificate.self])
}

struct ExportCertificate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a certificate of ACM's and its private key into files.",
        discussion: """
            It asks the server that uses the data directory, as its root user: any certificate that is issued can be had, also one \
            whose key AWS's API does not give. It counts as exported then, so that ACM renews it. Each file is replaced as a whole, \
            and the key's can be read by its owner alone. With --watch the command goes on, and writes the files again after each renewal.
            """)

    @Argument(help: "The certificate's ARN.")
    var arn: String

    @Option(help: "The file for the certificate and those of its authorities, PEM.")
    var chain: String

    @Option(help: "The file for the private key, PEM.")
    var key: String

    @Flag(help: "Go on, and write the files again when the certificate has been renewed.")
    var watch = false

    @Option(help: "With --watch, how many seconds lie between two looks (default 60).")
    var interval = 60

    @Option(
        name: .customLong("run"),
        help: "A command for the shell that is run when the files have been written, such as 'systemctl reload nginx'.")
    var command: String?

    @OptionGroup var dataOptions: DataOptions

    func validate() throws {
        guard (1...86_400).contains(interval) else {
            throw ValidationError("--interval takes 1 to 86400 seconds, not \(interval).")
        }
        guard arn.wholeMatch(of: /arn:aws:acm:[a-z0-9-]+:[0-9]{12}:certificate\/[A-Za-z0-9-]+/) != nil else {
            throw ValidationError(
                "'\(arn)' is not the ARN of a certificate: arn:aws:acm:REGION:ACCOUNT:certificate/ID.")
        }
    }

    func run() async throws {
        let data = DataOptions.directory()
        while true {
            do throws(StartError) {
                try await look(data)
            } catch {
                guard watch else { fail("\(error)") }
                // The server may be starting anew: what is in the files is good until then.
                Terminal.complain("\(error)")
            }
            guard watch else { return }
            try await Task.sleep(for: .seconds(interval))
        }
    }

    private func look(_ data: DataDirectory) async throws(StartError) {
        guard let endpoint = data.endpoint, let root = try RecordedData(data).rootKeys().first else {
            throw StartError(
                "There is no server that uses \(data.path), or its root user has no active key: start one, or make a key with"
                    + " `gatehouse root-key`.")
        }
        let server = OwnServer(
            endpoint: endpoint.url,
            credentials: SigningCredentials(accessKeyID: root.id, secretAccessKey: root.secret))
        let name = arn.replacing(":", with: "%3A").replacing("/", with: "%2F")
        switch await server.post("/_gatehouse/certificates/export", query: "arn=\(name)") {
        case .refused(let code, let message):
            throw StartError("Gatehouse at \(server.endpoint) refused: \(code): \(message)")
        case .unreachable(let reason): throw StartError("No answer from \(server.endpoint): \(reason).")
        case .answered(let body):
            guard let certificate = ExportedCertificate(json: body) else {
                throw StartError("What answers at \(server.endpoint) is not a Gatehouse of this version.")
            }
            guard try certificate.write(chain: chain, key: key) else { return }
            Terminal.printNow("Wrote \(chain) and \(key).")
            guard let command else { return }
            let status = system(command)
            guard status == 0 else { throw StartError("The command '\(command)' ended with status \(status).") }
        }
    }
}
