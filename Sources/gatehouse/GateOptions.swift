import ArgumentParser
import Platform
import Server

/// What `serve` is told of the endpoints behind it, and of what becomes of denials.
struct GateOptions: ParsableArguments {
    @Option(
        name: .customLong("upstream"),
        help: """
            An endpoint behind this server, and the services that it answers: SERVICE[,SERVICE]=URL, such as \
            dynamodb=http://127.0.0.1:8000; * stands for all services that nobody else answers. Can be repeated.
            """)
    var upstreams: [String] = []

    @Option(
        help: """
            A file that describes the endpoints behind this server: credentials, accounts, limits, and what operations ask \
            for. It is read again on SIGHUP.
            """)
    var upstreamConfig: String?

    @Flag(help: "Let through what policies deny, and mark it in the event history and in the metrics.")
    var observe = false

    @Flag(
        help: """
            When the server ends, print what was denied, or would have been, and exit with status 3 if there is anything: \
            for tests.
            """)
    var failOnDenials = false

    /// The endpoints; nil: there are none.
    /// - Throws: `ValidationError` for what can't be used.
    static func endpoints() throws -> UpstreamEndpoints? {
        // A URL has no spaces.
        let flags = Settings.list("UPSTREAM", separator: " ")
        let endpoints = UpstreamEndpoints(file: Settings.text("UPSTREAM_CONFIG"), flags: flags)
        guard endpoints.file != nil || !flags.isEmpty else { return nil }
        do throws(StartError) { _ = try endpoints.read() } catch { throw ValidationError("\(error)") }
        return endpoints
    }

    static func observes() throws -> Bool { try Settings.flag("OBSERVE") }

    static func failsOnDenials() throws -> Bool { try Settings.flag("FAIL_ON_DENIALS") }

    /// Ends the program with status 3 when something was denied, and that is a failure.
    static func judge(_ denials: Denials) throws {
        guard try failsOnDenials(), denials.count > 0 else { return }
        var lines = ["\(denials.count) denied:"]
        lines += denials.different.map {
            "  \($0.principal.isEmpty ? "anonymous" : $0.principal): \($0.action) on \($0.resource)"
        }
        Terminal.printNow(lines.joined(separator: "\n"))
        throw ExitCode(3)
    }
}
