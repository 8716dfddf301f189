import CPDF

extension Document {
    /// Why no PDF can be made here; nil: it can. The library, libharu, is loaded.
    public static var problem: String? {
        var reason = [CChar](repeating: 0, count: PDFWriter.reasonSize)
        return pdf_load(&reason, reason.count) ? nil : PDFWriter.text(reason)
    }

    /// The document as PDF, on A4. Characters that Windows-1252 lacks become question marks.
    /// - Throws: ``DocumentError`` where the library is not there.
    public func pdf() throws(DocumentError) -> [UInt8] {
        let writer = try PDFWriter(self)
        defer { writer.free() }
        return try writer.write()
    }
}

/// Lays a document out, and has libharu write it.
private final class PDFWriter {
    static let reasonSize = 256

    private let document: Document
    private let handle: OpaquePointer
    private var y: Float = 0
    private var pages = 0

    private enum Page {
        static let width: Float = 595
        static let height: Float = 842
        static let margin: Float = 50
        static let inner = width - 2 * margin
    }

    init(_ document: Document) throws(DocumentError) {
        var reason = [CChar](repeating: 0, count: Self.reasonSize)
        guard let handle = pdf_make(&reason, reason.count) else { throw DocumentError(Self.text(reason)) }
        self.handle = handle
        self.document = document
    }

    func free() { pdf_free(handle) }

    static func text(_ bytes: [CChar]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write() throws(DocumentError) -> [UInt8] {
        let date = Self.date(document.time).map { Int32($0) }
        _ = Self.terminated(WindowsText.bytes(document.title)).withUnsafeBufferPointer { title in
            Self.terminated(WindowsText.bytes(document.author)).withUnsafeBufferPointer { author in
                guard let title = title.baseAddress, let author = author.baseAddress else { return false }
                return pdf_describe(handle, title, author, date)
            }
        }
        try beginPage()
        try lines(document.title, font: pdf_bold, size: 18, gap: 8)
        for block in document.blocks {
            switch block {
            case .heading(let text, let level):
                // Not at the very end of a page, without what it is the heading of.
                if y < Page.margin + 60 { try beginPage() }
                y -= level == 1 ? 12 : 6
                try lines(text, font: pdf_bold, size: level == 1 ? 13 : 11, gap: 3)
            case .paragraph(let text, let isSmall): try lines(text, font: pdf_plain, size: isSmall ? 8 : 10, gap: 4)
            case .fixed(let text): try lines(text, font: pdf_fixed, size: 8, gap: 2)
            case .row(let cells, let widths, let isBold): try row(cells, widths, isBold: isBold)
            case .rule:
                _ = pdf_rule(handle, Page.margin, Page.width - Page.margin, y)
                y -= 6
            }
        }
        var reason = [CChar](repeating: 0, count: Self.reasonSize)
        var length = 0
        guard let bytes = pdf_bytes(handle, &length, &reason, reason.count) else {
            throw DocumentError(Self.text(reason))
        }
        defer { pdf_free_bytes(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: length))
    }

    private func beginPage() throws(DocumentError) {
        guard pdf_begin_page(handle, Page.width, Page.height) else { throw DocumentError("libharu makes no page") }
        pages += 1
        y = Page.height - Page.margin
        let foot = "\(document.author), \(document.title), page \(pages)"
        put(foot, pdf_plain, 7, Page.margin, Page.margin - 20, grey: 0.4)
    }

    private func put(_ text: String, _ font: Int, _ size: Float, _ x: Float, _ y: Float, grey: Float = 0) {
        put(WindowsText.bytes(text)[...], font, size, x, y, grey: grey)
    }

    private func put(
        _ text: ArraySlice<UInt8>, _ font: Int, _ size: Float, _ x: Float, _ y: Float, grey: Float = 0
    ) {
        Self.terminated(Array(text)).withUnsafeBufferPointer { text in
            guard let text = text.baseAddress else { return }
            _ = pdf_write(handle, Int32(font), size, grey, x, y, text)
        }
    }

    private static func terminated(_ bytes: [UInt8]) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

    /// A text, broken into lines that fit.
    private func broken(_ text: String, _ font: Int, _ size: Float, _ width: Float) -> [ArraySlice<UInt8>] {
        var rest = WindowsText.bytes(text)[...].prefix(20_000)
        var lines: [ArraySlice<UInt8>] = []
        while !rest.isEmpty {
            let fitting = Self.terminated(Array(rest)).withUnsafeBufferPointer { text in
                text.baseAddress.map { pdf_fitting(handle, Int32(font), size, $0, width) } ?? 0
            }
            // A word that is longer than a line is cut.
            let count = fitting > 0 ? fitting : max(1, Int(width / (size * 0.62)))
            lines.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return lines
    }

    private func lines(_ text: String, font: Int, size: Float, gap: Float) throws(DocumentError) {
        for line in broken(text, font, size, Page.inner) {
            if y < Page.margin + size { try beginPage() }
            y -= size * 1.25
            put(line, font, size, Page.margin, y)
        }
        y -= gap
    }

    private func row(_ cells: [String], _ widths: [Double], isBold: Bool) throws(DocumentError) {
        let size: Float = 8
        let font = isBold ? pdf_bold : pdf_plain
        let total = Float(widths.reduce(0, +))
        var columns: [(x: Float, lines: [ArraySlice<UInt8>])] = []
        var x = Page.margin
        for (cell, share) in zip(cells, widths) {
            let width = Page.inner * Float(share) / max(total, 1)
            columns.append((x, broken(cell, font, size, max(20, width - 6))))
            x += width
        }
        let count = columns.map(\.lines.count).max() ?? 0
        for index in 0..<count {
            if y < Page.margin + size { try beginPage() }
            y -= size * 1.25
            for column in columns where index < column.lines.count {
                put(column.lines[index], font, size, column.x, y)
            }
        }
        y -= 3
    }

    /// Year, month, day, hour, minute and second, in UTC: from the days since 1970 by the calendar's rules.
    private static func date(_ time: Double) -> [Int] {
        let seconds = Int(max(0, min(time, 253_402_300_799)))
        var days = seconds / 86_400
        let rest = seconds % 86_400
        // Of the era of 400 years that began on 1 March 0000.
        days += 719_468
        let era = days / 146_097
        let day = days % 146_097
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
        let ofYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        let ofMonth = ofYear - (153 * month + 2) / 5 + 1
        let named = month < 10 ? month + 3 : month - 9
        return [year + era * 400 + (named <= 2 ? 1 : 0), named, ofMonth, rest / 3600, rest % 3600 / 60, rest % 60]
    }
}
