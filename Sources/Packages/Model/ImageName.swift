/// An image in a layout or an archive.
public struct ImageName: Sendable, Hashable, Codable {
    /// `sha256:…`
    public var digest: String
    /// `web:1`
    public var tags: [String]
    /// `linux/amd64`, where it is stated.
    public var platform: String?
    /// When it was made, as its configuration says it: `2026-11-30T12:00:00Z`.
    public var created: String?

    /// Makes a name.
    public init(digest: String, tags: [String] = [], platform: String? = nil, created: String? = nil) {
        self.digest = digest
        self.tags = tags
        self.platform = platform
        self.created = created
    }
}
