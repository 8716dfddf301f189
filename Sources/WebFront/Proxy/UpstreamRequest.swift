import NIOCore
import Wire

/// A request's head as an application's server gets it: the client's fields, without those of its connection, and what an
/// Application Load Balancer says of the client.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html>
enum UpstreamRequest {
    /// - Parameters:
    ///   - certificate: the headers that tell of the client's.
    ///   - added: headers in the place of the client's of the same names.
    ///   - endpoint: what `Host` says where the client says none.
    /// - Returns: nil: it can't be told the application in one reading alone.
    static func head(
        _ head: RequestHead, _ client: ClientInfo, certificate: [(name: String, value: String)] = [], traceID: String,
        added: [(name: String, value: String)], endpoint: String
    ) -> ByteBuffer? {
        let fields = head.fields
        let trace = TraceHeader.value(head, traceID: traceID)
        var room = fields.bytes.count + fields.all.count * 4 + client.address.utf8.count + endpoint.utf8.count + 512
        // Bytes that are not UTF-8 grow when they become text.
        room += trace.utf8.count
        for field in certificate { room += field.name.utf8.count + field.value.utf8.count + 4 }
        for field in added { room += field.name.utf8.count + field.value.utf8.count + 4 }
        var buffer = ByteBuffer()
        var isWhole = true
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
            var writer = HeadWriter(memory)
            fields.bytes.withUnsafeBufferPointer { bytes in
                func put(_ range: Range<Int>) { writer.put(UnsafeBufferPointer(rebasing: bytes[range])) }
                put(head.method)
                writer.put(" ")
                put(head.target)
                writer.put(" HTTP/1.1\r\nHost: ")
                if head.authority.isEmpty { writer.put(endpoint) } else { put(head.authority) }
                writer.put("\r\n")
                for field in fields.all where isPassed(field, of: head, added) {
                    put(field.name)
                    writer.put(": ")
                    put(field.value)
                    writer.put("\r\n")
                }
                joinCookies(head, &writer, bytes)
                frame(head, &writer, bytes)
                forward(head, client, trace, &writer, bytes)
            }
            for field in certificate where !writer.putCheckedField(field.name, field.value) { isWhole = false }
            for field in added { _ = writer.putCheckedField(field.name, field.value) }
            writer.put("\r\n")
            isWhole = isWhole && writer.isWhole
            return writer.count
        }
        return isWhole ? buffer : nil
    }

    private static func isPassed(
        _ field: Fields.Field, of head: RequestHead, _ added: [(name: String, value: String)]
    ) -> Bool {
        switch field.kind {
        case .other, .date: break
        case .cookie: if head.version == .http2 { return false }
        default: return false
        }
        for option in head.connectionOptions where head.bytes.equals(field.name, ignoringCase: head.bytes[option]) {
            return false
        }
        for new in added where head.bytes.equals(field.name, ignoringCase: ArraySlice(new.name.utf8)) { return false }
        return true
    }

    /// HTTP/2 may have a line for each cookie; HTTP/1.1 has one for all (RFC 9113, section 8.2.3).
    private static func joinCookies(
        _ head: RequestHead, _ writer: inout HeadWriter, _ bytes: UnsafeBufferPointer<UInt8>
    ) {
        guard head.version == .http2 else { return }
        var isFirst = true
        for field in head.fields.all where field.kind == .cookie {
            writer.put(isFirst ? "Cookie: " : "; ")
            writer.put(UnsafeBufferPointer(rebasing: bytes[field.value]))
            isFirst = false
        }
        if !isFirst { writer.put("\r\n") }
    }

    private static func frame(
        _ head: RequestHead, _ writer: inout HeadWriter, _ bytes: UnsafeBufferPointer<UInt8>
    ) {
        switch head.framing {
        case .length(let length): writer.putField("Content-Length", String(length))
        case .chunked: writer.put("Transfer-Encoding: chunked\r\n")
        case .none, .untilClose: if head.saysEmpty { writer.put("Content-Length: 0\r\n") }
        }
        if let upgrade = head.upgrade {
            writer.put("Connection: Upgrade\r\nUpgrade: ")
            writer.put(UnsafeBufferPointer(rebasing: bytes[upgrade]))
            writer.put("\r\n")
        } else if head.hasUnusualBody {
            writer.put("Connection: close\r\n")
        }
    }

    private static func forward(
        _ head: RequestHead, _ client: ClientInfo, _ trace: String, _ writer: inout HeadWriter,
        _ bytes: UnsafeBufferPointer<UInt8>
    ) {
        writer.put("X-Forwarded-For: ")
        for field in head.fields.all where field.kind == .forwardedFor && !field.value.isEmpty {
            writer.put(UnsafeBufferPointer(rebasing: bytes[field.value]))
            writer.put(", ")
        }
        writer.put(client.address)
        writer.put(client.isSecure ? "\r\nX-Forwarded-Proto: https" : "\r\nX-Forwarded-Proto: http")
        writer.put("\r\nX-Forwarded-Port: ")
        writer.put(String(client.port))
        writer.put("\r\nX-Amzn-Trace-Id: ")
        writer.put(trace)
        writer.put("\r\n")
    }

    /// Whether `X-Forwarded-For` has no more addresses than an Application Load Balancer takes.
    static func hasBearableForwardedFor(_ head: RequestHead) -> Bool {
        var count = 0
        for field in head.fields.all where field.kind == .forwardedFor {
            count += 1
            for byte in head.bytes[field.value] where byte == .comma { count += 1 }
        }
        return count <= 30
    }
}

/// `X-Amzn-Trace-Id`, by which requests are found again.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html>
enum TraceHeader {
    static func value(_ head: RequestHead, traceID: String) -> String {
        let own = "=" + traceID
        guard let field = head.fields.all.first(where: { $0.kind == .traceID }) else { return "Root" + own }
        let parts = head.bytes.text(field.value).split(separator: ";")
        let kept = parts.filter { !$0.hasPrefix("Self=") }.joined(separator: ";")
        guard parts.contains(where: { $0.hasPrefix("Root=") }) else {
            return kept.isEmpty ? "Root" + own : "Root" + own + ";" + kept
        }
        return "Self" + own + ";" + kept
    }
}
