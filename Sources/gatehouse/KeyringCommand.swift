import ArgumentParser
import FoundationEssentials
import Server
import Signature

/// `gatehouse keyring`: the root key, with which everything in the data directory is sealed.
struct KeyringCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keyring",
        abstract: "Say where the root key is, move it into a hardware token or out of it, or rotate it.",
        subcommands: [ShowKeyring.self, MoveKeyring.self, RotateKeyring.self])
}

struct ShowKeyring: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Say where the root key is.")

    @OptionGroup var placeOptions: PlaceOptions

    func run() async throws {
        let place = try placeOptions.place()
        do {
            switch place {
            case .directory(let data): print(try RootKeyring(data).place())
            case .database(let database): print(try database.keyPlace())
            }
        } catch {
            fail("\(error)")
        }
    }
}

struct MoveKeyring: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move",
        abstract: "Move the root key into a hardware token, or out of it.",
        discussion: """
            In a token means that the key file is sealed with an AES key that the token has made and never gives away: the \
            file is worth nothing without the token and its PIN, and from then on each start needs both, given as to \
            `gatehouse serve`. The server has to be stopped. Nothing is sealed anew: copies of the key file that were made \
            before are as good as ever, until `gatehouse keyring rotate`. With a database it is the key file of this one server.
            """)

    enum Place: String, ExpressibleByArgument, CaseIterable {
        case token, file
    }

    @Option(help: "token or file: where the key is to be.")
    var to: Place

    @OptionGroup var placeOptions: PlaceOptions

    func validate() throws {
        guard try TokenOptions.login() != nil else {
            throw ValidationError("Name the token with --pkcs11-module and --pkcs11-token.")
        }
    }

    func run() async throws {
        let place = try placeOptions.place()
        let login = try TokenOptions.login()
        do {
            let target = to == .token ? login : nil
            let (isMoved, file): (Bool, String)
            switch place {
            case .directory(let data):
                (isMoved, file) = (try await RootKeyring(data).move(to: target), data.keyFile)
            case .database(let database):
                isMoved = try database.moveKey(to: target)
                file = if case .file(let path) = database.key { path } else { "" }
            }
            switch to {
            case .token:
                let name = login?.token ?? ""
                print(
                    isMoved
                        ? "The root key is sealed by the hardware token '\(name)' now, and \(file) is worth nothing "
                            + "without it."
                        : "The root key is sealed by the hardware token '\(name)' already.")
                print(
                    "Copies of the key file that were made before still open everything: `gatehouse keyring rotate` makes "
                        + "them worthless.")
            case .file:
                print(
                    isMoved
                        ? "The root key is in \(file) now: whoever can read it can read everything."
                        : "The root key is in \(file) already.")
            }
        } catch {
            fail("\(error)")
        }
    }
}

struct RotateKeyring: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Make a new root key, and seal everything with it anew.",
        discussion: """
            It works on the data directory or, while a server is using it, asks that server, which goes on answering. \
            After a crash, run it again or start the server: it is carried on with. The old key opens nothing in the data \
            directory then. It is still kept, for 37 hours, for temporary credentials that it has sealed; with \
            --end-sessions it is forgotten at once, and they are worth nothing any more. A backup that was made before needs \
            the key file of its time. With a database, stop all servers first, and give each a copy of the new key file before it \
            is started again.
            """)

    @Flag(help: "Forget the old key at once: temporary credentials that were given out before end.")
    var endSessions = false

    @OptionGroup var placeOptions: PlaceOptions

    func run() async throws {
        switch try placeOptions.place() {
        case .directory(let data): await rotate(data)
        case .database(let database): await rotate(database)
        }
    }

    private func rotate(_ database: SharedDatabase) async {
        do {
            let done = try await database.rotateKey(endingSessions: endSessions)
            tell(isNew: done.isNew, keptUntil: done.keptUntil)
            print("Give each server a copy of the new key file before you start it again.")
            if done.damaged > 0 {
                fail(
                    "\(done.damaged) rows of the database are damaged, and stay as they are: see `gatehouse verify`.")
            }
        } catch {
            fail("\(error)")
        }
    }

    private func rotate(_ data: DataDirectory) async {
        let progress = ProgressLine()
        do {
            do {
                let done = try await RootKeyring(data).rotate(endingSessions: endSessions)
                tell(isNew: done.isNew, keptUntil: done.keptUntil)
                if done.damaged > 0 {
                    fail(
                        "\(done.damaged) rows of the ledger are damaged, and stay as they are: see `gatehouse verify`.")
                }
            } catch {
                guard error.isBusy else { throw error }
                try await ask(data, progress)
            }
        } catch {
            progress.end()
            fail("\(error)")
        }
    }

    /// Has the server do it that uses the directory, and waits.
    private func ask(_ data: DataDirectory, _ progress: ProgressLine) async throws(StartError) {
        guard let endpoint = data.endpoint, let root = try RecordedData(data).rootKeys().first else {
            throw StartError(
                "A server uses \(data.path), and its root user has no active key to ask it with: stop it, then try again."
            )
        }
        let server = OwnServer(
            endpoint: endpoint.url,
            credentials: SigningCredentials(accessKeyID: root.id, secretAccessKey: root.secret))
        let first = await server.post("/_gatehouse/keyring/rotate", query: endSessions ? "sessions=end" : "")
        var stage = try answer(of: server, first)
        var isNew = false
        if case .answered(let body) = first { isNew = RotationStage.isNew(json: body) }
        while case .sealing(let rows) = stage {
            progress.show("Sealing anew: \(rows) rows")
            try? await Task.sleep(for: .milliseconds(200))
            stage = try await answer(of: server, server.get("/_gatehouse/keyring"))
        }
        progress.end()
        switch stage {
        case .failed(let reason): throw StartError(reason)
        case .keeping(let end): tell(isNew: isNew, keptUntil: end)
        case .idle, .sealing: tell(isNew: isNew, keptUntil: nil)
        }
    }

    private func answer(of server: OwnServer, _ answer: OwnServer.Answer) throws(StartError) -> RotationStage {
        switch answer {
        case .answered(let body):
            guard let stage = RotationStage(json: body) else {
                throw StartError("What answers at \(server.endpoint) is not a Gatehouse of this version.")
            }
            return stage
        case .refused(let code, let message):
            throw StartError("Gatehouse at \(server.endpoint) refused: \(code): \(message)")
        case .unreachable(let reason): throw StartError("No answer from \(server.endpoint): \(reason).")
        }
    }

    private func tell(isNew: Bool, keptUntil end: Int64?) {
        print(
            isNew
                ? "There is a new root key, and everything is sealed with it."
                : "The rotation before has been carried on with: everything is sealed with the new root key.")
        if let end {
            let time = Date(timeIntervalSince1970: Double(end)).formatted(.iso8601)
            print(
                "The old key is kept until \(time) for temporary credentials that were given out before; "
                    + "--end-sessions forgets it at once.")
        } else {
            print("The old key is forgotten.")
        }
        print("Keep a copy of the key file, apart from the data; backups made before need that of their time.")
    }
}
