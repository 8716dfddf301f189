import ArgumentParser
import FoundationEssentials
import Logging
import Server
import Signature

struct MakeRootKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "root-key",
        abstract: "Make an access key for an account's root user, and print export lines for it.",
        discussion: """
            For root users of member accounts, which start without keys, and for anyone who has lost root's keys. It \
            works on the data directory or, while a server is using it, asks that server with the first account's root \
            key; or on the database that servers share, beside them. For a server in memory, name it with --endpoint, and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY \
            to the key of the first account's root user.
            """)

    @Option(help: "The account id, twelve digits (default: the first account).")
    var account: String?

    @Option(help: "The server to ask instead of using a data directory, for example http://127.0.0.1:4566.")
    var endpoint: String?

    @OptionGroup var placeOptions: PlaceOptions

    func validate() throws {
        if let account, account.wholeMatch(of: /[0-9]{12}/) == nil {
            throw ValidationError("--account takes twelve digits, not '\(account)'.")
        }
        if let endpoint, endpoint.wholeMatch(of: /https?:\/\/[^\/?#]+\/?/) == nil {
            throw ValidationError(
                "--endpoint takes scheme, host and port alone, such as http://127.0.0.1:4566, not '\(endpoint)'.")
        }
    }

    func run() async throws {
        if let endpoint {
            guard let id = Settings.variable("AWS_ACCESS_KEY_ID"),
                let secret = Settings.variable("AWS_SECRET_ACCESS_KEY")
            else {
                fail(
                    "To ask \(endpoint), set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to an access key of the first "
                        + "account's root user.")
            }
            let credentials = SigningCredentials(accessKeyID: id, secretAccessKey: secret)
            return show(await ask(endpoint, credentials), nil)
        }
        switch try placeOptions.place() {
        case .directory(let data): show(await key(data), data.endpoint)
        case .database(let database): show(await key(database), nil)
        }
    }

    private func show(_ key: RootKey, _ endpoint: Endpoint?) {
        if let endpoint { print(endpoint.exportLine) }
        print(Endpoint.exportLine(accessKeyID: key.accessKeyID, secretAccessKey: key.secretAccessKey))
        print(Endpoint.unsetLine)
    }

    /// From the data directory itself, or from the server that uses it.
    private func key(_ data: DataDirectory) async -> RootKey {
        do {
            // Fails if there is none; otherwise the next lines would create a new Gatehouse.
            let recorded = try RecordedData(data)
            var configuration = Gatehouse.Configuration()
            configuration.dataDirectory = data.path
            configuration.token = try TokenOptions.login()
            do {
                return try await make(configuration)
            } catch {
                guard error.isBusy else { throw error }
                guard let endpoint = data.endpoint, let root = try recorded.rootKeys().first else {
                    fail(
                        "A server uses \(data.path), and its root user has no active key to ask it with: "
                            + "stop it, then try again.")
                }
                return await ask(
                    endpoint.url, SigningCredentials(accessKeyID: root.id, secretAccessKey: root.secret))
            }
        } catch {
            fail("\(error)")
        }
    }

    /// As one more node, for a moment.
    private func key(_ database: SharedDatabase) async -> RootKey {
        do {
            // Fails if there is none; otherwise the next lines would create a new Gatehouse.
            _ = try RecordedData(.database(database))
            var configuration = Gatehouse.Configuration()
            configuration.database = database
            configuration.token = try TokenOptions.login()
            return try await make(configuration)
        } catch {
            fail("\(error)")
        }
    }

    private func make(_ configuration: Gatehouse.Configuration) async throws(StartError) -> RootKey {
        var log = Logger(label: "gatehouse") { StreamLogHandler.standardError(label: $0) }
        log.logLevel = .error
        let gatehouse = try await Gatehouse(configuration, log: log)
        do {
            let key = try await gatehouse.makeRootKey(account: account)
            await gatehouse.close()
            return key
        } catch {
            await gatehouse.close()
            fail("\(error.code): \(error.message)")
        }
    }

    private func ask(_ endpoint: String, _ credentials: SigningCredentials) async -> RootKey {
        let server = OwnServer(endpoint: endpoint, credentials: credentials)
        switch await server.post("/_gatehouse/root-key", query: account.map { "account=\($0)" } ?? "") {
        case .answered(let body):
            guard let key = RootKey(json: body) else {
                fail(
                    "What answers at \(endpoint) is not a Gatehouse of this version. Name another server with "
                        + "--endpoint.")
            }
            return key
        case .refused(let code, let message):
            let advice =
                ["InvalidClientTokenId", "SignatureDoesNotMatch", "AccessDenied"].contains(code)
                ? " It has to be asked with an access key of the first account's root user." : ""
            fail("Gatehouse at \(endpoint) refused: \(code): \(message)\(advice)")
        case .unreachable(let reason):
            fail(
                "No answer from \(endpoint): \(reason). Start Gatehouse there, or name another server with --endpoint.")
        }
    }
}
