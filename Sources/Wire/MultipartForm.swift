/// Takes apart what a browser's form posts, `multipart/form-data` (RFC 7578), as it arrives: nothing of a file is kept but what
/// may be the beginning of a boundary.
///
/// ```swift
/// var parser = try MultipartFormParser(contentType: contentType)
/// parser.take(bytes)
/// while let event = try parser.next() { … }  // nil: it needs more
/// ```
public struct MultipartFormParser: Sendable {
    /// What comes of the form, in its order.
    public enum Event: Sendable, Equatable {
        /// A field that is no file, whole.
        case field(name: String, value: [UInt8])
        /// The file begins: the field that is called `file`.
        case file(name: String, type: String?)
        /// More of the file's bytes; never empty.
        case content([UInt8])
        /// The file has ended. What follows it means nothing.
        case fileEnd
        /// The form has ended.
        case end
    }

    /// What can be wrong with a form.
    public enum Fault: Error, Equatable {
        /// It is not what it says it is.
        case malformed
        /// What comes before the file is too long.
        case tooLong
    }

    private enum Place: Sendable {
        case preamble
        /// Behind a boundary.
        case boundary
        case headers
        case field(name: String)
        case file
        case fileEnd
        /// In a part behind the file.
        case ignored
        case end
    }

    /// What a part's headers say.
    private struct PartHead {
        var name: String
        var fileName: String?
        var type: String?
    }

    /// Bytes of all that comes before the file, headers and boundaries included.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html>
    public static let mostFields = 20 << 10
    /// Bytes of a boundary (RFC 2046, section 5.1.1).
    private static let longestBoundary = 70
    /// Bytes of the headers of one part.
    private static let longestHeaders = 8 << 10

    /// A line's end, two hyphens and the boundary.
    private let delimiter: [UInt8]
    private var place = Place.preamble
    /// A boundary at the very beginning has no line before it, whose end would belong to it.
    private var buffer: [UInt8] = [13, 10]
    /// How much of the buffer has been dealt with.
    private var start = 0
    /// What has come of a field.
    private var value: [UInt8] = []
    private var hasFile = false
    /// Bytes that were dealt with before the file.
    private var fields = 0

    /// - Parameter contentType: the request's header.
    /// - Throws: malformed for one without a boundary.
    public init(contentType: String) throws(Fault) {
        guard let boundary = Self.parameter("boundary", of: contentType), !boundary.isEmpty,
            boundary.utf8.count <= Self.longestBoundary
        else { throw .malformed }
        delimiter = [13, 10, 45, 45] + Array(boundary.utf8)
    }

    /// Takes the next bytes.
    /// - Complexity: linear in their number, and in that of a boundary.
    public mutating func take(_ bytes: [UInt8]) {
        buffer.removeFirst(start)
        start = 0
        buffer += bytes
    }

    /// The next event; nil when it takes more bytes. However the form is cut into pieces, the same fields and the same content
    /// come of it.
    /// - Throws: for what is no form; then the parser is of no further use.
    public mutating func next() throws(Fault) -> Event? {
        while true {
            guard fields <= Self.mostFields else { throw .tooLong }
            switch place {
            case .preamble, .ignored:
                guard let piece = content() else { return nil }
                if piece.isLast { place = .boundary }
            case .boundary:
                guard buffer.count - start >= 2 else { return nil }
                let (first, second) = (buffer[start], buffer[start + 1])
                if first == UInt8(ascii: "-"), second == UInt8(ascii: "-") {
                    place = .end
                    return .end
                }
                if first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
                    pass(1)
                    continue
                }
                guard first == 13, second == 10 else { throw .malformed }
                pass(2)
                place = .headers
            case .headers:
                guard let head = try head() else { return nil }
                if hasFile {
                    place = .ignored
                } else if head.name.lowercased() == "file" {
                    (hasFile, place) = (true, .file)
                    return .file(name: head.fileName ?? "", type: head.type)
                } else {
                    place = .field(name: head.name)
                }
            case .field(let name):
                guard let piece = content() else { return nil }
                value += piece.bytes
                guard piece.isLast else { continue }
                defer { value = [] }
                place = .boundary
                return .field(name: name, value: value)
            case .file:
                guard let piece = content() else { return nil }
                if piece.isLast { place = .fileEnd }
                if !piece.bytes.isEmpty { return .content(piece.bytes) }
            case .fileEnd:
                place = .boundary
                return .fileEnd
            case .end:
                // Whatever follows the last boundary is no part of the form.
                (buffer, start) = ([], 0)
                return nil
            }
        }
    }

    private mutating func pass(_ count: Int) {
        start += count
        if !hasFile { fields += count }
    }

    /// The part's bytes up to the next boundary, or so many as certainly belong to it; nil: none for now.
    private mutating func content() -> (bytes: [UInt8], isLast: Bool)? {
        if let end = place(of: delimiter) {
            defer { pass(end - start + delimiter.count) }
            return (Array(buffer[start..<end]), true)
        }
        let count = buffer.count - start - (delimiter.count - 1)
        guard count > 0 else { return nil }
        defer { pass(count) }
        return (Array(buffer[start..<start + count]), false)
    }

    /// Where some bytes begin in what is left of the buffer.
    private func place(of wanted: [UInt8]) -> Int? {
        guard let first = wanted.first else { return nil }
        var from = start
        while let place = buffer[from...].firstIndex(of: first), place + wanted.count <= buffer.count {
            if buffer[place..<place + wanted.count].elementsEqual(wanted) { return place }
            from = place + 1
        }
        return nil
    }

    /// Reads a part's headers; nil when they are not whole yet.
    private mutating func head() throws(Fault) -> PartHead? {
        guard let end = place(of: [13, 10, 13, 10]) else {
            guard buffer.count - start <= Self.longestHeaders else { throw .malformed }
            return nil
        }
        guard end - start <= Self.longestHeaders, let text = String(validating: buffer[start..<end], as: UTF8.self)
        else { throw .malformed }
        pass(end - start + 4)
        var (disposition, type): (String?, String?) = (nil, nil)
        for line in text.split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { throw .malformed }
            let value = String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
            switch line[..<colon].lowercased() {
            case "content-disposition": disposition = value
            case "content-type": type = value
            default: break
            }
        }
        guard let disposition, disposition.lowercased().hasPrefix("form-data"),
            let name = Self.parameter("name", of: disposition)
        else { throw .malformed }
        return PartHead(name: name, fileName: Self.parameter("filename", of: disposition), type: type)
    }

    /// A parameter of a header, which may stand in quotation marks, with backslashes before those that are part of it.
    private static func parameter(_ name: String, of header: String) -> String? {
        let (quote, backslash, semicolon) = (UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: ";"))
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var rest = Array(header.utf8).drop { $0 != semicolon }
        while rest.first == semicolon {
            rest = rest.dropFirst().drop(while: isSpace)
            let key = rest.prefix { $0 != UInt8(ascii: "=") && $0 != semicolon }
            rest = rest.dropFirst(key.count)
            guard rest.first == UInt8(ascii: "=") else { continue }
            rest = rest.dropFirst()
            var value: [UInt8] = []
            if rest.first == quote {
                rest = rest.dropFirst()
                while let next = rest.first, next != quote {
                    rest = rest.dropFirst()
                    // Some browsers write a path's backslashes as they are.
                    if next == backslash, let escaped = rest.first, escaped == quote || escaped == backslash {
                        rest = rest.dropFirst()
                        value.append(escaped)
                    } else {
                        value.append(next)
                    }
                }
                guard rest.first == quote else { return nil }
                rest = rest.dropFirst().drop { $0 != semicolon }
            } else {
                value = Array(rest.prefix { $0 != semicolon })
                rest = rest.dropFirst(value.count)
                while let last = value.last, isSpace(last) { value.removeLast() }
            }
            if String(decoding: key, as: UTF8.self).lowercased() == name {
                return String(validating: value, as: UTF8.self)
            }
        }
        return nil
    }
}
