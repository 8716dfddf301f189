import FoundationEssentials

/// Takes the members of a row in its short form (``RowForm``), one after the other.
///
/// Numbers take as many bytes as they need: one below 64, two below 8,192. What may be missing, lists and texts have their
/// number of elements before them.
public struct RowOutput {
    private(set) var bytes: [UInt8]

    init(after head: [UInt8]) {
        bytes = []
        bytes.reserveCapacity(1024)
        bytes += head
    }

    /// Adds a number, negative ones too.
    public mutating func append(_ number: Int64) {
        append(unsigned: UInt64(bitPattern: number << 1) ^ UInt64(bitPattern: number >> 63))
    }

    /// Adds a number that is not negative, such as that of a list's elements, which follow.
    public mutating func append(count: Int) { append(unsigned: UInt64(max(0, count))) }

    /// Adds a number in its eight bytes.
    public mutating func append(_ number: Double) {
        withUnsafeBytes(of: number.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Adds a truth value.
    public mutating func append(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// Adds a text.
    public mutating func append(_ text: String) {
        append(count: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    /// Adds a text or that there is none.
    public mutating func append(_ text: String?) {
        append(text != nil)
        if let text { append(text) }
    }

    /// Adds bytes.
    public mutating func append(_ data: some Collection<UInt8>) {
        append(count: data.count)
        bytes.append(contentsOf: data)
    }

    /// Adds texts by name, in the order of the names, so that equal dictionaries give equal bytes.
    public mutating func append(_ texts: [String: String]) {
        append(count: texts.count)
        for (name, text) in texts.count > 1 ? texts.sorted(by: { $0.key < $1.key }) : Array(texts) {
            append(name)
            append(text)
        }
    }

    /// Adds a value as JSON: what is seldom there needs no form of its own.
    public mutating func append(json value: some Encodable) throws {
        append(try RecordEncoder.encode(value))
    }

    /// Seven bits in each byte, the lowest first; the eighth says that others follow.
    private mutating func append(unsigned number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}

/// Gives the members of a row back that a ``RowOutput`` has taken, in the same order.
///
/// Everything throws for bytes that no ``RowOutput`` has made, and nothing traps.
public struct RowInput {
    private let bytes: [UInt8]
    private var place: Int

    init(_ bytes: [UInt8], from place: Int = 0) {
        (self.bytes, self.place) = (bytes, place)
    }

    /// Why a row can't be read: it was not written in this form.
    struct Malformed: Error {}

    /// The next number.
    public mutating func number() throws -> Int64 {
        let number = try unsigned()
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    /// The next number of elements: of no more than could follow, each in one byte at least.
    public mutating func count() throws -> Int {
        guard let count = Int(exactly: try unsigned()), count <= bytes.count - place else { throw Malformed() }
        return count
    }

    /// The next number of eight bytes.
    public mutating func double() throws -> Double {
        let range = try take(8)
        return Double(bitPattern: bytes[range].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    /// The next truth value.
    public mutating func boolean() throws -> Bool {
        switch try byte() {
        case 0: false
        case 1: true
        default: throw Malformed()
        }
    }

    /// The next text.
    public mutating func text() throws -> String {
        let range = try take(try count())
        return bytes.withUnsafeBufferPointer {
            String(decoding: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self)
        }
    }

    /// The next text, or nil where there is none.
    public mutating func optionalText() throws -> String? { try boolean() ? try text() : nil }

    /// The next bytes.
    public mutating func data() throws -> [UInt8] { Array(bytes[try take(try count())]) }

    /// The next texts by name.
    public mutating func texts() throws -> [String: String] {
        let count = try count()
        guard count > 0 else { return [:] }
        var texts = [String: String](minimumCapacity: count)
        for _ in 0..<count {
            let name = try text()
            texts[name] = try text()
        }
        return texts
    }

    /// The next value that is JSON.
    public mutating func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try RecordDecoder.decode(type, from: try data())
    }

    /// Passes over all that follows: for who needs the beginning alone.
    public mutating func skipRest() { place = bytes.count }

    func checkIsAtEnd() throws {
        guard place == bytes.count else { throw Malformed() }
    }

    private mutating func byte() throws -> UInt8 {
        guard place < bytes.count else { throw Malformed() }
        defer { place += 1 }
        return bytes[place]
    }

    private mutating func take(_ count: Int) throws -> Range<Int> {
        guard count <= bytes.count - place else { throw Malformed() }
        defer { place += count }
        return place..<place + count
    }

    private mutating func unsigned() throws -> UInt64 {
        var (number, shift) = (UInt64(0), UInt64(0))
        while true {
            let byte = try byte()
            // Ten bytes have more than 64 bits.
            guard shift < 63 || byte <= 1 else { throw Malformed() }
            number |= UInt64(byte & 0x7f) << shift
            guard byte & 0x80 != 0 else { return number }
            shift += 7
        }
    }
}
