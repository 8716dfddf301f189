import CXMLTree
import WAF

/// What a body that is XML says: the text of all elements together, as ModSecurity takes `XML:/*`, and besides each text and each
/// attribute's value by itself, which an attack may fill alone.
///
/// What libxml2 does not read (flaws, a document type, another encoding) is looked at between its tags: applications may read it
/// all the same.
/// - Complexity: linear in the body.
enum XMLTexts {
    /// More of them are not taken apart.
    private static let most = 1024

    /// Whether a body looks like XML, whatever its type says.
    static func isLikely(_ body: [UInt8]) -> Bool {
        body.prefix(64).first { $0 > 0x20 && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF && $0 < 0xFE } == UInt8(ascii: "<")
    }

    static func read(_ body: [UInt8]) -> [[UInt8]] {
        if let texts = parsed(body) { return texts }
        // Two bytes for each letter, mostly.
        let text = body.contains(0) ? body.filter { $0 != 0 && $0 < 0xFE } : body
        var pieces: [[UInt8]] = [plain(text[...])]
        for piece in text.split(whereSeparator: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: ">") }) {
            guard pieces.count <= most else { break }
            guard piece.contains(where: { $0 > 0x20 }) else { continue }
            pieces.append(plain(piece))
            // What stands between quotation marks of either kind: values of attributes, names of what a document type declares.
            for mark in [UInt8(ascii: "\""), UInt8(ascii: "'")] {
                for quoted in piece.split(separator: mark).dropFirst() where pieces.count <= most {
                    pieces.append(plain(quoted))
                }
            }
        }
        return pieces
    }

    private static func plain(_ text: ArraySlice<UInt8>) -> [UInt8] {
        text.contains(UInt8(ascii: "&")) ? TextTransformation.htmlEntityDecode.apply(to: Array(text)) : Array(text)
    }

    private final class Collection {
        var texts: [[UInt8]] = []
        var all: [UInt8] = []
    }

    /// - Returns: nil: it is not well-formed, or more than is taken apart.
    private static func parsed(_ body: [UInt8]) -> [[UInt8]]? {
        let document = body.withUnsafeBufferPointer {
            xmltree_parse(xmltree_bytes(bytes: $0.baseAddress, count: $0.count))
        }
        guard let document else { return nil }
        defer { xmltree_free_document(document) }
        let collection = Collection()
        let isWhole = withExtendedLifetime(collection) {
            xmltree_visit(document, most, Unmanaged.passUnretained(collection).toOpaque()) {
                context, text, length, isAttribute in
                guard let context else { return }
                let collection = Unmanaged<Collection>.fromOpaque(context).takeUnretainedValue()
                let bytes = Array(UnsafeRawBufferPointer(start: text, count: length))
                if !isAttribute { collection.all += bytes }
                // White space between elements says nothing.
                if bytes.contains(where: { $0 > 0x20 }) { collection.texts.append(bytes) }
            }
        }
        guard isWhole else { return nil }
        return [collection.all] + (collection.texts == [collection.all] ? [] : collection.texts)
    }
}
