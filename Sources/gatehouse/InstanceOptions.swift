import ArgumentParser
import FoundationEssentials
import Platform

/// What instances of EC2 may run on this machine.
struct InstanceOptions: ParsableArguments {
    @Option(
        help: """
            A file in JSON that says what instances of EC2 may run on this machine: root folders and commands, by the names under \
            which EC2 has images of them. Without it, instances exist, and nothing runs.
            """)
    var instanceImages: String?

    /// What stands in the file.
    private struct File: Decodable {
        let images: [Image]
    }

    private struct Image: Decodable {
        let name: String
        let folder: String?
        let command: [String]?
        let accounts: [String]?
        let description: String?
    }

    /// - Throws: `ValidationError` for a file that can't be used.
    static func sources() throws -> [InstanceSource] {
        guard let path = Settings.text("INSTANCE_IMAGES") else { return [] }
        guard let content = FileManager.default.contents(atPath: path),
            let file = try? JSONDecoder().decode(File.self, from: content)
        else {
            throw ValidationError(
                """
                --instance-images: \(path) can't be read. It is to be like {"images": [{"name": "web", "folder": "/srv/web", \
                "command": ["/sbin/init"], "accounts": ["111122223333"]}]}, where only the name and one of folder and command are \
                needed.
                """)
        }
        var names: Set<String> = []
        return try file.images.map { image in
            guard image.name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._\/-]{2,127}/) != nil else {
                throw problem(image, "has to be called by 3 to 128 letters, digits, '.', '_', '-' and '/'")
            }
            guard names.insert(image.name).inserted else { throw problem(image, "is there twice") }
            let command = image.command ?? []
            guard image.folder != nil || !command.isEmpty else { throw problem(image, "needs a folder or a command") }
            if let folder = image.folder {
                guard folder.hasPrefix("/"), folder != "/" else {
                    throw problem(image, "has to have the whole path of a folder, and not of '/'")
                }
                var isFolder = false
                if let kind = try? FileManager.default.attributesOfItem(atPath: folder)[.type] as? FileAttributeType {
                    isFolder = kind == .typeDirectory
                }
                guard isFolder else { throw problem(image, "has \(folder), which is no folder") }
            }
            guard (command.first ?? "/").hasPrefix("/") else {
                throw problem(image, "has to have a command that begins with the whole path of a program")
            }
            let accounts = image.accounts ?? []
            guard accounts.allSatisfy({ $0.wholeMatch(of: /[0-9]{12}/) != nil }) else {
                throw problem(image, "has to have accounts of twelve digits")
            }
            return InstanceSource(
                name: image.name, folder: image.folder, command: command, accounts: Set(accounts),
                about: image.description ?? "")
        }
    }

    private static func problem(_ image: Image, _ text: String) -> ValidationError {
        ValidationError("--instance-images: the image '\(image.name)' \(text).")
    }
}
