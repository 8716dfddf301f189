import ArgumentParser

/// What Amazon Inspector scans.
struct InspectorOptions: ParsableArguments {
    @Option(
        help: """
            A file in JSON that says what Amazon Inspector scans besides the instances of EC2, and by which advisories: files \
            and folders of OSV's records and of Debian's security tracker, container images, archives of functions and root \
            folders. It is read again whenever it changes.
            """)
    var inspectedResources: String?

    /// The file; nil: there is none.
    static var file: String? { Settings.text("INSPECTED_RESOURCES") }
}
