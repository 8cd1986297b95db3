//! Creating an object once, though Graph has no key that would make a repeated create harmless.
//!
//! A create whose answer was lost is looked for by name until it should have come to light, and only then sent
//! again. Whether another run created the same object is looked at in [`super::twins`].

use serde_json::Value;

use super::context::Context;
use super::execute::{Execution, SENDINGS};
use super::failure::Failure;
use super::poll::{Next, Poll};
use super::twins::TwinCheck;
use crate::graph::{GraphError, Request, Response};
use crate::manifest::Manifest;
use crate::plan::{Action, FieldStatus};
use crate::tenant::LiveObject;

impl Execution<'_> {
    /// Creates the object and returns its id, with what tells whether it is the only one.
    pub(super) async fn create(&mut self, request: &Request) -> Result<TwinCheck, Failure> {
        let known = self.known().await.map_err(|error| self.failure(&error))?;
        let sent = self.context.graph.clock().instant();
        let id = self.create_beside(&known, request).await?;
        let answered = self.context.graph.clock().instant();
        self.created = Some(id.clone());
        Ok(TwinCheck::new(id, known, sent, answered))
    }

    /// Creates the object beside those of its name that are known, and returns its id.
    async fn create_beside(
        &mut self,
        known: &[String],
        request: &Request,
    ) -> Result<String, Failure> {
        let (context, manifest) = (self.context, self.work.manifest);
        for sending in 1..=SENDINGS {
            let was_lost = sending > 1;
            let mut seen = Vec::new();
            let sent = self
                .send(request, &mut async || {
                    let wait = Poll::for_one_look(context);
                    match listed(context, manifest, known, wait).await {
                        Ok((ids, _)) => seen = ids,
                        Err(_) => return false,
                    }
                    seen.is_empty()
                })
                .await;
            if !seen.is_empty() {
                // It may have been done though Graph said that it was too busy; else it is somebody else's.
                if !was_lost && !self.is_as_declared(&seen).await {
                    let name = &self.work.change.display_name;
                    let what = format!("`{name}` exists now, as {}", seen.join(" and "));
                    return Err(Failure::moved(&what));
                }
                self.writes += 1;
                return only(seen);
            }
            match sent {
                Ok(response) => {
                    self.writes += 1;
                    return match id_of(&response) {
                        Some(id) => {
                            self.answered = Some(id.clone());
                            Ok(id)
                        }
                        None => self.created_unseen(known).await,
                    };
                }
                Err(error @ GraphError::AnswerLost { .. }) => {
                    self.writes += 1;
                    let wait = Poll::for_a_write(self.context);
                    let (ids, turn) = self.appeared(known, wait, &error).await?;
                    if !ids.is_empty() {
                        return only(ids);
                    }
                    if turn == Next::Cancelled {
                        return Err(self.unsettled(&error));
                    }
                }
                // It may be done in spite of that (Microsoft365DSC#5650).
                Err(error) if error.status() == Some(500) => {
                    let wait = Poll::for_one_look(self.context);
                    let (ids, _) = self.appeared(known, wait, &error).await?;
                    if ids.is_empty() {
                        return Err(self.not_created(&error, was_lost));
                    }
                    self.writes += 1;
                    return only(ids);
                }
                Err(error) => return Err(self.not_created(&error, was_lost)),
            }
        }
        Err(Failure::new(
            format!(
                "`{}` was sent {SENDINGS} times and each answer was lost; nothing of that name is to be seen",
                self.work.change.display_name
            ),
            "look for it in a while: `moorline plan` shows whether it came to be",
        ))
    }

    /// Returns whether what bears the name is one object with the declared settings.
    async fn is_as_declared(&self, ids: &[String]) -> bool {
        let (context, work) = (self.context, self.work);
        let [id] = ids else { return false };
        let Ok(live @ Some(_)) = context.read(work, Some(id)).await else {
            return false;
        };
        let left = context.replan(work.manifest, live.as_ref()).await;
        left.is_ok_and(|left| {
            left.blocked.is_empty() && left.with_status(FieldStatus::Change).next().is_none()
        })
    }

    /// Says that the run ends before what became of a lost create could come to light. To send it again would make
    /// a second object.
    fn unsettled(&self, error: &GraphError) -> Failure {
        self.failure(error).leaving(
            "the run ends before it could come to light whether it was created",
            "run `moorline apply` again in a while: it finds the object by its name",
        )
    }

    fn not_created(&self, error: &GraphError, was_lost: bool) -> Failure {
        let failure = self.failure(error);
        if !was_lost {
            return failure;
        }
        failure.leaving(
            "the answer to an earlier attempt was lost, so it may have been created",
            "`moorline plan` shows whether it came to be",
        )
    }

    /// Returns the id of an object that was created by an answer that does not say it.
    async fn created_unseen(&self, known: &[String]) -> Result<String, Failure> {
        let wait = Poll::for_a_write(self.context);
        let (ids, _) = listed(self.context, self.work.manifest, known, wait)
            .await
            .map_err(|error| self.failure(&error))?;
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
    async fn known(&self) -> Result<Vec<String>, GraphError> {
        if self.work.change.action != Action::Replace {
            return Ok(Vec::new());
        }
        let found = self.context.named(self.work.manifest).await?;
        Ok(found.into_iter().map(|object| object.id).collect())
    }

    /// As [`Self::listed`], after a create whose outcome is not known.
    async fn appeared(
        &self,
        known: &[String],
        wait: Poll<'_>,
        error: &GraphError,
    ) -> Result<(Vec<String>, Next), Failure> {
        listed(self.context, self.work.manifest, known, wait)
            .await
            .map_err(|unread| self.unknown(error, &unread))
    }
}

/// Returns the ids that bear a manifest's name and are not known, once there are any or there is no other look.
async fn listed(
    context: &Context<'_>,
    manifest: &Manifest,
    known: &[String],
    mut wait: Poll<'_>,
) -> Result<(Vec<String>, Next), GraphError> {
    let is_new = |object: &LiveObject| !known.contains(&object.id);
    loop {
        let found = context.named(manifest).await?;
        let ids: Vec<String> = found.into_iter().filter(is_new).map(|object| object.id).collect();
        if !ids.is_empty() {
            return Ok((ids, Next::TimedOut));
        }
        match wait.wait().await {
            Next::Retry => {}
            turn => return Ok((ids, turn)),
        }
    }
}

fn only(ids: Vec<String>) -> Result<String, Failure> {
    match <[String; 1]>::try_from(ids) {
        Ok([id]) => Ok(id),
        Err(ids) => Err(Failure::twins(&ids)),
    }
}

fn id_of(response: &Response) -> Option<String> {
    let id = response.body.get("id").and_then(Value::as_str)?;
    Some(id.to_owned()).filter(|id| !id.is_empty())
}
