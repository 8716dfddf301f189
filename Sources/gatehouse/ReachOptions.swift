import ArgumentParser
import WAF

/// Where servers may be that users name.
struct ReachOptions: ParsableArguments {
    @Option(
        name: .customLong("allow-private-network"),
        help: """
            A network in which servers may be that users name and you have not: identity providers, proxies of external key \
            stores, endpoints of subscriptions, API destinations. Such as 10.1.0.0/16, or 127.0.0.0/8 for this machine. Without it \
            only the public internet is asked. Can be repeated.
            """)
    var privateNetworks: [String] = []

    /// - Throws: `ValidationError` for what is no network.
    static func networks() throws -> [Network] {
        try Settings.list("ALLOW_PRIVATE_NETWORK").map { text in
            guard let network = Network(text) else {
                throw ValidationError("--allow-private-network takes a network like 10.1.0.0/16, not '\(text)'.")
            }
            return network
        }
    }
}
