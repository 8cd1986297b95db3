//! The results that a CI system shows beside the code: as many of each level as it takes, the worst first.

use super::results::{ResultCase, ResultItem, ResultLevel, ResultPlace, Results};
use super::width::cut;

/// The number of each level that GitHub and Azure DevOps show of a step.
const MOST: usize = 10;

/// The columns of a title.
const LONGEST_TITLE: usize = 200;

/// The level of an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnnotationLevel {
    Error,
    Warning,
    Notice,
}

/// A result as it is shown beside the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Annotation<'a> {
    pub(super) level: AnnotationLevel,
    /// The rule of a result.
    pub(super) rule: &'a str,
    pub(super) title: String,
    pub(super) message: String,
    pub(super) place: Option<&'a ResultPlace>,
}

/// The annotations of a result.
pub(super) struct Annotations<'a> {
    /// Those that are shown.
    pub(super) shown: Vec<Annotation<'a>>,
    /// Those that there is no room for.
    pub(super) left_out: Vec<Annotation<'a>>,
}

impl<'a> Annotations<'a> {
    /// Chooses annotations of these limited levels, and all of the others. Where a level has too many, its last one says
    /// how many are left out.
    pub(super) fn of(results: &'a Results, limited: &[AnnotationLevel]) -> Self {
        use AnnotationLevel::{Error, Notice, Warning};
        let mut all: Vec<(ResultLevel, Annotation<'a>)> =
            results.items().map(|(case, item)| of_item(case, item)).collect();
        all.extend(results.cases.iter().filter_map(of_action));
        // The sort keeps the order of equals.
        all.sort_by_key(|(level, _)| *level);
        let (mut shown, mut left_out) = (Vec::new(), Vec::new());
        for level in [Error, Warning, Notice] {
            let mut of_level: Vec<Annotation<'a>> = all
                .iter()
                .filter(|(_, annotation)| annotation.level == level)
                .map(|(_, annotation)| annotation.clone())
                .collect();
            if of_level.len() > MOST && limited.contains(&level) {
                let rest = of_level.split_off(MOST - 1);
                of_level.push(more(level, rest.len()));
                left_out.extend(rest);
            }
            shown.extend(of_level);
        }
        Self { shown, left_out }
    }
}

fn of_item<'a>(case: &'a ResultCase, item: &'a ResultItem) -> (ResultLevel, Annotation<'a>) {
    let level = match item.level {
        _ if item.accepted.is_some() => AnnotationLevel::Notice,
        ResultLevel::Failed | ResultLevel::Error => AnnotationLevel::Error,
        ResultLevel::Warning => AnnotationLevel::Warning,
        ResultLevel::Note => AnnotationLevel::Notice,
    };
    let message = item.words();
    let title = cut(&format!("{} {}", item.rule, case.name), LONGEST_TITLE);
    let place = item.place.as_ref().or(case.place.as_ref());
    let level_of_sort = if item.accepted.is_some() { ResultLevel::Note } else { item.level };
    (level_of_sort, Annotation { level, rule: &item.rule, title, message, place })
}

/// Returns the annotation of what is done with an object.
fn of_action(case: &ResultCase) -> Option<(ResultLevel, Annotation<'_>)> {
    let action = case.action.as_ref()?;
    let title = cut(&case.name, LONGEST_TITLE);
    let (rule, place) = ("", case.changed.as_ref().or(case.place.as_ref()));
    let level = AnnotationLevel::Notice;
    Some((ResultLevel::Note, Annotation { level, rule, title, message: action.clone(), place }))
}

fn more<'a>(level: AnnotationLevel, number: usize) -> Annotation<'a> {
    let noun = match level {
        AnnotationLevel::Error => "errors",
        AnnotationLevel::Warning => "warnings",
        AnnotationLevel::Notice => "notices",
    };
    Annotation {
        level,
        rule: "",
        title: String::new(),
        message: format!(
            "{number} more {noun} are in the log of this step, which has all of them."
        ),
        place: None,
    }
}

impl Annotation<'_> {
    /// Returns the title and the message.
    pub(super) fn text(&self) -> String {
        match self.title.as_str() {
            "" => self.message.clone(),
            title => format!("{title}: {}", self.message),
        }
    }

    /// Returns the annotation as a line of text.
    pub(super) fn line(&self) -> String {
        let place = self.place.map(|place| format!("{}:{}: ", place.shown(), place.line));
        place.unwrap_or_default() + &self.text()
    }
}
