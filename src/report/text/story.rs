//! Writes a plan or a drift report.

use super::object::{object, risks};
use crate::drift::DriftReport;
use crate::plan::{Coverage, Plan};
use crate::report::view::{self, Direction, Story};
use crate::report::{Verbosity, phrases};
use crate::text::style::{BOLD, DIM, WARNING};
use crate::text::writer::{PLAIN, Piece, TextWriter};

/// Renders a plan.
pub(crate) fn plan(plan: &Plan, writer: TextWriter, verbosity: Verbosity) -> String {
    story(&view::plan(plan, verbosity), writer, verbosity)
}

/// Renders a drift report.
pub(crate) fn drift(report: &DriftReport, writer: TextWriter, verbosity: Verbosity) -> String {
    story(&view::drift(report, verbosity), writer, verbosity)
}

fn story(story: &Story<'_>, mut writer: TextWriter, verbosity: Verbosity) -> String {
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
    let different = story.objects.iter().filter(|object| object.differs);
    for view in different.chain(story.objects.iter().filter(|object| !object.differs)) {
        object(&mut writer, view, story.direction, verbosity);
        writer.gap();
    }
    if !is_plan {
        summary(&mut writer, story);
    }
    if !is_plan || !differs || verbosity == Verbosity::Verbose {
        unmanaged(&mut writer, story.coverage, verbosity);
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

fn summary(writer: &mut TextWriter, story: &Story<'_>) {
    writer.sentences(0, BOLD, &story.headline);
    for sentence in &story.remainder {
        writer.sentences(0, PLAIN, sentence);
    }
}

/// Writes the number of unmanaged objects, and each by name in a verbose report.
fn unmanaged(writer: &mut TextWriter, coverage: &Coverage, verbosity: Verbosity) {
    let Some(sentence) = phrases::unmanaged(coverage) else {
        return;
    };
    writer.sentences(0, PLAIN, &sentence);
    if verbosity == Verbosity::Verbose {
        for object in &coverage.unmanaged {
            let name = Piece::new(PLAIN, &format!("{} \"{}\"  ", object.kind, object.display_name));
            writer.unwrapped(4, &name.joined(Piece::new(DIM, &object.id)));
        }
    }
}
