/// How XML writes a member whose value is text or a moment: its tags, and whether they are all that it takes. Made once for
/// each member, since answers consist of such elements.
struct XMLMember {
    /// `<UserName></UserName>`. Its owner is the ``StructureShape``, which frees it: nothing is counted when it is lent.
    private let tags: UnsafePointer<UInt8>
    private let openingLength: Int
    /// The length of both tags.
    let length: Int
    /// Whether it is an element that declares no namespace.
    let isPlain: Bool
    /// Whether its value is a moment that is written as ISO 8601, unless the protocol wants milliseconds.
    let isISO8601: Bool

    init(_ member: MemberShape) {
        let opening = "<\(member.xmlName)>".utf8
        let bytes = Array(opening) + Array("</\(member.xmlName)>".utf8)
        let tags = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
        tags.initialize(from: bytes, count: bytes.count)
        self.tags = UnsafePointer(tags)
        openingLength = opening.count
        length = bytes.count
        isPlain = member.xmlNamespace == nil && !member.isXMLAttribute
        if case .timestamp(let shape) = member.shape {
            isISO8601 = isPlain && (member.timestampFormat ?? shape.format ?? .iso8601) == .iso8601
        } else {
            isISO8601 = false
        }
    }

    func free() { tags.deallocate() }

    /// `<UserName>`
    @inline(__always)
    var opening: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: tags, count: openingLength) }

    /// `</UserName>`
    @inline(__always)
    var closing: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: tags + openingLength, count: length - openingLength)
    }
}
