//! The shell of a page: one file without a request to anything outside it, and with a policy under which nothing of a
//! tenant can run or be loaded.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use ring::digest::{SHA256, digest};

use super::words::{Plain, Prose};

/// A part of a page that is the program's own, and its source in the policy.
struct Embedded {
    text: String,
    source: String,
}

impl Embedded {
    fn new(text: &str) -> Self {
        // A browser reads a line break of two characters as one, and compares the hash of what it read.
        let text = text.replace("\r\n", "\n");
        let hash = BASE64.encode(digest(&SHA256, text.as_bytes()));
        Self { text, source: format!("'sha256-{hash}'") }
    }
}

static STYLE: LazyLock<Embedded> = LazyLock::new(|| Embedded::new(include_str!("page.css")));
static SCRIPT: LazyLock<Embedded> = LazyLock::new(|| Embedded::new(include_str!("page.js")));

/// The parts of a page.
pub(super) struct Shell<'a> {
    /// The name of the page: `Plan`.
    pub(super) name: &'a str,
    /// The subject: the tenant, if there is one.
    pub(super) subject: &'a str,
    /// The result in one sentence.
    pub(super) verdict: &'a str,
    /// Further sentences about the result.
    pub(super) also: &'a [String],
    /// How good the result is: `good`, `changes` or `bad`.
    pub(super) tone: &'static str,
    /// Facts about the run, each with its name.
    pub(super) facts: Vec<(&'static str, Markup)>,
    /// The sections.
    pub(super) sections: Vec<Markup>,
    /// The `id` of the section that the first link leads to.
    pub(super) content: &'static str,
}

impl Shell<'_> {
    /// Returns the page.
    pub(super) fn render(&self) -> String {
        let policy = format!(
            "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
            STYLE.source, SCRIPT.source,
        );
        let title = html! {
            (self.name) @if !self.subject.is_empty() { ": " (Plain(self.subject)) } " · Moorline"
        };
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    title { (title) }
                    style { (PreEscaped(STYLE.text.as_str())) }
                }
                body {
                    a.skip href={ "#" (self.content) } { "Skip to the content" }
                    header.top.(self.tone) { (self.head()) }
                    main { @for section in &self.sections { (section) } }
                    footer {
                        p { "Written by Moorline " (env!("CARGO_PKG_VERSION")) ". This file holds everything that it shows; it loads nothing." }
                    }
                    script { (PreEscaped(SCRIPT.text.as_str())) }
                }
            }
        };
        page.into_string() + "\n"
    }

    fn head(&self) -> Markup {
        html! {
            h1 {
                (self.name)
                @if !self.subject.is_empty() { " " span.subject { (Plain(self.subject)) } }
            }
            p.verdict { (Plain(self.verdict)) }
            @for sentence in self.also { p.also { (Prose(sentence)) } }
            @if !self.facts.is_empty() {
                dl.facts {
                    @for (name, value) in &self.facts { div { dt { (name) } dd { (value) } } }
                }
            }
        }
    }
}

/// Returns a section with a heading, and `None` without content.
pub(super) fn section(id: &str, heading: &str, content: Option<Markup>) -> Option<Markup> {
    let content = content?;
    Some(html! {
        section #(id) aria-labelledby={ (id) "-heading" } {
            h2 #{ (id) "-heading" } { (heading) }
            (content)
        }
    })
}
