import ArgumentParser
import Server

struct Sweep: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Remove the bodies of S3's objects that a crash has left behind.",
        discussion: """
            A server does this by itself every six hours, with bodies that have lain there for an hour; this is for whoever \
            needs the room now. Servers may be at work meanwhile: what they are writing is left alone. In a bucket, only what \
            has lain there for a day is removed.
            """)

    @OptionGroup var placeOptions: PlaceOptions

    func run() async throws {
        let place = try placeOptions.place()
        do {
            let swept = try await BodySweep(of: place)
            print(
                "Removed \(swept.orphans) bodies that no object had, and \(swept.unfinished) that were half written.")
        } catch {
            fail("Can't sweep: \(error)")
        }
    }
}
