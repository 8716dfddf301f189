/// NORMALIZE_PATH: several slashes become one, references to a folder itself and to the one above it are resolved. Those above
/// the beginning stay where the path is relative, and lead nowhere where it is absolute.
enum PathNormalization {
    static func normalize(_ text: [UInt8]) -> [UInt8] {
        guard !text.isEmpty else { return text }
        let slash = UInt8(ascii: "/")
        let isAbsolute = text.first == slash
        var segments: [ArraySlice<UInt8>] = []
        let parts = text.split(separator: slash, omittingEmptySubsequences: true)
        for part in parts {
            if part.elementsEqual(".".utf8) { continue }
            guard part.elementsEqual("..".utf8) else {
                segments.append(part)
                continue
            }
            if let last = segments.last, !last.elementsEqual("..".utf8) {
                segments.removeLast()
            } else if !isAbsolute {
                segments.append(part)
            }
        }
        var result: [UInt8] = isAbsolute ? [slash] : []
        result.append(contentsOf: segments.joined(separator: [slash]))
        if text.last == slash, !segments.isEmpty { result.append(slash) }
        return result
    }
}
