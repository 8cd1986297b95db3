//! Rewrites settings in the text of manifests into words of the readable form: Graph's lists, and plain values.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::drafts::Drafts;
use super::plain_settings::{self, PlainSettings};
use super::value::{Declared, Member, Value};
use super::{TENANT_FILE, discover, files, settings};
use crate::definitions::SettingCatalogue;
use crate::diagnostic::{FileId, Finding, Sources, Span};
use crate::schema::semantics::{Form, Semantics};
use crate::settings_catalog::{Comments, check, read, to_yaml};
use crate::yaml::parse::parse;
use crate::yaml::presentation::{Presentation, presentation};

/// A text after its settings were rewritten.
#[derive(Debug, Default)]
pub struct Rewritten {
    /// The text.
    pub text: String,
    /// Where the lists stood that are rewritten: the names of their properties.
    pub lists: Vec<Span>,
    /// Where the plain values stood that are rewritten: the names of their settings.
    pub plain: Vec<Span>,
    /// Why others are not.
    pub findings: Vec<Finding>,
}

/// A piece of the text that is replaced.
struct Edit {
    range: Range<usize>,
    text: String,
    /// The name of the property.
    name: Span,
    /// Whether a level of the list has no readable form.
    keeps_raw: bool,
}

/// Returns the files of a path: of a folder, and of the folder of a tenant file, all that may hold manifests.
///
/// # Errors
/// The finding that a folder cannot be read.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, Finding> {
    let is_tenant = path.file_name().is_some_and(|name| name == TENANT_FILE);
    let folder = match path.parent() {
        Some(folder) if is_tenant && folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) if is_tenant => folder,
        _ if path.is_dir() => path,
        _ => return Ok(vec![path.to_owned()]),
    };
    // A folder that cannot be read is named by the command line, and no file has a place for it.
    let nowhere = Span::new(Sources::default().next_id(), 0..0);
    // What is passed over is told by `validate`.
    let skipped = &mut Vec::new();
    let found = discover::base(folder, &folder.display().to_string(), nowhere, skipped);
    found.map_err(|finding| Finding { span: None, file: Some(folder.to_owned()), ..finding })
}

/// Rewrites the settings in a file's text, plain values only with a catalogue, and adds the file to the sources. Of files
/// that name no kind with settings, nothing is reported.
pub fn rewritten_file(
    path: &Path,
    sources: &mut Sources,
    names: Comments<'_>,
    catalogue: Option<&SettingCatalogue>,
) -> Rewritten {
    let read = files::read(path, sources.next_id(), &Drafts::default());
    let file = sources.add(path, read.text.clone());
    let is_unread = read.text.is_empty() && !read.findings.is_empty();
    if is_unread {
        return Rewritten { findings: read.findings, ..Rewritten::default() };
    }
    let mut kinds = Semantics::built_in().in_form(Form::SettingsCatalog);
    if !kinds.any(|(kind, _)| read.text.contains(kind)) {
        return Rewritten { text: read.text, ..Rewritten::default() };
    }
    let mut rewritten = rewritten(&read.text, file, &read.documents, names);
    if let Some(catalogue) = catalogue {
        with_words(&mut rewritten, &read.text, file, &read.documents, catalogue);
    }
    let in_clear = rewritten.findings.iter().filter(|it| it.code == "definition/secret");
    in_clear.filter_map(|it| it.span).for_each(|span| sources.hide(file, span.range()));
    rewritten.findings.splice(0..0, read.findings);
    rewritten
}

/// Rewrites the lists of settings in a text. Everything else of it stays, and comments within a list move to above the
/// setting that they stand at.
pub fn rewritten(text: &str, file: FileId, documents: &[Value], names: Comments<'_>) -> Rewritten {
    let mut rewritten = Rewritten { text: text.to_owned(), ..Rewritten::default() };
    let lists: Vec<(&Value, &Member)> =
        documents.iter().filter_map(|document| Some((document, raw_list(document)?))).collect();
    if lists.is_empty() {
        return rewritten;
    }
    let around = presentation(text);
    // From the end, so that the places before an edit stay.
    for (document, list) in lists.into_iter().rev() {
        let edit = faults_of(list).and_then(|()| {
            edit(text, &around, document, list, names).map_err(|finding| vec![finding])
        });
        let edited = edit.and_then(|edit| {
            let new = spliced(&rewritten.text, &edit);
            let is_same = is_same_but(&rewritten.text, &new, file, list.name_span);
            let unsafe_edit = || vec![unsafe_edit(list.name_span)];
            if is_same { Ok((edit, new)) } else { Err(unsafe_edit()) }
        });
        match edited {
            Ok((edit, new)) => {
                rewritten.text = new;
                rewritten.lists.insert(0, edit.name);
                rewritten.findings.splice(0..0, edit.keeps_raw.then(|| kept_raw(edit.name)));
            }
            Err(findings) => {
                rewritten.findings.splice(0..0, findings);
            }
        }
    }
    rewritten
}

/// Rewrites the plain values of settings too. Places are those of the text as it was.
fn with_words(
    rewritten: &mut Rewritten,
    text: &str,
    file: FileId,
    documents: &[Value],
    catalogue: &SettingCatalogue,
) {
    let PlainSettings { names, findings, text: new } =
        plain_settings::in_words(text, file, documents, catalogue);
    rewritten.findings.extend(findings);
    let new = if rewritten.lists.is_empty() {
        new
    } else {
        let documents = parse(&rewritten.text, file).documents;
        plain_settings::in_words(&rewritten.text, file, &documents, catalogue).text
    };
    if let Some(new) = new {
        (rewritten.text, rewritten.plain) = (new, names);
    }
}

/// Returns the settings of a document, by the kind that it names.
pub(super) fn settings_of(document: &Value) -> Option<&Member> {
    let kind = document.get("kind")?.as_str()?;
    let mut kinds = Semantics::built_in().in_form(Form::SettingsCatalog);
    let (_, property) = kinds.find(|(own, _)| *own == kind)?;
    document.get("spec")?.entry(property)
}

/// Returns the settings of a document, where they are a list.
fn raw_list(document: &Value) -> Option<&Member> {
    settings_of(document).filter(|it| matches!(it.value.declared, Declared::List(_)))
}

/// Checks that a list is one of Graph's.
fn faults_of(list: &Member) -> Result<(), Vec<Finding>> {
    let faults = check(&list.value.to_json());
    let finding = |fault| settings::finding(&list.value, fault);
    if faults.is_empty() { Ok(()) } else { Err(faults.into_iter().map(finding).collect()) }
}

/// Makes the edit of a list.
fn edit(
    text: &str,
    around: &Presentation,
    document: &Value,
    list: &Member,
    names: Comments<'_>,
) -> Result<Edit, Finding> {
    let name = list.name_span.range();
    let value = list.value.span.range();
    let spec = document.get("spec").map_or(document.span, |spec| spec.span);
    if [document.span, spec].iter().any(|span| text[span.range()].starts_with('{')) {
        return Err(refused(
            list.name_span,
            "fmt/flow",
            "settings within braces are not rewritten: a map of settings needs lines of its own",
            "write the document as YAML blocks, `spec:` with its members on the lines below, without braces",
        ));
    }
    let is_within = |reference: &&Range<usize>| (name.end..value.end).contains(&reference.start);
    if let Some(reference) = around.references.iter().find(is_within) {
        let span = Span::new(list.name_span.file, reference.clone());
        return Err(refused(
            span,
            "fmt/reference",
            "settings with an anchor, an alias or a tag are not rewritten: it would be lost",
            "write the value out in place of the alias, and remove `&…` and `!…`; then run this again",
        ));
    }
    let line_end = line_end(text, value.end);
    let rest = text[value.end..line_end].trim();
    if !rest.is_empty() && !rest.starts_with('#') {
        return Err(refused(
            list.name_span,
            "fmt/flow",
            "more follows these settings on their last line",
            "move it to a line of its own; then run this again",
        ));
    }
    // A list on lines of its own begins with its first line; what stands between it and the key stays.
    let line = text[..value.start].rfind('\n').map_or(0, |end| end + 1);
    let is_below = line > name.end && text[line..value.start].trim().is_empty();
    let start = if is_below { line } else { after_colon(text, name.end, value.start) };
    let range = start..line_end;
    let comments = comments_of(text, around, &range, &list.value);
    let key = text[..name.start].rfind('\n').map_or(name.start, |end| name.start - end - 1);
    let readable = read(&list.value.to_json());
    let new = match block(&readable, key + 2, &comments, names) {
        new if is_below => new,
        new if new.trim() == "{}" => " {}".to_owned(),
        new => "\n".to_owned() + &new,
    };
    let is_crlf =
        text[name.start..].find('\n').is_some_and(|end| text[..name.start + end].ends_with('\r'));
    let new = new.trim_end_matches('\n');
    let new = if is_crlf { new.replace('\n', "\r\n") } else { new.to_owned() };
    let keeps_raw = holds_raw(&readable);
    Ok(Edit { range, text: new, name: list.name_span, keeps_raw })
}

/// Returns the place after the colon of a key.
pub(super) fn after_colon(text: &str, key: usize, value: usize) -> usize {
    text[key..value].find(':').map_or(value, |colon| key + colon + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(['\n', '\r']).map_or(text.len(), |end| at + end)
}

/// The comments within a list, each with the definition id of the setting that it stands at; none where it has no setting.
fn comments_of<'a>(
    text: &'a str,
    around: &Presentation,
    range: &Range<usize>,
    list: &Value,
) -> Vec<(Option<String>, &'a str)> {
    let elements = list.elements();
    let element_at = |at: usize| {
        let is_beside = |element: &&Value| at < line_end(text, element.span.range().end);
        elements.iter().find(is_beside).or(elements.last())
    };
    let comments = around.comments.iter().filter(|comment| range.contains(&comment.start));
    let comments = comments.map(|comment| {
        let id = element_at(comment.start).and_then(|element| {
            element.get("settingInstance")?.get("settingDefinitionId")?.as_str()
        });
        (id.map(str::to_owned), text[comment.clone()].trim_end())
    });
    comments.collect()
}

/// Returns the lines of the settings, each below its comments.
fn block(
    readable: &Json,
    indent: usize,
    comments: &[(Option<String>, &str)],
    names: Comments<'_>,
) -> String {
    let line = |text: &str| format!("{:indent$}{text}\n", "");
    let mut text = String::new();
    let members = readable.as_object();
    let is_setting = |id: &Option<String>| {
        id.as_ref().is_some_and(|id| members.is_some_and(|members| members.contains_key(id)))
    };
    let loose = comments.iter().filter(|(id, _)| !is_setting(id));
    text.extend(loose.map(|(_, comment)| line(comment)));
    for (id, instance) in members.into_iter().flatten() {
        let own = comments.iter().filter(|(other, _)| other.as_ref() == Some(id));
        text.extend(own.map(|(_, comment)| line(comment)));
        text += to_yaml(&json!({ id: instance }), indent, names).trim_start_matches('\n');
    }
    if members.is_some_and(|members| members.is_empty()) {
        text += &line("{}");
    }
    text
}

fn spliced(text: &str, edit: &Edit) -> String {
    [&text[..edit.range.start], &edit.text, &text[edit.range.end..]].concat()
}

/// Whether a new text says what the old one says, with one list in the readable form, and has all its comments.
fn is_same_but(old: &str, new: &str, file: FileId, name: Span) -> bool {
    let (before, after) = (parse(old, file), parse(new, file));
    let expected = before.documents.iter().map(|document| {
        let mut value = document.to_json();
        if let Some(list) = raw_list(document).filter(|list| list.name_span == name) {
            value["spec"][&list.name] = read(&list.value.to_json());
        }
        value
    });
    let found = after.documents.iter().map(Value::to_json);
    let is_same = before.errors.len() == after.errors.len() && expected.eq(found);
    is_same && keeps_comments(old, new)
}

/// Whether a new text has all comments of the old one.
pub(super) fn keeps_comments(old: &str, new: &str) -> bool {
    let comments = |text: &str| {
        let comments = presentation(text).comments.into_iter();
        let mut comments: Vec<String> =
            comments.map(|comment| text[comment].trim_end().to_owned()).collect();
        comments.sort();
        comments
    };
    let (before, mut after) = (comments(old), comments(new));
    // Names of settings may have come in.
    let is_kept = |comment: &String| {
        let at = after.iter().position(|other| other == comment);
        at.map(|at| after.swap_remove(at)).is_some()
    };
    before.iter().all(is_kept)
}

pub(super) fn refused(span: Span, code: &str, message: &str, help: &str) -> Finding {
    Finding::error(code, span, message).help(help)
}

/// Whether a level of a readable value is Graph's list.
fn holds_raw(value: &Json) -> bool {
    match value {
        Json::Object(members) => {
            members.iter().any(|(name, member)| name == "$raw" || holds_raw(member))
        }
        Json::Array(elements) => elements.iter().any(holds_raw),
        _ => false,
    }
}

fn kept_raw(name: Span) -> Finding {
    let message = "a level of these settings stays as Graph has it, under `$raw`";
    Finding::warning("fmt/kept-raw", name, message).help(
        "it holds a definition id twice, or a member or a type that the readable form does not have; it is sent as it stands",
    )
}

pub(super) fn unsafe_edit(name: Span) -> Finding {
    let message = "these settings cannot be rewritten so that the file says the same";
    refused(
        name,
        "fmt/unsafe",
        message,
        "write them as a block list, `- settingInstance:` on lines of their own",
    )
}

#[cfg(test)]
mod tests;
