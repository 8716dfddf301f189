import CXMLSecurity
import CXMLTree

/// A parsed XML document. Parsing refuses document types, so there are no entities; nothing is ever fetched.
///
/// It belongs to one thread at a time, which the compiler enforces because it is not `Sendable`.
final class XMLDocument {
    fileprivate let pointer: OpaquePointer

    /// - Throws: `SAMLError.malformed` for a text that is not well-formed, or that the parser refuses.
    init(_ bytes: [UInt8]) throws(SAMLError) {
        guard xmlsecurity_start(), let pointer = withBytes(of: bytes, xmltree_parse) else { throw .malformed }
        self.pointer = pointer
    }

    deinit { xmltree_free_document(pointer) }

    var root: XMLElement? {
        xmltree_root(pointer).map { XMLElement(document: self, node: $0) }
    }

    /// The document's text with a signature over its root element, by an RSA key (PEM); nil for what is no such key, or where the
    /// root has no `ID`. The document keeps the signature.
    func signed(by privateKey: String) -> [UInt8]? {
        var count = 0
        let text = withBytes(of: Array(privateKey.utf8)) { xmlsecurity_sign(pointer, $0, &count) }
        guard let text else { return nil }
        defer { xmltree_free_text(text) }
        return Array(UnsafeRawBufferPointer(start: text, count: count))
    }
}

/// An element of a document, which it keeps.
struct XMLElement {
    fileprivate let document: XMLDocument
    fileprivate let node: OpaquePointer

    var name: String { String(cString: xmltree_name(node)) }
    var namespace: String { String(cString: xmltree_namespace(node)) }

    /// The element's own text, without comments and without white space at both ends.
    var text: String {
        guard let text = xmltree_text(node) else { return "" }
        defer { xmltree_free_text(text) }
        return String(cString: text).trimmed
    }

    /// The value of an attribute without a namespace, without white space at both ends.
    subscript(attribute: String) -> String? {
        guard let value = xmltree_attribute_value(node, attribute) else { return nil }
        defer { xmltree_free_text(value) }
        return String(cString: value).trimmed
    }

    /// Whether there are elements in it.
    var hasChildren: Bool { xmltree_first_child(node) != nil }

    /// The child elements of a name, in their order.
    func children(_ name: String, _ namespace: String) -> [XMLElement] {
        var found: [XMLElement] = []
        var next = xmltree_first_child(node)
        while let node = next {
            let child = XMLElement(document: document, node: node)
            if child.is(name, namespace) { found.append(child) }
            next = xmltree_next_sibling(node)
        }
        return found
    }

    /// The child element of a name, if there is exactly one.
    func child(_ name: String, _ namespace: String) -> XMLElement? {
        let found = children(name, namespace)
        return found.count == 1 ? found.first : nil
    }

    func `is`(_ name: String, _ namespace: String) -> Bool {
        self.name == name && self.namespace == namespace
    }

    /// Verifies the element's own signature, with the keys of certificates (DER) and no others.
    /// - Returns: whether it has one.
    /// - Throws: `SAMLError.signatureInvalid` for one that does not hold, or is not over exactly this element.
    func verifySignature(by certificates: [[UInt8]]) throws(SAMLError) -> Bool {
        let verdict = withBytes(ofAll: certificates) {
            xmlsecurity_verify(document.pointer, node, $0.baseAddress, $0.count)
        }
        switch verdict {
        case xmlsecurity_verified: return true
        case xmlsecurity_unsigned: return false
        default: throw .signatureInvalid
        }
    }

    /// The content of the `EncryptedData` within the element, decrypted with one of the private keys (PEM); nil when
    /// none fits.
    func decrypted(by privateKeys: [String]) -> [UInt8]? {
        var count = 0
        let text = withBytes(ofAll: privateKeys.map { Array($0.utf8) }) {
            xmlsecurity_decrypt(node, $0.baseAddress, $0.count, &count)
        }
        guard let text else { return nil }
        defer { xmltree_free_text(text) }
        return Array(UnsafeRawBufferPointer(start: text, count: count))
    }
}

/// The forms of keys that the underlying library accepts.
enum KeyForm {
    static func isCertificate(_ der: [UInt8]) -> Bool {
        xmlsecurity_start() && withBytes(of: der, xmlsecurity_is_certificate)
    }

    static func isPrivateKey(_ pem: String) -> Bool {
        xmlsecurity_start() && withBytes(of: Array(pem.utf8), xmlsecurity_is_private_key)
    }
}

private func withBytes<Result>(of bytes: [UInt8], _ body: (xmltree_bytes) -> Result) -> Result {
    bytes.withUnsafeBufferPointer { body(xmltree_bytes(bytes: $0.baseAddress, count: $0.count)) }
}

/// One block of memory for all of them, so that their addresses stay valid together.
private func withBytes<Result>(
    ofAll arrays: [[UInt8]], _ body: (UnsafeBufferPointer<xmltree_bytes>) -> Result
) -> Result {
    Array(arrays.joined()).withUnsafeBufferPointer { buffer in
        var start = 0
        var views: [xmltree_bytes] = []
        for array in arrays {
            views.append(xmltree_bytes(bytes: buffer.baseAddress.map { $0 + start }, count: array.count))
            start += array.count
        }
        return views.withUnsafeBufferPointer(body)
    }
}

extension String {
    /// Without XML's white space at both ends.
    var trimmed: String {
        let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
        guard let first = utf8.firstIndex(where: { !isSpace($0) }), let last = utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(self[first...last])
    }
}
