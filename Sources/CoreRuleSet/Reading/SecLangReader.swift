/// Reads rules: what of ModSecurity's language the Core Rule Set is written in.
///
/// What isn't understood is not skipped silently: the rule is there, with the reason why it can't be asked.
struct SecLangReader {
    /// In the order of the files.
    enum Item: Sendable {
        case rule(SecRule)
        /// Where `skipAfter` goes.
        case marker(String)
    }

    private(set) var items: [Item] = []
    /// Directives that aren't understood, with their places.
    private(set) var problems: [String] = []
    /// `OWASP_CRS/3.3.4`
    private(set) var signature: String?
    /// The rule whose chain goes on.
    private var open: SecRule?
    private let operators: OperatorReading

    init(dataFile: @escaping (String) -> [String]?) { operators = OperatorReading(dataFile: dataFile) }

    /// Reads a file.
    /// - Parameter name: for messages.
    mutating func read(_ text: String, name: String) {
        let text = SecLangText(text)
        for line in text.broken { problems.append("\(name):\(line): a quotation mark without an end") }
        for directive in text.directives {
            let place = "\(name):\(directive.line)"
            switch directive.words[0].lowercased() {
            case "secrule": rule(directive.words, place, isAction: false)
            case "secaction": rule(directive.words, place, isAction: true)
            case "secmarker":
                finish(place)
                if directive.words.count > 1 { items.append(.marker(directive.words[1])) }
            case "seccomponentsignature": signature = directive.words.last
            // What the server that the rules are made for sets up.
            case "secdefaultaction", "seccollectiontimeout": break
            default:
                finish(place)
                problems.append("\(place): \(directive.words[0])")
            }
        }
        finish(name)
    }

    /// A chain that has no end can't be asked.
    private mutating func finish(_ place: String) {
        guard var rule = open else { return }
        rule.unread = rule.unread ?? "a chain without an end"
        items.append(.rule(rule))
        open = nil
    }

    private mutating func rule(_ words: [String], _ place: String, isAction: Bool) {
        let at = isAction ? 1 : 3
        let actions = ActionReading.actions(words.count > at ? words[at] : "")
        var rule = open ?? SecRule()
        if open == nil {
            rule.id = actions.id ?? 0
            rule.phase = actions.phase ?? 2
            rule.skipAfter = actions.skipAfter
            rule.isLogged = actions.isLogged ?? true
            rule.tags = actions.tags
            rule.message = actions.message
            rule.place = place
        }
        rule.denies = rule.denies || actions.denies
        rule.unread = rule.unread ?? actions.unread
        var link = SecLink(assignments: actions.assignments, captures: actions.captures)
        if !isAction {
            do throws(SecLangProblem) {
                guard words.count > 2 else { throw SecLangProblem("a rule without an operator") }
                let (condition, isNegated) = try operators.condition(words[2])
                link.test = SecLink.Test(
                    variables: try VariableReading.variables(words[1]), transformations: actions.transformations,
                    isMultiMatch: actions.isMultiMatch, isNegated: isNegated, condition: condition)
            } catch {
                rule.unread = rule.unread ?? error.reason
            }
        }
        rule.links.append(link)
        open = nil
        if actions.isChained { open = rule } else { items.append(.rule(rule)) }
    }
}
