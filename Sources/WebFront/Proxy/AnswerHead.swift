import NIOCore
import Wire

/// An answer's head as clients of HTTP/1 get it: the application's fields, without those of its connection.
enum AnswerHead {
    /// - Parameter ending: the lines that say how it is sent.
    static func bytes(_ head: ResponseHead, ending: String) -> ByteBuffer {
        let fields = head.fields
        let options = fields.fields(.connection).flatMap { fields.bytes.list($0.value) }
        var buffer = ByteBuffer()
        let room = fields.bytes.count + fields.all.count * 4 + head.reason.count + ending.utf8.count + 32
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
            var writer = HeadWriter(memory)
            writer.put("HTTP/1.1 ")
            writer.put(String(head.status))
            writer.put(" ")
            head.reason.withUnsafeBufferPointer { writer.put($0) }
            writer.put("\r\n")
            fields.bytes.withUnsafeBufferPointer { bytes in
                for field in fields.all where isPassed(field, fields, options) {
                    writer.put(UnsafeBufferPointer(rebasing: bytes[field.name]))
                    writer.put(": ")
                    writer.put(UnsafeBufferPointer(rebasing: bytes[field.value]))
                    writer.put("\r\n")
                }
            }
            writer.put(ending)
            writer.put("\r\n")
            return writer.count
        }
        return buffer
    }

    /// Whether a field is for the client.
    static func isPassed(_ field: Fields.Field, _ fields: Fields, _ options: [Range<Int>]) -> Bool {
        guard !field.kind.isOfConnection else { return false }
        return !options.contains { fields.bytes.equals(field.name, ignoringCase: fields.bytes[$0]) }
    }
}
