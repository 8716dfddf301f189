import WAF

/// Values that a rule looks at.
enum SecVariable: Int, Sendable, CaseIterable {
    // Of the request: several values, each with a name.
    case arguments
    case argumentNames
    case queryArguments
    case queryArgumentNames
    case bodyArguments
    case bodyArgumentNames
    case files
    case fileNames
    case cookies
    case cookieNames
    case headers
    case headerNames
    case partHeaders
    // Of the request: one value.
    case body
    case filename
    case basename
    case uri
    case rawURI
    case line
    case method
    case httpVersion
    case query
    case address
    case bodyProcessor
    case argumentsSize
    case filesSize
    // Of the evaluation.
    case transaction
    case matched
    case matchedName
    case allMatched
    case allMatchedNames
    /// Texts and attributes of a body that is XML.
    case xml
    /// What is kept about an address from request to request: nothing is.
    case addressMemory
    case globalMemory

    /// As rules name it; the parts of JSON and of bodies that nobody takes apart have no names.
    var name: String { Self.names[rawValue] }

    private static let names: [String] = {
        var names = [String](repeating: "", count: allCases.count)
        for (variable, name) in named { names[variable.rawValue] = name }
        return names
    }()

    private static let named: [(SecVariable, String)] = [
        (.arguments, "ARGS"),
        (.argumentNames, "ARGS_NAMES"),
        (.queryArguments, "ARGS_GET"),
        (.queryArgumentNames, "ARGS_GET_NAMES"),
        (.bodyArguments, "ARGS_POST"),
        (.bodyArgumentNames, "ARGS_POST_NAMES"),
        (.files, "FILES"),
        (.fileNames, "FILES_NAMES"),
        (.cookies, "REQUEST_COOKIES"),
        (.cookieNames, "REQUEST_COOKIES_NAMES"),
        (.headers, "REQUEST_HEADERS"),
        (.headerNames, "REQUEST_HEADERS_NAMES"),
        (.partHeaders, "MULTIPART_PART_HEADERS"),
        (.body, "REQUEST_BODY"),
        (.filename, "REQUEST_FILENAME"),
        (.basename, "REQUEST_BASENAME"),
        (.uri, "REQUEST_URI"),
        (.rawURI, "REQUEST_URI_RAW"),
        (.line, "REQUEST_LINE"),
        (.method, "REQUEST_METHOD"),
        (.httpVersion, "REQUEST_PROTOCOL"),
        (.query, "QUERY_STRING"),
        (.address, "REMOTE_ADDR"),
        (.bodyProcessor, "REQBODY_PROCESSOR"),
        (.argumentsSize, "ARGS_COMBINED_SIZE"),
        (.filesSize, "FILES_COMBINED_SIZE"),
        (.transaction, "TX"),
        (.matched, "MATCHED_VAR"),
        (.matchedName, "MATCHED_VAR_NAME"),
        (.allMatched, "MATCHED_VARS"),
        (.allMatchedNames, "MATCHED_VARS_NAMES"),
        (.xml, "XML"),
        (.addressMemory, "IP"),
        (.globalMemory, "GLOBAL"),
    ]

    /// A variable by its name; nil: it isn't known here.
    init?(name: String) {
        guard let known = Self.named.first(where: { $0.1 == name }) else { return nil }
        self = known.0
    }

    /// Whether it is the evaluation that makes its values.
    var isOfEvaluation: Bool {
        switch self {
        case .transaction, .matched, .matchedName, .allMatched, .allMatchedNames: true
        default: false
        }
    }

    /// Those whose values its own are; itself, for most.
    var primaries: [SecVariable] {
        switch self {
        case .arguments: [.queryArguments, .bodyArguments, .jsonArguments]
        case .argumentNames: [.queryArgumentNames, .bodyArgumentNames, .jsonArgumentNames]
        default: [self]
        }
    }

    /// Elements of a body that is JSON; rules see them as ``arguments`` alone.
    case jsonArguments
    case jsonArgumentNames
    /// A body that nobody takes apart. No rule names it: it is for statements about bodies.
    case opaqueBody
}

/// A name among several values.
enum SecSelector: Sendable {
    /// In lower case.
    case name([UInt8])
    case regex(LinearRegex)

    func selects(_ name: [UInt8]) -> Bool {
        switch self {
        case .name(let wanted):
            name.count == wanted.count && zip(name, wanted).allSatisfy { asciiLowercased($0) == $1 }
        case .regex(let regex): regex.matches(name)
        }
    }
}

/// The values that a test looks at.
struct SecVariables: Sendable {
    struct Choice: Sendable {
        let variable: SecVariable
        /// nil: all of its values.
        let selector: SecSelector?
        /// Whether it is their number that is tested.
        var isCount = false
    }

    var choices: [Choice] = []
    /// What is left out.
    var exceptions: [Choice] = []
}

func asciiLowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
