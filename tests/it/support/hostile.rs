//! Texts that a reader of some format would obey, hide or break at. A display name, a description, a manifest or an
//! answer of a service can hold each of them.

use serde_json::{Value, json};

use super::Workspace;

/// Texts, each with the reader that it is meant for.
pub const HOSTILE: &[(&str, &str)] = &[
    ("HTML", "<script>alert(1)</script><img src=x onerror=alert(1)><style>*{display:none}</style>"),
    ("the HTML of a report", "</code></summary></details><h1>done</h1><!-- moorline --> --> <!--"),
    ("HTML attributes", "\" onmouseover=\"alert(1)\" x='y' `z`"),
    ("mentions", "@everyone @contoso/admins @alice #1 GH-1 contoso/repo#2 0a1b2c3d"),
    ("fences", "` `` ```\n```\n# done\n~~~\n    code"),
    ("Markdown", "# one\n> [!CAUTION]\n- [x] two | three |\n|---|\n**four** __five__ ~~six~~"),
    (
        "links",
        "[a](javascript:alert(1)) ![b](https://example.com/p.png) <https://example.com> www.example.com",
    ),
    (
        "links behind a backslash",
        "[Fix it here\\](https://evil.example/x) \\\\](https://evil.example/y)",
    ),
    ("emoji and entities", ":rocket: &lt;b&gt; &#64;everyone &amp;"),
    (
        "terminals",
        "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;https://example.com\u{7}link\u{1b}]8;;\u{7} \u{9b}2J \u{8}\u{8}",
    ),
    ("lines", "one\ntwo\r\nthree\rfour\u{85}five\u{2028}six\u{2029}seven\u{b}eight\u{c}nine"),
    (
        "GitHub's runner",
        "::set-output name=changes::false\n::error file=a.yaml,line=1::done\n::stop-commands::x\n::add-mask::e",
    ),
    ("GitHub's old runner", "##[error]done ##[set-env name=PATH]/tmp ##[group]x"),
    (
        "Azure's agent",
        "##vso[task.setvariable variable=PATH]/tmp ##VSO[task.complete result=Succeeded;]done",
    ),
    ("escapes of commands", "%0A::error::done %0D %25 %3A %2C %3B %5D %AZP25 %VSTS %"),
    ("files of commands", "x\nEOF\nchanges=false\ndigest<<EOF\nsha256:0\nEOF"),
    ("direction", "user\u{202e}fdp.exe \u{2066}isolated\u{2069} \u{200f}right \u{61c}arabic"),
    ("invisible signs", "a\u{200b}d\u{200d}m\u{2060}i\u{feff}n\u{ad} \u{e0041}\u{3164}"),
    ("XML", "]]> <![CDATA[ <!DOCTYPE x [<!ENTITY e \"x\">]> &e; &#0; \u{1}\u{fffe}\u{ffff}"),
    ("JSON and YAML", "\"}],\"level\":\"none\"} \\u0000 \\ ': {{ }} {0} !!python/object &a *a"),
    ("paths", "../../etc/passwd C:\\x a?b#c%2e"),
    ("spaces", " \u{a0}\u{2003}\t "),
    ("scripts", "$(touch done) `touch done` ; touch done && %PATH% ${{ github.token }} $env:PATH"),
];

/// Returns all of them in one text.
pub fn everything() -> String {
    HOSTILE.iter().map(|(_, text)| *text).collect::<Vec<_>>().join(" ")
}

/// Returns a value as YAML, with the characters as escapes that a file must not hold as they are.
pub fn yaml(value: &Value) -> String {
    let escaped = |c: char| match c {
        ' '..='~' => c.to_string(),
        c => format!("\\U{:08x}", u32::from(c)),
    };
    value.to_string().chars().map(escaped).collect()
}

/// The kind of the objects of [`tenant`].
pub const KIND: &str = "iosGeneralDeviceConfiguration";

/// Returns a tenant whose names and values are hostile texts, and manifests that want it otherwise: an object drifted, one is
/// missing, and each text is the name of one that no manifest manages. Another text stands in all of them beside.
pub fn tenant(beside: &str) -> Workspace {
    let text = format!("{} {beside}", everything());
    let manifest = |name: &str, display_name: &str, description: &str| {
        yaml(&json!({
            "apiVersion": "graph.microsoft.com/beta", "kind": KIND, "metadata": { "name": name },
            "spec": {
                "displayName": display_name, "description": description,
                "mediaContentRatingApps": "allAllowed",
            },
        }))
    };
    let named = |index: usize, text: &str| format!("{index} {text} {beside}");
    let workspace = Workspace::tenant(&[]);
    workspace.write("drifted.yaml", manifest("drifted", &named(0, "drifted"), &text));
    workspace.write("missing.yaml", manifest("missing", &format!("missing {text}"), &text));
    let object = |name: String| json!({ "@odata.type": format!("#microsoft.graph.{KIND}"), "displayName": name, "description": format!("live {text}") });
    let unmanaged = HOSTILE.iter().zip(1..).map(|((_, text), index)| object(named(index, text)));
    let objects: Vec<Value> =
        std::iter::once(object(named(0, "drifted"))).chain(unmanaged).collect();
    workspace.seed(&json!({ "deviceConfigurations": objects }));
    workspace
}
