//! A small tenant on loopback that fails as a test wants it to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use crate::graph::testing::{Reply, Seen, Server, reply};

const COLLECTION: &str = "/beta/deviceManagement/deviceConfigurations";

/// The reaction to a write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reaction {
    /// It is done and answered.
    Done,
    /// It is done, and a gateway answers.
    DoneAndLost,
    /// It is not done, and a gateway answers.
    Lost,
    /// It is done and comes to light with the next write; a gateway answers.
    LateAndLost,
    /// It is done, and so is what another run creates of the same name.
    DoneBeside,
    /// It is turned away as one too many; whether it is done for all that.
    Throttled(bool),
    /// It is throttled, and another client sets this number meanwhile.
    ThrottledThenEdited(&'static str, i64),
    /// It is throttled, and another client creates an object of the same name with this number.
    ThrottledBeside(&'static str, i64),
    /// It is done, and another client sets this number right after.
    DoneThenEdited(&'static str, i64),
    /// It is answered as done and never is.
    Ignored,
    /// It is done, but for this number in the place of every number.
    Capped(i64),
    /// It is refused with this status, quoting what was sent.
    Refused(u16),
}

/// The objects, and what happens to the next writes.
#[derive(Default)]
struct Store {
    objects: BTreeMap<String, Value>,
    fates: Vec<Reaction>,
    writes: Vec<String>,
    late: Vec<Value>,
    inserted: usize,
}

/// A running tenant.
pub(super) struct Tenant {
    pub(super) server: Server,
    store: Arc<Mutex<Store>>,
}

impl Tenant {
    /// Starts a tenant with these objects; the fates inject_faults its writes in turn, then all are done.
    pub(super) async fn start(objects: &[Value], fates: &[Reaction]) -> Self {
        let mut store = Store { fates: fates.iter().rev().copied().collect(), ..Store::default() };
        for object in objects {
            store.insert(object.clone());
        }
        Self::serve(store, |_| None).await
    }

    /// Starts a tenant with these objects behind something that may answer in its place.
    pub(super) async fn behind(
        objects: &[Value],
        gate: impl FnMut(&Seen) -> Option<Reply> + Send + 'static,
    ) -> Self {
        let mut store = Store::default();
        for object in objects {
            store.insert(object.clone());
        }
        Self::serve(store, gate).await
    }

    async fn serve(
        store: Store,
        gate: impl FnMut(&Seen) -> Option<Reply> + Send + 'static,
    ) -> Self {
        let store = Arc::new(Mutex::new(store));
        let shared = Arc::clone(&store);
        let gate = Mutex::new(gate);
        let answer = move |seen: &Seen, _: usize, _: &str| {
            let before = (locked(&gate))(seen);
            before.unwrap_or_else(|| locked(&shared).answer(seen))
        };
        let server = Server::start(answer).await;
        Self { server, store }
    }

    /// Returns the writes that arrived, as `PATCH /…`.
    pub(super) fn writes(&self) -> Vec<String> {
        locked(&self.store).writes.clone()
    }

    /// Returns the objects.
    pub(super) fn objects(&self) -> Vec<Value> {
        locked(&self.store).objects.values().cloned().collect()
    }

    /// Changes a property as another client does.
    pub(super) fn edit(&self, id: &str, property: &str, value: Value) {
        locked(&self.store).change(id, &Map::from_iter([(property.to_owned(), value)]));
    }
}

impl Store {
    fn answer(&mut self, seen: &Seen) -> Reply {
        let (method, target) = seen.line.split_once(' ').unwrap_or_default();
        let path = target.split('?').next().unwrap_or_default();
        let rest = path.strip_prefix(COLLECTION).unwrap_or(path);
        let id = rest.trim_start_matches('/').trim_end_matches("/assign");
        match (method, id) {
            ("GET", "") => {
                reply(200, &json!({ "value": self.objects.values().collect::<Vec<_>>() }))
            }
            ("GET", id) => match self.objects.get(id) {
                Some(object) => reply(200, object),
                None => reply(404, &json!({})),
            },
            _ => self.write(method, rest, id, &seen.json()),
        }
    }

    fn write(&mut self, method: &str, rest: &str, id: &str, body: &Value) -> Reply {
        self.writes.push(format!("{method} {rest}"));
        for object in std::mem::take(&mut self.late) {
            self.insert(object);
        }
        let fate = self.fates.pop().unwrap_or(Reaction::Done);
        match fate {
            Reaction::Lost => return reply(503, &Value::Null),
            Reaction::Throttled(false) => return reply(429, &Value::Null),
            Reaction::ThrottledBeside(property, value) => {
                let mut object = body.clone();
                object[property] = value.into();
                self.insert(object);
                return reply(429, &Value::Null);
            }
            Reaction::ThrottledThenEdited(property, value) => {
                let edit = Map::from_iter([(property.to_owned(), value.into())]);
                self.change(id, &edit);
                return reply(429, &Value::Null);
            }
            Reaction::LateAndLost => {
                self.late.push(body.clone());
                return reply(503, &Value::Null);
            }
            Reaction::Ignored => return reply(204, &Value::Null),
            Reaction::Refused(status) => {
                let error = json!({ "code": "BadRequest", "message": format!("Not {body}.") });
                return reply(status, &json!({ "error": error }));
            }
            Reaction::DoneBeside => {
                self.insert(body.clone());
            }
            Reaction::Done
            | Reaction::DoneAndLost
            | Reaction::DoneThenEdited(..)
            | Reaction::Throttled(true)
            | Reaction::Capped(_) => {}
        }
        let mut members = body.as_object().cloned().unwrap_or_default();
        if let Reaction::Capped(cap) = fate {
            for number in members.values_mut().filter(|value| value.is_number()) {
                *number = cap.into();
            }
        }
        let answer = match method {
            "POST" if rest.is_empty() => self.insert(members.into()),
            "DELETE" => {
                self.objects.remove(id);
                Value::Null
            }
            _ => {
                self.change(id, &members);
                Value::Null
            }
        };
        if let Reaction::DoneThenEdited(property, value) = fate {
            let edit = Map::from_iter([(property.to_owned(), value.into())]);
            self.change(id, &edit);
        }
        match fate {
            Reaction::DoneAndLost => reply(503, &Value::Null),
            Reaction::Throttled(_) => reply(429, &Value::Null),
            _ => reply(200, &answer),
        }
    }

    fn insert(&mut self, mut object: Value) -> Value {
        self.inserted += 1;
        let id = format!("00000000-0000-0000-0000-{:012}", self.inserted);
        object["id"] = id.as_str().into();
        object["version"] = 1.into();
        if object["assignments"].is_null() {
            object["assignments"] = json!([]);
        }
        self.objects.insert(id, object.clone());
        object
    }

    fn change(&mut self, id: &str, members: &Map<String, Value>) {
        if let Some(object) = self.objects.get_mut(id) {
            object["version"] = (object["version"].as_i64().unwrap_or_default() + 1).into();
            for (name, value) in members {
                object[name] = value.clone();
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
