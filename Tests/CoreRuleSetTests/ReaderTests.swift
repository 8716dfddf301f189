import Testing
import WAF

@testable import CoreRuleSet

@Suite("Reading ModSecurity's rules")
struct ReaderTests {
    @Test("a rule over several lines, with quotation marks in its expression")
    func lines() throws {
        let text = #"""
            # A comment
            SecRule ARGS|!ARGS:safe \
                "@rx [\"'] or" \
                "id:1,phase:2,block,t:none,t:lowercase,msg:'Quotes, and commas'"
            """#
        #expect(try matches(text, get("q=%22%20OR")) == [1])
        #expect(try matches(text, get("safe=%22%20OR")) == [])
        #expect(try matches(text, get("q=or")) == [])
    }

    @Test("a chain matches where all of it does, and its assignments are made")
    func chain() throws {
        let text = """
            SecRule ARGS:a "@rx ^(\\d+)-(\\d+)$" "id:1,phase:2,block,capture,chain"
            SecRule TX:2 "@lt %{tx.1}" "setvar:'tx.anomaly_score=+5'"
            SecRule TX:anomaly_score "@ge 5" "id:2,phase:2,deny,t:none"
            """
        let rules = try rules(text)
        #expect(rules.inspect(get("a=9-3")) == CoreRules.Result(rules: [1, 2], score: 5, isDenied: true))
        #expect(rules.inspect(get("a=3-9")) == CoreRules.Result(rules: [], score: 0, isDenied: false))
    }

    @Test("rules behind a marker are skipped, by the paranoia level beforehand and by a match while a request is there")
    func skipping() throws {
        let text = """
            SecRule TX:EXECUTING_PARANOIA_LEVEL "@lt 2" "id:10,phase:2,pass,nolog,skipAfter:END"
            SecRule ARGS "@rx x" "id:11,phase:2,block"
            SecMarker "END"
            SecRule ARGS "@rx skip" "id:12,phase:2,pass,nolog,skipAfter:LATER"
            SecRule ARGS "@rx x" "id:13,phase:2,block"
            SecMarker LATER
            SecRule ARGS "@rx x" "id:14,phase:2,block"
            """
        #expect(try rules(text, paranoiaLevel: 1).count == 3)
        #expect(try rules(text, paranoiaLevel: 2).count == 4)
        #expect(try rules(text, paranoiaLevel: 2).inspect(get("a=x")).rules == [11, 13, 14])
        #expect(try rules(text, paranoiaLevel: 1).inspect(get("a=x")).rules == [13, 14])
        #expect(try rules(text, paranoiaLevel: 1).inspect(get("a=x&b=skip")).rules == [14])
    }

    @Test("what isn't understood is counted, with the reason, and the rest is asked")
    func unread() throws {
        let text = """
            SecRule ARGS "@fuzzyHash x 1" "id:1,phase:2,block"
            SecRule ARGS "@rx (a)\\1" "id:2,phase:2,block"
            SecRule ARGS "@rx x" "id:3,phase:2,block,t:sha1"
            SecRule GEO:COUNTRY "@rx x" "id:4,phase:2,block"
            SecRule ARGS "@rx x" "id:5,phase:2,block,ctl:ruleEngine=Off"
            SecRule ARGS "@rx x" "id:6,phase:2,block,chain"
            SecRule ARGS "@rx y" "id:7,phase:2,block
            SecUploadDir /tmp
            SecRule ARGS "@pmFromFile nowhere.data" "id:8,phase:2,block"
            SecRule ARGS "@rx x" "id:9,phase:2,block"
            """
        let rules = try rules(text)
        #expect(rules.unread.map(\.id) == [1, 2, 3, 4, 5, 6, 8])
        #expect(rules.unread[1].reason.contains("invalid escape"))
        #expect(rules.problems.count == 2)
        #expect(rules.inspect(get("a=xaa")).rules == [9])
    }

    @Test("an expression may name the settings; what an operator's setup sets counts")
    func settings() throws {
        let text = """
            SecAction "id:900000,phase:1,nolog,pass,setvar:'tx.words=cat|dog'"
            SecRule &TX:words "@eq 0" "id:901000,phase:1,nolog,pass,setvar:'tx.words=bird'"
            SecRule ARGS "!@rx ^(?:%{tx.words})$" "id:1,phase:2,block"
            """
        #expect(try matches(text, get("a=dog")) == [])
        #expect(try matches(text, get("a=bird")) == [1])
        #expect(try rules(text).count == 1)
    }

    @Test("without rules there is nothing to make ready")
    func nothing() {
        #expect(throws: CoreRules.Problem.self) { try rules("# nothing") }
    }

    @Test("expressions of PCRE become RE2's: lines, vertical tabs, possessive quantifiers")
    func translation() throws {
        #expect(PatternTranslation.translate(#"a\s*+b[\s]++c{2}+(?:x)??"#) == #"(?sm)a[\s\x0b]*b[\s\x0b]+c{2}(?:x)??"#)
        #expect(PatternTranslation.translate("[]a]") == #"(?sm)[\]a]"#)
        #expect(PatternTranslation.translate("é") == #"(?sm)\xc3\xa9"#)
        let lines = try LinearRegex(PatternTranslation.translate("^b$"))
        #expect(lines.matches(Array("a\nb\nc".utf8)))
        #expect(try LinearRegex(PatternTranslation.translate("a.b")).matches(Array("a\nb".utf8)))
    }

    @Test("a word compared with itself, or said to differ from another")
    func comparisons() {
        for text in [
            "1=1", "x' or 'a' = 'A", "a like \"a\"", "b sounds  like b", "c <=> c", "1<>2", "1 <= 2", "a is not b", "1 != 2",
            "x^y", "a not like b", "a is notb", "d rlike 'd'",
        ] { #expect(WordComparison.isFound(in: Array(text.utf8)), "\(text)") }
        for text in [
            "1=2", "a like b", "likelike", "a likea", "1<>1", "a is not a", "", "=", "a =", "a = ", "1 == 1", "x sounds like",
            "a isnot b",
        ] { #expect(!WordComparison.isFound(in: Array(text.utf8)), "\(text)") }
    }

    @Test("what stands in the place of a look behind finds the same")
    func substitute() throws {
        guard case .opposite(let pattern)? = PatternSubstitute.of(rule: 920120) else {
            Issue.record("there is none")
            return
        }
        let regex = try LinearRegex(pattern)
        let entities = ["&auml", "&ecirc", "&yacute", "&ograve", "&ccedil", "&ntilde", "&amp", "&apos"]
        /// A quotation mark, an equals sign, or a semicolon behind anything but an entity.
        func isBad(_ text: [UInt8]) -> Bool {
            text.indices.contains { index in
                switch text[index] {
                case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "="): true
                case UInt8(ascii: ";"):
                    !entities.contains { text[..<index].suffix($0.utf8.count).elementsEqual($0.utf8) }
                default: false
                }
            }
        }
        var numbers = Numbers()
        let pieces = entities + ["&", ";", "a", ".", "m", "&am", "p;", "'", "="]
        for _ in 0..<5000 {
            let count = Int.random(in: 0..<6, using: &numbers)
            let text = Array(
                (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &numbers)] }.joined().utf8)
            #expect(regex.matches(text) != isBad(text), "\(String(decoding: text, as: UTF8.self))")
        }
    }
}
