//! Bodies: what is refused, and what does not read back.

use super::*;

#[tokio::test]
async fn bodies_that_do_not_fit_the_type_are_refused_in_the_services_words() {
    let client = Client::of(json!({})).await;
    let hello = || typed("windowsIdentityProtectionConfiguration");
    let custom = |setting: Value| {
        with(typed("windows10CustomConfiguration"), json!({"omaSettings": [setting]}))
    };
    let model = "ModelValidationFailure";
    for (body, code, says) in [
        (json!({"displayName": "A"}), model, "Cannot create an abstract class."),
        (typed("deviceConfiguration"), model, "Cannot create an abstract class."),
        (typed("nothing"), model, "A type named 'microsoft.graph.nothing' could not be resolved"),
        (typed("group"), model, "could not be resolved"),
        (typed("omaSettingString"), model, "is not assignable to the expected type"),
        (
            with(hello(), json!({"pinMinimumLength": "6"})),
            model,
            "Cannot convert the literal '6' to the expected type 'Edm.Int32'.",
        ),
        (
            with(hello(), json!({"pinUppercaseCharactersUsage": "equals"})),
            model,
            "Requested value 'equals' was not found.",
        ),
        (
            with(hello(), json!({"displayName": null})),
            model,
            "'Edm.String[Nullable=False]' does not allow null values.",
        ),
        (
            with(hello(), json!({"roleScopeTagIds": null})),
            model,
            "'Collection(Edm.String)[Nullable=False]' does not allow null values.",
        ),
        (
            with(hello(), json!({"pinminimumlength": 6})),
            model,
            "The property 'pinminimumlength' does not exist on type",
        ),
        (
            with(hello(), json!({"roleScopeTagIds": "0"})),
            model,
            "A 'StartArray' node was expected.",
        ),
        (custom(json!({"omaUri": "./a"})), model, "Cannot create an abstract class."),
        (with(hello(), json!({"pinMinimumLength": 3})), "BadRequest", "between 4 and 127"),
        (with(hello(), json!({"supportsScopeTags": true})), "BadRequest", "supportsScopeTags"),
        (with(hello(), json!({"roleScopeTagIds": ["7"]})), "BadRequest", "\"7\" does not exist"),
        (
            json!({"@odata.type": "#microsoft.graph.iosCustomConfiguration"}),
            "BadRequest",
            "displayName is required.",
        ),
        (
            custom(
                json!({"@odata.type": "#microsoft.graph.omaSettingString", "secretReferenceValueId": "a_b_c"}),
            ),
            "NotSupported",
            "SecretReferenceValueId invalid for create.",
        ),
    ] {
        let answer = client.call("POST", CONFIGURATIONS, Some(&body)).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{body} {}", answer.body);
        assert!(answer.message().contains(says), "{}", answer.message());
    }
    let created = client.create(hello()).await;
    let answer =
        client.call("PATCH", &item(&created), Some(&typed("iosCustomConfiguration"))).await;
    assert!(
        answer
            .message()
            .contains("'microsoft.management.services.api.iosCustomConfiguration' was found")
    );
    assert_eq!(
        client.call("PATCH", &format!("{CONFIGURATIONS}/gone"), Some(&hello())).await.status,
        404
    );
}

/// The generated schemas hold a range for it that only Moorline states, of which a service knows nothing.
#[tokio::test]
async fn curated_constraints_of_the_client_are_not_enforced() {
    let ring = "windowsUpdateForBusinessConfiguration";
    let types = Types::of(GraphVersion::Beta).get(ring).expect("a type");
    let deadline = types.property("engagedRestartDeadlineInDays").expect("a property");
    let allowed = deadline.curated.maximum.expect("a curated range");
    let body = with(typed(ring), json!({ "engagedRestartDeadlineInDays": allowed + 1 }));
    let client = Client::of(json!({})).await;
    client.create(body).await;
}

#[tokio::test]
async fn secrets_are_masked_and_an_unchanged_secret_is_no_change() {
    let client = Client::of(json!({})).await;
    let setting = |value: &str| {
        json!({"omaSettings": [{"@odata.type": "#microsoft.graph.omaSettingString",
        "displayName": "a", "omaUri": "./a", "value": value}]})
    };
    let custom =
        client.create(with(typed("windows10CustomConfiguration"), setting("hunter2"))).await;
    let shown = &custom["omaSettings"][0];
    assert_eq!((&shown["value"], &shown["isEncrypted"]), (&json!("****"), &json!(true)));
    assert!(
        shown["secretReferenceValueId"]
            .as_str()
            .expect("a reference")
            .contains(custom["id"].as_str().expect("an id"))
    );
    let patch = |value: &str| {
        with(
            json!({"@odata.type": "#microsoft.graph.windows10CustomConfiguration"}),
            setting(value),
        )
    };
    assert_eq!(client.call("PATCH", &item(&custom), Some(&patch("hunter2"))).await.status, 400);
    assert_eq!(client.call("PATCH", &item(&custom), Some(&patch("****"))).await.status, 204);
    let secrets: Vec<String> =
        client.service.read(|state| state.secrets.values().cloned().collect());
    assert_eq!(secrets, ["****"], "a mask sent back is the new value, and the old one is gone");

    let wifi = client
        .create(with(typed("iosWiFiConfiguration"), json!({"preSharedKey": "correct horse"})))
        .await;
    assert_eq!(wifi["preSharedKey"], Value::Null);
    let patch = |key: Value| json!({"@odata.type": "#microsoft.graph.iosWiFiConfiguration", "preSharedKey": key});
    assert_eq!(
        client.call("PATCH", &item(&wifi), Some(&patch(json!("correct horse")))).await.status,
        400
    );
    assert_eq!(
        client.call("PATCH", &item(&wifi), Some(&patch(json!("battery staple")))).await.status,
        204
    );
    assert_eq!(client.call("PATCH", &item(&wifi), Some(&patch(Value::Null))).await.status, 204);
    assert_eq!(client.call("PATCH", &item(&wifi), Some(&patch(Value::Null))).await.status, 400);
    let file = client.service.read(|state| state.to_json()).expect("a document");
    assert!(!file.contains("correct horse") && !file.contains("battery staple"));
}
