import Testing
import WAF

@testable import CoreRuleSet

@Suite("Bodies that are XML, written so that nothing is seen in them")
struct XMLTests {
    private static let rule = "SecRule XML:/*|REQUEST_BODY \"@streq 1' or '1'='1\" \"id:1,phase:2,deny\""
    private static let attack = "1' or '1'='1"
    /// What applications join.
    private static let parted = [
        "1' o<!-- -->r '1'='1", "1' o<![CDATA[r '1'=]]>'1", "<![CDATA[1' or '1'='1]]>", "1' or<?x y?> &#39;1'='1",
        "1' or<!-- > --> '1<!-- < -->'='1", "<![CDATA[1' or ]]><![CDATA['1'='1]]>",
        "1' o<![CDATA[r '1'='1]]>", "words<b/>1' o<!-- -->r '1'='1",
    ]

    private func result(_ body: String, _ type: String = "text/xml") throws -> CoreRules.Result {
        try rules(Self.rule).inspect(post(type, body))
    }

    @Test("comments, instructions and CDATA part no text, whether or not the rest is well-formed")
    func parted() throws {
        for text in Self.parted {
            // Within a value `<` is a flaw.
            for value in ["a", "]>", "<!--"] {
                let element = "<a x=\">\">some words before</a><q x=\"\(value)\">\(text)</q>"
                for body in [
                    "<r>\(element)</r>", "<!DOCTYPE r><r>\(element)</r>",
                    "<?xml version='1.0'?><!DOCTYPE r [<!-- ]> -->]>\n<r>\(element)</r>",
                ] { #expect(try result(body).rules == [1], "\(body)") }
            }
            // The end is missing, as in a body of which only the beginning is looked at.
            let cut = "<r><a x=\">\">some words before</a><q>\(text)</q><b>"
            #expect(try result(cut).rules == [1], "\(cut)")
            #expect(try result("<!DOCTYPE r>" + cut).rules == [1], "\(cut)")
        }
        for text in ["1' o<b/>r '1'='1", "1' o<b>2</b>r '1'='1"] {
            #expect(try result("<r><a>words</a><q>\(text)</q></r>").rules == [1], "\(text)")
        }
        // Comments that are none, in CDATA.
        #expect(try result("<r><a><![CDATA[<!--]]></a><q>\(Self.attack)</q><b>").rules == [1])
        #expect(try result("<r><![CDATA[<!DOCTYPE ']]><q>1' o<!-- -->r '1'='1</q></r>").rules == [1])
        #expect(try result("<r><q>1' and<!-- or '1'='1 --></q><q>2</q></r>") == result("<r/>"))
    }

    @Test("entities of the request's own count as something found, others do not")
    func entities() throws {
        let own = "<!DOCTYPE r [<!ENTITY a \"1' o\"><!ENTITY b \"r '1'='1\">]><r>&a;&b;</r>"
        for type in ["text/xml", "text/plain"] {
            #expect(try result(own, type).isDenied)
            #expect(try result("<!DOCTYPE r SYSTEM \"http://a.example/b\"><r>&a;</r>", type).isDenied)
            #expect(try !result("<!DOCTYPE r SYSTEM \"http://a.example/b\"><r>&amp;a;<i>&#60;</i></r>", type).isDenied)
            #expect(try !result("<!DOCTYPE r [<!ELEMENT r ANY>]><r>1</r>", type).isDenied)
            #expect(try !result("<r><![CDATA[<!DOCTYPE r [<!ENTITY a 'b'>]>]]></r>", type).isDenied)
        }
    }

    @Test("of thousands of texts all are looked at, or the request is denied")
    func many() throws {
        func body(_ count: Int, _ text: (Int) -> String, _ end: String) -> String {
            "<e>" + (0..<count).map { "<i>\(text($0))</i>" }.joined() + end
        }
        for end in ["<q>\(Self.attack)</q></e>", "<q>1' o<!-- -->r '1'='1</q>"] {
            for text in [{ _ in "1" }, { "\($0)" }] as [(Int) -> String] {
                #expect(try result(body(1100, text, end)).rules == [1])
                #expect(try result(body(5000, text, end)).isDenied)
            }
        }
        #expect(try !result(body(4000, { "\($0)" }, "</e>\n")).isDenied)
        #expect(try !result(body(1300, { "\($0)" }, "<cut")).isDenied)
    }

    @Test("encodings in which nothing would be seen count as something found; those of old are read")
    func encodings() throws {
        func result(_ body: [UInt8], _ type: String = "text/xml") throws -> CoreRules.Result {
            try rules(Self.rule).inspect(
                WebRequest(method: "POST", headers: [.init("Content-Type", type)], body: body))
        }
        let utf7 = "<q>+ADE-+ACc- or 1</q>"
        #expect(try result(Array("<?xml version=\"1.0\" encoding='UTF-7'?>\(utf7)".utf8)).isDenied)
        #expect(try result(Array(utf7.utf8), "text/xml; charset=utf-7").isDenied)
        // `<r>` in EBCDIC, and in UTF-32.
        #expect(try result([0x4C, 0x99, 0x6E]).isDenied)
        #expect(try result([0, 0, 0, 0x3C, 0, 0, 0, 0x72]).isDenied)
        for name in ["UTF-8", "iso-8859-1", "Windows-1252", "GB18030"] {
            let head = Array("<?xml version='1.0' encoding=\"\(name)\"?><r><b>".utf8) + [0xE4, 0x20]
            #expect(try !result(head + Array("</b></r>".utf8), "text/xml; charset=\(name)").isDenied)
            let parted = try result(head + Array("</b><q>1' o<!-- -->r '1'='1</q></r>".utf8))
            #expect(parted.rules == [1], "\(name)")
        }
        for isLittle in [true, false] {
            for mark in ["\u{FEFF}", "", " "] {
                let text = mark + "<q><b>\u{3C21}\u{2D2D}</b><i>1' o<!-- -->r '1'='1</i></q>"
                let wide = text.utf16.flatMap { unit -> [UInt8] in
                    let (high, low) = (UInt8(unit >> 8), UInt8(unit & 255))
                    return isLittle ? [low, high] : [high, low]
                }
                #expect(try result(wide).rules == [1], "\(isLittle)")
            }
        }
        for body in ["", " \n", "<r/>", "\u{FEFF}<r/>", "\n<r/>"] { #expect(try !result(Array(body.utf8)).isDenied) }
        let late = String(repeating: " ", count: 65) + "<r>1' o<!-- -->r '1'='1</r>"
        #expect(try matches("SecRule REQUEST_BODY \"@rx .\" \"id:1,phase:2,block\"", post("text/plain", late)) == [1])
        #expect(XMLTexts.isLikely(Array(late.utf8)))
    }

    @Test("what begins and never ends hides nothing before it")
    func endless() throws {
        for piece in [
            "<a \"", "<a '>\"", "<!--", "<![CDATA[", "<?", "<!DOCTYPE [", "<!DOCTYPE '", "<", "&", "<a b='c' d=\"'\"",
        ] {
            let rest = String(repeating: piece, count: 500)
            for start in ["<r>", "<!DOCTYPE r><r>"] {
                #expect(try result(start + "<q>1' o<!-- -->r '1'='1</q>" + rest).rules == [1], "\(start)\(piece)")
                #expect(try result(start + "<q>\(Self.attack)</q>" + rest).rules == [1], "\(start)\(piece)")
            }
            _ = XMLTexts.read(Array(("<!DOCTYPE " + rest).utf8))
        }
    }
}
