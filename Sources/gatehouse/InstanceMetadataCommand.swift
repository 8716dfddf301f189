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

struct InstanceMetadataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metadata",
        abstract: "Print export lines by which SDKs find an instance's metadata and credentials.",
        discussion: """
            For programs that do not run in the instance: eval "$(gatehouse instance metadata i-0123456789abcdef0)". The address has \
            a secret in it, and whoever has that can act as the instance. An SDK that leaves out the path of \
            AWS_EC2_METADATA_SERVICE_ENDPOINT takes a port of its own: --port. It is open to all processes of the \
            server's machine until the server stops.

            The server is that of a data directory; or name it with --endpoint, and set AWS_ACCESS_KEY_ID and \
            AWS_SECRET_ACCESS_KEY to the key of the first account's root user.
            """)

    @Argument(help: "The instance's id: i-0123456789abcdef0.")
    var instance: String

    @Flag(help: "The form for containers: AWS_CONTAINER_CREDENTIALS_FULL_URI and its token.")
    var container = false

    @Option(
        help: ArgumentHelp(
            "With --container: write the token into this file, which SDKs read anew, and print no token.",
            valueName: "file"),
        completion: .file())
    var tokenFile: String?

    @Option(help: "Open a port on 127.0.0.1 for this instance (0 picks a free one).")
    var port: Int?

    @Option(help: "The server to ask instead of that of a data directory, for example http://127.0.0.1:4566.")
    var endpoint: String?

    @OptionGroup var dataOptions: DataOptions

    func validate() throws {
        guard instance.wholeMatch(of: /i-[0-9a-f]{8,32}/) != nil else {
            throw ValidationError("'\(instance)' is not an instance's id: i-0123456789abcdef0.")
        }
        guard port == nil || !container else {
            throw ValidationError("The form for containers has a path of its own: leave out --port, or --container.")
        }
        guard tokenFile == nil || container else {
            throw ValidationError("--token-file goes together with --container.")
        }
        if let port, !(0...65_535).contains(port) {
            throw ValidationError("--port takes 0 to 65535, not \(port).")
        }
        if let endpoint, endpoint.wholeMatch(of: /https?:\/\/[^\/?#]+\/?/) == nil {
            throw ValidationError(
                "--endpoint takes scheme, host and port alone, such as http://127.0.0.1:4566, not '\(endpoint)'.")
        }
    }

    func run() async throws {
        let server = server()
        var query = "instance=\(instance)"
        if container { query += "&form=container" }
        if let port { query += "&port=\(port)" }
        switch await server.post("/_gatehouse/instance-metadata", query: query) {
        case .answered(let body):
            guard let variables = InstanceVariables(json: body) else {
                fail("What answers at \(server.endpoint) is not a Gatehouse of this version.")
            }
            print(kept(variables).exportLines.joined(separator: "\n"))
            // They would come before the metadata, or keep SDKs from asking.
            print(
                "unset AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN"
                    + " AWS_EC2_METADATA_DISABLED")
        case .refused(let code, let message): fail("Gatehouse at \(server.endpoint) refused: \(code): \(message)")
        case .unreachable(let reason): fail("No answer from \(server.endpoint): \(reason). Start Gatehouse there.")
        }
    }

    /// What is to be printed: where the token has a file of its own, that file's name.
    private func kept(_ variables: InstanceVariables) -> InstanceVariables {
        guard let tokenFile else { return variables }
        let path = URL(filePath: tokenFile).absoluteURL.path
        guard let (token, rest) = variables.keepingToken(in: path) else { return variables }
        // Nobody else may read it; nor has it an end of line, which SDKs would send.
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0, fchmod(file, 0o600) == 0, Terminal.write(Array(token.utf8), to: file) == 0, close(file) == 0
        else { fail("The token can't be written to \(path).") }
        return rest
    }

    private func server() -> OwnServer {
        if let endpoint {
            guard let id = Settings.variable("AWS_ACCESS_KEY_ID"),
                let secret = Settings.variable("AWS_SECRET_ACCESS_KEY")
            else {
                fail(
                    "To ask \(endpoint), set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to an access key of the first "
                        + "account's root user.")
            }
            return OwnServer(
                endpoint: endpoint, credentials: SigningCredentials(accessKeyID: id, secretAccessKey: secret))
        }
        let data = DataOptions.directory()
        do {
            guard let address = data.endpoint, let root = try RecordedData(data).rootKeys().first else {
                fail(
                    "There is no server that uses \(data.path), or its root user has no active key: start one, or make a"
                        + " key with `gatehouse root-key`.")
            }
            return OwnServer(
                endpoint: address.url,
                credentials: SigningCredentials(accessKeyID: root.id, secretAccessKey: root.secret))
        } catch {
            fail("\(error)")
        }
    }
}
