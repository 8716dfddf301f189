/// A body of several parts (RFC 7578), read as far as it can be: a part without an end counts as well.
struct MultipartBody {
    struct Part {
        var name: [UInt8] = []
        /// nil: it is a field.
        var fileName: [UInt8]?
        /// As they were sent, but for what they were folded by.
        var headers: [[UInt8]] = []
        var content: [UInt8] = []
    }

    private(set) var parts: [Part] = []
    /// Whether every application reads the same parts, and there is nothing besides.
    private(set) var isWhole = true

    private var current: Part?
    private var isInHead = false
    /// A header that the next line may go on with.
    private var header: [UInt8] = []
    /// How many file names the current part has.
    private var fileNames = 0
    private var names = 0
    /// The end of a line that belongs to the content only if another line of it comes.
    private var pending: [UInt8] = []

    private static let mostParts = 1024
    private static let mostHeaders = 64
    /// In bytes.
    private static let longestHeader = 4096

    /// - Complexity: linear in the body.
    init(_ body: [UInt8], boundary: [UInt8]) {
        guard !boundary.isEmpty else {
            isWhole = body.isEmpty
            return
        }
        let delimiter = Array("--".utf8) + boundary
        var isOver = false
        var start = 0
        while start < body.count {
            guard parts.count < Self.mostParts else {
                isWhole = false
                return
            }
            let feed = body[start...].firstIndex(of: 0x0A) ?? body.count
            var end = feed
            var lineEnd: [UInt8] = feed < body.count ? [0x0A] : []
            if end > start, feed < body.count, body[end - 1] == 0x0D {
                end -= 1
                lineEnd = [0x0D, 0x0A]
            }
            let line = body[start..<end]
            start = feed + 1
            if !isOver, line.starts(with: delimiter) {
                let rest = line[(line.startIndex + delimiter.count)...]
                let isEnd = rest.starts(with: "--".utf8)
                // Some take a line feed alone for the end of a line, and some do not.
                if lineEnd == [0x0A] || pending == [0x0A] { isWhole = false }
                if isEnd || rest.allSatisfy(Self.isSpace) {
                    finish()
                    isOver = isEnd
                    if !isEnd { begin() } else if !rest.dropFirst(2).allSatisfy(Self.isSpace) { isWhole = false }
                    continue
                }
                isWhole = false
            }
            take(line, lineEnd)
        }
        finish()
        if parts.isEmpty, !body.isEmpty { isWhole = false }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private mutating func begin() {
        current = Part()
        isInHead = true
        fileNames = 0
        names = 0
    }

    private mutating func finish() {
        guard current != nil else { return }
        if isInHead {
            takeHeader()
            isWhole = false
        }
        if fileNames > 1 || names > 1 { isWhole = false }
        if let current { parts.append(current) }
        current = nil
        pending = []
    }

    private mutating func take(_ line: ArraySlice<UInt8>, _ lineEnd: [UInt8]) {
        guard current != nil else {
            // Before the first part, or behind the last one.
            if !line.allSatisfy({ Self.isSpace($0) || $0 == 0x0D }) { isWhole = false }
            return
        }
        guard isInHead else {
            current?.content += pending
            current?.content += line
            pending = lineEnd
            return
        }
        if lineEnd == [0x0A] { isWhole = false }
        if line.isEmpty {
            takeHeader()
            isInHead = false
        } else if let first = line.first, Self.isSpace(first), !header.isEmpty {
            if header.count + line.count <= Self.longestHeader { header += line } else { isWhole = false }
        } else {
            takeHeader()
            header = Array(line)
        }
    }

    private mutating func takeHeader() {
        guard !header.isEmpty, let count = current?.headers.count else { return }
        if count < Self.mostHeaders { current?.headers.append(header) } else { isWhole = false }
        if header.prefix(20).map(asciiLowercased).elementsEqual("content-disposition:".utf8) {
            let parameters = HeaderParameters(header)
            let named = parameters.values(of: "name")
            let files = parameters.values(of: "filename")
            if !parameters.isCertain { isWhole = false }
            names += named.count
            fileNames += files.count
            if let name = named.first { current?.name = name }
            // One without a name is a field for many applications.
            if let file = files.first { current?.fileName = file.isEmpty ? nil : file }
        }
        header = []
    }
}
