import Platform
import Wire

/// What is built, taken from the services themselves.
public enum OperationTable {
    /// A line for each operation, then what each service lacks.
    public static var text: String {
        var lines: [String] = []
        for service in Modules.all {
            let total = service.shape.operationNames.count
            lines.append("\(service.shape.serviceID): \(service.operations.count) of \(total) operations")
            for name in service.operations.keys.sorted() { lines.append("  \(service.shape.id):\(name)") }
        }
        return lines.joined(separator: "\n")
    }

    /// An array of the built operations, with their services.
    public static var json: String {
        var writer = JSONWriter()
        writer.beginArray()
        for service in Modules.all {
            for name in service.operations.keys.sorted() {
                writer.beginObject()
                writer.member("service", service.shape.id)
                writer.member("operation", name)
                writer.endObject()
            }
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
