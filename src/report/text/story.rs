//! Writes a plan or a drift report, and each object in it: its header, differences, reach and risks.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use crate::plan::{Risk, RiskLevel};
use crate::report::phrases;
use crate::report::view::{
    DiffContent, DiffMark, DiffRow, Direction, ObjectView, Story, TextSpan, ToStory, rows,
};
use crate::report::width::cut;
use crate::text::style::{BOLD, CHANGED, CREATED, DELETED, DIM, ERROR, HINT, WARNING};
use crate::text::writer::{PLAIN, Piece, TextWriter};

/// The indentation of everything below the header.
const INDENT: usize = 6;

/// Renders a plan or a drift report.
pub(crate) fn story(report: &impl ToStory, mut writer: TextWriter, verbose: bool) -> String {
    let story = &report.story(verbose);
    let checked = story.checked.as_ref().map(|at| format!(", checked {at}")).unwrap_or_default();
    writer.sentences(0, DIM, &format!("Tenant {}{checked}", story.tenant));
    writer.gap();
    let (is_plan, differs) = (story.direction == Direction::Plan, story.differs);
    if is_plan && !differs {
        summary(&mut writer, story);
        if !story.objects.is_empty() {
            writer.gap();
        }
    }
    let (folded, shown): (Vec<&ObjectView<'_>>, Vec<&ObjectView<'_>>) =
        story.objects.iter().partition(|object| !story.verbose && is_folded(object));
    let different = shown.iter().filter(|object| object.differs);
    for view in different.chain(shown.iter().filter(|object| !object.differs)) {
        object(&mut writer, view, story);
        writer.gap();
    }
    if !folded.is_empty() {
        not_compared(&mut writer, &folded);
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

/// Whether an object has values that cannot be compared and nothing else to report: every run would show it.
fn is_folded(object: &ObjectView<'_>) -> bool {
    object.mark == DiffMark::Unverifiable
        && object.nodes.iter().all(|node| node.mark == DiffMark::Unverifiable)
        && object.reasons.is_empty()
        && object.risks.is_empty()
}

/// Writes the names of settings that cannot be compared.
fn not_compared(writer: &mut TextWriter, objects: &[&ObjectView<'_>]) {
    let settings = objects.iter().flat_map(|object| {
        object.nodes.iter().map(move |node| format!("{} {}", object.address, node.name))
    });
    let settings: Vec<String> = settings.collect();
    let text = format!("not compared (-v: why): {}", settings.join(", "));
    writer.labelled(2, Piece::new(WARNING, "?"), text.split(' '));
}

fn summary(writer: &mut TextWriter, story: &Story<'_>) {
    writer.sentences(0, BOLD, &story.headline);
    for sentence in &story.remainder {
        writer.sentences(0, PLAIN, sentence);
    }
}

/// Writes the number of unmanaged objects, and each by name in a verbose report.
fn unmanaged(writer: &mut TextWriter, story: &Story<'_>) {
    let Some(sentence) = phrases::unmanaged(story.coverage) else {
        return;
    };
    writer.sentences(0, PLAIN, &sentence);
    if story.verbose {
        for object in &story.coverage.unmanaged {
            let name = Piece::new(PLAIN, &format!("{} \"{}\"  ", object.kind, object.display_name));
            writer.unwrapped(4, &name.joined(Piece::new(DIM, &object.id)));
        }
    }
}

/// Writes an object.
fn object(writer: &mut TextWriter, object: &ObjectView<'_>, story: &Story<'_>) {
    header(writer, object);
    for note in object.whole.into_iter().chain(object.modified.as_deref()) {
        writer.line(INDENT, DIM, note);
    }
    for reason in object.reasons {
        let label = Piece::new(ERROR, &format!("{}:", reason.code));
        writer.labelled(INDENT, label, reason.message.split(' '));
        writer.labelled(INDENT + 2, Piece::new(HINT, "help:"), reason.help.split(' '));
        let place = reason.location.as_ref().map(ToString::to_string);
        if let Some(place) = place.filter(|place| *place != object.place) {
            writer.line(INDENT + 2, DIM, &format!("at {place}"));
        }
    }
    for row in rows(&object.nodes) {
        line(writer, &row, story.direction);
    }
    if let Some(reach) = &object.reach {
        writer.paragraph(INDENT, reach.split(' '));
    }
    left_alone(writer, &object.left_alone, story.verbose);
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

fn header(writer: &mut TextWriter, object: &ObjectView<'_>) {
    let sign = Piece::new(style(object.mark), &format!("{:>3}", object.mark.sign()));
    // The sign is one column from the address, the others stand further apart.
    let mut pieces = vec![sign.beside(Piece::new(BOLD, &object.address))];
    if let Some(name) = &object.display_name {
        pieces.push(Piece::new(PLAIN, &cut(name, writer.width() - INDENT)));
    }
    pieces.push(Piece::new(DIM, &object.place));
    writer.pieces(0, INDENT, 3, &pieces);
}

fn line(writer: &mut TextWriter, row: &DiffRow<'_>, direction: Direction) {
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
        DiffContent::Values { from, to } => {
            Some(Piece::new(PLAIN, &values(from.as_deref(), to.as_deref(), direction)))
        }
    };
    let mut pieces = match content {
        Some(content) if row.name.is_empty() => vec![first.beside(content)],
        content => std::iter::once(first).chain(content).collect(),
    };
    pieces.extend(node.reason.as_deref().map(|reason| Piece::new(PLAIN, reason)));
    pieces.extend(node.place.as_deref().map(|place| Piece::new(DIM, place)));
    let indent = INDENT + row.indent;
    writer.pieces(indent, indent + 4, 2, &pieces);
}

/// Returns the values of the two sides, in the words of the direction.
fn values(from: Option<&str>, to: Option<&str>, direction: Direction) -> String {
    match (direction, from, to) {
        (Direction::Plan, Some(from), Some(to)) => format!("{from} -> {to}"),
        (Direction::Plan, from, to) => from.or(to).unwrap_or_default().to_owned(),
        (Direction::Drift, from, to) => {
            format!("declared {}, the tenant has {}", from.unwrap_or("unset"), to.unwrap_or("none"))
        }
    }
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
