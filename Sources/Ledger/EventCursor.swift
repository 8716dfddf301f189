import FoundationEssentials
import Keyring

/// Where a page of events ended, as a text that is opaque, cannot be forged, and belongs to one query.
struct EventCursor {
    /// The last segment that was there when the first page was asked for: later ones are left out of all pages.
    var snapshot: Int64
    /// The last event of the page.
    var time: Int64
    var id: String

    init(snapshot: Int64, time: Int64, id: String) {
        self.snapshot = snapshot
        self.time = time
        self.id = id
    }

    /// - Throws: ``LedgerError`` of kind `invalidCursor`.
    init(_ text: String, of query: EventQuery, key: SealingKey) throws(LedgerError) {
        guard let sealed = Data(base64Encoded: text),
            let bytes = try? key.open([UInt8](sealed), authenticating: Self.context(of: query)), bytes.count >= 16
        else {
            throw LedgerError(.invalidCursor, "The cursor was not made for this query.")
        }
        snapshot = Self.number(bytes.prefix(8))
        time = Self.number(bytes.dropFirst(8).prefix(8))
        id = String(decoding: bytes.dropFirst(16), as: UTF8.self)
    }

    func text(of query: EventQuery, key: SealingKey) throws(LedgerError) -> String {
        var bytes: [UInt8] = []
        for number in [snapshot, time] {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.append(contentsOf: id.utf8)
        do {
            return Data(try key.seal(bytes, authenticating: Self.context(of: query))).base64EncodedString()
        } catch {
            throw LedgerError(error)
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
        Int64(bitPattern: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    private static func context(of query: EventQuery) -> [UInt8] {
        var context = SealContext("event cursor")
        context.append(query.account)
        context.append(query.from ?? .min)
        context.append(query.to ?? .max)
        context.append(query.attribute?.name ?? "")
        context.append(query.attribute?.value ?? "")
        return context.bytes
    }
}
