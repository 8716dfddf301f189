import ArgumentParser
import Server

@main
struct GatehouseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "The security plane of an AWS cloud, on your own machine.",
        version: Version.text,
        // Each says its name: ArgumentParser would print its type, and the runtime takes milliseconds for the first.
        subcommands: [
            Serve.self, Env.self, MakeRootKey.self, Why.self, GeneratePolicy.self, Outbox.self, Simulate.self,
            LintPolicies.self,
            History.self, Check.self, WhoCan.self, WhatCan.self, Escalate.self, Audit.self, Operations.self, MapRequests.self,
            MakeBackup.self,
            RestoreBackup.self,
            VerifyData.self, Sweep.self, Migrate.self, KeyringCommand.self, CertificateCommand.self, PrintVersion.self,
            CISAlarms.self, BenchFill.self, InstanceCommand.self,
        ])

    /// ArgumentParser looks at a command's options by reflection, which takes longer than all else that a server does until it
    /// answers, and in the tests of its users servers start all the time. So `serve` goes without. What `Settings` can't read to
    /// the last word, ArgumentParser reads, or explains.
    static func main() async {
        let serve = Serve()
        guard CommandLine.arguments.dropFirst().first == "serve", let told = try? serve.told(),
            Settings.firstUnreadWord == nil
        else { return await main(nil) }
        do {
            try await serve.run(told)
        } catch {
            exit(withError: error)
        }
    }
}

/// Where the data lies, for the commands that need it.
struct DataOptions: ParsableArguments {
    @Option(help: "The data directory (GATEHOUSE_DATA; default ~/.local/share/gatehouse).")
    var data: String?

    @OptionGroup var tokenOptions: TokenOptions

    static var path: String { Settings.text("DATA") ?? Settings.defaultDataDirectory }

    func validate() throws {
        try Self.check()
        _ = try TokenOptions.login()
    }

    /// - Throws: `ValidationError` for `--data "$DIRECTORY"` where that says nothing.
    static func check() throws {
        guard Settings.option("DATA") != "" else {
            throw ValidationError("--data takes a directory, not an empty text.")
        }
    }

    /// The directory, for a command that can't work on a database.
    static func directory() -> DataDirectory {
        if Settings.option("DATA") == nil, Settings.text("DATABASE") != nil {
            fail(
                "GATEHOUSE_DATABASE names a database, and this command works on a data directory: name one with --data, "
                    + "or unset the variable.")
        }
        return named()
    }

    /// The directory, whether or not a database is named beside it.
    static func named() -> DataDirectory {
        do {
            return DataDirectory(path, token: try TokenOptions.login())
        } catch {
            fail("\(error)")
        }
    }
}

/// Where the data lies, for the commands that work on a data directory as well as on a database that servers share.
struct PlaceOptions: ParsableArguments {
    @OptionGroup var dataOptions: DataOptions

    @OptionGroup var databaseOptions: DatabaseOptions

    /// - Parameter mayNameKeyFile: whether the key file of a directory may be elsewhere, too.
    /// - Throws: `ValidationError` for options that contradict each other, or are not enough.
    func place(mayNameKeyFile: Bool = false) throws -> DataPlace {
        guard Settings.option("DATA") == nil || Settings.option("DATABASE") == nil else {
            throw ValidationError(
                "Everything is in the data directory or in the database: leave out --data or --database.")
        }
        // What is said on the command line counts, and no variable beside it.
        if Settings.option("DATA") == nil, DatabaseOptions.isGiven {
            let token = try TokenOptions.login()
            if let database = try DatabaseOptions.database(token: token) { return .database(database) }
        }
        try DatabaseOptions.requireNothing(butKeyFile: mayNameKeyFile)
        return .directory(DataOptions.named())
    }
}

struct PrintVersion: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() {
        print("gatehouse \(Version.text)")
    }
}
