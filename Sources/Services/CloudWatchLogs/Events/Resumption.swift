/// From which segment on a walk over events has to read to go on where another has ended.
struct Resumption: Equatable, Sendable {
    /// On the way forward when that segment begins, on the way back when it ends, in milliseconds since 1970.
    let time: Int64
    /// Which segment of those it is; nil, as on the way back: all of its minute have to be read again.
    let exact: Exact?
    /// The number of the group's last ``SegmentMerge`` then: what was merged, or came late, since may lie before the segment; nil, on
    /// the way back: it is not known.
    let merges: Int64?

    struct Exact: Equatable, Sendable {
        let stream: Int64
        let number: Int64
    }

    /// On the way back.
    init(time: Int64, merges: Int64?) { (self.time, exact, self.merges) = (time, nil, merges) }

    init(_ place: LogSegment.Place, merges: Int64) {
        time = place.first
        exact = Exact(stream: place.stream, number: place.number)
        self.merges = merges
    }

    /// On the way forward: the segment, where it is known.
    var place: LogSegment.Place? {
        exact.map { LogSegment.Place(first: time, stream: $0.stream, number: $0.number) }
    }

    /// Reads the last parts of a token; nil: they are none.
    init?(_ parts: some Collection<Substring>) {
        let numbers = parts.compactMap { Int64($0) }.filter { $0 >= 0 }
        guard numbers.count == parts.count else { return nil }
        switch numbers.count {
        case 1: self.init(time: numbers[0], merges: nil)
        case 2: self.init(time: numbers[0], merges: numbers[1])
        case 4:
            self.init(
                LogSegment.Place(first: numbers[0], stream: numbers[1], number: numbers[2]), merges: numbers[3])
        default: return nil
        }
    }

    /// What tokens end with.
    var text: String {
        let numbers = [time] + (exact.map { [$0.stream, $0.number] } ?? []) + (merges.map { [$0] } ?? [])
        return numbers.map { String($0) }.joined(separator: "-")
    }
}
