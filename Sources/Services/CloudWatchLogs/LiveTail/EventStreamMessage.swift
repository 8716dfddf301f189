import Bodies
import Wire

/// A message of `application/vnd.amazon.eventstream`: headers and a payload, each part with its checksum.
/// <https://smithy.io/2.0/aws/amazon-eventstream.html>
struct EventStreamMessage: Sendable {
    let headers: [(name: String, value: String)]
    let payload: [UInt8]

    /// An event of a model's stream.
    static func event(_ name: String, _ json: [UInt8]) -> EventStreamMessage {
        EventStreamMessage(
            headers: [(":message-type", "event"), (":event-type", name), (":content-type", "application/json")],
            payload: json)
    }

    /// An error that ends the stream.
    static func exception(_ name: String, _ message: String) -> EventStreamMessage {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("message", message)
        writer.endObject()
        return EventStreamMessage(
            headers: [
                (":message-type", "exception"), (":exception-type", name), (":content-type", "application/json"),
            ], payload: writer.bytes)
    }

    var bytes: [UInt8] {
        var block: [UInt8] = []
        for (name, value) in headers {
            block.append(UInt8(clamping: name.utf8.count))
            block += name.utf8
            // A text, its length in two bytes.
            block.append(7)
            block += Self.bigEndian(UInt16(clamping: value.utf8.count))
            block += value.utf8
        }
        let length = 12 + block.count + payload.count + 4
        var message = Self.bigEndian(UInt32(clamping: length)) + Self.bigEndian(UInt32(clamping: block.count))
        message += Self.checksum(message)
        message += block
        message += payload
        return message + Self.checksum(message)
    }

    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        var crc = CRC(.crc32)
        crc.update(bytes)
        return crc.bytes
    }

    private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
