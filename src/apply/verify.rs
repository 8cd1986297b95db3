//! Reads an object back until the tenant shows the written values.

use std::collections::BTreeSet;

use super::differences::{Differences, WrittenParts, linked_ids, target_forms};
use super::execute::Execution;
use super::look::Observed;
use super::poll::{Ended, VISIBILITY};
use super::wording;
use crate::graph::GraphError;
use crate::plan::{Action, Change, FieldChange, FieldPath, FieldStatus};
use crate::tenant::LiveObject;
use crate::values::canonical::property_form;

/// The number of consecutive reads that must show that the object changed and has other values.
const READS_AFTER_A_MOVE: u32 = 2;

/// The result of reading an object back.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// The tenant shows the written values.
    Shown {
        /// Differences that the change did not write: concurrent edits.
        concurrent: Vec<String>,
    },
    /// The object changed, and the tenant shows other values.
    DidNotStick {
        /// The differences.
        differs: Vec<String>,
        /// Differences that the change did not write: concurrent edits.
        concurrent: Vec<String>,
        /// The object as the tenant shows it.
        shown: Box<LiveObject>,
    },
    /// The tenant does not show the written values in time.
    NotSeen,
    /// The tenant does not return the written values, and the object's timestamp and version do not show in time that
    /// it changed.
    Unverifiable,
}

impl Verdict {
    /// Returns the verdict of a run that ends before the time limit.
    fn too_early(self) -> Self {
        match self {
            Self::DidNotStick { .. } => Self::NotSeen,
            verdict => verdict,
        }
    }
}

/// Whether the write of an object's body was seen before the object is read back as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum BodySeen {
    /// Not known.
    #[default]
    Unknown,
    /// Seen, or the service answered that the object has the values already.
    Yes,
    /// Not seen: the object's timestamp and version did not change.
    No,
}

impl Execution<'_> {
    /// Waits until the object's timestamp or version shows that it changed.
    pub(super) async fn moves(&self) -> Result<BodySeen, GraphError> {
        let read = async || {
            let live = self.context.read(self.work, self.id()).await?;
            Ok(live.filter(|live| has_moved(self.written_over(), live)))
        };
        let moved = self.context.poll(read).await?;
        Ok(if moved.is_ok() { BodySeen::Yes } else { BodySeen::No })
    }

    /// Reads the object until it shows the written values, or until it is clear that it will not.
    pub(super) async fn verify(&self) -> Result<Verdict, GraphError> {
        let mut watch = Verification::new(self.work.change, self.written_over(), self.body);
        let clock = self.context.run.graph.clock();
        // Until then, a replica may show an edit from before this write.
        let late = clock.instant() + VISIBILITY / 2;
        let read = async || {
            let Observed { live, left } = self.context.look_at(self.work, self.id()).await?;
            Ok(watch.judge(live.as_ref(), &left, clock.instant() >= late))
        };
        let seen = self.context.poll(read).await?;
        Ok(seen.unwrap_or_else(|ended| match ended {
            Ended::TimedOut => watch.so_far,
            Ended::Cancelled => watch.so_far.too_early(),
        }))
    }

    /// Returns the object before the write, `None` where it was created: the replaced object does not tell whether the
    /// new one changed.
    fn written_over(&self) -> Option<&LiveObject> {
        self.before.as_ref().filter(|_| self.created.is_none())
    }
}

/// Whether an object changed since, by its timestamp and version, or by its body where it has neither. A created object
/// did.
fn has_moved(before: Option<&LiveObject>, live: &LiveObject) -> bool {
    let Some(before) = before else {
        return true;
    };
    let marks = |object: &LiveObject| {
        let body = object.body.value();
        ["lastModifiedDateTime", "version"].map(|name| body.get(name).cloned())
    };
    match marks(live) {
        [None, None] => live.body != before.body,
        now => now != marks(before),
    }
}

/// The state of reading one object back.
struct Verification<'a> {
    change: &'a Change,
    parts: WrittenParts<'a>,
    /// The object before the write, `None` where it was created.
    before: Option<&'a LiveObject>,
    body: BodySeen,
    /// The number of consecutive reads that showed other values.
    otherwise: u32,
    /// The verdict where no other read follows.
    so_far: Verdict,
}

impl<'a> Verification<'a> {
    fn new(change: &'a Change, before: Option<&'a LiveObject>, body: BodySeen) -> Self {
        let parts = WrittenParts::of(change);
        Self { change, parts, before, body, otherwise: 0, so_far: Verdict::NotSeen }
    }

    /// Evaluates a read, with the change that would still be planned; `None` where another read may tell more.
    /// `is_late` says that every replica has had the time to show the written values.
    fn judge(
        &mut self,
        live: Option<&LiveObject>,
        left: &Change,
        is_late: bool,
    ) -> Option<Verdict> {
        self.so_far = Verdict::NotSeen;
        if self.change.action == Action::Delete {
            let concurrent = Vec::new();
            return live.is_none().then_some(Verdict::Shown { concurrent });
        }
        let live = live?;
        let mut seen = Differences::new(left, &self.parts, wording::sent_and_shown);
        let concurrent = std::mem::take(&mut seen.others);
        let moved = self.has_moved(&seen, live);
        let differs = seen.into_words("sent");
        if differs.is_empty() {
            let is_seen = match self.body {
                BodySeen::Yes => true,
                BodySeen::No => false,
                BodySeen::Unknown => self.body_leaves_a_trace(left) || has_moved(self.before, live),
            };
            if is_seen {
                return Some(Verdict::Shown { concurrent });
            }
            self.so_far = Verdict::Unverifiable;
            return (self.body == BodySeen::No).then_some(Verdict::Unverifiable);
        }
        self.otherwise = if moved { self.otherwise + 1 } else { 0 };
        if self.otherwise < READS_AFTER_A_MOVE {
            return None;
        }
        let verdict = Verdict::DidNotStick { differs, concurrent, shown: Box::new(live.clone()) };
        self.so_far = verdict.clone();
        is_late.then_some(verdict)
    }

    /// Whether the differing parts changed since the write. Parts beside the body have no timestamp: they are compared
    /// with those before the write.
    fn has_moved(&self, seen: &Differences, live: &LiveObject) -> bool {
        fn moved<T: Default + PartialEq>(
            before: Option<&LiveObject>,
            live: &LiveObject,
            form: impl Fn(&LiveObject) -> T,
        ) -> bool {
            form(live) != before.map(form).unwrap_or_default()
        }
        if !seen.settings.is_empty() {
            return has_moved(self.before, live);
        }
        let links = &mut seen.links.keys();
        let actions = &mut seen.actions.iter();
        links.any(|property| moved(self.before, live, |object| linked_ids(object, property)))
            || actions.any(|property| {
                moved(self.before, live, |object| {
                    property_form(&object.kind, property, Some(&object.body.member(property)))
                })
            })
            || !seen.assignments.is_empty()
                && moved(self.before, live, |object| target_forms(&object.assignments))
    }

    /// Whether the values that were written to the body can be read back: secrets and masked values cannot, unless they
    /// are read in clear.
    fn body_leaves_a_trace(&self, left: &Change) -> bool {
        let is_sent = |field: &&FieldChange| {
            let sent = self.parts.properties.as_ref();
            field.path.top().is_some_and(|top| sent.is_some_and(|sent| sent.contains(top)))
        };
        let unseen: Vec<&FieldPath> =
            left.with_status(FieldStatus::Unverifiable).map(|field| &field.path).collect();
        let mut written = self.change.with_status(FieldStatus::Change).filter(is_sent);
        self.before.is_none()
            || self.parts.properties.as_ref().is_some_and(BTreeSet::is_empty)
            || written.any(|field| !field.is_rewritten() || !unseen.contains(&&field.path))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::diagnostic::Location;
    use crate::graph::Request;
    use crate::http::Method;
    use crate::kinds::FAMILIES;
    use crate::manifest::Address;
    use crate::plan::{AssignmentChange, Effect, PlannedRequest, Shown, Step};
    use crate::schema::types::GraphVersion;

    fn change(requests: Vec<PlannedRequest>, fields: &[&str]) -> Change {
        let field = |name: &&str| FieldChange {
            path: FieldPath::default().name(name),
            status: FieldStatus::Change,
            before: Shown::Value(4.into()),
            after: Shown::Value(6.into()),
            encoded: false,
            names: Default::default(),
            reason: None,
            location: None,
        };
        Change {
            address: Address { kind: "k".to_owned(), name: "n".to_owned() },
            location: Location { file: "n.yaml".to_owned(), line: 1, column: 1 },
            id: Some("1".to_owned()),
            display_name: "N".to_owned(),
            action: Action::Update,
            fields: fields.iter().map(field).collect(),
            requests,
            ..Change::default()
        }
    }

    fn planned(step: Step, property: Option<&str>, body: Value) -> PlannedRequest {
        let property = property.map(str::to_owned);
        let request = Request::with_body(Method::Post, GraphVersion::Beta, "/k/1", body);
        PlannedRequest { step, property, request }
    }

    fn patch(body: Value) -> PlannedRequest {
        planned(Step::Update, None, body)
    }

    fn link() -> PlannedRequest {
        planned(Step::Link, Some("rootCertificate"), Value::Null)
    }

    fn assign() -> PlannedRequest {
        planned(Step::Assign, Some("assignments"), json!({"assignments": []}))
    }

    fn object(body: Value) -> LiveObject {
        let mut typed = json!({ "@odata.type": "#microsoft.graph.k", "id": "1" });
        let members = body.as_object().cloned().unwrap_or_default();
        typed.as_object_mut().expect("an object").extend(members);
        LiveObject::from_body(FAMILIES[0], typed).expect("an object")
    }

    /// Returns what is left where an assignment is not there.
    fn unassigned() -> Change {
        let mut left = change(Vec::new(), &[]);
        left.assignments.push(AssignmentChange {
            effect: Effect::Add,
            target: "all devices".to_owned(),
            before: None,
            after: None,
            filter_before: None,
            filter_after: None,
            location: None,
        });
        left
    }

    #[test]
    fn object_without_timestamp_changed_when_its_body_did() {
        let planned = change(vec![patch(json!({"quota": 6, "mfa": "required"}))], &["quota"]);
        let before = object(json!({"quota": 4, "mfa": "no"}));
        let mut watch = Verification::new(&planned, Some(&before), BodySeen::Unknown);
        let left = change(Vec::new(), &["quota"]);
        for _ in 0..10 {
            assert_eq!(watch.judge(Some(&before), &left, true), None, "a replica may lag");
        }
        assert_eq!(watch.so_far, Verdict::NotSeen);
        let moved = object(json!({"quota": 4, "mfa": "required"}));
        assert_eq!(watch.judge(Some(&moved), &left, true), None);
        let verdict = Verdict::DidNotStick {
            differs: vec!["quota: sent 6, the tenant shows 4".to_owned()],
            concurrent: Vec::new(),
            shown: Box::new(moved.clone()),
        };
        assert_eq!(watch.judge(Some(&moved), &left, true), Some(verdict));
    }

    #[test]
    fn write_of_secrets_is_verified_by_timestamp_or_version() {
        let secret = |status| {
            let mut change = change(vec![patch(json!({"key": "?"}))], &["key"]);
            change.fields[0].status = status;
            change.fields[0].before = Shown::Withheld;
            change.fields[0].after = Shown::Withheld;
            change
        };
        let (planned, left) = (secret(FieldStatus::Change), secret(FieldStatus::Unverifiable));
        let before = object(json!({"version": 1}));
        let mut watch = Verification::new(&planned, Some(&before), BodySeen::Unknown);
        assert_eq!(watch.judge(Some(&before), &left, true), None);
        assert_eq!(watch.so_far, Verdict::Unverifiable);
        let shown = Some(Verdict::Shown { concurrent: Vec::new() });
        let moved = object(json!({"version": 2}));
        assert_eq!(watch.judge(Some(&moved), &left, true), shown);
        // What is read in clear needs no mark.
        let compared = change(Vec::new(), &[]);
        assert_eq!(watch.judge(Some(&before), &compared, true), shown);
        // An object without marks does not say.
        let unmarked = object(json!({"ssid": "Office"}));
        let mut watch = Verification::new(&planned, Some(&unmarked), BodySeen::Unknown);
        assert_eq!(watch.judge(Some(&unmarked), &left, true), None);
        assert_eq!(watch.so_far, Verdict::Unverifiable);
    }

    #[test]
    fn one_read_of_another_value_is_no_verdict() {
        let planned = change(vec![patch(json!({"a": 6}))], &["a"]);
        let before = object(json!({"a": 4, "version": 1}));
        let moved = object(json!({"a": 4, "version": 2}));
        let mut watch = Verification::new(&planned, Some(&before), BodySeen::Unknown);
        let left = change(Vec::new(), &["a"]);
        for live in [&moved, &before, &moved] {
            assert_eq!(watch.judge(Some(live), &left, true), None);
        }
        assert!(matches!(
            watch.judge(Some(&moved), &left, true),
            Some(Verdict::DidNotStick { .. })
        ));
    }

    #[test]
    fn other_value_is_no_verdict_before_replicas_had_time() {
        let planned = change(vec![patch(json!({"a": 6}))], &["a"]);
        let before = object(json!({"a": 4, "version": 1}));
        let edited = object(json!({"a": 5, "version": 2}));
        let mut watch = Verification::new(&planned, Some(&before), BodySeen::Unknown);
        let left = change(Vec::new(), &["a"]);
        for _ in 0..10 {
            assert_eq!(watch.judge(Some(&edited), &left, false), None);
        }
        let so_far = watch.so_far.clone();
        assert!(matches!(so_far, Verdict::DidNotStick { .. }));
        assert_eq!(so_far.too_early(), Verdict::NotSeen);
        let shown = object(json!({"a": 6, "version": 3}));
        let verdict = watch.judge(Some(&shown), &change(Vec::new(), &[]), false);
        assert!(matches!(verdict, Some(Verdict::Shown { .. })));
    }

    #[test]
    fn difference_in_an_unwritten_field_is_a_concurrent_edit() {
        let planned = change(vec![patch(json!({"a": 6}))], &["a"]);
        let live = object(json!({"a": 6, "b": 4}));
        let verdict = Verification::new(&planned, None, BodySeen::Unknown).judge(
            Some(&live),
            &change(Vec::new(), &["b"]),
            true,
        );
        let concurrent = vec!["b is 4, and 6 is declared".to_owned()];
        assert_eq!(verdict, Some(Verdict::Shown { concurrent }));
    }

    #[test]
    fn reference_to_another_object_did_not_stick_once_it_changed() {
        let planned = change(vec![link()], &["rootCertificate"]);
        let leading_to = |id: &str| {
            let body = json!({ "version": 1, "rootCertificate": { "id": id } });
            object(body).with_links(&["rootCertificate".to_owned()])
        };
        let before = leading_to("a");
        let mut watch = Verification::new(&planned, Some(&before), BodySeen::Unknown);
        let left = change(Vec::new(), &["rootCertificate"]);
        for _ in 0..10 {
            assert_eq!(watch.judge(Some(&before), &left, true), None, "it may still show");
        }
        let elsewhere = leading_to("b");
        assert_eq!(watch.judge(Some(&elsewhere), &left, true), None);
        let verdict = watch.judge(Some(&elsewhere), &left, true);
        assert!(matches!(verdict, Some(Verdict::DidNotStick { .. })), "{verdict:?}");
    }

    #[test]
    fn visible_reference_does_not_verify_an_assignment() {
        let planned = change(vec![link(), assign()], &["rootCertificate"]);
        let live = object(json!({ "version": 1, "rootCertificate": { "id": "a" } }))
            .with_links(&["rootCertificate".to_owned()]);
        let left = unassigned();
        let mut watch = Verification::new(&planned, None, BodySeen::Unknown);
        for _ in 0..10 {
            assert_eq!(watch.judge(Some(&live), &left, true), None);
        }
        assert_eq!(watch.so_far, Verdict::NotSeen);
    }

    #[test]
    fn unchanged_assignments_may_still_become_visible() {
        let planned = change(vec![patch(json!({"a": 6})), assign()], &["a"]);
        let before = object(json!({"a": 4, "version": 1}));
        let patched = object(json!({"a": 6, "version": 2}));
        let left = unassigned();
        let mut watch = Verification::new(&planned, Some(&before), BodySeen::Unknown);
        for _ in 0..10 {
            assert_eq!(watch.judge(Some(&patched), &left, true), None);
        }
    }
}
