/// A document for people: headings, texts and tables, one below the other.
public struct Document: Sendable {
    /// What is in a document, in its order.
    enum Block: Sendable {
        case heading(String, level: Int)
        case paragraph(String, isSmall: Bool)
        case fixed(String)
        case row([String], widths: [Double], isBold: Bool)
        case rule
    }

    /// What it is called.
    public let title: String
    /// By whom it is.
    public let author: String
    /// When it was made, in seconds since 1970.
    public let time: Double
    private(set) var blocks: [Block] = []

    /// Makes an empty document.
    /// - Parameters: see the properties.
    public init(title: String, author: String, time: Double) {
        self.title = title
        self.author = author
        self.time = time
    }

    /// Adds a heading, of level 1 or 2.
    public mutating func heading(_ text: String, level: Int = 1) { blocks.append(.heading(text, level: level)) }

    /// Adds a text, which is broken into lines.
    public mutating func paragraph(_ text: String, isSmall: Bool = false) {
        blocks.append(.paragraph(text, isSmall: isSmall))
    }

    /// Adds a line in letters of one width, such as a checksum.
    public mutating func fixed(_ text: String) { blocks.append(.fixed(text)) }

    /// Adds a row of a table.
    /// - Parameter widths: of the columns, in proportion to each other.
    public mutating func row(_ cells: [String], widths: [Double], isBold: Bool = false) {
        blocks.append(.row(cells, widths: widths, isBold: isBold))
    }

    /// Adds a line across the page.
    public mutating func rule() { blocks.append(.rule) }
}

/// Why there is no PDF.
public struct DocumentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in words for the operator.
    public let description: String

    init(_ description: String) { self.description = description }
}
