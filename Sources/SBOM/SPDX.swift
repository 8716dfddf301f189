import Packages
import Wire

// <https://spdx.github.io/spdx-spec/v2.3/>. As Inspector's have it, the licence of the document itself is left out.

extension SBOMFormat {
    func spdx(_ components: [Component], _ subject: SBOMSubject, _ vulnerabilities: [String: [InstalledPackage]])
        -> [UInt8]
    {
        var known: [String: [String]] = [:]
        for (id, packages) in vulnerabilities.sorted(by: { $0.key < $1.key }) {
            for component in Set(packages.map { Component($0).id }) { known[component, default: []].append(id) }
        }
        var seen: Set<String> = []
        let components = components.filter { seen.insert($0.id).inserted }
        var json = JSONWriter(capacity: 512 * (components.count + 4))
        json.beginObject()
        json.member("name", subject.name)
        json.member("spdxVersion", "SPDX-2.3")
        json.key("creationInfo")
        json.beginObject()
        json.member("created", subject.time)
        json.key("creators")
        json.beginArray()
        json.string("Organization: \(subject.accountID)")
        json.string("Tool: Amazon Inspector SBOM Generator")
        json.endArray()
        json.endObject()
        json.member("documentNamespace", subject.namespace)
        json.member("comment", "")
        json.key("packages")
        json.beginArray()
        for component in components { write(component, known[component.id] ?? [], &json) }
        json.endArray()
        json.key("relationships")
        json.beginArray()
        for component in components {
            json.beginObject()
            json.member("spdxElementId", "SPDXRef-DOCUMENT")
            json.member("relatedSpdxElement", component.spdxID)
            json.member("relationshipType", "DESCRIBES")
            json.endObject()
        }
        json.endArray()
        json.member("SPDXID", "SPDXRef-DOCUMENT")
        json.endObject()
        return json.bytes
    }

    private func write(_ component: Component, _ vulnerabilities: [String], _ json: inout JSONWriter) {
        let package = component.package
        json.beginObject()
        json.member("name", package.fullName)
        let isSystem = package.manager == .os
        let version = [package.upstreamVersion, package.release].compactMap { $0 }.joined(separator: "-")
        json.member("versionInfo", isSystem ? version : package.version)
        json.member("downloadLocation", "NOASSERTION")
        if let path = package.path { json.member("sourceInfo", "/\(path)") }
        json.key("filesAnalyzed")
        json.boolean(false)
        json.key("externalRefs")
        json.beginArray()
        func reference(_ category: String, _ type: String, _ locator: String) {
            json.beginObject()
            json.member("referenceCategory", category)
            json.member("referenceType", type)
            json.member("referenceLocator", locator)
            json.endObject()
        }
        reference("PACKAGE-MANAGER", "purl", component.url)
        for vulnerability in vulnerabilities { reference("SECURITY", "vulnerability", vulnerability) }
        json.endArray()
        json.member("SPDXID", component.spdxID)
        json.endObject()
    }
}

extension Component {
    /// Letters, digits, dots and hyphens are all that may stand in it.
    fileprivate var spdxID: String {
        let name = package.fullName.utf8.map { byte -> Character in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39,
                UInt8(ascii: "."), UInt8(ascii: "-"):
                Character(Unicode.Scalar(byte))
            default: "-"
            }
        }
        return "SPDXRef-Package-\(package.type.rawValue)-\(String(name))-\(id)"
    }
}
