import ArgumentParser
import Server
import Signature

struct Why: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Explain why a recorded call was allowed or denied.",
        discussion: """
            gatehouse why --last --denied
            gatehouse why --last --user alice
            gatehouse why --last --denied --remedies

            Every response carries its request id (x-amzn-RequestId; the AWS CLI shows it with --debug), and so does \
            every CloudTrail event, as requestID.
            """)

    @Argument(help: "The request id.")
    var requestID: String?

    @Flag(help: "Explain the latest call of the event history.")
    var last = false

    @Option(
        help: ArgumentHelp(
            "With --last: the latest call of this caller: the Username of the event history, or an ARN.",
            valueName: "name"))
    var user: String?

    @Flag(help: "With --last: the latest call that the policies denied.")
    var denied = false

    @Flag(help: "Print a denial as an encoded message, for `aws sts decode-authorization-message`.")
    var encoded = false

    @Flag(
        help: """
            Print what would have a denied call allowed now, the smallest change first: each is tried on all policies.
            """)
    var remedies = false

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "With --remedies: the output format.")
    var format = Format.text

    @OptionGroup var placeOptions: PlaceOptions

    func validate() throws {
        if last, let requestID {
            throw ValidationError("--last is instead of a request id: leave out one of them, --last or '\(requestID)'.")
        }
        if requestID == nil, !last {
            throw ValidationError("Which call? Give its request id, or --last for the latest one.")
        }
        if remedies, encoded { throw ValidationError("--remedies and --encoded don't go together.") }
        if format == .json, !remedies { throw ValidationError("--format goes together with --remedies.") }
        if !last, user != nil || denied { throw ValidationError("--user and --denied go together with --last.") }
    }

    func run() async throws {
        let place = try placeOptions.place()
        do {
            let call = try await call(place)
            if remedies { return try await printRemedies(call, place) }
            guard encoded else { return print(call.explanation) }
            guard let message = call.encodedDenial else {
                fail("The policies did not deny this call, so there is no encoded message: leave out --encoded.")
            }
            print(message)
        } catch {
            fail("\(error)")
        }
    }

    private func printRemedies(_ call: RecordedCall, _ place: DataPlace) async throws {
        guard let report = try await RecordedEstate(place).remedies(for: call) else {
            fail(
                "The policies did not deny this call, so there is nothing to be done about them: leave out --remedies.")
        }
        switch format {
        case .text: print(report.text)
        case .json: print(try PrintedJSON.of(JSONRemedies(report)))
        }
    }

    private func call(_ place: DataPlace) async throws(StartError) -> RecordedCall {
        let recorded = try RecordedData(place)
        let option =
            switch place {
            case .directory: "--data"
            case .database: "--database"
            }
        if let requestID {
            if let call = try await recorded.call(requestID: requestID) { return call }
            fail(
                "No call with the request id \(requestID) is in the event history of \(place.name). If it was made to "
                    + "another Gatehouse, name that one's \(option); the latest call is shown by --last.")
        }
        try await OwnServer.flushEvents(of: place, recorded)
        if let call = try await recorded.lastCall(user: user, denied: denied) { return call }
        let which = (denied ? "denied call" : "call") + (user.map { " by \($0)" } ?? "")
        fail(
            "No \(which) is in the event history of \(place.name). If it was made to another Gatehouse, name that one's "
                + "\(option).")
    }
}
