import ArgumentParser
import Server

struct VerifyData: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a data directory, a database or a backup for damage.",
        discussion: """
            Reads everything as it is at one moment, and changes nothing; a server may be using it. The exit status is \
            0 if there is no damage, 1 if there is, and 2 if the data can't be read at all.
            """)

    @Option(help: "text or json.")
    var format = Format.text

    @OptionGroup var placeOptions: PlaceOptions

    /// The most pieces of damage that are printed as text.
    private static let limit = 100

    func run() throws {
        let progress = ProgressLine()
        let place = try placeOptions.place(mayNameKeyFile: true)
        let keyFile = Settings.option("KEY_FILE")
        do {
            let found =
                switch place {
                case .directory(let data): try DataVerification(of: data, keyFile: keyFile) { progress.show($0) }
                case .database(let database): try DataVerification(of: database) { progress.show($0) }
                }
            progress.end()
            print(format == .json ? found.json : found.text(limit: Self.limit))
            if !found.isClean { throw ExitCode(1) }
        } catch let error as StartError {
            progress.end()
            fail("Can't verify: \(error).", status: 2)
        }
    }
}
