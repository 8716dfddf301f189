import ConsoleAssets
import Crypto
import FoundationEssentials
import Mustache

/// The files that are compiled in: templates, the style sheet, the script.
enum Assets {
    /// The templates, by the names of their files without `.mustache`. They are parsed when the first page is asked for.
    static let templates: MustacheLibrary = {
        MustacheContentTypes.register(Markup(), named: Markup.name)
        var library = MustacheLibrary()
        for (name, bytes) in all where name.hasSuffix(".mustache") {
            do {
                let text = "{{% CONTENT_TYPE:\(Markup.name)}}" + String(decoding: bytes, as: UTF8.self)
                try library.register(text, named: String(name.dropLast(9)))
            } catch {
                // They are part of the program: the first test that opens a page finds it.
                fatalError("The template \(name) can't be parsed: \(error)")
            }
        }
        return library
    }()

    /// The file of a name that browsers may fetch; nil: there is none.
    static func file(_ name: String) -> (type: String, bytes: [UInt8])? {
        guard let dot = name.lastIndex(of: "."), let type = types[String(name[dot...])],
            let bytes = all.first(where: { $0.name == name })?.bytes
        else { return nil }
        return (type, Array(bytes))
    }

    /// Changes with the files, so that browsers may keep those of an address for good.
    static let version: String = {
        var hash = SHA256()
        for (name, bytes) in all where !name.hasSuffix(".mustache") {
            hash.update(data: Array(name.utf8))
            hash.update(bufferPointer: bytes)
        }
        return hash.finalize().prefix(6).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }()

    private static let types = [
        ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
    ]

    private static var all: [(name: String, bytes: UnsafeRawBufferPointer)] {
        UnsafeBufferPointer(start: gatehouse_console_files(), count: gatehouse_console_files_count()).map { file in
            (String(cString: file.name), UnsafeRawBufferPointer(start: file.bytes, count: file.length))
        }
    }
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
