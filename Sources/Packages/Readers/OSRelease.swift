// os-release(5): <https://www.freedesktop.org/software/systemd/man/latest/os-release.html>

extension OperatingSystem {
    /// - Returns: nil for a text that does not say what system it is.
    init?(osRelease bytes: [UInt8]) {
        var fields: [String: String] = [:]
        forEachLine(bytes) { line in
            guard let (name, value) = line.trimmed.parted(by: UInt8(ascii: "=")), fields.count < 64 else { return }
            fields[name.text] = value.trimmed.unquoted.text
        }
        guard let id = fields["ID"], !id.isEmpty, id.utf8.count <= 64 else { return nil }
        func some(_ name: String) -> String? { fields[name].flatMap { $0.isEmpty || $0.utf8.count > 256 ? nil : $0 } }
        self.init(
            id: id.lowercased(),
            like: some("ID_LIKE").map { $0.lowercased().split(separator: " ").map(String.init) } ?? [],
            version: some("VERSION_ID"), codename: some("VERSION_CODENAME") ?? some("UBUNTU_CODENAME"),
            prettyName: some("PRETTY_NAME"))
    }
}
