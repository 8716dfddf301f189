import CXMLTree
import WAF

/// What a body that is XML says: the text of all elements together, as ModSecurity takes `XML:/*`, and besides each text and each
/// attribute's value by itself, which an attack may fill alone. Comments and sections of CDATA part no text: applications get it
/// in one piece.
///
/// What libxml2 does not read (a flaw, or the end is missing) is looked at between its tags: applications may read it all the same.
/// - Complexity: linear in the body.
struct XMLTexts {
    /// Each once.
    private(set) var texts: [[UInt8]] = []
    /// Whether nothing else can be read from the body: it has not too many texts, and declares no entities.
    private(set) var isWhole = true
    /// Whether it begins as XML does, in an encoding that is read here.
    private(set) var isReadable = true

    private var seen: Set<[UInt8]> = []

    /// Whether a body looks like XML, whatever its type says.
    static func isLikely(_ body: [UInt8]) -> Bool {
        body.first { $0 > 0x20 && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF && $0 < 0xFE } == UInt8(ascii: "<")
    }

    static func read(_ body: [UInt8]) -> XMLTexts {
        var reader = XMLTexts()
        let encoding = XMLEncoding(body)
        reader.isReadable = encoding.isCertain
        if reader.parse(encoding.text) { return reader }
        guard let (text, type) = XMLPieces.withoutDocumentType(encoding.text) else {
            reader.split(encoding.text)
            return reader
        }
        let isParsed = reader.parse(text)
        if !isParsed { reader.split(text) }
        for piece in XMLPieces.betweenTags(type) { reader.add(piece) }
        if XMLPieces.declaresEntities(type) || !isParsed && XMLPieces.usesEntities(type, text) {
            reader.isWhole = false
        }
        return reader
    }

    private mutating func add(_ text: [UInt8]) {
        // White space between elements says nothing.
        guard text.contains(where: { $0 > 0x20 }) else { return }
        guard texts.count < RequestValues.mostValues else {
            isWhole = false
            return
        }
        if seen.insert(text).inserted { texts.append(text) }
    }

    /// - Returns: whether the text is well-formed.
    private mutating func parse(_ text: [UInt8]) -> Bool {
        let document = text.withUnsafeBufferPointer {
            xmltree_parse_texts(xmltree_bytes(bytes: $0.baseAddress, count: $0.count))
        }
        guard let document else { return false }
        defer { xmltree_free_document(document) }
        let collection = Collection()
        let isWhole = withExtendedLifetime(collection) {
            xmltree_visit(document, RequestValues.mostValues, Unmanaged.passUnretained(collection).toOpaque()) {
                context, text, length, kind in
                guard let context else { return }
                let collection = Unmanaged<Collection>.fromOpaque(context).takeUnretainedValue()
                let bytes = Array(UnsafeRawBufferPointer(start: text, count: length))
                if kind == xmltree_text_part { collection.all += bytes }
                collection.texts.append(bytes)
            }
        }
        if !isWhole { self.isWhole = false }
        add(collection.all)
        for text in collection.texts { add(text) }
        return true
    }

    private final class Collection {
        var texts: [[UInt8]] = []
        var all: [UInt8] = []
    }

    /// Takes what is not well-formed in every way.
    private mutating func split(_ text: [UInt8]) {
        add(XMLPieces.plain(text[...]))
        let runs = XMLPieces.runs(text)
        add(Array(runs.joined()))
        for run in runs { add(run) }
        for piece in XMLPieces.betweenTags(text[...]) { add(piece) }
    }
}
