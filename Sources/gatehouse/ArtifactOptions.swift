import ArgumentParser

/// What Artifact is to have of the operator's.
struct ArtifactOptions: ParsableArguments {
    @Option(
        help: """
            A folder with papers of your own, for AWS Artifact: terms.pdf or terms.txt, the terms under which reports are given, \
            and in agreements/ agreements, as PDF or text. They are read when they are asked for.
            """)
    var papers: String?

    /// The folder; nil: there is none.
    static var folder: String? { Settings.text("PAPERS") }
}
