import Wire

/// An image: where its configuration and layers are.
/// <https://github.com/opencontainers/image-spec/blob/main/manifest.md>
struct StoredImage {
    /// A layer.
    struct Layer {
        /// `sha256:…`, as Inspector names it.
        let digest: String
        let path: String
    }

    var name: ImageName
    let configuration: String
    let layers: [Layer]

    /// The images in a store: by its index if it has one (OCI), or else by docker's own manifest.
    static func all(in store: borrowing ImageStore) throws(InventoryError) -> [StoredImage] {
        if let index = try store.file("index.json") {
            return try images(ofIndex: try parsed(index), in: store, depth: 0, tags: [])
        }
        guard let manifest = try store.file("manifest.json") else {
            throw InventoryError(
                "it is neither an OCI layout nor what docker saves: it has no index.json and no manifest.json")
        }
        return try images(ofDocker: try parsed(manifest), in: store)
    }

    // MARK: OCI

    private static func images(
        ofIndex index: JSONValue, in store: borrowing ImageStore, depth: Int, tags: [String]
    ) throws(InventoryError) -> [StoredImage] {
        guard case .array(let entries)? = index["manifests"], entries.count <= 10_000 else {
            throw InventoryError("its index has no manifests")
        }
        var images: [StoredImage] = []
        for entry in entries {
            guard let digest = text(entry["digest"]), let path = blob(digest) else {
                throw InventoryError("its index names a manifest without a digest")
            }
            // What says how an image was built is none.
            if text(entry["annotations"]?["vnd.docker.reference.type"]) != nil { continue }
            if text(entry["platform"]?["os"]) == "unknown" { continue }
            var names = tags
            for key in ["io.containerd.image.name", "org.opencontainers.image.ref.name"] where names.isEmpty {
                if let name = text(entry["annotations"]?[key]) { names.append(name) }
            }
            // Layouts may have the manifests of one platform only.
            guard let bytes = try store.file(path) else { continue }
            let document = try parsed(bytes)
            if case .array? = document["manifests"] {
                guard depth < 4 else { throw InventoryError("its indexes are nested too deeply") }
                images += try self.images(ofIndex: document, in: store, depth: depth + 1, tags: names)
            } else if var image = try image(digest, document, in: store) {
                image.name.tags = names
                // The same one under several names.
                if let known = images.firstIndex(where: { $0.name.digest == digest }) {
                    images[known].name.tags += names.filter { !images[known].name.tags.contains($0) }
                } else {
                    images.append(image)
                }
            }
        }
        return images
    }

    private static func image(_ digest: String, _ manifest: JSONValue, in store: borrowing ImageStore)
        throws(InventoryError) -> StoredImage?
    {
        guard
            let configuration = text(manifest["config"]?["digest"]).flatMap(blob),
            case .array(let layers)? = manifest["layers"], layers.count <= 1_000
        else { throw InventoryError("the manifest \(digest) names no configuration or no layers") }
        // Signatures and charts have manifests of the same form.
        if let type = text(manifest["config"]?["mediaType"]), !type.contains("image") { return nil }
        var places: [Layer] = []
        for layer in layers {
            guard let digest = text(layer["digest"]), let path = blob(digest) else {
                throw InventoryError("the manifest \(digest) names a layer without a digest")
            }
            places.append(Layer(digest: digest, path: path))
        }
        let facts = try configurationFacts(configuration, in: store)
        return StoredImage(
            name: ImageName(digest: digest, platform: facts.platform, created: facts.created),
            configuration: configuration, layers: places)
    }

    /// `blobs/sha256/…`; nil for a digest that is none, which could name any file.
    private static func blob(_ digest: String) -> String? {
        let parts = digest.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "sha256" || parts[0] == "sha512", parts[1].utf8.count >= 64 else {
            return nil
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return nil }
        return "blobs/\(parts[0])/\(parts[1])"
    }

    // MARK: Docker

    private static func images(ofDocker manifest: JSONValue, in store: borrowing ImageStore) throws(InventoryError)
        -> [StoredImage]
    {
        guard case .array(let entries) = manifest, entries.count <= 10_000 else {
            throw InventoryError("its manifest names no images")
        }
        var images: [StoredImage] = []
        for entry in entries {
            guard
                let configuration = text(entry["Config"]).flatMap(ArchivePath.normal),
                case .array(let layers)? = entry["Layers"], layers.count <= 1_000
            else { throw InventoryError("its manifest names an image without a configuration or layers") }
            let facts = try configurationFacts(configuration, in: store)
            var places: [Layer] = []
            for (number, layer) in layers.enumerated() {
                guard let path = text(layer).flatMap(ArchivePath.normal) else {
                    throw InventoryError("its manifest names a layer that is none")
                }
                let digest = facts.layers.count == layers.count ? facts.layers[number] : path
                places.append(Layer(digest: digest, path: path))
            }
            var tags: [String] = []
            if case .array(let names)? = entry["RepoTags"] { tags = names.compactMap(text) }
            let hash = ArchivePath.last(configuration).prefix { $0 != "." }
            images.append(
                StoredImage(
                    name: ImageName(
                        digest: "sha256:\(hash)", tags: tags, platform: facts.platform, created: facts.created),
                    configuration: configuration, layers: places))
        }
        return images
    }

    /// What an image's configuration says.
    private static func configurationFacts(_ path: String, in store: borrowing ImageStore) throws(InventoryError) -> (
        platform: String?, created: String?, layers: [String]
    ) {
        guard let bytes = try store.file(path) else { throw InventoryError("\(path) is not there") }
        let document = try parsed(bytes)
        var layers: [String] = []
        if case .array(let digests)? = document["rootfs"]?["diff_ids"] { layers = digests.compactMap(text) }
        let parts = [text(document["os"]), text(document["architecture"]), text(document["variant"])].compactMap { $0 }
        return (parts.count >= 2 ? parts.joined(separator: "/") : nil, text(document["created"]), layers)
    }

    private static func text(_ value: JSONValue?) -> String? {
        guard case .string(let text)? = value else { return nil }
        return text
    }
}

extension Inventory {
    /// The images that an OCI layout or an archive of `docker save` has, by digest of the manifest (or of the
    /// configuration, where docker's own form has no manifest) and tags.
    public static func images(in path: String) throws(InventoryError) -> [ImageName] {
        try StoredImage.all(in: try ImageStore(path: path)).map(\.name)
    }

    /// An image: an OCI layout (a folder with `oci-layout`, or a tar archive of it), or what `docker save` writes.
    ///
    /// - Parameter reference: which image of several: a tag (`web:1`) or a digest (`sha256:…`). Nil: the only one, and an
    ///   error if there are more.
    public static func reading(
        image path: String, reference: String? = nil, limits: InventoryLimits = InventoryLimits()
    ) throws(InventoryError) -> Inventory {
        let store = try ImageStore(path: path)
        let image = try chosen(try StoredImage.all(in: store), reference)
        let finder = Finder(limits)
        for layer in image.layers {
            do {
                try store.layer(layer.path) { archive throws(InventoryError) in
                    try read(archive, finder, isLayer: true)
                }
            } catch {
                // Without one of its layers nothing is known of what the image has.
                throw InventoryError("the layer \(layer.digest): \(error)")
            }
            finder.endLayer(layer.digest)
        }
        return finder.inventory(layers: image.layers.map(\.digest))
    }

    private static func chosen(_ images: [StoredImage], _ reference: String?) throws(InventoryError) -> StoredImage {
        let matching =
            reference.map { reference in
                images.filter { $0.name.digest == reference || $0.name.tags.contains { $0.isTag(reference) } }
            } ?? images
        guard let first = matching.first else {
            throw InventoryError(reference.map { "there is no image \($0) in it" } ?? "there is no image in it")
        }
        if matching.count == 1 { return first }
        // One image for several kinds of machines: that of this one.
        #if arch(arm64)
            let own = "linux/arm64"
        #else
            let own = "linux/amd64"
        #endif
        let fitting = matching.filter { $0.name.platform?.hasPrefix(own) == true }
        guard fitting.count == 1, let one = fitting.first, Set(matching.map(\.name.tags)).count == 1 else {
            throw InventoryError(
                "there are several images in it: \(matching.map(\.name.digest).joined(separator: ", "))")
        }
        return one
    }
}

extension String {
    /// `docker.io/library/web:1` is `web:1` as well, and `1`, if layouts say no more.
    fileprivate func isTag(_ reference: String) -> Bool {
        self == reference || hasSuffix("/" + reference) || reference.hasSuffix(":" + self) && !contains(":")
    }
}
