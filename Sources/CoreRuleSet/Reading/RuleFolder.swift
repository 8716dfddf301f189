import FoundationEssentials

extension RuleFiles {
    /// Reads a folder of rules: Debian's `/usr/share/modsecurity-crs/rules`, or another copy. Files are read in the order of their
    /// names; rules for responses, and examples, are left out.
    /// - Throws: what the system says.
    public init(folder: String) throws {
        self.init(rules: [], data: [:])
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
            let path = "\(folder)/\(name)"
            if name.hasSuffix(".conf"), !name.hasPrefix("RESPONSE-") {
                rules.append((name, String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)))
            } else if name.hasSuffix(".data") {
                data[name] = Self.lines(String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self))
            }
        }
    }
}
