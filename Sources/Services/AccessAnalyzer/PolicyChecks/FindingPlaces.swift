import Lint
import Policy

/// Where in a document the findings are, as `ValidatePolicy` has it: the way to the value, and its first and last
/// characters.
///
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Location.html>
struct FindingPlaces {
    /// One step of the way.
    /// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_PathElement.html>
    enum Step: Equatable {
        /// To the value of a member.
        case value(String)
        /// To the name of a member itself.
        case key(String)
        /// To an element of an array, from 0.
        case index(Int)
        /// Into a string, in characters.
        case substring(start: Int, length: Int)
    }

    /// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Position.html>
    struct Position: Equatable {
        /// From 1.
        var line: Int
        /// From 0, in Unicode scalars.
        var column: Int
        /// From 0, in Unicode scalars.
        var offset: Int
    }

    struct Place: Equatable {
        var path: [Step]
        var start: Position
        /// After the last character.
        var end: Position
    }

    private let bytes: [UInt8]
    /// Where each line begins: how many bytes and how many scalars are before it.
    private let lines: [(byte: Int, scalar: Int)]

    /// - Complexity: linear in the length of the text.
    init(in text: String) {
        bytes = Array(text.utf8)
        var lines = [(byte: 0, scalar: 0)]
        var scalars = 0
        for (place, byte) in bytes.enumerated() {
            if !Self.continues(byte) { scalars += 1 }
            if byte == UInt8(ascii: "\n") { lines.append((place + 1, scalars)) }
        }
        self.lines = lines
    }

    /// - Complexity: that of the value, and of the line that it is in.
    func place(of finding: Finding) -> Place {
        let start = min(max(0, finding.position.offset), bytes.count)
        var path = finding.path.map { step -> Step in
            switch step {
            case .member(let name): .value(name)
            case .index(let index): .index(index)
            }
        }
        if finding.code == .jsonSyntaxError {
            return Place(path: path, start: position(start), end: position(afterCharacter(start)))
        }
        let end = self.end(from: start)
        if isKey(endingAt: end, from: start), case .value(let name)? = path.last { path[path.count - 1] = .key(name) }
        guard let part = part(of: finding, from: start, to: end) else {
            return Place(path: path, start: position(start), end: position(end))
        }
        path.append(.substring(start: part.lowerBound - start - 1, length: part.count))
        return Place(path: path, start: position(part.lowerBound), end: position(part.upperBound))
    }

    private func position(_ place: Int) -> Position {
        // The last line that begins no later.
        var (low, high) = (0, lines.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lines[middle].byte <= place { low = middle } else { high = middle }
        }
        let line = lines[low]
        let column = bytes[line.byte..<place].reduce(0) { $0 + (Self.continues($1) ? 0 : 1) }
        return Position(line: low + 1, column: column, offset: line.scalar + column)
    }

    /// Whether a byte of UTF-8 belongs to the scalar that an earlier one has begun.
    private static func continues(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    private func afterCharacter(_ start: Int) -> Int {
        guard start < bytes.count else { return start }
        return bytes[(start + 1)...].firstIndex { !Self.continues($0) } ?? bytes.count
    }
}

// MARK: Values

extension FindingPlaces {
    /// Where the JSON value that begins at a place ends. The text is JSON, or no such place would have been found.
    private func end(from start: Int) -> Int {
        guard start < bytes.count else { return start }
        switch bytes[start] {
        case UInt8(ascii: "\""): return endOfString(from: start)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var depth = 0
            var place = start
            while place < bytes.count {
                switch bytes[place] {
                case UInt8(ascii: "\""):
                    place = endOfString(from: place)
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth == 0 { return place + 1 }
                default: break
                }
                place += 1
            }
            return bytes.count
        default:
            return bytes[start...].firstIndex { ",]} \t\r\n".utf8.contains($0) } ?? bytes.count
        }
    }

    /// After the quotation mark that ends the string which one at this place begins.
    private func endOfString(from start: Int) -> Int {
        var place = start + 1
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "\"") { return place + 1 }
            place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        return bytes.count
    }

    /// Whether what begins and ends there is the name of a member: a colon comes next.
    private func isKey(endingAt end: Int, from start: Int) -> Bool {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "\""), end < bytes.count else { return false }
        let next = bytes[end...].first { !" \t\r\n".utf8.contains($0) }
        return next == UInt8(ascii: ":")
    }

    /// The part of a string that a finding is about, where that is less than all: of an action, its service or its name,
    /// of an ARN the part that is wrong. nil: the whole value.
    private func part(of finding: Finding, from start: Int, to end: Int) -> Range<Int>? {
        guard end - start > 2, bytes[start] == UInt8(ascii: "\""), let wanted = finding.code.part else { return nil }
        let inner = (start + 1)..<(end - 1)
        // Characters that are escaped or not ASCII would have to be counted otherwise.
        guard bytes[inner].allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "\\") }) else { return nil }
        let isARN = bytes[inner].starts(with: "arn:".utf8)
        let parts = bytes[inner].split(
            separator: UInt8(ascii: ":"), maxSplits: isARN ? 5 : 1, omittingEmptySubsequences: false)
        let place: Int
        switch wanted {
        case .action(let part) where !isARN && parts.count == 2: place = part
        case .arn(let part) where isARN && parts.count == 6: place = part
        default: return nil
        }
        let found = parts[place]
        return found.isEmpty ? nil : found.startIndex..<found.endIndex
    }
}

/// A part of what is written between colons.
private enum FindingPart {
    case action(Int)
    case arn(Int)
}

extension FindingCode {
    fileprivate var part: FindingPart? {
        switch self {
        case .invalidServiceInAction, .wildcardInServiceName: .action(0)
        case .invalidAction: .action(1)
        case .invalidPartition: .arn(1)
        case .invalidARNServiceCase: .arn(2)
        case .invalidARNRegion, .arnRegionNotAllowed: .arn(3)
        case .invalidARNAccount, .arnAccountNotAllowed: .arn(4)
        case .invalidARNResource: .arn(5)
        default: nil
        }
    }
}
