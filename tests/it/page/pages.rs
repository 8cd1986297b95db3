//! Pages of real runs, in Chromium where there is one.

use std::path::PathBuf;

use serde_json::Value;

use super::browser::Browser;
use crate::support::Workspace;

/// The number of objects of the large page.
const MANY: usize = 10_000;

/// Writes the page of a command for the example tenant.
fn page_of(command: &[&str]) -> (Workspace, PathBuf) {
    let workspace = Workspace::example("contoso");
    let arguments = [command, &["--sandbox=s.json", "--output", "page.html"]].concat();
    workspace.run(&arguments).expect(0);
    let page = workspace.path().join("page.html");
    (workspace, page)
}

/// Returns a page with its objects repeated until there are many, each with a number of its own.
fn many(page: &str) -> String {
    let (head, rest) = page.split_once("<ol class=\"objects\">").expect("a list");
    let (list, end) = rest.split_once("</ol>").expect("its end");
    let objects: Vec<&str> = list.split_inclusive("</details></li>").collect();
    let all = (0..MANY).map(|at| {
        let object = objects[at % objects.len()];
        object.replacen("<span class=\"title\">", &format!("<span class=\"title\">number{at} "), 1)
    });
    let all: Vec<String> = all.collect();
    // As of a tenant with so many: in lists of a hundred.
    let lists =
        all.chunks(100).map(|objects| format!("<ol class=\"objects\">{}</ol>", objects.concat()));
    format!("{head}{}{end}", lists.collect::<String>())
}

#[test]
#[ignore = "needs Chromium: cargo test --test it -- --ignored page::"]
fn page_opens_without_a_complaint_or_a_request_and_filters_ten_thousand_objects_at_once() {
    let Some(mut browser) = Browser::start() else { return };
    let (_workspace, page) = page_of(&["plan", "--format", "html"]);
    let text = std::fs::read_to_string(&page).expect("the page");
    std::fs::write(&page, many(&text)).expect("the large page");
    browser.open(&page);
    let shown = "document.querySelectorAll('[data-item]:not([hidden])').length";
    assert_eq!(browser.evaluate(shown), MANY);
    // The time until the page is laid out and drawn again.
    let filter = |change: &str| {
        format!(
            "(async () => {{
                const field = (id) => document.getElementById(`filter-${{id}}`);
                const start = performance.now();
                {change};
                document.body.offsetHeight;
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                return performance.now() - start;
            }})()"
        )
    };
    let search = |word: &str| {
        format!("field('text').value = '{word}'; field('text').dispatchEvent(new Event('input'))")
    };
    let kind = |at: usize| {
        format!(
            "field('kind').selectedIndex = {at}; field('kind').dispatchEvent(new Event('change'))"
        )
    };
    // The texts are collected when the browser has time.
    browser.evaluate("new Promise((done) => setTimeout(done, 3000))");
    let mut time = |change: &str| {
        let took = browser.evaluate(&filter(change)).as_f64().expect("a time");
        eprintln!("{change}: {took:.1} ms");
        assert!(took < 100.0, "{change} took {took} ms");
        browser.evaluate(shown).as_u64().and_then(|left| left.try_into().ok())
    };
    for (word, left) in
        [("n", MANY), ("number77", 111), ("number7777", 1), ("", MANY), ("no such", 0), ("", MANY)]
    {
        assert_eq!(time(&search(word)), Some(left), "{word}");
    }
    let of_kind = time(&kind(1));
    assert!(of_kind.is_some_and(|left| left > 0 && left < MANY), "{of_kind:?}");
    assert_eq!(time(&kind(0)), Some(MANY));
    let tile = "document.querySelector('[data-show]').click()";
    assert!(time(tile).is_some_and(|left| left > 0));
    assert_eq!(time(tile), Some(MANY));
    let said = browser.evaluate("document.getElementById('filter-count').value");
    assert_eq!(said, "10,000 objects");
    assert_eq!(browser.complaints, Vec::<String>::new());
    assert_eq!(browser.requests, Vec::<String>::new());
}

#[test]
#[ignore = "needs Chromium: cargo test --test it -- --ignored page::"]
fn tiles_lists_links_and_keys_filter_and_open_objects() {
    let Some(mut browser) = Browser::start() else { return };
    let (_workspace, page) = page_of(&["document"]);
    browser.open(&page);
    let shown = "document.querySelectorAll('[data-item]:not([hidden])').length";
    let all = browser.evaluate(shown);
    browser.evaluate("document.querySelector('[data-show=unmanaged]').click()");
    let unmanaged = browser.evaluate(shown);
    assert_ne!(unmanaged, all);
    assert_eq!(
        browser.evaluate("document.querySelector('[data-show=unmanaged]').ariaPressed"),
        "true"
    );
    browser.evaluate("document.getElementById('reset').click()");
    assert_eq!(browser.evaluate(shown), all);
    let kind =
        "(() => { const kinds = document.getElementById('filter-kind'); kinds.selectedIndex = 1;
        kinds.dispatchEvent(new Event('change')); return kinds.value; })()";
    let kind = browser.evaluate(kind);
    let others = format!(
        "document.querySelectorAll('[data-item]:not([hidden]):not([data-kind={kind}])').length"
    );
    assert_eq!(browser.evaluate(&others), 0);
    // A link to an object that is filtered out shows it, and opens it.
    let link = "(async () => { const last = [...document.querySelectorAll('[data-item]')].pop();
        location.hash = encodeURIComponent(last.id); await new Promise((done) => setTimeout(done, 200));
        return !last.hidden && last.querySelector('details').open; })()";
    assert_eq!(browser.evaluate(link), true);
    let slash = "(() => { document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }));
        return document.activeElement.id; })()";
    assert_eq!(browser.evaluate(slash), "filter-text");
    assert_eq!(browser.complaints, Vec::<String>::new());
    let print = "(() => { dispatchEvent(new Event('beforeprint')); const open = [...document.querySelectorAll('[data-item] > details')].every((it) => it.open);
        dispatchEvent(new Event('afterprint')); return open; })()";
    assert_eq!(browser.evaluate(print), Value::Bool(true));
}
