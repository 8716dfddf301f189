import ArgumentParser
import Server

struct Env: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env",
        abstract: "Print export lines that point the AWS CLI at Gatehouse, as root: eval \"$(gatehouse env)\".")

    @Option(help: "The account whose root user to act as (default: the first account).")
    var account: String?

    @Flag(help: "The endpoint for HTTPS, and the certificate authority to trust.")
    var tls = false

    @OptionGroup var dataOptions: DataOptions

    func validate() throws {
        if let account, account.wholeMatch(of: /[0-9]{12}/) == nil {
            throw ValidationError("--account takes twelve digits, not '\(account)'.")
        }
    }

    func run() throws {
        let data = dataOptions.directory()
        guard var endpoint = data.endpoint else {
            fail(
                "There is no Gatehouse in \(data.path): start one with `gatehouse serve`, or name its directory with "
                    + "--data.")
        }
        if tls {
            guard let secure = data.secureEndpoint else {
                fail("The Gatehouse in \(data.path) does not speak HTTPS: start it with `gatehouse serve --tls`.")
            }
            endpoint = secure
        }
        do {
            let keys = try RecordedData(data).rootKeys(account: account)
            print(endpoint.exportLine)
            if let key = keys.first {
                print(Endpoint.exportLine(accessKeyID: key.id, secretAccessKey: key.secret))
            } else {
                print("# The root user has no active access key: use another user's, or `gatehouse root-key`.")
            }
            print(Endpoint.unsetLine)
        } catch {
            fail("\(error)")
        }
    }
}
