import FoundationEssentials

/// What the operator wants to have scanned, and by which advisories: a file in JSON that is read again whenever it changes.
///
/// ```json
/// {"advisories": ["/srv/osv/PyPI.zip", "/srv/debian-tracker.json"],
///  "images": [{"repository": "web", "path": "/srv/images/web.tar"}],
///  "functions": [{"name": "checkout", "path": "/srv/checkout.zip", "runtime": "PYTHON_3_11"}],
///  "instances": [{"id": "i-0123456789abcdef0", "folder": "/srv/roots/web"}]}
/// ```
///
/// Nobody but the operator names places on this machine.
struct InspectedFile: Decodable, Sendable, Equatable {
    /// Files and folders of advisories.
    var advisories: [String]?
    var images: [Image]?
    var functions: [Function]?
    var instances: [Instance]?
    /// What CIS scans compare systems with.
    var benchmarks: [Benchmark]?
    /// Whether Lynis, if it is installed, looks at systems that there is no benchmark for.
    var lynis: Bool?

    /// Container images: an OCI layout, or an archive of `docker save`. All that are in it are of the repository.
    struct Image: Decodable, Sendable, Equatable {
        var repository: String
        var path: String
        /// Without one it is the first account's.
        var account: String?
        /// Without one it is in Gatehouse's own Region.
        var region: String?
    }

    /// A function: a zip archive, or a folder with what is in one.
    struct Function: Decodable, Sendable, Equatable {
        var name: String
        var path: String
        /// `PYTHON_3_11`
        var runtime: String?
        /// Its role's ARN.
        var role: String?
        var tags: [String: String]?
        var account: String?
        var region: String?
    }

    /// A system that is no instance of Gatehouse's, by the folder that is its root.
    struct Instance: Decodable, Sendable, Equatable {
        var id: String
        var folder: String
        var tags: [String: String]?
        var account: String?
        var region: String?
    }

    /// A benchmark for a platform, as OpenSCAP reads it.
    struct Benchmark: Decodable, Sendable, Equatable {
        /// `DEBIAN_12`
        var platform: String
        /// An XCCDF checklist, or a data stream.
        var content: String
        /// Its profiles by AWS's names of levels: `LEVEL_1`, `LEVEL_2`.
        var profiles: [String: String]
    }

    /// - Throws: what is wrong with the file, in words for people.
    init(path: String) throws(InspectedFileProblem) {
        guard let content = FileManager.default.contents(atPath: path) else {
            throw InspectedFileProblem(description: "\(path) can't be read")
        }
        do { self = try JSONDecoder().decode(InspectedFile.self, from: content) } catch {
            throw InspectedFileProblem(
                description: "\(path) is not JSON with \"advisories\", \"images\", \"functions\" and \"instances\"")
        }
        try check(path)
    }

    private func check(_ path: String) throws(InspectedFileProblem) {
        func problem(_ text: String) -> InspectedFileProblem { InspectedFileProblem(description: "\(path): \(text)") }
        let places =
            (advisories ?? []) + (images ?? []).map(\.path) + (functions ?? []).map(\.path)
            + (instances ?? []).map(\.folder) + (benchmarks ?? []).map(\.content)
        if let place = places.first(where: { !$0.hasPrefix("/") }) {
            throw problem("'\(place)' is not the whole path of a file or folder")
        }
        for image in images ?? [] {
            let pattern = /(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*/
            guard image.repository.wholeMatch(of: pattern) != nil, image.repository.utf8.count <= 256 else {
                throw problem("'\(image.repository)' is not the name of a repository")
            }
        }
        for function in functions ?? [] {
            guard function.name.wholeMatch(of: /[a-zA-Z0-9\-_.]{1,64}/) != nil else {
                throw problem("'\(function.name)' is not the name of a function")
            }
        }
        for instance in instances ?? [] {
            guard instance.id.wholeMatch(of: /i-(?:[0-9a-f]{8}|[0-9a-f]{17})/) != nil else {
                throw problem("'\(instance.id)' is not the id of an instance")
            }
        }
        let accounts =
            (images ?? []).map(\.account) + (functions ?? []).map(\.account) + (instances ?? []).map(\.account)
        guard accounts.allSatisfy({ $0 == nil || $0?.wholeMatch(of: /[0-9]{12}/) != nil }) else {
            throw problem("accounts have twelve digits")
        }
    }
}

/// Why the operator's file can't be used.
public struct InspectedFileProblem: Error, Sendable, CustomStringConvertible {
    /// In words for people.
    public let description: String
}
