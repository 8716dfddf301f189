import Documents
import Platform
import Wire

/// The report of what Gatehouse is made of. <https://cyclonedx.org/docs/1.5/json/>
enum BuildReport {
    static func json(_ contents: BuildContents, at time: Double) -> JSONValue {
        .members([
            "bomFormat": .string("CycloneDX"), "specVersion": .string("1.5"), "version": .integer(1),
            "metadata": .members([
                "timestamp": .string(ReportTime.text(time)),
                "component": component(
                    "application", "gatehouse", contents.version, url: nil, contents.program?.sha256),
            ]), "components": .array(packages(contents) + libraries(contents)),
        ])
    }

    private static func packages(_ contents: BuildContents) -> [JSONValue] {
        contents.packages.map { package in
            let place = package.location.replacing("https://", with: "").replacing(".git", with: "")
            return component(
                "library", package.name, package.version ?? package.revision,
                url: "pkg:swift/\(place)@\(package.version ?? package.revision)", nil, revision: package.revision)
        }
    }

    private static func libraries(_ contents: BuildContents) -> [JSONValue] {
        contents.libraries.map { file in
            let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
            let version = file.version ?? "unknown"
            let url = file.package.map { "pkg:deb/debian/\($0)@\(version)" }
            return component("library", name, version, url: url, file.sha256, path: file.path)
        }
    }

    private static func component(
        _ type: String, _ name: String, _ version: String, url: String?, _ sha256: String?, revision: String? = nil,
        path: String? = nil
    ) -> JSONValue {
        let hash = sha256.map {
            JSONValue.array([.members(["alg": .string("SHA-256"), "content": .string($0)])])
        }
        let properties = [("gatehouse:revision", revision), ("gatehouse:path", path)].compactMap { name, value in
            value.map { JSONValue.members(["name": .string(name), "value": .string($0)]) }
        }
        return .members([
            "type": .string(type), "name": .string(name), "version": .string(version),
            "bom-ref": .string("\(name)@\(version)\(path.map { " \($0)" } ?? "")"), "hashes": hash,
            "purl": url.map { .string($0) }, "properties": properties.isEmpty ? nil : .array(properties),
        ])
    }

    static func document(_ contents: BuildContents, at time: Double) -> Document {
        var document = Document(title: "Gatehouse bill of materials", author: "Gatehouse", time: time)
        document.paragraph(
            "What the Gatehouse that made this report is made of: the packages that its build has pinned, and the libraries "
                + "that it has loaded. Made \(ReportTime.text(time)).")
        document.heading("Program")
        document.row(["Version", contents.version], widths: [1, 5])
        if let program = contents.program {
            document.row(["SHA-256", program.sha256], widths: [1, 5])
        }
        document.heading("Packages of Swift")
        document.row(["Package", "Version", "Revision"], widths: [2, 1, 3], isBold: true)
        for package in contents.packages {
            document.row([package.name, package.version ?? "", package.revision], widths: [2, 1, 3])
        }
        document.heading("Libraries of the system")
        let widths = [3.0, 2, 4]
        document.row(["File", "Version", "SHA-256"], widths: widths, isBold: true)
        for file in contents.libraries {
            let version = [file.package, file.version].compactMap { $0 }.joined(separator: " ")
            document.row([file.path, version, file.sha256], widths: widths)
        }
        return document
    }
}

/// Times in reports.
enum ReportTime {
    /// `2026-11-30T12:00:00Z`
    static func text(_ time: Double) -> String { Timestamp(secondsSinceEpoch: time).iso8601 }
}
