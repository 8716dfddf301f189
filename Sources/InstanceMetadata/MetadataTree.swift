import Wire

/// What a path of the metadata shows.
public enum MetadataAnswer: Sendable, Hashable {
    /// One thing.
    case value(MetadataValue)
    /// The names below a path, each in a line; those of folders end with a slash.
    case list(String)
}

/// One thing of the metadata, where it is known without asking anybody, or what has to be asked for.
public enum MetadataValue: Sendable, Hashable {
    case text(String)
    /// As they are, whatever they are.
    case bytes([UInt8])
    /// Credentials of the role of this name: see ``RoleCredentialsDocument``.
    case credentials(role: String)
    /// The identity document, or a signature of it.
    case identity(IdentityPart)
}

/// What there is of the identity document.
public enum IdentityPart: String, Sendable, Hashable, CaseIterable {
    case document
    /// PKCS #7, in base64.
    case pkcs7
    /// PKCS #7 by a key of 2048 bits, in base64.
    case rsa2048
    /// RSA over SHA-256, in base64.
    case signature
}

/// The versions of the tree: a category that came later is not in those before it.
enum MetadataVersions {
    static let latest = "latest"

    /// Those that AWS's pages name. They are in the order of their bytes, and `latest` is behind all.
    static let all = [
        "1.0", "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10", "2007-12-15", "2008-02-01", "2008-09-01",
        "2009-04-04", "2011-01-01", "2011-05-01", "2012-01-12", "2014-02-25", "2014-11-05", "2015-10-20", "2016-04-19",
        "2016-06-30", "2016-11-15", "2018-05-23", "2018-08-17", "2019-10-01", "2020-08-24", "2020-10-27", "2020-11-01",
        "2021-01-03", "2021-03-23", "2021-07-15", "2022-09-24", latest,
    ]
}

/// A thing or a folder.
enum MetadataNode {
    case value(MetadataValue)
    case folder([MetadataEntry])
}

/// What a folder has, by its name.
struct MetadataEntry {
    let name: String
    /// As lists show it.
    let label: String
    /// The version that it came with.
    let since: String
    let node: MetadataNode

    /// - Parameter label: nil: the name, and a slash behind that of a folder.
    init(_ name: String, label: String? = nil, since: String = "1.0", _ node: MetadataNode) {
        self.name = name
        self.since = since
        self.node = node
        if let label {
            self.label = label
        } else if case .folder = node {
            self.label = name + "/"
        } else {
            self.label = name
        }
    }

    static func text(_ name: String, since: String = "1.0", _ text: String) -> MetadataEntry {
        MetadataEntry(name, since: since, .value(.text(text)))
    }

    static func folder(_ name: String, since: String = "1.0", _ entries: [MetadataEntry]) -> MetadataEntry {
        MetadataEntry(name, since: since, .folder(entries))
    }
}

extension InstanceMetadata {
    /// What is at a path; nil: nothing.
    ///
    /// A folder is found with and without a slash at the end.
    /// - Parameter path: as it was sent: percent-encoded, with a slash at the beginning.
    public func answer(to path: String) -> MetadataAnswer? {
        var names: [String] = []
        for part in path.split(separator: "/") {
            guard let name = part.percentDecoded else { return nil }
            names.append(name)
        }
        guard let version = names.first else { return .list(MetadataVersions.all.joined(separator: "\n")) }
        guard MetadataVersions.all.contains(version) else { return nil }
        var node = MetadataNode.folder(root)
        for name in names.dropFirst() {
            guard case .folder(let entries) = node,
                let entry = entries.first(where: { $0.name == name && $0.since <= version })
            else { return nil }
            node = entry.node
        }
        switch node {
        case .value(let value): return .value(value)
        case .folder(let entries):
            return .list(entries.filter { $0.since <= version }.map(\.label).joined(separator: "\n"))
        }
    }
}
