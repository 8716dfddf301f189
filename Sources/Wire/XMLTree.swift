import CXMLTree

/// A parsed XML document. The parser takes no document type, so there are no entities; it fetches nothing, and limits the
/// depth to 250 elements and the number of attributes.
///
/// It belongs to one thread at a time, which its not being `Sendable` sees to.
package final class XMLTree {
    private let document: OpaquePointer

    /// Nil for what is not well-formed UTF-8, or is more than the parser takes.
    package init?(_ bytes: [UInt8]) {
        let document = bytes.withUnsafeBufferPointer {
            xmltree_parse(xmltree_bytes(bytes: $0.baseAddress, count: $0.count))
        }
        guard let document else { return nil }
        self.document = document
    }

    deinit { xmltree_free_document(document) }

    package var root: XMLNode? { xmltree_root(document).map { XMLNode(tree: self, node: $0) } }
}

/// An element of a document, which it keeps.
package struct XMLNode {
    private let tree: XMLTree
    private let node: OpaquePointer

    fileprivate init(tree: XMLTree, node: OpaquePointer) {
        self.tree = tree
        self.node = node
    }

    /// The name without the prefix of its namespace.
    package var name: String { String(cString: xmltree_name(node)) }

    /// The element's own text, comments left out.
    package var text: String {
        guard let text = xmltree_text(node) else { return "" }
        defer { xmltree_free_text(text) }
        return String(cString: text)
    }

    /// The value of the attribute of a name, whatever its namespace.
    func attribute(_ name: String) -> String? {
        guard let value = xmltree_any_attribute_value(node, name) else { return nil }
        defer { xmltree_free_text(value) }
        return String(cString: value)
    }

    package var children: [XMLNode] {
        var children: [XMLNode] = []
        var next = xmltree_first_child(node)
        while let node = next {
            children.append(XMLNode(tree: tree, node: node))
            next = xmltree_next_sibling(node)
        }
        return children
    }
}
