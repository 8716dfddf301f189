// apk's database: <https://wiki.alpinelinux.org/wiki/Apk_spec>. A letter, a colon and a value; an empty line after each package.

enum APK {
    /// The packages of `lib/apk/db/installed`, and the files that are theirs.
    static func read(_ bytes: [UInt8], path: String) -> (packages: [InstalledPackage], ownership: Ownership) {
        var packages: [InstalledPackage] = []
        var ownership = Ownership()
        var fields: [UInt8: String] = [:]
        var files: [String] = []
        var folder = ""
        func finish() {
            if let name = fields[UInt8(ascii: "P")], let version = fields[UInt8(ascii: "V")], !name.isEmpty,
                !version.isEmpty
            {
                let origin = fields[UInt8(ascii: "o")]
                packages.append(
                    InstalledPackage(
                        manager: .os, type: .apk, name: name, version: version, architecture: fields[UInt8(ascii: "A")],
                        source: origin.map { SourcePackage(name: $0, version: version) }, path: path,
                        licence: fields[UInt8(ascii: "L")]))
                ownership.add(files, of: name)
            }
            fields = [:]
            files = []
            folder = ""
        }
        forEachLine(bytes) { line in
            guard let kind = line.first, line.dropFirst().first == UInt8(ascii: ":") else {
                if line.isEmpty { finish() }
                return
            }
            let value = line.dropFirst(2)
            switch kind {
            case UInt8(ascii: "F"): folder = value.text
            case UInt8(ascii: "R"):
                let file = folder.isEmpty ? value.text : "\(folder)/\(value.text)"
                if Ownership.mayMatter(Array("/\(file)".utf8)[...]) { files.append(file) }
            case UInt8(ascii: "P"), UInt8(ascii: "V"), UInt8(ascii: "A"), UInt8(ascii: "o"), UInt8(ascii: "L"):
                fields[kind] = value.trimmed.text
            default: break
            }
        }
        finish()
        return (packages, ownership)
    }
}
