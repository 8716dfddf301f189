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

    @Option(
        help: """
            With a database: the URL of a server, or of what stands before them (default: GATEHOUSE_PUBLIC_URL). A data \
            directory knows its server's.
            """)
    var endpoint: String?

    @Option(help: "With a database: the region that the servers run in (default us-east-1).")
    var region: String?

    @OptionGroup var placeOptions: PlaceOptions

    func validate() throws {
        if let account, account.wholeMatch(of: /[0-9]{12}/) == nil {
            throw ValidationError("--account takes twelve digits, not '\(account)'.")
        }
        if let endpoint, endpoint.wholeMatch(of: /https?:\/\/[\x21-\x7e]+/) == nil {
            throw ValidationError("--endpoint takes a URL such as https://aws.example, not '\(endpoint)'.")
        }
        if let region, region.wholeMatch(of: /[a-z0-9-]{1,32}/) == nil {
            throw ValidationError("--region takes a name like us-east-1, not '\(region)'.")
        }
    }

    func run() throws {
        let place = try placeOptions.place()
        let endpoint: Endpoint
        switch place {
        case .directory(let data):
            guard self.endpoint == nil, region == nil else {
                throw ValidationError("--endpoint and --region go together with --database: the directory knows them.")
            }
            endpoint = self.endpoint(of: data)
        case .database: endpoint = try sharedEndpoint()
        }
        do {
            let keys = try RecordedData(place).rootKeys(account: account)
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

    private func endpoint(of data: DataDirectory) -> Endpoint {
        guard let endpoint = data.endpoint else {
            fail(
                "There is no Gatehouse in \(data.path): start one with `gatehouse serve`, or name its directory with "
                    + "--data.")
        }
        guard tls else { return endpoint }
        guard let secure = data.secureEndpoint else {
            fail("The Gatehouse in \(data.path) does not speak HTTPS: start it with `gatehouse serve --tls`.")
        }
        return secure
    }

    /// A database does not know where its nodes listen, and the balancer that clients talk to even less.
    private func sharedEndpoint() throws -> Endpoint {
        guard !tls else {
            throw ValidationError("With a database, --endpoint says whether HTTPS is spoken: leave out --tls.")
        }
        guard let url = endpoint ?? Settings.text("PUBLIC_URL") else {
            throw ValidationError(
                "Which server? Name the URL of one, or of the balancer before them, with --endpoint, such as "
                    + "--endpoint https://aws.example.")
        }
        return Endpoint(
            url: url.hasSuffix("/") ? String(url.dropLast()) : url,
            region: region ?? Settings.text("REGION") ?? "us-east-1",
            caBundle: url.hasPrefix("https:") ? Settings.text("TLS_CA_FILE") : nil)
    }
}
