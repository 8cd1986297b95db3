//! Counts the devices and users in groups, and the devices that have reported an object.
//!
//! The numbers are for people only: a number that cannot be read is unknown, and does not fail the plan.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LiveObject;
use crate::graph::{Graph, GraphError, Request, Response};
use crate::http::odata;
use crate::kinds::Family;
use crate::schema::types::GraphVersion;

/// The permission to count a group's members; a lesser one may find the group by its name (FACTS 7).
const COUNTS_MEMBERS: &str = "GroupMember.Read.All";

/// The states that devices have reported of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Reported {
    /// The number of devices by state.
    Devices(Statuses),
    /// Unknown, for this reason.
    Unknown(String),
}

/// The number of devices by reported state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Statuses {
    /// Devices that applied the object.
    pub success: usize,
    /// Devices that have not applied the object yet.
    pub pending: usize,
    /// Devices that reported an error.
    pub error: usize,
    /// Devices on which the object failed.
    pub failed: usize,
    /// Devices on which another object conflicts.
    pub conflict: usize,
    /// Devices that the object does not apply to.
    pub not_applicable: usize,
}

/// A group or an object to count devices or users of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CountSubject {
    /// A group by its id: the number of members.
    Group(String),
    /// An object by its family and id: the states that devices have reported.
    Object(&'static Family, String),
}

/// A number, or why it is unknown.
type Count = Result<usize, String>;

/// The number of devices and users in a group and its nested groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Members {
    /// The devices.
    pub(crate) devices: Count,
    /// The users.
    pub(crate) users: Count,
}

/// The numbers that were read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    groups: BTreeMap<String, Members>,
    objects: BTreeMap<(&'static Family, String), Reported>,
}

impl Counts {
    /// Returns the number of members of a group, if that was read.
    pub(crate) fn group(&self, id: &str) -> Option<&Members> {
        self.groups.get(id)
    }

    /// Returns what devices have reported of an object, if that was read.
    pub(crate) fn reported(&self, object: &LiveObject) -> Option<&Reported> {
        self.objects.get(&(object.family, object.id.clone()))
    }

    /// Returns the subjects that were not read yet.
    pub(crate) fn missing(&self, mut wanted: BTreeSet<CountSubject>) -> BTreeSet<CountSubject> {
        wanted.retain(|subject| match subject {
            CountSubject::Group(id) => !self.groups.contains_key(id),
            CountSubject::Object(family, id) => !self.objects.contains_key(&(*family, id.clone())),
        });
        wanted
    }

    /// Adds further numbers.
    pub(crate) fn extend(&mut self, other: Self) {
        self.groups.extend(other.groups);
        self.objects.extend(other.objects);
    }
}

/// Reads the numbers of all subjects in batches.
pub(crate) async fn read(graph: &Graph, wanted: &BTreeSet<CountSubject>) -> Counts {
    let requests: Vec<Request> =
        wanted.iter().flat_map(paths).map(|path| Request::get(GraphVersion::Beta, path)).collect();
    let mut answers = graph.batch(GraphVersion::Beta, &requests).await.into_iter();
    let mut counts = Counts::default();
    for subject in wanted {
        match subject {
            CountSubject::Group(id) => {
                if let (Some(devices), Some(users)) = (answers.next(), answers.next()) {
                    counts.groups.insert(id.clone(), members(devices, users));
                }
            }
            CountSubject::Object(family, id) => {
                let answer = answers.next().map(|answer| reported(family, answer));
                counts.objects.extend(answer.map(|answer| ((*family, id.clone()), answer)));
            }
        }
    }
    counts
}

/// Returns the paths of a subject's numbers. Beta has all of them, so that they fit in the same batch.
fn paths(subject: &CountSubject) -> Vec<String> {
    match subject {
        CountSubject::Group(id) => {
            let members = |cast| {
                let id = odata::segment(id);
                format!("/groups/{id}/transitiveMembers/microsoft.graph.{cast}/$count")
            };
            vec![members("device"), members("user")]
        }
        CountSubject::Object(family, id) => {
            let overview = family.status_overview.unwrap_or_default();
            vec![format!("{}/{overview}", family.object_path(id))]
        }
    }
}

type CountResponse = Result<Response, GraphError>;

fn members(devices: CountResponse, users: CountResponse) -> Members {
    let (no_devices, no_users) =
        (excludes_members(&devices, &users), excludes_members(&users, &devices));
    let count = |outcome: CountResponse, none: bool| match outcome {
        Err(_) if none => Ok(0),
        Err(error) => Err(why(&error, COUNTS_MEMBERS)),
        Ok(answer) => {
            let number = answer.count().and_then(|count| count.try_into().ok());
            number.ok_or_else(|| "the answer is no number".to_owned())
        }
    };
    Members { devices: count(devices, no_devices), users: count(users, no_users) }
}

/// Whether a group is of a type without such members, as a Microsoft 365 group has no devices. The error code has other
/// meanings too, which the other count of the same group rules out (FACTS 7).
fn excludes_members(asked: &CountResponse, others: &CountResponse) -> bool {
    let code = asked.as_ref().err().and_then(GraphError::service);
    others.is_ok() && code.is_some_and(|error| error.code == "Request_UnsupportedQuery")
}

fn reported(family: &Family, answer: CountResponse) -> Reported {
    match answer {
        Err(error) => Reported::Unknown(why(&error, family.read_permission)),
        Ok(answer) => statuses(&answer.body).map_or_else(
            || Reported::Unknown("the answer has no numbers".to_owned()),
            Reported::Devices,
        ),
    }
}

fn statuses(overview: &Value) -> Option<Statuses> {
    let number = |name: &str| overview.get(name)?.as_u64()?.try_into().ok();
    Some(Statuses {
        success: number("successCount")?,
        pending: number("pendingCount")?,
        error: number("errorCount")?,
        failed: number("failedCount")?,
        conflict: number("conflictCount")?,
        not_applicable: number("notApplicableCount")?,
    })
}

/// Returns why a number is unknown, shorter than the error for common errors.
fn why(error: &GraphError, permission: &str) -> String {
    match error.status() {
        Some(403) => format!("not permitted without `{permission}`"),
        Some(404) => "it does not exist".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::graph::testing::{Server, graph, reply};
    use crate::kinds::FAMILIES;

    /// Returns the numbers that are read from a service that answers by the end of each URL.
    async fn counts(answers: impl Fn(&str) -> (u16, Value) + Send + Sync + 'static) -> Counts {
        let server = Server::start(move |seen, _, _| {
            let envelope = seen.json();
            let members = envelope["requests"].as_array().cloned().unwrap_or_default();
            let answer = |member: &Value| {
                let url = member["url"].as_str().unwrap_or_default();
                let (status, body) =
                    answers(url.rsplit_once("microsoft.graph.").map_or(url, |(_, end)| end));
                json!({ "id": member["id"], "status": status, "headers": {}, "body": body })
            };
            let responses: Vec<Value> = members.iter().map(answer).collect();
            reply(200, &json!({ "responses": responses }))
        })
        .await;
        let wanted = [
            CountSubject::Group("g".to_owned()),
            CountSubject::Object(FAMILIES[0], "o".to_owned()),
        ];
        read(&graph(&server.url), &BTreeSet::from(wanted)).await
    }

    fn object(id: &str) -> LiveObject {
        let body = json!({ "@odata.type": "#microsoft.graph.k", "id": id });
        LiveObject::from_body(FAMILIES[0], body).expect("an object")
    }

    fn refusal(code: &str) -> Value {
        json!({ "error": { "code": code, "message": "No." } })
    }

    #[tokio::test]
    async fn group_type_without_devices_counts_as_zero() {
        let office_group = |url: &str| match url {
            "device/$count" => (400, refusal("Request_UnsupportedQuery")),
            _ => (200, json!(35)),
        };
        let counted = counts(office_group).await;
        let members = counted.group("g").expect("they were counted");
        assert_eq!((&members.devices, &members.users), (&Ok(0), &Ok(35)));

        // The same error for both counts says nothing about the group.
        let counted = counts(|_| (400, refusal("Request_UnsupportedQuery"))).await;
        let members = counted.group("g").expect("they were counted");
        assert!(members.devices.is_err() && members.users.is_err());
    }

    #[tokio::test]
    async fn response_without_a_number_is_unknown() {
        let counts = counts(|url| match url {
            "device/$count" => (200, json!({ "value": 3 })),
            "user/$count" => (404, refusal("Request_ResourceNotFound")),
            _ => (200, json!({ "successCount": 3 })),
        })
        .await;
        let members = counts.group("g").expect("they were counted");
        let unknown = |why: &str| Err(why.to_owned());
        assert_eq!(members.devices, unknown("the answer is no number"));
        assert_eq!(members.users, unknown("it does not exist"));
        let none = Reported::Unknown("the answer has no numbers".to_owned());
        assert_eq!(counts.reported(&object("o")), Some(&none));
        assert_eq!(counts.reported(&object("other")), None);
    }
}
