import WAF

/// Values that a rule looks at.
enum SecVariable: String, Sendable, CaseIterable {
    // Of the request: several values, each with a name.
    case arguments = "ARGS"
    case argumentNames = "ARGS_NAMES"
    case queryArguments = "ARGS_GET"
    case queryArgumentNames = "ARGS_GET_NAMES"
    case bodyArguments = "ARGS_POST"
    case bodyArgumentNames = "ARGS_POST_NAMES"
    case files = "FILES"
    case fileNames = "FILES_NAMES"
    case cookies = "REQUEST_COOKIES"
    case cookieNames = "REQUEST_COOKIES_NAMES"
    case headers = "REQUEST_HEADERS"
    case headerNames = "REQUEST_HEADERS_NAMES"
    case partHeaders = "MULTIPART_PART_HEADERS"
    // Of the request: one value.
    case body = "REQUEST_BODY"
    case filename = "REQUEST_FILENAME"
    case basename = "REQUEST_BASENAME"
    case uri = "REQUEST_URI"
    case rawURI = "REQUEST_URI_RAW"
    case line = "REQUEST_LINE"
    case method = "REQUEST_METHOD"
    case httpVersion = "REQUEST_PROTOCOL"
    case query = "QUERY_STRING"
    case address = "REMOTE_ADDR"
    case bodyProcessor = "REQBODY_PROCESSOR"
    case argumentsSize = "ARGS_COMBINED_SIZE"
    case filesSize = "FILES_COMBINED_SIZE"
    // Of the evaluation.
    case transaction = "TX"
    case matched = "MATCHED_VAR"
    case matchedName = "MATCHED_VAR_NAME"
    case allMatched = "MATCHED_VARS"
    case allMatchedNames = "MATCHED_VARS_NAMES"
    /// Bodies that are XML are not taken apart: it has no values.
    case xml = "XML"
    /// What is kept about an address from request to request: nothing is.
    case addressMemory = "IP"
    case globalMemory = "GLOBAL"

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
    case jsonArguments = " JSON"
    case jsonArgumentNames = " JSON_NAMES"
    /// A body that nobody takes apart. No rule names it: it is for statements about bodies.
    case opaqueBody = " OPAQUE"
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

