// What can be inventoried. Everything that is read is taken for hostile: see ``InventoryLimits``.

extension Inventory {
    /// A folder that is the root of a system: an instance's, an unpacked image's. Symbolic links in it are followed as from
    /// inside: none leads out.
    public static func reading(root path: String, limits: InventoryLimits = InventoryLimits()) throws(InventoryError)
        -> Inventory
    {
        throw InventoryError("not written yet")
    }

    /// An image: an OCI layout (a folder with `oci-layout`, or a tar archive of it), or what `docker save` writes.
    ///
    /// - Parameter reference: which image of several: a tag (`web:1`) or a digest (`sha256:…`). Nil: the only one, and an
    ///   error if there are more.
    public static func reading(
        image path: String, reference: String? = nil, limits: InventoryLimits = InventoryLimits()
    ) throws(InventoryError) -> Inventory {
        throw InventoryError("not written yet")
    }

    /// An archive of files, such as a function's zip.
    public static func reading(archive path: String, limits: InventoryLimits = InventoryLimits()) throws(InventoryError)
        -> Inventory
    {
        throw InventoryError("not written yet")
    }

    /// The images that an OCI layout or an archive of `docker save` has, by digest of the manifest (or of the
    /// configuration, where docker's own form has no manifest) and tags.
    public static func images(in path: String, limits: InventoryLimits = InventoryLimits()) throws(InventoryError)
        -> [ImageName]
    {
        throw InventoryError("not written yet")
    }
}

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
