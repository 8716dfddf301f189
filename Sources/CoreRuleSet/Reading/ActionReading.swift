import WAF

/// Reads the last word of a rule: `id:1,phase:2,t:none,setvar:'tx.score=+5'`.
struct ActionReading {
    /// What a rule says besides its test.
    struct Actions {
        var id: Int?
        var phase: Int?
        var isChained = false
        var skipAfter: String?
        var isLogged: Bool?
        var denies = false
        var tags: [String] = []
        var message = ""
        var transformations: [SecTransformation] = []
        var isMultiMatch = false
        var captures = false
        var assignments: [SecAssignment] = []
        /// Why the rule can't be asked.
        var unread: String?
    }

    static func actions(_ text: String) -> Actions {
        var actions = Actions()
        for action in split(text) {
            let pieces = action.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let name = pieces[0].lowercased()
            var value = pieces.count > 1 ? pieces[1][...] : ""
            if value.count >= 2, value.first == "'", value.last == "'" { value = value.dropFirst().dropLast() }
            read(name, value, &actions)
        }
        return actions
    }

    private static func read(_ name: String, _ value: Substring, _ actions: inout Actions) {
        switch name {
        case "": break
        case "id": actions.id = Int(value)
        case "phase": actions.phase = phase(value)
        case "chain": actions.isChained = true
        case "skipafter": actions.skipAfter = String(value)
        case "nolog": actions.isLogged = false
        case "log": actions.isLogged = true
        case "deny", "drop": actions.denies = true
        case "tag": actions.tags.append(String(value))
        case "msg": actions.message = String(value)
        case "multimatch": actions.isMultiMatch = true
        case "capture": actions.captures = true
        case "t":
            if value.lowercased() == "none" {
                actions.transformations = []
            } else if let transformation = transformation(value.lowercased()) {
                actions.transformations.append(transformation)
            } else {
                actions.unread = "the transformation \(value)"
            }
        case "setvar": assign(value, &actions)
        case "ctl":
            let control = value.lowercased()
            // What logs have, and that the body is looked at: it always is.
            if !["auditlogparts", "auditengine", "forcerequestbodyvariable"].contains(where: control.hasPrefix) {
                actions.unread = "ctl:\(value)"
            }
        // What has no part in whether a rule matches.
        case "pass", "block", "auditlog", "noauditlog", "logdata", "severity", "ver", "rev", "accuracy", "maturity",
            "status", "initcol", "expirevar", "xmlns":
            break
        default: actions.unread = "the action \(name)"
        }
    }

    private static func phase(_ value: Substring) -> Int? {
        switch value {
        case "request": 2
        case "response": 4
        case "logging": 5
        default: Int(value)
        }
    }

    private static func assign(_ value: Substring, _ actions: inout Actions) {
        var value = value
        let removes = value.first == "!"
        if removes { value = value.dropFirst() }
        let pieces = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let target = pieces[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard target.count == 2 else {
            actions.unread = "setvar:\(value)"
            return
        }
        // Nothing is kept from request to request.
        guard target[0].lowercased() == "tx" else { return }
        var text = pieces.count > 1 ? pieces[1] : "1"
        var change = SecAssignment.Change.set
        if removes {
            change = .remove
        } else if text.first == "+" {
            change = .add
            text = text.dropFirst()
        } else if text.first == "-" {
            change = .subtract
            text = text.dropFirst()
        }
        actions.assignments.append(
            SecAssignment(name: MacroReading.text(target[1]), change: change, value: MacroReading.text(text)))
    }

    /// A transformation by its name in lower case; nil: it isn't known here.
    static func transformation(_ name: String) -> SecTransformation? {
        switch name {
        case "lowercase": .shared(.lowercase)
        case "urldecode": .shared(.urlDecode)
        case "urldecodeuni": .shared(.urlDecodeUnicode)
        case "htmlentitydecode": .shared(.htmlEntityDecode)
        case "jsdecode": .shared(.jsDecode)
        case "cssdecode": .shared(.cssDecode)
        case "removenulls": .shared(.removeNulls)
        case "replacenulls": .shared(.replaceNulls)
        case "utf8tounicode": .shared(.utf8ToUnicode)
        case "cmdline": .shared(.commandLine)
        case "compresswhitespace": .shared(.compressWhiteSpace)
        case "replacecomments": .shared(.replaceComments)
        case "normalisepath", "normalizepath": .shared(.normalizePath)
        case "normalisepathwin", "normalizepathwin": .shared(.normalizePathWindows)
        case "base64decode": .shared(.base64Decode)
        case "base64decodeext": .shared(.base64DecodeForgiving)
        case "hexdecode": .shared(.hexDecode)
        case "sqlhexdecode": .shared(.sqlHexDecode)
        case "escapeseqdecode": .shared(.escapeSequenceDecode)
        case "md5": .shared(.md5)
        case "length": .length
        case "removewhitespace": .removeWhitespace
        case "trim": .trim
        case "trimleft": .trimLeft
        case "trimright": .trimRight
        case "uppercase": .uppercase
        case "hexencode": .hexEncode
        default: nil
        }
    }

    /// Commas part actions, but not between single quotation marks.
    private static func split(_ text: String) -> [String] {
        var actions: [[UInt8]] = [[]]
        var isQuoted = false
        var isEscaped = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: "'"), !isEscaped { isQuoted.toggle() }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            if byte == UInt8(ascii: ","), !isQuoted {
                actions.append([])
            } else if !(actions[actions.count - 1].isEmpty && (byte == 0x20 || byte == 0x09)) {
                actions[actions.count - 1].append(byte)
            }
        }
        return actions.map { action in
            var action = action
            while action.last == 0x20 || action.last == 0x09 { action.removeLast() }
            return String(decoding: action, as: UTF8.self)
        }
    }
}
