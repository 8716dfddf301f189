import WAF
import Wire

/// The functions of the query language, by their names in lower case.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html>
enum QueryFunction: String, CaseIterable, Sendable {
    case abs, ceil, floor, greatest, least, log, round, sqrt, haversine
    case toNumber = "tonumber"
    case toInt = "toint"
    case toLong = "tolong"
    case toDouble = "todouble"
    case fromMillis = "frommillis"
    case toMillis = "tomillis"
    case now
    case queryStartTime = "querystarttime"
    case queryEndTime = "queryendtime"
    case queryTimeRange = "querytimerange"
    case isPresent = "ispresent"
    case coalesce
    case choice = "case"
    case choose = "if"
    case isNumeric = "isnumeric"
    case messageSize = "messagesize"
    case jsonParse = "jsonparse"
    case jsonStringify = "jsonstringify"
    case jsonArraySize = "jsonarraysize"
    case jsonArrayContains = "jsonarraycontains"
    case isValidIP = "isvalidip"
    case isValidIPv4 = "isvalidipv4"
    case isValidIPv6 = "isvalidipv6"
    case isIPInSubnet = "isipinsubnet"
    case isIPv4InSubnet = "isipv4insubnet"
    case isIPv6InSubnet = "isipv6insubnet"
    case ipv4ToNumber = "ipv4tonumber"
    case isPrivateIP = "isprivateip"
    case isPublicIP = "ispublicip"
    case isReservedIP = "isreservedip"
    case isEmpty = "isempty"
    case isBlank = "isblank"
    case concat, ltrim, rtrim, trim, strlen
    case toUpper = "toupper"
    case toLower = "tolower"
    case substr, replace
    case strContains = "strcontains"
    case startsWith = "startswith"
    case endsWith = "endswith"
    case urlEncode = "urlencode"
    case urlDecode = "urldecode"
    case base64Encode = "base64encode"
    case base64Decode = "base64decode"
    case split
    case hexToASCII = "hextoascii"
    case hexToDec = "hextodec"
    case decToHex = "dectohex"

    /// What AWS has, and Gatehouse has not.
    static let notBuilt: Set<String> = [
        "parsedate", "formatdate", "strftime", "md5", "sha1", "sha256", "sha512", "hash", "crc32", "topk",
    ]

    /// How many arguments it takes.
    var arguments: ClosedRange<Int> {
        switch self {
        case .now, .queryStartTime, .queryEndTime, .queryTimeRange: 0...0
        case .greatest, .least, .coalesce, .concat: 1...64
        case .round, .ltrim, .rtrim, .trim: 1...2
        case .choice: 2...21
        case .choose, .replace: 3...3
        case .haversine: 4...4
        case .substr, .strContains: 2...3
        case .jsonArrayContains, .isIPInSubnet, .isIPv4InSubnet, .isIPv6InSubnet, .startsWith, .endsWith, .split: 2...2
        default: 1...1
        }
    }

    func value(_ arguments: [Expression], _ row: QueryRow, _ context: QueryContext) -> QueryValue {
        func value(_ number: Int) -> QueryValue {
            arguments.indices.contains(number) ? arguments[number].value(row, context) : .missing
        }
        switch self {
        case .now: return .number((Double(context.now) / 1000).rounded(.down))
        case .queryStartTime: return .number(Double(context.start))
        case .queryEndTime: return .number(Double(context.end))
        case .queryTimeRange: return .number(Double(context.end) - Double(context.start))
        case .isPresent: return .boolean(!value(0).isMissing)
        case .coalesce:
            for argument in arguments {
                let value = argument.value(row, context)
                if !value.isMissing { return value }
            }
            return .missing
        case .choice:
            var number = 0
            while number + 1 < arguments.count {
                if value(number).isTrue { return value(number + 1) }
                number += 2
            }
            return value(number)
        case .choose: return value(0).isTrue ? value(1) : value(2)
        case .isNumeric: return .boolean(value(0).number != nil)
        case .fromMillis:
            return value(0).number.flatMap { Int64(exactly: $0.rounded(.down)) }.map { .timestamp($0) } ?? .missing
        case .toMillis: return value(0).number.map { .number($0) } ?? .missing
        case .abs, .ceil, .floor, .greatest, .least, .log, .round, .sqrt, .haversine, .toNumber, .toInt, .toLong,
            .toDouble:
            return NumericFunctions.value(self, arguments.indices.map { value($0).number })
        case .jsonParse, .jsonStringify, .jsonArraySize, .jsonArrayContains:
            return JSONFunctions.value(self, value(0), value(1))
        case .isValidIP, .isValidIPv4, .isValidIPv6, .isIPInSubnet, .isIPv4InSubnet, .isIPv6InSubnet, .ipv4ToNumber,
            .isPrivateIP, .isPublicIP, .isReservedIP:
            return AddressFunctions.value(self, value(0).text, value(1).text)
        default:
            return StringFunctions.value(self, arguments.indices.map { value($0) })
        }
    }
}

/// Functions of JSON.
enum JSONFunctions {
    static func value(_ function: QueryFunction, _ a: QueryValue, _ b: QueryValue) -> QueryValue {
        switch function {
        case .jsonParse:
            guard let json = structure(a) else { return .missing }
            return .structure(json)
        case .jsonStringify:
            guard case .structure(let json) = a else { return .missing }
            return .text(QueryValue.format(json))
        case .jsonArraySize:
            guard case .array(let elements)? = structure(a) else { return .missing }
            return .number(Double(elements.count))
        default:
            guard case .array(let elements)? = structure(a), let wanted = b.text else { return .boolean(false) }
            return .boolean(elements.contains { QueryValue($0).text == wanted })
        }
    }

    /// A map or a list, or one that a text is; nil: it is none.
    private static func structure(_ value: QueryValue) -> JSONValue? {
        switch value {
        case .structure(let json): return json
        case .text(let text):
            guard let json = try? JSONValue(parsing: Array(text.utf8)) else { return nil }
            switch json {
            case .object, .array: return json
            default: return nil
            }
        default: return nil
        }
    }
}

/// Functions of IP addresses.
enum AddressFunctions {
    private static let privates = networks(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"])
    /// Of the IANA's registries of special-purpose addresses (RFC 6890), those that are not reached from everywhere.
    private static let reserved = networks([
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
        "240.0.0.0/4", "::/128", "::1/128", "100::/64", "2001:db8::/32", "fc00::/7", "fe80::/10", "ff00::/8",
    ])

    private static func networks(_ texts: [String]) -> NetworkSet { NetworkSet(texts.compactMap { Network($0) }) }

    static func value(_ function: QueryFunction, _ text: String?, _ subnet: String?) -> QueryValue {
        let isSix = text?.utf8.contains(UInt8(ascii: ":")) ?? false
        let address = text.flatMap { IPAddress($0) }
        switch function {
        case .isValidIP: return .boolean(address != nil)
        case .isValidIPv4: return .boolean(address != nil && !isSix)
        case .isValidIPv6: return .boolean(address != nil && isSix)
        case .ipv4ToNumber:
            guard let address, !isSix else { return .missing }
            return .number(address.bytes.reduce(0) { $0 * 256 + Double($1) })
        case .isPrivateIP: return .boolean(address.map { privates.contains($0) } ?? false)
        case .isReservedIP: return .boolean(address.map { reserved.contains($0) } ?? false)
        case .isPublicIP: return .boolean(address.map { !reserved.contains($0) } ?? false)
        default:
            guard let address, let subnet, let network = Network(subnet), network.address.version == address.version
            else {
                return .boolean(false)
            }
            let isWanted = function == .isIPv4InSubnet ? !isSix : function == .isIPv6InSubnet ? isSix : true
            return .boolean(isWanted && address.masked(to: network.length) == network.address)
        }
    }
}
