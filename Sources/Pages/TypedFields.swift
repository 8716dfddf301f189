/// What people typed into a form's fields, without the white space that came along at its ends.
extension FormFields {
    /// Empty where there is none.
    package func typed(_ name: String) -> String {
        let text = text(name).drop { $0.isWhitespace }
        guard let last = text.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(text[...last])
    }

    /// nil where there is none.
    package func optional(_ name: String) -> String? {
        let text = typed(name)
        return text.isEmpty ? nil : text
    }
}
