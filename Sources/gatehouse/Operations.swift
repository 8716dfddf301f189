import ArgumentParser
import Server

struct Operations: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the operations that are built.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "text or json.")
    var format = Format.text

    func run() {
        switch format {
        case .text: print(OperationTable.text)
        case .json: print(OperationTable.json)
        }
    }
}
