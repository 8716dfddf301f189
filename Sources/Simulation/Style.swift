/// Colours for a terminal, or none. Colours only repeat what the words say.
public struct Style: Sendable {
    /// Whether texts are wrapped in SGR codes. For whoever writes to a terminal, and respects `NO_COLOR`, to decide.
    public var isColored: Bool

    /// Makes a style with colours, or one that leaves every text as it is.
    public init(isColored: Bool) {
        self.isColored = isColored
    }

    func bold(_ text: String) -> String { painted(text, "1") }
    func faint(_ text: String) -> String { painted(text, "2") }
    func red(_ text: String) -> String { painted(text, "31") }
    func green(_ text: String) -> String { painted(text, "32") }
    func yellow(_ text: String) -> String { painted(text, "33") }

    /// With the SGR codes of ECMA-48.
    private func painted(_ text: String, _ code: String) -> String {
        isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
