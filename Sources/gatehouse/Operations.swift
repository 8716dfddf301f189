import ArgumentParser
import Server

struct Operations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the operations that are built.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, markdown
    }

    @Option(help: "text, json, or markdown, which says what each operation asks for too.")
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
