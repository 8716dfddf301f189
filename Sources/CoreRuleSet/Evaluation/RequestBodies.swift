import WAF

/// How a body is taken apart: by its header `Content-Type`.
enum BodyProcessor {
    case form, json
    case multipart(boundary: [UInt8])
    case none

    init(contentType: [UInt8]) {
        let type = String(decoding: contentType.map(asciiLowercased), as: UTF8.self)
        if type.hasPrefix("application/x-www-form-urlencoded") {
            self = .form
        } else if type.hasPrefix("multipart/form-data") {
            self = .multipart(boundary: Self.boundary(contentType))
        } else if Self.isJSON(type) {
            self = .json
        } else {
            self = .none
        }
    }

    /// As rules name it.
    var name: String {
        switch self {
        case .form: "URLENCODED"
        case .json: "JSON"
        case .multipart: "MULTIPART"
        case .none: ""
        }
    }

    /// `application/json`, `application/…+json`, as ModSecurity's recommended configuration has it.
    private static func isJSON(_ type: String) -> Bool {
        guard type.hasPrefix("application/") else { return false }
        let rest = type.dropFirst("application/".count)
        if rest.hasPrefix("json") { return true }
        guard let plus = rest.firstIndex(of: "+"), rest[plus...].hasPrefix("+json"), plus > rest.startIndex else {
            return false
        }
        return rest[..<plus].utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2E || byte == 0x2D
        }
    }

    private static func boundary(_ type: [UInt8]) -> [UInt8] {
        let lower = type.map(asciiLowercased)
        let wanted = Array("boundary=".utf8)
        guard lower.count >= wanted.count,
            let start = (0...lower.count - wanted.count).first(where: { lower[$0...].starts(with: wanted) })
        else { return [] }
        var value = type[(start + wanted.count)...]
        if value.first == UInt8(ascii: "\"") {
            value = value.dropFirst()
            return Array(value.prefix { $0 != UInt8(ascii: "\"") })
        }
        return Array(value.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") && $0 != 0x20 })
    }
}

/// `a=1&b=2`, decoded.
enum FormText {
    static func pairs(_ text: [UInt8]) -> [(name: [UInt8], value: [UInt8])] {
        guard !text.isEmpty else { return [] }
        var parts = text.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        // Nothing behind the last separator is no argument; nothing between two is one.
        if parts.last?.isEmpty == true { parts.removeLast() }
        return parts.map { part in
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let value = equals < part.endIndex ? Array(part[(equals + 1)...]) : []
            return (decode(Array(part[..<equals])), decode(value))
        }
    }

    private static func decode(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return text }
        return TextTransformation.urlDecode.apply(to: text)
    }
}

/// A body of several parts (RFC 7578), read as far as it can be: what is before the first mistake counts, and a part without an end
/// as well.
enum MultipartBody {
    struct Part {
        var name: [UInt8] = []
        var fileName: [UInt8]?
        /// As they were sent.
        var headers: [[UInt8]] = []
        var content: [UInt8] = []

        fileprivate mutating func takeHeader(_ line: [UInt8], most: Int) {
            // A line that begins with white space goes on with the last one.
            if let first = line.first, first == 0x20 || first == 0x09, let last = headers.indices.last {
                headers[last] += line
            } else if headers.count < most {
                headers.append(line)
            }
            guard let header = headers.last, header.map(asciiLowercased).starts(with: "content-disposition:".utf8)
            else { return }
            name = MultipartBody.parameter("name", of: header) ?? name
            fileName = MultipartBody.parameter("filename", of: header) ?? fileName
        }
    }

    private static let mostParts = 1024
    private static let mostHeaders = 64

    static func parts(_ body: [UInt8], boundary: [UInt8]) -> [Part] {
        guard !boundary.isEmpty else { return [] }
        let delimiter = Array("--".utf8) + boundary
        var parts: [Part] = []
        var current: Part?
        var isInHead = false
        var content: [UInt8] = []
        /// The end of a line that belongs to the content only if another line of it comes.
        var pending: [UInt8] = []
        func finish() {
            if var part = current {
                part.content = content
                parts.append(part)
            }
            current = nil
            content = []
            pending = []
        }
        var start = 0
        while start < body.count, parts.count < mostParts {
            let feed = body[start...].firstIndex(of: 0x0A) ?? body.count
            var end = feed
            var lineEnd: [UInt8] = feed < body.count ? [0x0A] : []
            if end > start, feed < body.count, body[end - 1] == 0x0D {
                end -= 1
                lineEnd = [0x0D, 0x0A]
            }
            let line = body[start..<end]
            start = feed + 1
            if line.starts(with: delimiter) {
                let rest = line[(line.startIndex + delimiter.count)...]
                if rest.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
                    finish()
                    current = Part()
                    isInHead = true
                    continue
                } else if rest.starts(with: "--".utf8) {
                    finish()
                    break
                }
            }
            guard current != nil else { continue }
            if isInHead {
                if line.isEmpty {
                    isInHead = false
                } else if var part = current {
                    part.takeHeader(Array(line), most: mostHeaders)
                    current = part
                }
            } else {
                content += pending + line
                pending = lineEnd
            }
        }
        finish()
        return parts
    }

    /// `; name="value"`, with `\"` for a quotation mark.
    fileprivate static func parameter(_ name: String, of header: [UInt8]) -> [UInt8]? {
        var index = header.firstIndex(of: UInt8(ascii: ";")) ?? header.count
        while index < header.count {
            index += 1
            while index < header.count, header[index] == 0x20 || header[index] == 0x09 { index += 1 }
            let equals = header[index...].firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ";") }
            guard let equals, header[equals] == UInt8(ascii: "=") else {
                guard let equals else { return nil }
                index = equals
                continue
            }
            let key = header[index..<equals].map(asciiLowercased).filter { $0 != 0x20 && $0 != 0x09 }
            index = equals + 1
            while index < header.count, header[index] == 0x20 || header[index] == 0x09 { index += 1 }
            var value: [UInt8] = []
            if index < header.count, header[index] == UInt8(ascii: "\"") || header[index] == UInt8(ascii: "'") {
                let quote = header[index]
                index += 1
                while index < header.count, header[index] != quote {
                    if header[index] == UInt8(ascii: "\\"), index + 1 < header.count, header[index + 1] == quote {
                        index += 1
                    }
                    value.append(header[index])
                    index += 1
                }
                index = header[index...].firstIndex(of: UInt8(ascii: ";")) ?? header.count
            } else {
                let end = header[index...].firstIndex(of: UInt8(ascii: ";")) ?? header.count
                value = Array(header[index..<end])
                index = end
            }
            if key.elementsEqual(name.utf8) { return value }
        }
        return nil
    }
}
