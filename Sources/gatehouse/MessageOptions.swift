import ArgumentParser
import Fetch
import Platform
import TransportSecurity

/// Where messages to the users of user pools go, besides the outbox.
struct MessageOptions: ParsableArguments {
    @Option(
        help: """
            The URL that gets every message to a user of a user pool, by POST as JSON: medium (EMAIL or SMS), recipient, \
            subject and text, such as https://localhost:8443/messages. Messages are in the outbox all the same.
            """)
    var messageEndpoint: String?

    func servers() throws -> MessageServers {
        var servers = MessageServers()
        if let text = messageEndpoint ?? Settings.text("MESSAGE_ENDPOINT") {
            guard let address = WebAddress(text, mayHaveQuery: true, mayBePlain: true) else {
                throw ValidationError(
                    "--message-endpoint takes a URL like https://localhost:8443/messages, not '\(text)'.")
            }
            guard address.isSecure || ServedName(address.host)?.isLoopback == true else {
                throw ValidationError(
                    """
                    --message-endpoint takes a URL with http only for this machine (http://127.0.0.1:8080): use https for \
                    \(address.host).
                    """)
            }
            servers.endpoint = address
        }
        return servers
    }
}
