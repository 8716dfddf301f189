import Crypto

/// What is done to a part of a request before it is inspected, to undo what attackers do to hide.
///
/// They are ModSecurity's functions under other names; where AWS's documentation leaves something open, it is as there.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-transformation.html>
///
/// ```swift
/// // select 1:
/// let text = TextTransformation.apply([.urlDecode, .lowercase], to: Array("%53ELECT+1".utf8))
/// ```
public enum TextTransformation: String, Sendable, Hashable, CaseIterable {
    case none = "NONE"
    case compressWhiteSpace = "COMPRESS_WHITE_SPACE"
    case htmlEntityDecode = "HTML_ENTITY_DECODE"
    case lowercase = "LOWERCASE"
    case commandLine = "CMD_LINE"
    case urlDecode = "URL_DECODE"
    case base64Decode = "BASE64_DECODE"
    case hexDecode = "HEX_DECODE"
    case md5 = "MD5"
    case replaceComments = "REPLACE_COMMENTS"
    case escapeSequenceDecode = "ESCAPE_SEQ_DECODE"
    case sqlHexDecode = "SQL_HEX_DECODE"
    case cssDecode = "CSS_DECODE"
    case jsDecode = "JS_DECODE"
    case normalizePath = "NORMALIZE_PATH"
    case normalizePathWindows = "NORMALIZE_PATH_WIN"
    case removeNulls = "REMOVE_NULLS"
    case replaceNulls = "REPLACE_NULLS"
    case base64DecodeForgiving = "BASE64_DECODE_EXT"
    case urlDecodeUnicode = "URL_DECODE_UNI"
    case utf8ToUnicode = "UTF8_TO_UNICODE"

    /// The text after the transformation: any bytes are allowed, and none is an error.
    /// - Complexity: linear. All but ``utf8ToUnicode`` and ``md5`` give at most as many bytes as they get.
    public func apply(to text: [UInt8]) -> [UInt8] {
        switch self {
        case .none: text
        case .compressWhiteSpace: WhiteSpace.compress(text)
        case .htmlEntityDecode: HTMLEntities.decode(text)
        case .lowercase: text.map(\.lowercasedASCII)
        case .commandLine: CommandLine.normalize(text)
        case .urlDecode: URLDecoding.decode(text, unicode: false)
        case .base64Decode: Base64Text.decode(text) ?? text
        case .hexDecode: HexText.decode(text)
        case .md5: Array(Insecure.MD5.hash(data: text))
        case .replaceComments: Comments.replace(text)
        case .escapeSequenceDecode: EscapeSequences.decode(text)
        case .sqlHexDecode: HexText.decodeSQL(text)
        case .cssDecode: StyleEscapes.decode(text)
        case .jsDecode: ScriptEscapes.decode(text)
        case .normalizePath: PathNormalization.normalize(text)
        case .normalizePathWindows:
            PathNormalization.normalize(text.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 })
        case .removeNulls: text.filter { $0 != 0 }
        case .replaceNulls: text.map { $0 == 0 ? UInt8(ascii: " ") : $0 }
        case .base64DecodeForgiving: Base64Text.decodeForgiving(text)
        case .urlDecodeUnicode: URLDecoding.decode(text, unicode: true)
        case .utf8ToUnicode: UnicodeCodes.encode(text)
        }
    }

    /// Several, one after the other.
    /// - Parameter transformations: in the order of their priorities.
    public static func apply(_ transformations: [TextTransformation], to text: [UInt8]) -> [UInt8] {
        var text = text
        for transformation in transformations where transformation != .none { text = transformation.apply(to: text) }
        return text
    }
}
