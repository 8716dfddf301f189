import Crypto
import FoundationEssentials
package import Mustache

/// The files of a site that are compiled in: templates, style sheets, scripts.
package struct PageFiles: Sendable {
    /// The templates, by the names of their files without `.mustache`.
    package let templates: MustacheLibrary
    /// Changes with the files, so that browsers may keep those of an address for good.
    package let version: String
    private let files: [String: (type: String, bytes: UnsafeStaticBytes)]

    /// Bytes that live as long as the program.
    private struct UnsafeStaticBytes: @unchecked Sendable {
        let bytes: UnsafeRawBufferPointer
    }

    /// Parses the templates.
    /// - Parameter all: each file once. The bytes have to live as long as the program.
    package init(_ all: [(name: String, bytes: UnsafeRawBufferPointer)]) {
        MustacheContentTypes.register(Markup(), named: Markup.name)
        var library = MustacheLibrary()
        var files: [String: (type: String, bytes: UnsafeStaticBytes)] = [:]
        var hash = SHA256()
        for (name, bytes) in all {
            if name.hasSuffix(".mustache") {
                do {
                    let text = "{{% CONTENT_TYPE:\(Markup.name)}}" + String(decoding: bytes, as: UTF8.self)
                    try library.register(text, named: String(name.dropLast(9)))
                } catch {
                    // They are part of the program: the first test that opens a page finds it.
                    fatalError("The template \(name) can't be parsed: \(error)")
                }
            } else if let dot = name.lastIndex(of: "."), let type = Self.types[String(name[dot...])] {
                hash.update(data: Array(name.utf8))
                hash.update(bufferPointer: bytes)
                files[name] = (type, UnsafeStaticBytes(bytes: bytes))
            }
        }
        templates = library
        self.files = files
        version = hash.finalize().prefix(6).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    /// The file of a name that browsers may fetch; nil: there is none.
    package func file(_ name: String) -> (type: String, bytes: [UInt8])? {
        files[name].map { ($0.type, Array($0.bytes.bytes)) }
    }

    private static let types = [
        ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
    ]
}

/// Escapes what stands in a page byte by byte. The library's own way goes by characters, and a letter of markup that is
/// joined to a combining mark is another character.
private struct Markup: MustacheContentType {
    static let name = "MARKUP"

    func escapeText(_ text: String) -> String {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count + 16)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "<"): escaped.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): escaped.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "&"): escaped.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "\""): escaped.append(contentsOf: "&quot;".utf8)
            case UInt8(ascii: "'"): escaped.append(contentsOf: "&#39;".utf8)
            default: escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
