import ArgumentParser
import Server

struct Outbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox",
        abstract: "Print the mail that AWS would have sent, such as verification codes.",
        discussion: """
            Gatehouse sends no mail. Where AWS would, for example the code for account:StartPrimaryEmailUpdate, it \
            keeps the message here. For a server in memory, the root user reads them with a signed GET of \
            /_gatehouse/outbox.
            """)

    @OptionGroup var placeOptions: PlaceOptions

    func run() async throws {
        let place = try placeOptions.place()
        do {
            let mail = try await RecordedData(place).mail()
            print(mail.isEmpty ? "There is no mail." : mail.map(\.text).joined(separator: "\n\n"))
        } catch {
            fail("\(error)")
        }
    }
}
