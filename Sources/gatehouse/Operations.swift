import ArgumentParser
import Server

struct Operations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operations",
        abstract: "List the API operations that are implemented.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, markdown
    }

    @Option(help: "The output format; markdown also says what each operation asks the policies for.")
    var format = Format.text

    func run() async throws {
        switch format {
        case .text: print(OperationTable.text)
        case .json: print(OperationTable.json)
        case .markdown:
            do {
                print(try await OperationReference().markdown(), terminator: "")
            } catch {
                fail("\(error)")
            }
        }
    }
}
