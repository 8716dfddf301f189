import ArgumentParser
import Server

struct VerifyData: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Say whether a data directory, or a backup, is as it was written, and what of it is not.",
        discussion: """
            It reads all of it, as it is at one moment, and changes nothing; a server may be using it. The exit status is \
            0 if all is well, 1 if something is damaged, 2 if it can't be looked at.
            """)

    @Option(help: "text or json.")
    var format = Format.text

    @Option(help: "The key, if it is not in the directory: of a backup made with --without-key.", completion: .file())
    var keyFile: String?

    @OptionGroup var dataOptions: DataOptions

    /// So many pieces of damage are named to people.
    private static let limit = 100

    func run() throws {
        let progress = ProgressLine()
        do {
            let found = try DataVerification(of: dataOptions.directory(), keyFile: keyFile) { progress.show($0) }
            progress.end()
            print(format == .json ? found.json : found.text(limit: Self.limit))
            if !found.isClean { throw ExitCode(1) }
        } catch let error as StartError {
            progress.end()
            fail("Can't verify: \(error).", status: 2)
        }
    }
}
