/// The name that looks most like `name`, in any case of letters, for messages that ask "did you mean …?".
///
/// Names are compared by their Damerau–Levenshtein distance (restricted to adjacent transpositions). One slip for every
/// three letters is taken to be a typing error.
/// - Returns: nil where no name is near enough to have been meant, and where `name` is longer than 128 bytes.
/// - Complexity: O(number of names × length²).
public func nearest(to name: String, among names: [String]) -> String? {
    let wanted = Array(name.lowercased().utf8)
    guard wanted.count <= 128 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in names {
        let limit = min((best?.distance ?? Int.max) - 1, max(1, wanted.count / 3))
        let letters = Array(candidate.lowercased().utf8)
        guard abs(letters.count - wanted.count) <= limit else { continue }
        let distance = editDistance(wanted, letters)
        if distance <= limit { best = (candidate, distance) }
    }
    return best?.name
}

/// How many letters must be put in, left out, changed, or swapped with the next one.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in 0..<left.count {
        var row = [i + 1]
        row.reserveCapacity(right.count + 1)
        for j in 0..<right.count {
            var distance = min(row[j] + 1, last[j + 1] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                distance = min(distance, beforeLast[j - 1] + 1)
            }
            row.append(distance)
        }
        beforeLast = last
        last = row
    }
    return last[right.count]
}
