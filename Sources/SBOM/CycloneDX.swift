import Packages
import Wire

// <https://cyclonedx.org/docs/1.4/json/>

extension SBOMFormat {
    func cycloneDX(_ components: [Component], _ subject: SBOMSubject, _ vulnerabilities: [String: [InstalledPackage]])
        -> [UInt8]
    {
        var json = JSONWriter(capacity: 256 * (components.count + 4))
        json.beginObject()
        json.member("bomFormat", "CycloneDX")
        json.member("specVersion", "1.4")
        json.key("version")
        json.integer(1)
        json.key("metadata")
        json.beginObject()
        json.member("timestamp", subject.time)
        json.key("properties")
        json.beginArray()
        for property in subject.properties {
            json.beginObject()
            json.member("name", property.name)
            json.member("value", property.value)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        json.key("components")
        json.beginArray()
        // No two may have the same reference.
        var references: Set<String> = []
        for component in components where references.insert(component.id).inserted {
            json.beginObject()
            json.member("type", component.package.manager == .os ? "application" : "library")
            json.member("name", component.package.fullName)
            json.member("version", component.package.version)
            json.member("purl", component.url)
            json.member("bom-ref", component.id)
            json.endObject()
        }
        json.endArray()
        if !vulnerabilities.isEmpty {
            json.key("vulnerabilities")
            json.beginArray()
            for (id, packages) in vulnerabilities.sorted(by: { $0.key < $1.key }) {
                json.beginObject()
                json.member("id", id)
                json.key("affects")
                json.beginArray()
                for reference in Set(packages.map { Component($0).id }).intersection(references).sorted() {
                    json.beginObject()
                    json.member("ref", reference)
                    json.endObject()
                }
                json.endArray()
                json.endObject()
            }
            json.endArray()
        }
        json.endObject()
        return json.bytes
    }
}
