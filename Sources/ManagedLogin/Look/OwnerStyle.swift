import CognitoIDPService
import Wire

/// The style sheet that the owner of a user pool gives its pages. Nothing of it is taken over as it is: what is known is read, and
/// written anew, so that a style can neither fetch anything nor hide what page it is.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/hosted-ui-classic-branding.html>
enum OwnerStyle {
    static func css(_ look: LoginLook) -> String {
        (look.css.map { classic($0) } ?? "") + (look.settings.map { branding($0) } ?? "")
    }

    // MARK: Of the classic hosted UI

    private static let classes: Set<String> = [
        "background-customizable", "banner-customizable", "errorMessage-customizable", "idpButton-customizable",
        "idpDescription-customizable", "inputField-customizable", "label-customizable", "legalText-customizable",
        "logo-customizable", "passwordCheck-valid-customizable", "passwordCheck-notValid-customizable",
        "redirect-customizable", "socialButton-customizable", "submitButton-customizable",
        "textDescription-customizable",
    ]
    private static let states = ["hover", "focus"]
    private static let properties: Set<String> = [
        "background", "background-color", "border", "border-color", "border-radius", "box-sizing", "color", "display",
        "font-size", "font-weight", "height", "margin", "margin-bottom", "margin-top", "max-height", "max-width",
        "outline",
        "padding", "padding-bottom", "padding-top", "text-align", "width",
    ]
    private static let functions = ["rgb", "rgba", "hsl", "hsla"]

    /// The rules of a style sheet for the classes that AWS names, with the properties that it lets be set.
    static func classic(_ css: String) -> String {
        var result = ""
        for rule in withoutComments(css).split(separator: "}") {
            let parts = rule.split(separator: "{", omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let selectors = parts[0].split(separator: ",").compactMap { selector(trimmed($0)) }
            let declarations = parts[1].split(separator: ";").compactMap { declaration($0) }
            guard !selectors.isEmpty, !declarations.isEmpty else { continue }
            result += selectors.joined(separator: ",") + "{" + declarations.joined(separator: ";") + "}\n"
        }
        return result
    }

    private static func selector(_ text: Substring) -> String? {
        guard text.first == "." else { return nil }
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard let name = parts.first, classes.contains(String(name)), parts.count <= 2 else { return nil }
        guard parts.count == 2 else { return "body .\(name), body.\(name)" }
        guard states.contains(String(parts[1])) else { return nil }
        return "body .\(name):\(parts[1])"
    }

    private static func declaration(_ text: Substring) -> String? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let name = trimmed(text[..<colon]).lowercased()
        let value = trimmed(text[text.index(after: colon)...])
        return properties.contains(name) && isPlain(value) ? "\(name):\(value)" : nil
    }

    /// Whether a value is made of words, numbers and colours alone.
    private static func isPlain(_ value: Substring) -> Bool {
        guard !value.isEmpty, value.utf8.count <= 200 else { return false }
        var word = ""
        for byte in value.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"):
                word.unicodeScalars.append(Unicode.Scalar(byte))
                continue
            case UInt8(ascii: "("): if !functions.contains(word.lowercased()) { return false }
            case UInt8(ascii: "#"), UInt8(ascii: "%"), UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: " "),
                UInt8(ascii: ")"):
                break
            default: return false
            }
            word = ""
        }
        return true
    }

    private static func withoutComments(_ css: String) -> String {
        var (result, rest) = ("", css[...])
        while let start = rest.firstRange(of: "/*") {
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstRange(of: "*/") else { return result }
            rest = rest[end.upperBound...]
        }
        return result + rest
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return start[...last]
    }

    // MARK: Of managed login

    /// The colours of a branding's settings, and how round its corners are.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-branding.html>
    static func branding(_ settings: JSONValue) -> String {
        let light = variables(settings, "lightMode")
        let dark = variables(settings, "darkMode")
        let mode: String? =
            if case .string(let mode)? = settings["categories"]?["global"]?["colorSchemeMode"] { mode } else { nil }
        var shared = ""
        if let radius = number(settings["componentClasses"]?["buttons"]?["borderRadius"]) {
            shared += "--radius:\(radius)px;"
        }
        var css = shared.isEmpty ? "" : ":root{\(shared)}\n"
        switch mode {
        case "DARK": css += dark.isEmpty ? "" : ":root{color-scheme:dark;\(dark)}\n"
        case "DYNAMIC":
            css += light.isEmpty ? "" : ":root{\(light)}\n"
            css += dark.isEmpty ? "" : "@media (prefers-color-scheme: dark){:root{\(dark)}}\n"
        default: css += light.isEmpty ? "" : ":root{color-scheme:light;\(light)}\n"
        }
        return css
    }

    private static func variables(_ settings: JSONValue, _ mode: String) -> String {
        let (components, classes) = (settings["components"], settings["componentClasses"])
        let colours: [(String, JSONValue?)] = [
            ("--ground", components?["pageBackground"]?[mode]?["color"]),
            ("--paper", components?["form"]?[mode]?["backgroundColor"]),
            ("--line", components?["form"]?[mode]?["borderColor"]),
            ("--heading", components?["pageText"]?[mode]?["headingColor"]),
            ("--ink", components?["pageText"]?[mode]?["bodyColor"]),
            ("--quiet", components?["pageText"]?[mode]?["descriptionColor"]),
            ("--accent", components?["primaryButton"]?[mode]?["defaults"]?["backgroundColor"]),
            ("--accent-ink", components?["primaryButton"]?[mode]?["defaults"]?["textColor"]),
            ("--accent-hover", components?["primaryButton"]?[mode]?["hover"]?["backgroundColor"]),
            ("--link", classes?["link"]?[mode]?["defaults"]?["textColor"]),
            ("--field", classes?["input"]?[mode]?["defaults"]?["borderColor"]),
            ("--label", classes?["inputLabel"]?[mode]?["textColor"]),
        ]
        return colours.compactMap { name, value in colour(value).map { "\(name):\($0);" } }.joined()
    }

    /// Eight hexadecimal digits, as brandings have them.
    private static func colour(_ value: JSONValue?) -> String? {
        guard case .string(let text)? = value, [6, 8].contains(text.utf8.count),
            text.utf8.allSatisfy({ byte in
                switch byte {
                case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
                default: false
                }
            })
        else { return nil }
        return "#" + text
    }

    private static func number(_ value: JSONValue?) -> Int? {
        switch value {
        case .integer(let number): min(max(0, number), 100)
        case .double(let number): Int(exactly: min(max(0, number), 100).rounded())
        default: nil
        }
    }
}
