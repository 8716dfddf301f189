import ArgumentParser
import Server

struct Outbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the mail that AWS would have sent: codes, for example.",
        discussion: """
            Gatehouse sends no mail. Where AWS would, as with the code of account:StartPrimaryEmailUpdate, it keeps the \
            message here. Of a Gatehouse in memory, the root user reads them with a signed GET of /_gatehouse/outbox.
            """)

    @OptionGroup var dataOptions: DataOptions

    func run() async throws {
        do {
            let mail = try await RecordedData(dataOptions.directory()).mail()
            print(mail.isEmpty ? "There is no mail." : mail.map(\.text).joined(separator: "\n\n"))
        } catch {
            fail("\(error)")
        }
    }
}
