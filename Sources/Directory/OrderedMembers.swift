/// The members of one type in one account, in the order of their ids: what a page of a list is taken from.
///
/// They lie in pieces of a few hundred, so that one more moves no more than those.
struct OrderedMembers<Member: Identity> {
    typealias Item = (id: String, entry: MemberEntry<Member>)

    /// No piece is empty, nor longer than this.
    private static var pieceLength: Int { 512 }

    private var pieces: [[Item]] = []

    /// Puts a member in its place, or in that of the one with its id.
    /// - Complexity: O(log *n*), apart from moving the references of a piece.
    mutating func put(_ entry: MemberEntry<Member>, id: String) {
        guard !pieces.isEmpty else {
            pieces = [[(id, entry)]]
            return
        }
        let (piece, place) = place(of: id)
        if place < pieces[piece].count, pieces[piece][place].id == id {
            pieces[piece][place].entry = entry
            return
        }
        pieces[piece].insert((id, entry), at: place)
        guard pieces[piece].count > Self.pieceLength else { return }
        // What is put at the end, as at the start of the server, leaves full pieces behind.
        let isAtEnd = piece == pieces.count - 1 && place == pieces[piece].count - 1
        let kept = isAtEnd ? Self.pieceLength : Self.pieceLength / 2
        pieces.insert(Array(pieces[piece][kept...]), at: piece + 1)
        pieces[piece].removeSubrange(kept...)
    }

    /// Takes the member of an id away, if there is one.
    mutating func remove(id: String) {
        guard !pieces.isEmpty else { return }
        let (piece, place) = place(of: id)
        guard place < pieces[piece].count, pieces[piece][place].id == id else { return }
        pieces[piece].remove(at: place)
        if pieces[piece].isEmpty { pieces.remove(at: piece) }
    }

    /// Up to `limit` members after an id, or from the first on.
    func next(after id: String?, limit: Int) -> [Item] {
        var (piece, place) = (0, 0)
        if let id, !pieces.isEmpty {
            (piece, place) = self.place(of: id)
            if place < pieces[piece].count, pieces[piece][place].id == id { place += 1 }
        }
        var items: [Item] = []
        while piece < pieces.count, items.count < limit {
            items += pieces[piece][place...].prefix(limit - items.count)
            (piece, place) = (piece + 1, 0)
        }
        return items
    }

    /// The piece that an id belongs in, and the place of the first item there that doesn't come before it.
    private func place(of id: String) -> (piece: Int, place: Int) {
        let piece = max(0, Self.first(in: 0..<pieces.count) { id < pieces[$0][0].id } - 1)
        return (piece, Self.first(in: 0..<pieces[piece].count) { !(pieces[piece][$0].id < id) })
    }

    /// The first number of a range that passes a test, which all numbers after it pass as well; the range's end where none
    /// does.
    private static func first(in range: Range<Int>, where test: (Int) -> Bool) -> Int {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            if test(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
