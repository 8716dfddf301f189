import WAF

/// How a body is taken apart: by its header `Content-Type`.
enum BodyProcessor {
    case form, json, xml
    /// Not certain: applications may take another boundary.
    case multipart(boundary: [UInt8], isCertain: Bool)
    case none

    init(contentType: [UInt8]) {
        let type = String(decoding: contentType.map(asciiLowercased), as: UTF8.self)
        if type.hasPrefix("application/x-www-form-urlencoded") {
            self = .form
        } else if type.hasPrefix("multipart/form-data") {
            self = Self.multipart(contentType)
        } else if Self.isJSON(type) {
            self = .json
        } else if Self.isXML(type) {
            self = .xml
        } else {
            self = .none
        }
    }

    /// As rules name it.
    var name: String {
        switch self {
        case .form: "URLENCODED"
        case .json: "JSON"
        case .xml: "XML"
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

    /// `text/xml`, `application/soap+xml`, and all others that end so.
    private static func isXML(_ type: String) -> Bool {
        let name = type.prefix { $0 != ";" && $0 != " " && $0 != "\t" && $0 != "," }
        return name.hasSuffix("/xml") || name.hasSuffix("+xml") || name.hasPrefix("application/soap")
    }

    private static func multipart(_ type: [UInt8]) -> BodyProcessor {
        let parameters = HeaderParameters(type)
        let boundary = parameters.values(of: "boundary").first ?? []
        // Some look for the word anywhere: another parameter's name may end with it.
        let count = type.map(asciiLowercased).filter { $0 != 0x20 && $0 != 0x09 }
            .split(separator: UInt8(ascii: "=")).dropLast().count { $0.suffix(8).elementsEqual("boundary".utf8) }
        let isQuoted = type.contains(UInt8(ascii: "\""))
        let isPlain = boundary.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(asciiLowercased(byte)) || "-_.+".utf8.contains(byte)
                || isQuoted && byte == UInt8(ascii: "=")
        }
        return .multipart(boundary: boundary, isCertain: count == 1 && isPlain && parameters.isCertain)
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

/// The parameters of a header: `form-data; name="a"`, with `\"` for a quotation mark.
struct HeaderParameters {
    private var all: [(name: [UInt8], value: [UInt8])] = []
    /// Whether no quotation mark stands where some take it for one, and some for a part of the value.
    private(set) var isCertain = true

    init(_ header: [UInt8]) {
        var index = header.firstIndex(of: UInt8(ascii: ";")) ?? header.count
        while index < header.count {
            index += 1
            while index < header.count, Self.isSpace(header[index]) { index += 1 }
            let equals = header[index...].firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ";") }
            guard let equals, header[equals] == UInt8(ascii: "=") else {
                guard let equals else { return }
                index = equals
                continue
            }
            let name = header[index..<equals].map(asciiLowercased).filter { !Self.isSpace($0) }
            index = equals + 1
            while index < header.count, Self.isSpace(header[index]) { index += 1 }
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
                let end = header[index...].firstIndex(of: UInt8(ascii: ";")) ?? header.count
                if quote == UInt8(ascii: "'") || !header[index..<end].dropFirst().allSatisfy(Self.isSpace) {
                    isCertain = false
                }
                index = end
            } else {
                let end = header[index...].firstIndex(of: UInt8(ascii: ";")) ?? header.count
                value = Array(header[index..<end])
                if value.contains(UInt8(ascii: "\"")) { isCertain = false }
                index = end
            }
            all.append((name, value))
        }
    }

    /// The values of the parameters of a name.
    func values(of name: String) -> [[UInt8]] { all.filter { $0.name.elementsEqual(name.utf8) }.map(\.value) }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
