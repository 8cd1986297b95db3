//! Every property of every kind: sent, kept, read back.

use super::*;
use crate::sandbox::check::is_computed;
use crate::sandbox::masking::{ENCRYPTED_OMA, HIDDEN};
use crate::schema::types::{Category, Edm, Holds, Property, TypeDef};

/// Returns a body with a value for everything that a caller can set.
fn full(ty: &TypeDef, depth: usize) -> Object {
    let mut body = Object::new();
    for property in ty.properties.iter().filter(|p| p.navigation.is_none() && !is_computed(p)) {
        body.insert(property.name.clone(), value(property, depth));
    }
    body
}

fn value(property: &Property, depth: usize) -> Value {
    let one = match &property.ty.holds {
        Holds::Edm(edm) => match edm {
            Edm::Boolean => json!(true),
            Edm::Int32 | Edm::Int64 => json!(property.annotated.minimum.unwrap_or(0).max(1)),
            Edm::Double => json!(1.5),
            Edm::String => json!("text"),
            Edm::DateTimeOffset => json!("2030-01-02T03:04:05.6Z"),
            Edm::Date => json!("2030-01-02"),
            Edm::TimeOfDay => json!("03:04:05.6000000"),
            Edm::Duration => json!("PT1H"),
            Edm::Guid => json!(LAPTOPS),
            Edm::Binary => json!("PHgvPg=="),
        },
        Holds::Named(name) => match complex(name, depth) {
            Some(one) => one,
            None if property.ty.collection => return json!([]),
            None => return Value::Null,
        },
    };
    if property.ty.collection { json!([one]) } else { one }
}

/// Returns a member of the enum, or an instance of the first concrete type below the declared one.
fn complex(name: &str, depth: usize) -> Option<Value> {
    let types = Types::of(GraphVersion::Beta);
    let declared = types.get(name)?;
    if declared.category == Category::Enum {
        return Some(json!(declared.members.last()));
    }
    let concrete = std::iter::once(declared.clone())
        .chain(declared.derived.iter().filter_map(|name| types.get(name)))
        .find(|ty| !ty.is_abstract)?;
    if depth == 0 {
        return None;
    }
    let mut body = full(&concrete, depth - 1);
    if concrete.name != name {
        body.insert("@odata.type".to_owned(), concrete.odata_type().into());
    }
    Some(body.into())
}

/// Returns whether a reader sees something else than what was sent, as the tables say.
fn changes_on_read(ty: &str, property: &str) -> bool {
    HIDDEN.iter().any(|row| row.property == property || row.is_set == Some(property))
        || Rows::default()
            .all()
            .flat_map(|row| row.mirrors)
            .any(|row| row.ty == ty && row.boolean == property)
        || property == "roleScopeTagIds"
        || property == "omaSettings"
}

#[tokio::test]
async fn sent_values_read_back_and_sending_them_again_changes_nothing() {
    let client = Client::of(json!({})).await;
    let types = Types::of(GraphVersion::Beta);
    let base = types.get("deviceConfiguration").expect("the base");
    let kinds = base.derived.iter().filter_map(|name| types.get(name)).filter(|ty| !ty.is_abstract);
    let rows = Rows::default();
    let others: Vec<&str> =
        rows.all().flat_map(|row| row.converted).map(|(from, _)| *from).collect();
    let kinds = kinds.filter(|ty| !others.contains(&ty.name.as_str()));
    for ty in kinds.filter(|ty| ty.name != "unsupportedDeviceConfiguration") {
        let mut body = full(&ty, 6);
        for computed in
            ["createdDateTime", "id", "lastModifiedDateTime", "supportsScopeTags", "version"]
        {
            body.remove(computed);
        }
        body.insert("@odata.type".to_owned(), ty.odata_type().into());
        body.insert("roleScopeTagIds".to_owned(), json!(["0"]));
        let body = Value::Object(body);
        let created = client.create(body.clone()).await;
        let read = client.get(&item(&created)).await;
        for (name, sent) in body.as_object().expect("an object") {
            if !changes_on_read(&ty.name, name) {
                assert_eq!(&without_computed(&read[name]), sent, "{} {name}", ty.name);
            }
        }
        let again = client.call("PATCH", &item(&created), Some(&body)).await;
        assert_eq!(again.status, 400, "{}: {}", ty.name, client.get(&item(&created)).await);
    }
    let state = client.service.read(|state| state.to_json()).expect("a document");
    let loaded = State::from_json(&state).expect("a state");
    assert_eq!(loaded.to_json().expect("a document"), state, "a saved state loads as itself");
}

#[tokio::test]
async fn converted_type_is_created_as_another() {
    let client = Client::of(json!({})).await;
    let body = with(typed("androidForWorkWiFiConfiguration"), json!({ "ssid": "contoso" }));
    let created = client.create(body).await;
    assert_eq!(created["@odata.type"], "#microsoft.graph.androidWorkProfileWiFiConfiguration");
    assert_eq!(created["ssid"], "contoso");
}

#[tokio::test]
async fn every_encrypted_setting_reads_as_its_mask() {
    let client = Client::of(json!({})).await;
    for (ty, mask) in ENCRYPTED_OMA {
        let mut setting = complex(ty, 1).expect("a setting");
        setting["@odata.type"] = json!(format!("#microsoft.graph.{ty}"));
        let body = with(typed("windows10CustomConfiguration"), json!({ "omaSettings": [setting] }));
        let shown = client.create(body).await["omaSettings"][0].clone();
        assert_eq!((&shown["value"], &shown["isEncrypted"]), (&json!(mask), &json!(true)));
    }
}

/// Takes out the members that only the service sets.
fn without_computed(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(without_computed).collect(),
        Value::Object(members) => {
            let computed = ["isEncrypted", "secretReferenceValueId"];
            let kept = members.iter().filter(|(name, _)| !computed.contains(&name.as_str()));
            kept.map(|(name, value)| (name.clone(), without_computed(value))).collect()
        }
        other => other.clone(),
    }
}
