import FoundationEssentials
import Platform
import SNSAPI
import Wire

// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>

extension MessageAttribute {
    /// Reads the attributes of a request.
    /// - Throws: ParameterValueInvalid, InvalidParameter.
    static func all(_ asked: [String: SNS.MessageAttributeValue]?) throws(ServiceError) -> [String: MessageAttribute] {
        var attributes: [String: MessageAttribute] = [:]
        for (name, value) in (asked ?? [:]).sorted(by: { $0.key < $1.key }) {
            try checkName(name)
            attributes[name] = try MessageAttribute(value, named: name)
        }
        return attributes
    }

    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>
    private static func checkName(_ name: String) throws(ServiceError) {
        let lowercased = name.lowercased()
        guard (1...256).contains(name.utf8.count),
            name.utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x2D || byte == 0x2E || byte == 0x5F
            }), !name.hasPrefix("."), !name.hasSuffix("."), !name.contains(".."), !lowercased.hasPrefix("aws."),
            !lowercased.hasPrefix("amazon.")
        else { throw .wrongValue("The message attribute name '\(name)' is invalid.") }
    }

    private init(_ value: SNS.MessageAttributeValue, named name: String) throws(ServiceError) {
        let type = value.dataType
        guard !type.isEmpty else {
            throw .wrongValue("The message attribute '\(name)' must contain non-empty message attribute type.")
        }
        let kind = type.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        guard ["String", "Number", "Binary"].contains(kind), type.utf8.count <= 256 else {
            throw .wrongValue(
                "The message attribute '\(name)' has an invalid message attribute type, the set of supported type prefixes "
                    + "is Binary, Number, and String.")
        }
        let empty = ServiceError.wrongValue(
            "The message attribute '\(name)' must contain non-empty message attribute value for message attribute type "
                + "'\(type)'.")
        guard value.stringValue == nil || value.binaryValue == nil else {
            throw .wrongValue("The message attribute '\(name)' must have only one value.")
        }
        if kind == "Binary" {
            guard let bytes = value.binaryValue?.bytes, !bytes.isEmpty else { throw empty }
            self.init(type: type, bytes: Data(bytes))
            return
        }
        guard let text = value.stringValue, !text.isEmpty else { throw empty }
        if kind == "Number", Self.number(text) == nil {
            throw .wrongValue("Could not cast message attribute '\(name)' value to number.")
        }
        if type == "String.Array", Self.array(text) == nil {
            throw .wrongValue(
                "Could not parse message attribute '\(name)' value as an array of strings, numbers, booleans and null.")
        }
        self.init(type: type, text: text)
    }

    /// nil for what is none.
    static func number(_ text: String) -> JSONValue? {
        if let number = Int(text) { return .integer(number) }
        guard let number = Double(text), number.isFinite, text.utf8.allSatisfy({ $0 != 0x78 && $0 != 0x58 }) else {
            return nil
        }
        return .double(number)
    }

    /// Strings, numbers, booleans and null; nil for what is no array of such.
    static func array(_ text: String) -> JSONValue? {
        guard let value = try? JSONValue(parsing: Array(text.utf8)), case .array(let elements) = value,
            elements.allSatisfy({ element in
                switch element {
                case .array, .object: false
                default: true
                }
            })
        else { return nil }
        return value
    }

    /// How much of a message's size it is, with its name.
    func size(named name: String) -> Int {
        name.utf8.count + type.utf8.count + (text?.utf8.count ?? 0) + (bytes?.count ?? 0)
    }
}

extension ServiceError {
    static func wrongValue(_ message: String) -> ServiceError { .sns(.parameterValueInvalid, message) }
}
