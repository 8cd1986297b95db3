//! Writes a plan or a drift report, and each object in it: its header, differences, reach and risks.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use crate::plan::{Risk, RiskLevel};
use crate::report::view::{
    DiffContent, DiffMark, DiffRow, NotCompared, ObjectView, Story, StoryKind, TextSpan, ToStory,
    rows,
};
use crate::report::width::{cut, cut_middle};
use crate::report::{phrases, view};
use crate::text::style::{BOLD, CHANGED, CREATED, DELETED, DIM, ERROR, HINT, WARNING};
use crate::text::writer::{PLAIN, Piece, TextWriter};

/// The indentation of everything below the header.
const INDENT: usize = 6;

/// The number of settings that cannot be compared, and of unmanaged objects, that are named.
const MOST_NAMED: usize = 10;
/// The most columns of such a name.
const LONGEST: usize = 255;

/// Renders a plan or a drift report.
pub(crate) fn story(report: &impl ToStory, mut writer: TextWriter, verbose: bool) -> String {
    let story = &report.story(verbose);
    let checked = story.checked.as_ref().map(|at| format!(", checked {at}")).unwrap_or_default();
    writer.sentences(0, DIM, &format!("Tenant {}{checked}", story.tenant));
    writer.gap();
    let (is_plan, differs) = (story.kind == StoryKind::Plan, story.differs);
    if is_plan && !differs {
        summary(&mut writer, story);
        if !story.objects.is_empty() {
            writer.gap();
        }
    }
    if !is_plan && differs {
        writer.sentences(0, DIM, phrases::SIGNS);
        writer.gap();
    }
    for view in &story.objects {
        object(&mut writer, view, story.verbose);
        writer.gap();
    }
    if !is_plan {
        summary(&mut writer, story);
    }
    if !is_plan || !differs || story.verbose {
        unmanaged(&mut writer, story);
    }
    for line in &story.released {
        writer.sentences(0, PLAIN, line);
    }
    if !story.released.is_empty() {
        writer.gap();
    }
    for warning in story.warnings {
        writer.labelled(0, Piece::new(WARNING, "warning:"), warning.split(' '));
    }
    if is_plan && differs {
        summary(&mut writer, story);
        risks(&mut writer, 0, &story.limits);
    }
    if let Some(digest) = story.digest {
        writer.line(0, DIM, &format!("Digest {digest}"));
    }
    writer.finish()
}

/// Renders no more of a plan or a drift report than its counts.
pub(crate) fn verdict(report: &impl ToStory, mut writer: TextWriter) -> String {
    summary(&mut writer, &report.story(false));
    writer.finish()
}

fn summary(writer: &mut TextWriter, story: &Story<'_>) {
    writer.sentences(0, BOLD, &story.headline);
    for sentence in &story.remainder {
        writer.sentences(0, PLAIN, sentence);
    }
    if let Some(sentence) = story.refusal(|flags| format!("`{flags}`")) {
        writer.sentences(0, PLAIN, &sentence);
    }
    not_compared(writer, &story.not_compared, story.verbose);
}

/// Writes the settings that cannot be compared on one line. A verbose report shows each with its object, and why.
fn not_compared(writer: &mut TextWriter, settings: &[NotCompared<'_>], verbose: bool) {
    let Some(sentence) = phrases::not_compared(settings.len()) else {
        return;
    };
    if verbose {
        writer.sentences(0, PLAIN, &format!("{sentence}."));
        return;
    }
    let named = settings.iter().take(MOST_NAMED);
    let name = |setting: &NotCompared<'_>| format!("{} {}", setting.address, setting.property);
    let named: Vec<String> = named.map(|setting| cut_middle(&name(setting), LONGEST)).collect();
    let more = settings.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(", … and {more} more") } else { String::new() };
    let text = format!("{sentence}: {}{more} (-v: why)", named.join(", "));
    writer.sentences(0, PLAIN, &text);
}

/// Writes the unmanaged objects by name, and all of them with their ids in a verbose report.
fn unmanaged(writer: &mut TextWriter, story: &Story<'_>) {
    let Some(sentence) = phrases::unmanaged(story.coverage) else {
        return;
    };
    writer.sentences(0, PLAIN, &format!("{sentence}:"));
    let objects = &story.coverage.unmanaged;
    let shown = if story.verbose { objects.len() } else { MOST_NAMED };
    for object in objects.iter().take(shown) {
        let name = view::display_name(&object.display_name).unwrap_or_default();
        let text = format!("{} {}", object.kind, cut(&name, writer.width() - INDENT));
        let name = Piece::new(PLAIN, &text);
        let id = story.verbose.then(|| Piece::new(DIM, &format!(" {}", object.id)));
        writer.unwrapped(4, &id.into_iter().fold(name, Piece::beside));
    }
    let more = objects.len().saturating_sub(shown);
    if more > 0 {
        writer.line(4, DIM, &format!("… and {} more (-v)", phrases::thousands(more)));
    }
}

/// Writes an object.
fn object(writer: &mut TextWriter, object: &ObjectView<'_>, verbose: bool) {
    let place = object.place.to_string();
    header(writer, object, &place);
    let notes = object.whole.into_iter().chain(object.since).map(str::to_owned);
    for note in notes.chain(object.last_change()) {
        writer.sentences(INDENT, DIM, &note);
    }
    for reason in object.reasons {
        let label = Piece::new(ERROR, &format!("{}:", reason.code));
        writer.labelled(INDENT, label, reason.message.split(' '));
        writer.labelled(INDENT + 2, Piece::new(HINT, "help:"), reason.help.split(' '));
        let at = reason.location.as_ref().map(ToString::to_string);
        if let Some(at) = at.filter(|at| *at != place) {
            writer.line(INDENT + 2, DIM, &format!("at {at}"));
        }
    }
    for row in rows(&object.nodes) {
        line(writer, &row);
    }
    if let Some(reach) = &object.reach {
        writer.paragraph(INDENT, reach.sentence.split(' '));
    }
    left_alone(writer, &object.left_alone, verbose);
    risks(writer, INDENT, object.risks);
}

/// Writes risks.
fn risks(writer: &mut TextWriter, indent: usize, risks: &[Risk]) {
    for risk in risks {
        let label = Piece::new(WARNING, &format!("risk {}:", risk.code));
        let refused = format!("(refused until --allow {})", risk.code);
        let refused = (risk.level == RiskLevel::Refused).then_some(refused.as_str());
        writer.labelled(indent, label, risk.message.split(' ').chain(refused));
    }
}

fn style(mark: DiffMark) -> Style {
    match mark {
        DiffMark::Add => CREATED,
        DiffMark::Change => CHANGED,
        DiffMark::Remove | DiffMark::Replace => DELETED,
        DiffMark::Blocked => ERROR,
        DiffMark::Unverifiable => WARNING,
        DiffMark::Hunk | DiffMark::Accepted => DIM,
        DiffMark::Context | DiffMark::Title => PLAIN,
    }
}

fn header(writer: &mut TextWriter, object: &ObjectView<'_>, place: &str) {
    let sign = Piece::new(style(object.mark), &format!("{:>3}", object.mark.sign()));
    // The sign is one column from the address, the others stand further apart.
    let mut pieces = vec![sign.beside(Piece::new(BOLD, &object.address))];
    if let Some(name) = &object.display_name {
        pieces.push(Piece::new(PLAIN, &cut(name, writer.width() - INDENT)));
    }
    pieces.push(Piece::new(DIM, place));
    writer.pieces(0, INDENT, 3, &pieces);
}

fn line(writer: &mut TextWriter, row: &DiffRow<'_>) {
    let (node, name) = (row.node, Piece::new(PLAIN, &row.name));
    let style = style(node.mark);
    let sign = Piece::new(style, node.mark.sign());
    let first = match node.mark {
        DiffMark::Title => name,
        _ if row.name.is_empty() => sign,
        _ => sign.beside(name),
    };
    let content = match &node.content {
        DiffContent::Nothing => None,
        DiffContent::Value(value) => Some(Piece::new(PLAIN, value)),
        DiffContent::Words(words) => Some(Piece::new(DIM, words)),
        DiffContent::Line(spans) => Some(line_of_text(spans, style)),
        DiffContent::Values { from, to } => Some(Piece::new(PLAIN, &format!("{from} -> {to}"))),
    };
    let mut pieces = match content {
        Some(content) if row.name.is_empty() => vec![first.beside(content)],
        content => std::iter::once(first).chain(content).collect(),
    };
    pieces.extend(node.reason.as_deref().map(|reason| Piece::new(PLAIN, reason)));
    pieces.extend(node.origin.as_deref().map(|origin| Piece::new(PLAIN, origin)));
    pieces.extend(node.place.as_deref().map(|place| Piece::new(DIM, place)));
    let indent = INDENT + row.indent;
    writer.pieces(indent, indent + 4, 2, &pieces);
}

/// Returns a line of text in its colour, with the differing parts in bold.
fn line_of_text(spans: &[TextSpan], style: Style) -> Piece {
    let pieces = spans.iter().map(|span| {
        let style = if span.strong { style.bold().underline() } else { style };
        Piece::new(style, &span.text)
    });
    pieces.reduce(Piece::joined).unwrap_or_else(|| Piece::new(style, ""))
}

fn left_alone(writer: &mut TextWriter, settings: &[String], verbose: bool) {
    const MORE: &str = ", … (-v: all)";
    let [first, rest @ ..] = settings else {
        return;
    };
    let count = phrases::count(settings.len(), "undeclared setting");
    let mut text = format!("{count} {} left alone:", phrases::are(settings.len()));
    if verbose {
        writer.line(INDENT, DIM, &text);
        settings.iter().for_each(|setting| writer.line(INDENT + 4, DIM, setting));
        return;
    }
    // As many settings as fit on the line, at least the beginning of one.
    let room = writer.width() - INDENT - MORE.width();
    text = format!("{text} {}", cut(first, room));
    for setting in rest {
        if text.width() + 2 + setting.width() > room {
            text += MORE;
            break;
        }
        text = format!("{text}, {setting}");
    }
    writer.sentences(INDENT, DIM, &text);
}
