import ArgumentParser

/// What web ACLs are to have.
struct WebACLOptions: ParsableArguments {
    @Option(
        help: """
            A file to which the logs of all web ACLs are added, one JSON object a line, besides the buckets that their owners choose.
            """)
    var webACLLog: String?

    /// nil: there is none.
    var log: String? { webACLLog ?? Settings.text("WEB_ACL_LOG") }
}
