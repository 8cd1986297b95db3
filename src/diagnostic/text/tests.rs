use insta::assert_snapshot;

use super::*;

const HELLO: &str = "kind: windowsIdentityProtectionConfiguration
metadata: { name: windows-hello }
spec:
  displayName: Windows Hello
  pinMinLength: 6
  pinUppercaseCharactersUsage: sometimes
  securityDeviceRequired: |
    true
    or so
";

/// Returns the sources of one file, and the span of the first occurrence of a text in it.
fn file(text: &str) -> (Sources, impl Fn(&str) -> Span) {
    let mut sources = Sources::default();
    let file = sources.add("policies/hello.yaml", text.to_owned());
    let text = text.to_owned();
    let span = move |part: &str| {
        let at = text.find(part).expect(part);
        Span::new(file, at..at + part.len())
    };
    (sources, span)
}

fn plain(findings: &[Finding], sources: &Sources) -> String {
    render(findings, sources, Palette::Plain, 80)
}

#[test]
fn a_value_with_help() {
    let (sources, span) = file(HELLO);
    let finding = Finding::error(
        "schema/enum",
        span("sometimes"),
        "`sometimes` is no value of this property",
    )
    .help("write `allowed`, `required` or `notAllowed`");
    assert_snapshot!(plain(&[finding], &sources), @r"
    error[schema/enum]: `sometimes` is no value of this property
     --> policies/hello.yaml:6:32
      |
    6 |   pinUppercaseCharactersUsage: sometimes
      |                                ^^^^^^^^^
      |
      = help: write `allowed`, `required` or `notAllowed`
    ");
}

#[test]
fn a_key_with_a_replacement() {
    let (sources, span) = file(HELLO);
    let finding =
        Finding::error("schema/additionalProperties", span("pinMinLength"), "unknown property")
            .help("did you mean `pinMinimumLength`?")
            .replace_with("pinMinimumLength");
    assert_snapshot!(plain(&[finding], &sources), @r"
    error[schema/additionalProperties]: unknown property
     --> policies/hello.yaml:5:3
      |
    5 |   pinMinLength: 6
      |   ^^^^^^^^^^^^
      |
    help: did you mean `pinMinimumLength`?
      |
    5 |   pinMinimumLength: 6
      |         ++++
    ");
}

#[test]
fn several_places_and_several_findings() {
    let (mut sources, span) = file(HELLO);
    let other = sources.add("base.yaml", "name: windows-hello\n".to_owned());
    let findings = [
        Finding::warning("manifest/name", span("windows-hello"), "two manifests have this name")
            .related(span("sometimes"), "and this")
            .related(Span::new(other, 6..19), "first here"),
        Finding::error(
            "schema/type",
            span("true\n    or so"),
            "a boolean is written without a text block",
        ),
        Finding::file_error("manifest/read", "gone.yaml", "the file cannot be read")
            .help("check its name"),
    ];
    assert_snapshot!(plain(&findings, &sources), @r"
    warning[manifest/name]: two manifests have this name
     --> policies/hello.yaml:2:19
      |
    2 | metadata: { name: windows-hello }
      |                   ^^^^^^^^^^^^^
    ...
    6 |   pinUppercaseCharactersUsage: sometimes
      |                                --------- and this
      |
     ::: base.yaml:1:7
      |
    1 | name: windows-hello
      |       ------------- first here

    error[schema/type]: a boolean is written without a text block
     --> policies/hello.yaml:8:5
      |
    8 |     true
      |     ^^^^

    error[manifest/read]: the file cannot be read
    --> gone.yaml
     = help: check its name
    ");
    assert_eq!(summary(&findings), "2 errors, 1 warning in 2 files");
    assert_eq!(summary(&[]), "nothing found");
}

#[test]
fn lines_with_secrets_are_not_shown() {
    let (mut sources, span) =
        file("name: wifi\npsk: hunter2\nssid: x\npassword: |\n  correct\n  horse\n");
    let findings = [
        Finding::error("secret/literal", span("hunter2"), "a secret stands here in clear")
            .help("write `{ $env: WIFI_PSK }`"),
        Finding::error("schema/maxLength", span("hunter2"), "too short").replace_with("x"),
        Finding::error("other/rule", span("wifi"), "mind the gap")
            .related(span("x\n"), "after a secret"),
        Finding::error("secret/literal", span("correct\n  horse"), "a secret"),
        Finding::error("other/rule", span("horse"), "an animal")
            .related(span("hunter2"), "an occupation"),
    ];
    for secret in [span("hunter2"), span("correct\n  horse")] {
        sources.hide(secret.file, secret.range());
    }
    let text = plain(&findings, &sources);
    for secret in ["hunter2", "correct", "horse"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert_snapshot!(text, @r"
    error[secret/literal]: a secret stands here in clear
    --> policies/hello.yaml:2:6
     = help: write `{ $env: WIFI_PSK }`

    error[schema/maxLength]: too short
    --> policies/hello.yaml:2:6
     = help: write `x`

    error[other/rule]: mind the gap
     --> policies/hello.yaml:1:7
      |
    1 | name: wifi
      |       ^^^^
    2 | …
    3 | ssid: x
      |       - after a secret

    error[secret/literal]: a secret
    --> policies/hello.yaml:5:3

    error[other/rule]: an animal
    --> policies/hello.yaml:6:3
    ::: policies/hello.yaml:2:6
     = note: an occupation
    ");
}

#[test]
fn long_lines_are_cut() {
    let text = format!(
        "payload: {}\nlist: [{}, wrong, {}]\n",
        "QUJD".repeat(50_000),
        "a, ".repeat(500),
        "b, ".repeat(500)
    );
    let (sources, span) = file(&text);
    let value =
        Span { end: span("payload").start + 200_009, start: span("QUJD").start, ..span("QUJD") };
    let findings = [
        Finding::error("a/value", value, "too long"),
        Finding::error("a/element", span("wrong"), "wrong").replace_with("right"),
    ];
    assert_snapshot!(plain(&findings, &sources), @r"
    error[a/value]: too long
     --> policies/hello.yaml:1:10
      |
    1 | payload: QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD…
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error[a/element]: wrong
     --> policies/hello.yaml:2:1510
      |
    2 | ...a, a, a, a, a, a, a, a, a, a, , wrong, b, b, b, b, b, b, b, b, b, b, b...
      |                                    ^^^^^
      |
      = help: write `right`
    ");
}

#[test]
fn control_characters_are_escaped() {
    let (sources, span) = file("a: \u{1b}[31m\u{202e}x\u{200b} \u{9b}y\tz # 日本\r\n");
    let finding = Finding::error("a\u{7}", span("y"), "m\u{1b}[0m\nerror: forged")
        .help("h\u{200b}\r")
        .related(span("x"), "r\u{1b}\u{202e}");
    assert_snapshot!(plain(std::slice::from_ref(&finding), &sources), @r"
    error[a\u{7}]: m\u{1b}[0m\nerror: forged
     --> policies/hello.yaml:1:14
      |
    1 | a: ␛[31m�x� �y    z # 日本
      |          -   ^
      |          |
      |          r\u{1b}\u{202e}
      |
      = help: h\u{200b}\r
    ");
    let colours =
        render(&[finding.replace_with("\u{1b}]0;title\u{7}")], &sources, Palette::Colour, 80);
    assert!(
        !colours.contains("\u{1b}]") && !colours.contains('\u{7}') && !colours.contains('\u{202e}')
    );
    assert!(colours.contains("\u{1b}["));
}

#[test]
fn spans_at_the_ends_of_files_and_lines_are_shown() {
    let mut sources = Sources::default();
    let empty = sources.add("empty.yaml", String::new());
    let short = sources.add("short.yaml", "a:\n\tb: é".to_owned());
    let findings = [
        Finding::error("a/empty", Span::new(empty, 0..0), "nothing here"),
        Finding::error("a/tab", Span::new(short, 3..4), "a tab"),
        Finding::error("a/end", Span::new(short, 9..9), "the end"),
        Finding::error("a/beyond", Span::new(short, 90..99), "beyond the end"),
        Finding::error("a/inside", Span::new(short, 8..8), "inside a character"),
    ];
    assert_snapshot!(plain(&findings, &sources), @r"
    error[a/empty]: nothing here
     --> empty.yaml:1:1
      |
    1 |
      | ^

    error[a/tab]: a tab
     --> short.yaml:2:1
      |
    2 |     b: é
      | ^^^^

    error[a/end]: the end
     --> short.yaml:2:6
      |
    2 |     b: é
      |         ^

    error[a/beyond]: beyond the end
     --> short.yaml:2:6
      |
    2 |     b: é
      |         ^

    error[a/inside]: inside a character
     --> short.yaml:2:5
      |
    2 |     b: é
      |        ^
    ");
}

#[test]
fn errors_are_shown_before_warnings_where_there_are_too_many() {
    let (sources, span) = file(HELLO);
    let warning = || Finding::warning("a/warning", span("kind"), "careful");
    let error = || Finding::error("an/error", span("name"), "wrong");
    let mut findings: Vec<Finding> = (0..300).map(|_| warning()).collect();
    findings.extend((0..150).map(|_| error()));
    let text = plain(&findings, &sources);
    assert_eq!(text.matches("error[an/error]").count(), 150);
    assert_eq!(text.matches("warning[a/warning]").count(), 50);
    assert!(text.starts_with("warning[a/warning]"));
    assert!(text.ends_with("… and 250 more; `moorline validate --format json` lists them all\n"));
}
