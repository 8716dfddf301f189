/// A structure of the model: an input, an output, an error or a part of one.
public final class StructureShape: @unchecked Sendable {
    /// The model's name: `CreateUserRequest`.
    public let name: String
    let isSensitive: Bool
    /// Whether any JSON may stand here.
    let isDocument: Bool
    /// Whether its members are the events of a stream, of which each message has one.
    public let isEventStream: Bool
    /// What an error's answer says; nil for a structure that is not an error.
    public let error: ErrorTraits?
    /// The position of the member that is the body of the message, for protocols in the REST style.
    @exclusivity(unchecked) public private(set) var payload: Int?
    /// Whether the payload is a stream, which is not held in memory.
    @exclusivity(unchecked) public private(set) var streamsPayload = false
    let locationName: String?
    let xmlNamespace: XMLNamespace?
    /// Whether any member is an attribute in XML.
    @exclusivity(unchecked) private(set) var hasXMLAttributes = false
    /// The members, in the model's order: the position of one is its place in every ``Structure`` of this shape.
    /// Written once, while the schema is read and before any other thread can see the shape.
    @exclusivity(unchecked) public private(set) var members: [MemberShape] = []
    /// Where the member of a name is.
    @exclusivity(unchecked) private var places = NamePlaces([])
    /// What XML has to know of the members, in the same order.
    @exclusivity(unchecked) private(set) var xmlMembers = UnsafeBufferPointer<XMLMember>(start: nil, count: 0)
    private let payloadName: String?

    init(_ name: String, _ attributes: SchemaAttributes) {
        self.name = name
        self.isSensitive = attributes.has("sensitive")
        self.isDocument = attributes.has("document")
        self.isEventStream = attributes.has("eventstream")
        self.error = attributes["fault"].map { ErrorTraits(name, fault: $0, attributes) }
        self.payloadName = attributes["payload"]
        self.locationName = attributes["locationName"]
        self.xmlNamespace = attributes["namespace"].map(XMLNamespace.init)
    }

    func setMembers(_ members: [MemberShape]) {
        self.members = members
        places = NamePlaces(members.map(\.name))
        freeXMLMembers()
        let xmlMembers = UnsafeMutableBufferPointer<XMLMember>.allocate(capacity: members.count)
        _ = xmlMembers.initialize(from: members.lazy.map(XMLMember.init))
        self.xmlMembers = UnsafeBufferPointer(xmlMembers)
        hasXMLAttributes = members.contains { $0.isXMLAttribute }
        payload = payloadName.flatMap(index(of:))
        guard let payload, case .blob(let blob) = members[payload].shape else { return }
        streamsPayload = blob.isStreaming || members[payload].isStreaming
    }

    /// Whether a member is a stream of events, which takes the place of the body.
    /// - Complexity: linear in the number of members.
    public var hasEventStream: Bool {
        members.contains { member in
            guard case .structure(let structure) = member.shape else { return false }
            return structure.isEventStream
        }
    }

    deinit { freeXMLMembers() }

    private func freeXMLMembers() {
        for member in xmlMembers { member.free() }
        xmlMembers.deallocate()
    }

    /// The position of the member with the model's name; nil where there is none.
    /// - Complexity: O(1).
    public func index(of name: String) -> Int? { places[name] }

    /// The shape of an input or output that the model leaves out.
    public static let empty = StructureShape("EmptyStructure", SchemaAttributes())
}

/// A member of a structure.
public final class MemberShape: Sendable {
    /// Where a protocol in the REST style carries the member.
    enum Location: String, Sendable {
        case header, headers, uri, statusCode
        case query = "querystring"
    }

    /// The model's name, `UserName`.
    public let name: String
    /// The name with its first letter in lower case, `userName`: as validation errors and CloudTrail say it.
    public let camelCaseName: String
    /// What its value may be.
    public let shape: Shape
    /// Whether the model says that it must be there. A decoded structure may lack it: ``validate(_:of:by:)`` tells.
    public let isRequired: Bool
    /// Nil for the body.
    let location: Location?
    /// The name on the wire when it is not the model's.
    let locationName: String?
    /// The name on the wire in JSON, XML, headers, query strings and labels.
    public let wireName: String
    /// The name of the element in XML: ``wireName``, or that in forms where what is repeated has no element around it.
    let xmlName: String
    /// The name in lower case, of a header.
    let headerName: String
    /// The member's name in a form of the query protocol: the model's `queryName`, or the name on the wire. The name of a
    /// flattened list's elements takes its place.
    let formName: String
    /// The member's name in EC2's form: the model's `queryName`, or the name on the wire with a capital letter.
    let ec2FormName: String
    let xmlNamespace: XMLNamespace?
    let timestampFormat: TimestampFormat?
    let isFlattened: Bool
    let isXMLAttribute: Bool
    let isStreaming: Bool
    /// Whether the header's value is JSON in base64.
    let isJSONValue: Bool
    /// Whether the value is a label of the host name.
    let isHostLabel: Bool

    init(_ name: String, isRequired: Bool, _ shape: Shape, _ attributes: SchemaAttributes) {
        self.name = name
        self.camelCaseName = name.prefix(1).lowercased() + name.dropFirst()
        self.shape = shape
        self.isRequired = isRequired
        self.location = attributes["location"].flatMap(Location.init(rawValue:))
        self.locationName = attributes["locationName"]
        let wireName = attributes["locationName"] ?? name
        self.wireName = wireName
        self.headerName = location == .header ? wireName.lowercased() : ""
        self.ec2FormName = attributes["queryName"] ?? wireName.prefix(1).uppercased() + wireName.dropFirst()
        self.xmlNamespace = attributes["namespace"].map(XMLNamespace.init)
        self.timestampFormat = attributes["format"].flatMap(TimestampFormat.init(rawValue:))
        let isFlattened = attributes.has("flattened")
        self.isFlattened = isFlattened
        let isRepeated =
            switch shape {
            case .list(let list): isFlattened || list.isFlattened
            case .map(let map): isFlattened || map.isFlattened
            default: false
            }
        self.xmlName = isRepeated ? attributes["queryName"] ?? wireName : wireName
        if let queryName = attributes["queryName"] {
            self.formName = queryName
        } else if case .list(let list) = shape, isFlattened || list.isFlattened, let elementName = list.elementName {
            self.formName = elementName
        } else {
            self.formName = wireName
        }
        self.isXMLAttribute = attributes.has("attribute")
        self.isStreaming = attributes.has("streaming")
        self.isJSONValue = attributes.has("json")
        self.isHostLabel = attributes.has("label")
    }

    /// Whether the member is in the body of a request, rather than in its path, query string or headers. That of a structure
    /// within the body is.
    public var isInBody: Bool { location == nil }

    /// Whether the model says that the member's value must not be shown.
    var isSensitive: Bool { shape.isSensitive }
}

/// A namespace that an element in XML declares: `uri` or, for the names that begin with a prefix, `prefix=uri`.
struct XMLNamespace: Sendable, Equatable {
    /// What elements of the namespace begin with, before a colon; nil for a namespace that needs none.
    let prefix: String?
    /// What the namespace is known by: `https://iam.amazonaws.com/doc/2010-05-08/`.
    let uri: String

    init(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1)
        // A URI has a colon before it can have an equals sign.
        if parts.count == 2, !parts[0].contains(":") {
            prefix = String(parts[0])
            uri = String(parts[1])
        } else {
            prefix = nil
            uri = text
        }
    }
}

/// What the model says about an error's answer.
public struct ErrorTraits: Sendable, Equatable {
    /// `NoSuchEntity`, where the shape's name is `NoSuchEntityException`.
    public let code: String
    /// The HTTP status: the model's, or else 400 where the sender is at fault and 500 where the receiver is.
    public let status: Int
    /// Whose fault it is; the sender's unless the model says otherwise.
    public let fault: ServiceError.Fault

    init(_ name: String, fault: String, _ attributes: SchemaAttributes) {
        self.fault = fault == "receiver" ? .receiver : .sender
        self.code = attributes["code"] ?? name
        self.status = attributes["status"].flatMap { Int($0) } ?? (self.fault == .receiver ? 500 : 400)
    }
}

extension MemberShape {
    /// Whether a request has it in a header of that name, which is in lower case, or in one that begins so.
    public func isHeader(named name: String) -> Bool {
        switch location {
        case .header: headerName == name
        case .headers: name.hasPrefix(wireName.lowercased())
        default: false
        }
    }
}
