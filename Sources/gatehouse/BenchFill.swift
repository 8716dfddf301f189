import ArgumentParser
import Logging
import Server

/// What `make bench` fills a data directory with: accounts and users, written directly, because the API would take an
/// hour.
struct BenchFill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bench-fill", shouldDisplay: false)

    @Option var data: String
    @Option(help: "How many accounts beside the first.") var accounts: Int
    @Option(help: "How many users in each.") var users: Int
    @Option(help: "How many recorded calls beside them, those of one account after those of another.") var events = 0
    @Option(help: "How many KMS keys in the last account.") var keys = 0
    @Option(help: "How many grants of them.") var grants = 0
    @Option(help: "How many objects in the bucket bench of the last account.") var objects = 0
    @Option(help: "How many users in a user pool of the last account.") var poolUsers = 0
    @Option(help: "The access key of the first user of the last account.") var accessKeyID: String
    @Option var secretAccessKey: String

    func run() async throws {
        var configuration = Gatehouse.Configuration()
        configuration.dataDirectory = data
        let gatehouse = try await Gatehouse(configuration, log: Logger(label: "fill"))
        let progress = ProgressLine()
        try await gatehouse.fill(
            accounts: accounts, users: users, events: events, keys: keys, grants: grants, objects: objects,
            poolUsers: poolUsers,
            lastKey: (id: accessKeyID, secret: secretAccessKey)
        ) { progress.show($0) }
        progress.end()
        await gatehouse.close()
    }
}
