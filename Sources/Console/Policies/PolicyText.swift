import Policy
import Wire

/// Policy documents as texts: as IAM answers them, as browsers send them, as people read them.
enum PolicyText {
    /// A policy that allows nothing, to begin with.
    static let empty = """
        {
            "Version": "2012-10-17",
            "Statement": []
        }
        """

    /// A document as IAM answers it, which is percent-encoded.
    static func decoded(_ answer: String?) -> String? { answer.map { $0.percentDecoded ?? $0 } }

    /// What a browser sent from a text field, whose lines it ends with carriage returns, too.
    static func typed(_ text: String) -> String { text.replacing("\r\n", with: "\n") }

    /// Easy to read; as it is where it can't be read as JSON, or is on several lines already.
    static func readable(_ text: String) -> String {
        if text.contains("\n") { return text }
        return (try? JSONTree(parsing: text))?.indented ?? text
    }

    /// A line of two texts that are compared.
    struct Line: Sendable {
        /// "+": only the newer text has it; "-": only the older; " ": both have it.
        let sign: String
        let text: String
        var isNew: Bool { sign == "+" }
    }

    /// Two documents side by side, line by line.
    /// - Complexity: O(lines × changes).
    static func difference(from old: String, to new: String) -> [Line] {
        let old = lines(old)
        let new = lines(new)
        let changes = new.difference(from: old)
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in changes {
            switch change {
            case .remove(let place, _, _): removed.insert(place)
            case .insert(let place, _, _): added.insert(place)
            }
        }
        var result: [Line] = []
        var place = 0
        for (newPlace, line) in new.enumerated() {
            while removed.contains(place) {
                result.append(Line(sign: "-", text: old[place]))
                place += 1
            }
            if added.contains(newPlace) {
                result.append(Line(sign: "+", text: line))
            } else {
                result.append(Line(sign: " ", text: line))
                place += 1
            }
        }
        while place < old.count {
            if removed.contains(place) { result.append(Line(sign: "-", text: old[place])) }
            place += 1
        }
        return result
    }

    /// Written alike, so that only what they say makes a difference.
    private static func lines(_ text: String) -> [String] {
        ((try? JSONTree(parsing: text))?.indented ?? text).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }
}
