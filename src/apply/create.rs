//! Creating an object once, though Graph has no key that would make a repeated create harmless.
//!
//! A create whose answer was lost is looked for by name until it should have come to light, and only then sent
//! again. Whether another run created the same object is looked at in [`super::twins`].

use serde_json::Value;

use super::context::{Context, Work};
use super::failure::Failure;
use super::poll::{Next, Poll};
use super::sender::{SENDINGS, Sending};
use super::twins::TwinCheck;
use crate::graph::{GraphError, Request, Response};
use crate::manifest::Manifest;
use crate::plan::{Action, FieldStatus};
use crate::tenant::LiveObject;

/// An object that was created.
#[derive(Debug)]
pub(super) struct CreatedObject {
    pub(super) id: String,
    /// Whether the service answered the id.
    pub(super) answered: bool,
    /// How many calls created an object, or may have.
    pub(super) writes: usize,
    /// What tells whether it is the only one of its name.
    pub(super) twins: TwinCheck,
}

/// Creates the object of a change.
///
/// # Errors
/// When the create was refused, or it is not known which object it made.
pub(super) async fn create(
    sending: &mut Sending<'_>,
    request: &Request,
) -> Result<CreatedObject, Failure> {
    let (context, work) = (sending.context(), sending.work());
    let known = known(context, work).await.map_err(|error| sending.failure(&error))?;
    let sent = context.graph.clock().instant();
    let mut writes = 0;
    let made = create_beside(sending, &known, request, &mut writes).await;
    let made = made.map_err(|failure| failure.after(writes))?;
    let answered = context.graph.clock().instant();
    let twins = TwinCheck::new(made.id.clone(), known, sent, answered);
    Ok(CreatedObject { id: made.id, answered: made.answered, writes, twins })
}

/// The id of a created object.
struct Made {
    id: String,
    /// Whether the service answered it.
    answered: bool,
}

/// Creates the object beside those of its name that are known. `writes` counts the calls that created an object, or
/// may have.
async fn create_beside(
    sending: &mut Sending<'_>,
    known: &[String],
    request: &Request,
    writes: &mut usize,
) -> Result<Made, Failure> {
    let (context, work) = (sending.context(), sending.work());
    let display_name = &work.change.display_name;
    for attempt in 1..=SENDINGS {
        let was_lost = attempt > 1;
        let mut seen = Vec::new();
        let sent = sending
            .send(request, &mut async || {
                let poll = Poll::for_one_look(context);
                match listed(context, work.manifest, known, poll).await {
                    Ok((ids, _)) => seen = ids,
                    Err(_) => return false,
                }
                seen.is_empty()
            })
            .await;
        if !seen.is_empty() {
            // It may have been done though Graph said that it was too busy; else it is somebody else's.
            if !was_lost && !is_as_declared(context, work, &seen).await {
                let what = format!("`{display_name}` exists now, as {}", seen.join(" and "));
                return Err(Failure::moved(&what));
            }
            *writes += 1;
            return only(seen);
        }
        match sent {
            Ok(response) => {
                *writes += 1;
                return match id_of(&response) {
                    Some(id) => Ok(Made { id, answered: true }),
                    None => created_unseen(sending, known).await,
                };
            }
            Err(error @ GraphError::AnswerLost { .. }) => {
                *writes += 1;
                let poll = Poll::for_a_write(context);
                let (ids, next) = appeared(sending, known, poll, &error).await?;
                if !ids.is_empty() {
                    return only(ids);
                }
                if next == Next::Cancelled {
                    return Err(unsettled(sending, &error));
                }
            }
            // It may be done in spite of that (Microsoft365DSC#5650).
            Err(error) if error.status() == Some(500) => {
                let poll = Poll::for_one_look(context);
                let (ids, _) = appeared(sending, known, poll, &error).await?;
                if ids.is_empty() {
                    return Err(not_created(sending, &error, was_lost));
                }
                *writes += 1;
                return only(ids);
            }
            Err(error) => return Err(not_created(sending, &error, was_lost)),
        }
    }
    Err(Failure::new(
        format!(
            "`{display_name}` was sent {SENDINGS} times and each answer was lost; nothing of that name is to be seen"
        ),
        "look for it in a while: `moorline plan` shows whether it came to be",
    ))
}

/// Returns whether what bears the name is one object with the declared settings.
async fn is_as_declared(context: &Context<'_>, work: Work<'_>, ids: &[String]) -> bool {
    let [id] = ids else { return false };
    let Ok(live @ Some(_)) = context.read(work, Some(id)).await else {
        return false;
    };
    let left = context.replan(work.manifest, live.as_ref()).await;
    left.is_ok_and(|left| {
        left.blocked.is_empty() && left.with_status(FieldStatus::Change).next().is_none()
    })
}

/// Returns the failure of a lost create where the run ends before what became of it could come to light. To send it
/// again would make a second object.
fn unsettled(sending: &Sending<'_>, error: &GraphError) -> Failure {
    sending.failure(error).leaving(
        "the run ends before it could come to light whether it was created",
        "run `moorline apply` again in a while: it finds the object by its name",
    )
}

fn not_created(sending: &Sending<'_>, error: &GraphError, was_lost: bool) -> Failure {
    let failure = sending.failure(error);
    if !was_lost {
        return failure;
    }
    failure.leaving(
        "the answer to an earlier attempt was lost, so it may have been created",
        "`moorline plan` shows whether it came to be",
    )
}

/// Returns the object that was created by an answer that does not say its id.
async fn created_unseen(sending: &Sending<'_>, known: &[String]) -> Result<Made, Failure> {
    let context = sending.context();
    let poll = Poll::for_a_write(context);
    let (ids, _) = listed(context, sending.work().manifest, known, poll)
        .await
        .map_err(|error| sending.failure(&error))?;
    if ids.is_empty() {
        return Err(Failure::new(
            "it was created, but Graph did not say its id and does not list it yet".to_owned(),
            "run `moorline apply` again in a while: it finds the object by its name",
        ));
    }
    only(ids)
}

/// Returns the ids that bear the name before the create. After the precondition there are none; only
/// a replacement may come to stand beside one.
async fn known(context: &Context<'_>, work: Work<'_>) -> Result<Vec<String>, GraphError> {
    if work.change.action != Action::Replace {
        return Ok(Vec::new());
    }
    let found = context.named(work.manifest).await?;
    Ok(found.into_iter().map(|object| object.id).collect())
}

/// As [`listed`], after a create whose outcome is not known.
async fn appeared(
    sending: &Sending<'_>,
    known: &[String],
    poll: Poll<'_>,
    error: &GraphError,
) -> Result<(Vec<String>, Next), Failure> {
    listed(sending.context(), sending.work().manifest, known, poll)
        .await
        .map_err(|unread| sending.unknown(error, &unread))
}

/// Returns the ids that bear a manifest's name and are not known, once there are any or there is no other look.
async fn listed(
    context: &Context<'_>,
    manifest: &Manifest,
    known: &[String],
    mut poll: Poll<'_>,
) -> Result<(Vec<String>, Next), GraphError> {
    let is_new = |object: &LiveObject| !known.contains(&object.id);
    loop {
        let found = context.named(manifest).await?;
        let ids: Vec<String> = found.into_iter().filter(is_new).map(|object| object.id).collect();
        if !ids.is_empty() {
            return Ok((ids, Next::TimedOut));
        }
        match poll.wait().await {
            Next::Retry => {}
            next => return Ok((ids, next)),
        }
    }
}

/// Returns the one object that was created without an answer that says so.
fn only(ids: Vec<String>) -> Result<Made, Failure> {
    match <[String; 1]>::try_from(ids) {
        Ok([id]) => Ok(Made { id, answered: false }),
        Err(ids) => Err(Failure::twins(&ids)),
    }
}

fn id_of(response: &Response) -> Option<String> {
    let id = response.body.get("id").and_then(Value::as_str)?;
    Some(id.to_owned()).filter(|id| !id.is_empty())
}
