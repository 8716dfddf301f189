/// The order that `sort` has: what is missing, then what is no number, in natural order, then numbers.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Sort.html>
enum NaturalOrder {
    /// Less than 0: the first is before the other; 0: they are the same.
    static func compare(_ a: QueryValue, _ b: QueryValue) -> Int {
        if a.isMissing || b.isMissing { return (a.isMissing ? 0 : 1) - (b.isMissing ? 0 : 1) }
        switch (a.number, b.number) {
        case (let first?, let second?) where first != second: return first < second ? -1 : 1
        case (_?, nil): return 1
        case (nil, _?): return -1
        case (_?, _?):
            let (first, second) = (a.text ?? "", b.text ?? "")
            return first == second ? 0 : first.utf8.lexicographicallyPrecedes(second.utf8) ? -1 : 1
        case (nil, nil):
            func bytes(_ value: QueryValue) -> [UInt8] { Array((value.shown(isComputed: false) ?? "").utf8) }
            return compare(bytes(a), bytes(b))
        }
    }

    /// Digits that follow each other are compared by how many they are, and then by their value, all else byte by byte: in UTF-8
    /// that is the order of Unicode.
    private static func compare(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var (i, j) = (0, 0)
        while i < a.count, j < b.count {
            let (first, second) = (digits(a, i), digits(b, j))
            if first > 0, second > 0 {
                if first != second { return first < second ? -1 : 1 }
                for offset in 0..<first where a[i + offset] != b[j + offset] {
                    return a[i + offset] < b[j + offset] ? -1 : 1
                }
                i += first
                j += second
            } else {
                if a[i] != b[j] { return a[i] < b[j] ? -1 : 1 }
                i += 1
                j += 1
            }
        }
        return (a.count - i).signum() - (b.count - j).signum()
    }

    private static func digits(_ text: [UInt8], _ start: Int) -> Int {
        text[start...].prefix { (0x30...0x39).contains($0) }.count
    }
}
