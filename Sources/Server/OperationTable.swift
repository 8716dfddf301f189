import Platform
import Wire

/// What is built, taken from the services themselves.
public enum OperationTable {
    /// A line for each operation, then what each service lacks.
    public static var text: String {
        var lines: [String] = []
        for (service, modules) in Modules.listed {
            let names = modules.flatMap(\.operations.keys).sorted()
            // Of another service's model there is what there is.
            let total = service.shape.operationNames.count + modules.dropFirst().reduce(0) { $0 + $1.operations.count }
            lines.append("\(service.shape.serviceID): \(names.count) of \(total) operations")
            for name in names { lines.append("  \(service.shape.id):\(name)") }
        }
        return lines.joined(separator: "\n")
    }

    /// An array of the built operations, with their services.
    public static var json: String {
        var writer = JSONWriter()
        writer.beginArray()
        for (service, modules) in Modules.listed {
            for name in modules.flatMap(\.operations.keys).sorted() {
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
