import ArgumentParser
import Server

struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show what has become of a resource: each change, who made it, and why that was allowed.",
        discussion: """
            gatehouse history arn:aws:s3:::shop
            gatehouse history arn:aws:iam::111122223333:role/deploy

            It goes back as far as the journal is kept, whether or not AWS Config was recording; what the resource looks \
            like is what AWS Config shows.
            """)

    @Argument(help: "The ARN of the resource. It may be gone.")
    var arn: String

    @OptionGroup var placeOptions: PlaceOptions

    func run() async throws {
        let place = try placeOptions.place()
        do {
            let recorded = try RecordedData(place)
            try await OwnServer.flushEvents(of: place, recorded)
            let life = try await ResourceLife(arn, try RecordedEstate(place), recorded)
            guard !life.steps.isEmpty else { fail("The journal of \(place.name) tells nothing of \(arn).") }
            print(life.text)
        } catch {
            fail("\(error)")
        }
    }
}
