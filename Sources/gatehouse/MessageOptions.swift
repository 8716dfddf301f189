import ArgumentParser
import Fetch
import FoundationEssentials
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

    @Option(
        help: """
            The server that gets e-mail to the users of user pools where there is no endpoint: smtp://HOST:PORT, which has \
            to speak STARTTLS unless it is on this machine, or smtps://HOST:PORT. It is spoken to by libcurl.
            """)
    var mailServer: String?

    @Flag(help: "Ask a mail server on this machine for STARTTLS, too.")
    var mailRequiresTLS = false

    @Option(
        help: """
            Who signs in at the mail server. The password is in the file that --mail-password-file names, or in the \
            variable GATEHOUSE_MAIL_PASSWORD.
            """)
    var mailUsername: String?

    @Option(help: "A file with the password for the mail server.")
    var mailPasswordFile: String?

    @Option(help: "Whom mail is from where a user pool does not say it (default no-reply@verificationemail.com).")
    var mailSender: String?

    /// - Parameter authoritiesFile: what `--ca-bundle` names.
    static func servers(authoritiesFile: String?) throws -> MessageServers {
        var servers = MessageServers()
        if let text = Settings.text("MESSAGE_ENDPOINT") {
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
        servers.mailServer = try mail(authoritiesFile)
        return servers
    }

    private static func mail(_ authoritiesFile: String?) throws -> MailServer? {
        guard let url = Settings.text("MAIL_SERVER") else {
            let others = ["MAIL_USERNAME", "MAIL_PASSWORD_FILE", "MAIL_SENDER", "MAIL_REQUIRES_TLS"]
            guard !others.contains(where: Settings.isGiven) else {
                throw ValidationError("Options of the mail server go together with --mail-server.")
            }
            return nil
        }
        guard let parts = url.wholeMatch(of: /(smtps?):\/\/([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?/) else {
            throw ValidationError(
                "--mail-server takes smtp://HOST:PORT or smtps://HOST:PORT, such as smtp://mail.example.com:587, not '\(url)'."
            )
        }
        let host = String(parts.2.drop { $0 == "[" }.prefix { $0 != "]" })
        let isNear = ServedName(host)?.isLoopback == true
        let needsTLS = try Settings.flag("MAIL_REQUIRES_TLS") || !isNear
        let sender = Settings.text("MAIL_SENDER") ?? "no-reply@verificationemail.com"
        guard sender.wholeMatch(of: /[^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+/) != nil else {
            throw ValidationError(
                "--mail-sender takes an address, such as app@example.com or 'The App <app@example.com>', not '\(sender)'."
            )
        }
        let username = Settings.text("MAIL_USERNAME")
        do { try MailClient.check() } catch {
            throw ValidationError(
                "--mail-server needs libcurl, which is not there (Debian: apt install libcurl4): \(error)")
        }
        return MailServer(
            url: url, requiresTLS: needsTLS, username: username, password: try username.map { _ in try password() },
            authoritiesFile: authoritiesFile, sender: sender)
    }

    private static func password() throws -> String {
        if let file = Settings.text("MAIL_PASSWORD_FILE") {
            guard let content = FileManager.default.contents(atPath: file) else {
                throw ValidationError("The file \(file), which --mail-password-file names, can't be read.")
            }
            // Editors end a file with a line feed.
            return String(decoding: content.prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self)
        }
        guard let password = Settings.secret("MAIL_PASSWORD") else {
            throw ValidationError(
                "The password for the mail server is missing: name a file that has it with --mail-password-file.")
        }
        return password
    }
}
