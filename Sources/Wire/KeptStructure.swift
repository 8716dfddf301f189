/// Structures as text, for a service that keeps what it was told in the shape in which it came.
extension Structure {
    /// The structure as JSON, from which ``init(json:of:)`` makes an equal one.
    public var json: String {
        var writer = JSONWriter()
        writer.structure(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The structure that ``json`` was made from, or as much of it as a shape has members for: the shape may be of an
    /// answer that has the members of a request.
    /// - Throws: SerializationException for a text that is not JSON, or has values of other types.
    public init(json: String, of shape: StructureShape) throws(ServiceError) {
        self = try JSONDecoding.input(try JSONDecoding.parse(Array(json.utf8)), shape)
    }
}
