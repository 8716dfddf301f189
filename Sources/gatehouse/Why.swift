import ArgumentParser
import Server

struct Why: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain why a recorded call was allowed or denied.",
        discussion: """
            Every response carries its request id (x-amzn-RequestId; the AWS CLI shows it with --debug), and so does \
            every CloudTrail event, as requestID.
            """)

    @Argument(help: "The request id.")
    var requestID: String

    @Flag(help: "Print a denial as an encoded message, for `aws sts decode-authorization-message`.")
    var encoded = false

    @OptionGroup var dataOptions: DataOptions

    func run() async throws {
        let data = dataOptions.directory()
        do {
            guard let call = try await RecordedData(data).call(requestID: requestID) else {
                fail("No call with the request id \(requestID) is in the event history of \(data.path).")
            }
            guard encoded else { return print(call.explanation) }
            guard let message = call.encodedDenial else {
                fail("The policies did not deny the call with the request id \(requestID).")
            }
            print(message)
        } catch {
            fail("\(error)")
        }
    }
}
