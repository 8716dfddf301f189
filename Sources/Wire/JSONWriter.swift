/// Writes JSON text (RFC 8259) as UTF-8, without white space. It adds the commas; the caller has to write keys, values,
/// beginnings and ends in the right order, which is not checked.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.beginObject()
/// writer.member("eventVersion", "1.11")
/// writer.key("readOnly")
/// writer.boolean(true)
/// writer.endObject()
/// let json = String(decoding: writer.bytes, as: UTF8.self)  // {"eventVersion":"1.11","readOnly":true}
/// ```
public struct JSONWriter: Sendable {
    /// What has been written so far, as UTF-8.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// A writer with room for this many bytes to begin with.
    public init(capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
    }

    /// Begins an object; then come keys, each followed by a value, and ``endObject()``.
    public mutating func beginObject() { begin("{") }
    /// Ends the object that was begun last.
    public mutating func endObject() { end("}") }

    /// Begins an array; then come values, and ``endArray()``.
    public mutating func beginArray() { begin("[") }
    /// Ends the array that was begun last.
    public mutating func endArray() { end("]") }

    /// The name of the next value of an object.
    @_disfavoredOverload
    public mutating func key(_ name: String) {
        quoted(name, withComma: needsComma, withColon: true)
        needsComma = false
    }

    /// A name that is known when the program is compiled, of letters that need no escaping.
    public mutating func key(_ name: StaticString) {
        let withComma = needsComma
        bytes.append(upTo: name.utf8CodeUnitCount + 4) { start in
            var place = start
            Self.put(name, withComma: withComma, &place)
            return place - start
        }
        needsComma = false
    }

    private static func put(
        _ name: StaticString, withComma: Bool, _ place: inout UnsafeMutablePointer<UInt8>
    ) {
        if withComma { place.put(",") }
        place.put("\"")
        name.withUTF8Buffer { place.put($0) }
        place.put("\"")
        place.put(":")
    }

    /// A string; quotation marks, backslashes and control characters are escaped, all else is written as it is.
    public mutating func string(_ value: String) {
        quoted(value, withComma: needsComma)
        needsComma = true
    }

    /// A whole number.
    public mutating func integer(_ value: Int) {
        raw(String(value))
    }

    /// Numbers that JSON lacks are written as strings: `"NaN"`, `"Infinity"`, `"-Infinity"`, as AWS does.
    public mutating func double(_ value: Double) {
        if value.isFinite { raw("\(value)") } else { string(PlainText.text(value)) }
    }

    /// `true` or `false`
    public mutating func boolean(_ value: Bool) {
        raw(value ? "true" : "false")
    }

    /// `null`
    public mutating func null() {
        raw("null")
    }

    /// A value that is JSON already; it is not checked.
    public mutating func raw(_ json: String) {
        comma()
        bytes.append(json)
    }

    /// A value that is JSON already; it is not checked.
    public mutating func raw(_ json: [UInt8]) {
        comma()
        bytes.append(contentsOf: json)
    }

    /// A value as it was read.
    public mutating func json(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .boolean(let boolean): self.boolean(boolean)
        case .integer(let integer): self.integer(integer)
        case .double(let double): self.double(double)
        case .string(let string): self.string(string)
        case .array(let elements):
            beginArray()
            for element in elements { json(element) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members {
                key(member.key)
                json(member.value)
            }
            endObject()
        }
    }

    /// A key and a string, left out when there is none.
    @_disfavoredOverload
    public mutating func member(_ name: String, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    /// The same for a key that is known when the program is compiled: both at once, for events consist of these.
    public mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        let withComma = needsComma
        let isWritten = value.withBytes { value in
            guard Self.isPlain(value) else { return false }
            bytes.append(upTo: name.utf8CodeUnitCount + value.count + 6) { start in
                var place = start
                Self.put(name, withComma: withComma, &place)
                place.put("\"")
                place.put(value)
                place.put("\"")
                return place - start
            }
            return true
        }
        guard !isWritten else {
            needsComma = true
            return
        }
        key(name)
        string(value)
    }

    /// Begins a string that is written in parts: then come ``part(_:)``, and ``endString()``.
    public mutating func beginString() { begin("\"") }

    /// The next part of a string.
    public mutating func part(_ text: String) {
        text.withBytes { escaped($0) }
    }

    /// Ends the string that was begun.
    public mutating func endString() { end("\"") }

    private mutating func begin(_ bracket: Unicode.Scalar) {
        comma()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    private mutating func end(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    /// Writes a comma if there is a value before, and expects one after the next value.
    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// A text in quotation marks, with a comma before it and a colon behind it.
    private mutating func quoted(_ text: String, withComma: Bool, withColon: Bool = false) {
        text.withBytes { text in
            let isPlain = Self.isPlain(text)
            bytes.append(upTo: text.count + 4) { start in
                var place = start
                if withComma { place.put(",") }
                place.put("\"")
                if isPlain {
                    place.put(text)
                    place.put("\"")
                    if withColon { place.put(":") }
                }
                return place - start
            }
            if isPlain { return }
            escaped(text)
            bytes.append(withColon ? "\":" : "\"")
        }
    }

    /// Whether nothing in a text needs escaping.
    @inline(__always)
    private static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.allSatisfy { eight in
            !(eight.hasAny(below: 0x20) || eight.hasAny("\"") || eight.hasAny("\\"))
        }
    }

    private mutating func escaped(_ text: UnsafeBufferPointer<UInt8>) {
        if Self.isPlain(text) { return bytes.append(contentsOf: text) }
        // Policy documents are full of quotation marks: so there is one look at the room for all of them.
        let size = text.reduce(0) { $0 + Self.escapedSize($1) }
        bytes.append(upTo: size) { start in
            var place = start
            for byte in text { Self.putEscaped(byte, &place) }
            return place - start
        }
    }

    @inline(__always)
    private static func escapedSize(_ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x0A, 0x0D, 0x09: 2
        case 0..<0x20: 6
        default: 1
        }
    }

    @inline(__always)
    private static func putEscaped(_ byte: UInt8, _ place: inout UnsafeMutablePointer<UInt8>) {
        guard escapedSize(byte) > 1 else { return place.put(byte) }
        place.put("\\")
        switch byte {
        case 0x0A: place.put("n")
        case 0x0D: place.put("r")
        case 0x09: place.put("t")
        case 0..<0x20:
            for zero in "u00".unicodeScalars { place.put(zero) }
            place.put(byte < 0x10 ? "0" : "1")
            let digit = byte & 15
            place.put(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        default: place.put(byte)
        }
    }
}
