import Directory
import Wire

extension EffectivePolicy {
    /// The document that AWS shows: without operators, and without what is empty.
    var json: String {
        var writer = JSONWriter()
        root.write(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension EffectiveNode {
    fileprivate func write(to writer: inout JSONWriter) {
        switch value {
        case .one(let text): writer.string(text)
        case .many(let texts):
            writer.beginArray()
            for text in texts { writer.string(text) }
            writer.endArray()
        case nil:
            writer.beginObject()
            for member in members where !member.isEmpty {
                writer.key(member.name)
                member.write(to: &writer)
            }
            writer.endObject()
        }
    }
}
