import Testing

@testable import Report

@Suite("Template")
struct TemplateTests {
    private static var values: Template.Values {
        [
            "x": .text("<"), "l": .items([["n": .number(1)], ["n": .number(2)]]), "e": .items([]), "t": .truth(true),
            "f": .truth(false), "m": .text(nil), "c": .count(1234), "empty": .text(""),
            "outer": .items([["n": .number(3), "inner": .items([["x": .text("y")], [:]])]]),
        ]
    }

    private static func text(_ template: String, _ values: Template.Values = values) throws -> String {
        var text = TextBuffer()
        try Template(template).append(values, to: &text)
        return text.string
    }

    @Test(
        "Values are escaped, and sections appear once per item, or inverted without items",
        arguments: [
            ("", ""), ("plain }} text { ", "plain }} text { "), ("a{{x}}b", "a&lt;b"), ("{{c}}{{empty}}", "1,234"),
            ("{{#l}}{{n}},{{/l}}", "1,2,"), ("{{^l}}none{{/l}}", ""), ("{{#e}}x{{/e}}{{^e}}none{{/e}}", "none"),
            ("{{#t}}yes{{/t}}{{^t}}no{{/t}}", "yes"), ("{{#f}}yes{{/f}}{{^f}}no{{/f}}", "no"),
            ("{{#x}}a{{x}}{{/x}}{{^x}}b{{/x}}", "a&lt;"), ("{{#m}}a{{/m}}{{^m}}b{{/m}}{{m}}", "b"),
            ("{{l}}{{t}}{{f}}", ""),
        ])
    func rendering(template: String, expected: String) throws {
        #expect(try Self.text(template) == expected)
    }

    @Test(
        "A name belongs to the innermost item that has it",
        arguments: [
            ("{{#l}}{{x}}{{/l}}", "&lt;&lt;"),
            ("{{#outer}}{{#inner}}{{n}}{{x}},{{/inner}}{{x}}{{/outer}}", "3y,3&lt;,&lt;"),
            ("{{#l}}{{#l}}{{n}}{{/l}}{{/l}}", "1212"),
        ])
    func context(template: String, expected: String) throws {
        #expect(try Self.text(template) == expected)
    }

    @Test(
        "A line with only a tag of a section leaves no empty line",
        arguments: [
            ("<p>\n  {{#l}}\n  {{n}}\n  {{/l}}  \n</p>", "<p>\n  1\n  2\n</p>"),
            ("{{#t}}\na\n{{/t}}\n{{#f}}\nb\n{{/f}}\n{{^f}}\nc\n{{/f}}\n", "a\nc\n"), ("a {{#t}}\nb{{/t}}\n", "a \nb\n"),
            ("{{#t}}{{^f}}\nb\n{{/f}}{{/t}}\n", "\nb\n\n"), ("{{x}}\n{{empty}}\n", "&lt;\n\n"),
            ("{{#t}}\n\n{{/t}}\n", "\n"), ("a\n{{#t}}\r\nb{{/t}}", "a\n\r\nb"),
        ])
    func lines(template: String, expected: String) throws {
        #expect(try Self.text(template) == expected)
    }

    @Test(
        "A value adds no markup, no tag and no control character",
        arguments: [
            ("\"'", "&quot;&#39;"), ("\"\u{301}<\u{338}", "&quot;\u{301}&lt;\u{338}"), ("{{x}}{{#l}}", "{{x}}{{#l}}"),
            ("</script><!--", "&lt;/script&gt;&lt;!--"), ("&amp;", "&amp;amp;"),
            ("\u{0}\u{1B}[2J\u{9B}\n", "\\x00\\x1b[2J\\x9b\\x0a"),
            ("\u{202E}txt\u{2066}", "\\u{202E}txt\\u{2066}"), ("é€😀\u{FFFF}", "é€😀\\u{FFFF}"),
        ])
    func hostile(value: String, expected: String) throws {
        let values: Template.Values = ["v": .text(value), "l": .items([["v": .text(value)]])]
        #expect(
            try Self.text("<a title=\"{{v}}\">{{#l}}{{v}}{{/l}}</a>", values)
                == "<a title=\"\(expected)\">\(expected)</a>")
    }

    @Test(
        "A tag without a value appears as it is",
        arguments: ["{{nothing}}", "{{#nothing}}x{{/nothing}}", "{{^nothing}}x{{/nothing}}"])
    func missing(template: String) throws {
        #expect(try Self.text("a" + template) == "a{{nothing}}")
    }

    @Test(
        "A malformed template is rejected, with the line and the reason",
        arguments: [
            ("a\n{{#a}}\nx\n", 2, "the section a has no end"), ("x{{/a}}", 1, "{{/a}} ends no section"),
            ("{{#a}}\n\n{{/b}}\n", 3, "{{/b}} ends no section"), ("\n\nb {{a", 3, "a tag has no end"),
            ("{{{a}}}", 1, "the tag {{{a}} is unknown"), ("{{&a}}", 1, "the tag {{&a}} is unknown"),
            ("{{a b}}", 1, "the tag {{a b}} is unknown"), ("{{}}", 1, "the tag {{}} is unknown"),
            ("{{#}}", 1, "the tag {{#}} is unknown"), ("\n{{##a}}", 2, "the tag {{##a}} is unknown"),
            ("{{! why }}", 1, "the tag {{! why }} is unknown"), ("{{é}}", 1, "the tag {{é}} is unknown"),
        ])
    func faults(template: String, line: Int, reason: String) {
        #expect(throws: Template.Fault(line: line, reason: reason)) { try Template(template) }
    }
}
