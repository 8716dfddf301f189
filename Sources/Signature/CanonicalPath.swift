/// The path of a canonical request.
enum CanonicalPath {
    /// For every service but S3: without `.`, `..` and repeated slashes, and then encoded, although what was sent
    /// is encoded already.
    static func appendNormalized(_ path: String, to output: inout [UInt8]) {
        let slash = UInt8(ascii: "/")
        // By far the most paths.
        if path.utf8.count <= 1 {
            output.append(slash)
            return
        }
        var segments: [Substring.UTF8View] = []
        for segment in path[...].utf8.split(separator: slash) {
            if segment.elementsEqual("..".utf8) {
                _ = segments.popLast()
            } else if !segment.elementsEqual(".".utf8) {
                segments.append(segment)
            }
        }
        for segment in segments {
            output.append(slash)
            PercentEncoding.appendEncoded(segment, to: &output)
        }
        if segments.isEmpty || path.utf8.last == slash { output.append(slash) }
    }

    /// For S3: every byte of the key counts, and is encoded once, however the client wrote it.
    static func appendOnceEncoded(_ path: String, to output: inout [UInt8]) {
        if path.isEmpty {
            output.append(UInt8(ascii: "/"))
        } else {
            PercentEncoding.appendEncoded(PercentEncoding.decoded(path.utf8), keepingSlash: true, to: &output)
        }
    }
}
