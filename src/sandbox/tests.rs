//! The sandbox as a client meets it: through the router, in JSON.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use serde_json::json;
use tower::ServiceExt as _;

use super::*;
use crate::schema::types::{GraphVersion, Types};

const CONFIGURATIONS: &str = "/beta/deviceManagement/deviceConfigurations";
const POLICY: &str = "/beta/policies/deviceRegistrationPolicy";
const LAPTOPS: &str = "11111111-0000-4000-8000-000000000001";

struct Client {
    router: Router,
    service: Arc<Service>,
    token: String,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Client {
    async fn of(seed: Value) -> Self {
        let mut document = json!({ "kind": "sandbox-state", "formatVersion": "1.0" });
        document
            .as_object_mut()
            .expect("an object")
            .extend(seed.as_object().expect("an object").clone());
        let state = State::from_json(&document.to_string()).expect("a seed");
        let service = Arc::new(Service::new(state, None));
        let mut client = Self {
            router: routes::router(service.clone()),
            service,
            token: String::new(),
        };
        let form = "grant_type=client_credentials&client_id=me&client_secret=it&scope=x%2F.default";
        let answer = client.sign_in("contoso.onmicrosoft.com", form).await;
        client.token = answer.body["access_token"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        client
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    async fn sign_in(&self, tenant: &str, form: &str) -> Answer {
        let request = Request::post(format!("/{tenant}/oauth2/v2.0/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .expect("a request");
        self.send(request).await
    }

    async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path.replace(' ', "%20"))
            .header("host", "sandbox.test")
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .expect("a request");
        self.send(request).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    async fn create(&self, body: Value) -> Value {
        let answer = self.call("POST", CONFIGURATIONS, Some(&body)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body
    }
}

impl Answer {
    fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The message, out of Intune's inner document where there is one.
    fn message(&self) -> String {
        let message = self.body["error"]["message"].as_str().unwrap_or_default();
        let inner: Option<Value> = serde_json::from_str(message).ok();
        let nested = inner.and_then(|inner| Some(inner["Message"].as_str()?.to_owned()));
        nested.unwrap_or_else(|| message.to_owned())
    }
}

fn typed(name: &str) -> Value {
    json!({ "@odata.type": format!("#microsoft.graph.{name}"), "displayName": "A" })
}

fn item(object: &Value) -> String {
    format!("{CONFIGURATIONS}/{}", object["id"].as_str().expect("an id"))
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut()
        .expect("an object")
        .extend(more.as_object().expect("an object").clone());
    body
}

#[tokio::test]
async fn every_kind_can_be_created_with_a_name_and_read_whole() {
    let client = Client::of(json!({})).await;
    let types = Types::of(GraphVersion::Beta);
    let base = types.get("deviceConfiguration").expect("the base");
    let concrete: Vec<_> = base
        .derived
        .iter()
        .filter_map(|name| types.get(name))
        .filter(|ty| !ty.is_abstract)
        .collect();
    assert_eq!(concrete.len(), 122);
    for ty in concrete {
        let answer = client
            .call("POST", CONFIGURATIONS, Some(&typed(&ty.name)))
            .await;
        if ty.name == "unsupportedDeviceConfiguration" {
            assert_eq!((answer.status, answer.code()), (400, "BadRequest"));
            continue;
        }
        assert_eq!(answer.status, 201, "{}: {}", ty.name, answer.body);
        let read = client.get(&item(&answer.body)).await;
        for property in ty
            .properties
            .iter()
            .filter(|property| property.navigation.is_none())
        {
            let value = read
                .get(&property.name)
                .unwrap_or_else(|| panic!("{} {}", ty.name, property.name));
            let of_abstract = value.is_null() && property.type_expr.starts_with("graph.");
            assert!(
                property.nullable || of_abstract || !value.is_null(),
                "{} {}",
                ty.name,
                property.name
            );
        }
        assert_eq!(read["version"], 1);
        assert_eq!(read["roleScopeTagIds"], json!(["0"]));
        assert_eq!(read["createdDateTime"], read["lastModifiedDateTime"]);
    }
}

#[tokio::test]
async fn answers_have_graphs_headers() {
    let client = Client::of(json!({})).await;
    let request = Request::get(POLICY)
        .header("authorization", format!("Bearer {}", client.token))
        .header("client-request-id", "mine")
        .body(Body::empty())
        .expect("a request");
    let answer = client.send(request).await;
    assert_eq!(answer.headers["client-request-id"], "mine");
    assert!(answer.headers.contains_key("request-id") && answer.headers.contains_key("date"));
    assert!(
        answer.headers["content-type"]
            .to_str()
            .expect("text")
            .starts_with("application/json;odata.metadata=minimal")
    );
    let answer = client.call("GET", "/beta/groups/nobody", None).await;
    assert_eq!(
        answer.body["error"]["innerError"]["request-id"],
        answer.headers["request-id"].to_str().expect("text")
    );
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let client = Client::of(json!({})).await;
    let hello = "windowsIdentityProtectionConfiguration";
    let created = client
        .create(with(
            typed(hello),
            json!({"pinMinimumLength": 6, "pinExpirationInDays": 90}),
        ))
        .await;
    let patch = json!({"@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration", "pinMinimumLength": 8});
    let answer = client.call("PATCH", &item(&created), Some(&patch)).await;
    assert_eq!((answer.status, &answer.body), (204, &Value::Null));
    let read = client.get(&item(&created)).await;
    assert_eq!(
        (
            &read["pinMinimumLength"],
            &read["pinExpirationInDays"],
            &read["version"]
        ),
        (&json!(8), &json!(90), &json!(2))
    );
    assert!(read["lastModifiedDateTime"].as_str() > created["lastModifiedDateTime"].as_str());

    let answer = client.call("PATCH", &item(&created), Some(&patch)).await;
    assert_eq!((answer.status, answer.code()), (400, "BadRequest"));
    assert!(
        answer
            .message()
            .starts_with("Invalid patch, at least 1 property must be changed. - Operation ID")
    );

    let unset = with(patch, json!({"pinMinimumLength": null}));
    assert_eq!(
        client
            .call("PATCH", &item(&created), Some(&unset))
            .await
            .status,
        204
    );
    assert_eq!(
        client.get(&item(&created)).await["pinMinimumLength"],
        Value::Null
    );
}

#[tokio::test]
async fn bodies_that_do_not_fit_the_type_are_refused_in_the_services_words() {
    let client = Client::of(json!({})).await;
    let hello = || typed("windowsIdentityProtectionConfiguration");
    let custom = |setting: Value| {
        with(
            typed("windows10CustomConfiguration"),
            json!({"omaSettings": [setting]}),
        )
    };
    let model = "ModelValidationFailure";
    for (body, code, says) in [
        (
            json!({"displayName": "A"}),
            model,
            "Cannot create an abstract class.",
        ),
        (
            typed("deviceConfiguration"),
            model,
            "Cannot create an abstract class.",
        ),
        (
            typed("nothing"),
            model,
            "A type named 'microsoft.graph.nothing' could not be resolved",
        ),
        (typed("group"), model, "could not be resolved"),
        (
            typed("omaSettingString"),
            model,
            "is not assignable to the expected type",
        ),
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
            with(hello(), json!({"pinminimumlength": 6})),
            model,
            "The property 'pinminimumlength' does not exist on type",
        ),
        (
            with(hello(), json!({"roleScopeTagIds": "0"})),
            model,
            "A 'StartArray' node was expected.",
        ),
        (
            custom(json!({"omaUri": "./a"})),
            model,
            "Cannot create an abstract class.",
        ),
        (
            with(hello(), json!({"pinMinimumLength": 3})),
            "BadRequest",
            "between 4 and 127",
        ),
        (
            with(hello(), json!({"supportsScopeTags": true})),
            "BadRequest",
            "supportsScopeTags",
        ),
        (
            with(hello(), json!({"roleScopeTagIds": ["7"]})),
            "BadRequest",
            "\"7\" does not exist",
        ),
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
        assert_eq!(
            (answer.status, answer.code()),
            (400, code),
            "{body} {}",
            answer.body
        );
        assert!(answer.message().contains(says), "{}", answer.message());
    }
    let created = client.create(hello()).await;
    let answer = client
        .call(
            "PATCH",
            &item(&created),
            Some(&typed("iosCustomConfiguration")),
        )
        .await;
    assert!(
        answer
            .message()
            .contains("'microsoft.management.services.api.iosCustomConfiguration' was found")
    );
    assert_eq!(
        client
            .call("PATCH", &format!("{CONFIGURATIONS}/gone"), Some(&hello()))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn values_are_kept_in_the_services_form() {
    let client = Client::of(json!({})).await;
    let created = client
        .create(with(
            typed("windowsUpdateForBusinessConfiguration"),
            json!({
                "featureUpdatesPauseExpiryDateTime": "2030-01-01T01:00:00+01:00",
                "installationSchedule": {
                    "@odata.type": "#microsoft.graph.windowsUpdateActiveHoursInstall",
                    "activeHoursStart": "08:00",
                    "activeHoursEnd": "17:00:00",
                },
                "id": "00000000-0000-0000-0000-000000000000",
            }),
        ))
        .await;
    assert_ne!(created["id"], "00000000-0000-0000-0000-000000000000");
    assert_eq!(
        created["featureUpdatesPauseExpiryDateTime"],
        "2030-01-01T00:00:00Z"
    );
    assert_eq!(
        created["installationSchedule"]["activeHoursStart"],
        "08:00:00.0000000"
    );
    let scopes = json!({"configDeviceHealthMonitoringScope": "windowsUpdates, bootPerformance"});
    let created = client
        .create(with(typed("windowsHealthMonitoringConfiguration"), scopes))
        .await;
    assert_eq!(
        created["configDeviceHealthMonitoringScope"],
        "bootPerformance,windowsUpdates"
    );
}

#[tokio::test]
async fn secrets_do_not_read_back_and_an_unchanged_one_is_no_change() {
    let client = Client::of(json!({})).await;
    let setting = |value: &str| {
        json!({"omaSettings": [{"@odata.type": "#microsoft.graph.omaSettingString",
        "displayName": "a", "omaUri": "./a", "value": value}]})
    };
    let custom = client
        .create(with(
            typed("windows10CustomConfiguration"),
            setting("hunter2"),
        ))
        .await;
    let shown = &custom["omaSettings"][0];
    assert_eq!(
        (&shown["value"], &shown["isEncrypted"]),
        (&json!("****"), &json!(true))
    );
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
    assert_eq!(
        client
            .call("PATCH", &item(&custom), Some(&patch("hunter2")))
            .await
            .status,
        400
    );
    assert_eq!(
        client
            .call("PATCH", &item(&custom), Some(&patch("****")))
            .await
            .status,
        204
    );
    let secrets: Vec<String> = client
        .service
        .read(|state| state.secrets.values().cloned().collect());
    assert_eq!(
        secrets,
        ["****"],
        "a mask sent back is the new value, and the old one is gone"
    );

    let wifi = client
        .create(with(
            typed("iosWiFiConfiguration"),
            json!({"preSharedKey": "correct horse"}),
        ))
        .await;
    assert_eq!(wifi["preSharedKey"], Value::Null);
    let patch = |key: Value| json!({"@odata.type": "#microsoft.graph.iosWiFiConfiguration", "preSharedKey": key});
    assert_eq!(
        client
            .call("PATCH", &item(&wifi), Some(&patch(json!("correct horse"))))
            .await
            .status,
        400
    );
    assert_eq!(
        client
            .call("PATCH", &item(&wifi), Some(&patch(json!("battery staple"))))
            .await
            .status,
        204
    );
    assert_eq!(
        client
            .call("PATCH", &item(&wifi), Some(&patch(Value::Null)))
            .await
            .status,
        204
    );
    assert_eq!(
        client
            .call("PATCH", &item(&wifi), Some(&patch(Value::Null)))
            .await
            .status,
        400
    );
    let file = client
        .service
        .read(|state| state.to_json())
        .expect("a document");
    assert!(!file.contains("correct horse") && !file.contains("battery staple"));
}

#[tokio::test]
async fn what_is_fixed_at_creation_stays_and_mirrors_agree() {
    let client = Client::of(json!({})).await;
    let mac = client
        .create(with(
            typed("macOSCustomConfiguration"),
            json!({"deploymentChannel": "userChannel"}),
        ))
        .await;
    let patch = |channel: &str| json!({"@odata.type": "#microsoft.graph.macOSCustomConfiguration", "description": "b", "deploymentChannel": channel});
    assert_eq!(
        client
            .call("PATCH", &item(&mac), Some(&patch("deviceChannel")))
            .await
            .status,
        400
    );
    assert_eq!(
        client
            .call("PATCH", &item(&mac), Some(&patch("userChannel")))
            .await
            .status,
        204
    );
    let pc = client
        .create(with(
            typed("sharedPCConfiguration"),
            json!({"allowLocalStorage": true}),
        ))
        .await;
    assert_eq!(pc["localStorage"], "enabled");
}

#[tokio::test]
async fn assign_replaces_the_whole_set() {
    let filter = "22222222-0000-4000-8000-000000000002";
    let client = Client::of(json!({
        "groups": [{"id": LAPTOPS, "displayName": "Windows laptops"}],
        "assignmentFilters": [{"id": filter, "displayName": "Corporate owned", "platform": "windows10AndLater", "rule": "x"}],
    }))
    .await;
    let object = client
        .create(typed("windowsIdentityProtectionConfiguration"))
        .await;
    let group = |ty: &str| json!({"target": {"@odata.type": format!("#microsoft.graph.{ty}"), "groupId": LAPTOPS}});
    let everybody =
        json!({"target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}});
    let filtered = json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": LAPTOPS,
        "deviceAndAppManagementAssignmentFilterId": filter, "deviceAndAppManagementAssignmentFilterType": "include"}});
    let assign = format!("{}/assign", item(&object));
    let set = json!({"assignments": [everybody, filtered]});
    let answer = client.call("POST", &assign, Some(&set)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let first = &answer.body["value"][0];
    assert_eq!(
        first["id"],
        format!("{}_{LAPTOPS}", object["id"].as_str().expect("an id"))
    );
    assert_eq!(
        first["target"]["deviceAndAppManagementAssignmentFilterType"],
        "include"
    );
    let second = &answer.body["value"][1]["target"];
    assert_eq!(
        second["deviceAndAppManagementAssignmentFilterId"],
        "00000000-0000-0000-0000-000000000000"
    );

    let narrow = format!("{}/assignments", item(&object)).replace("beta", "v1.0");
    assert_eq!(
        client.call("GET", &narrow, None).await.status,
        404,
        "v1.0 lacks the type"
    );
    let unknown = json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": filter}});
    for refused in [
        json!([
            group("groupAssignmentTarget"),
            group("exclusionGroupAssignmentTarget")
        ]),
        json!([unknown]),
        json!([{}]),
    ] {
        let answer = client
            .call("POST", &assign, Some(&json!({"assignments": refused})))
            .await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
    let listed = client
        .get(&format!("{CONFIGURATIONS}?$expand=assignments"))
        .await;
    assert_eq!(
        listed["value"][0]["assignments"].as_array().map(Vec::len),
        Some(2)
    );
    let answer = client
        .call("POST", &assign, Some(&json!({"assignments": []})))
        .await;
    assert_eq!(answer.body["value"], json!([]));
}

#[tokio::test]
async fn v1_shows_and_takes_only_what_it_has() {
    let client = Client::of(json!({})).await;
    client
        .create(typed("windowsIdentityProtectionConfiguration"))
        .await;
    let mac = client.create(typed("macOSCustomConfiguration")).await;
    let narrow = client
        .get("/v1.0/deviceManagement/deviceConfigurations")
        .await;
    assert_eq!(narrow["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(narrow["value"][0]["id"], mac["id"]);
    assert!(narrow["value"][0].get("roleScopeTagIds").is_none());
    let body = with(
        typed("macOSCustomConfiguration"),
        json!({"roleScopeTagIds": ["0"]}),
    );
    let answer = client
        .call(
            "POST",
            "/v1.0/deviceManagement/deviceConfigurations",
            Some(&body),
        )
        .await;
    assert!(
        answer
            .message()
            .contains("'roleScopeTagIds' does not exist"),
        "{}",
        answer.body
    );
    let answer = client
        .call("GET", "/v1.0/deviceManagement/assignmentFilters", None)
        .await;
    assert_eq!(
        (answer.status, answer.message().as_str()),
        (
            400,
            "Resource not found for the segment 'assignmentFilters'."
        )
    );
}

#[tokio::test]
async fn lists_are_filtered_selected_and_paged() {
    let named = |ty: &str, name: &str| with(typed(ty), json!({"displayName": name}));
    let client = Client::of(json!({"deviceConfigurations": [
        named("iosCustomConfiguration", "Bob's"), named("iosCustomConfiguration", "B"), named("iosUpdateConfiguration", "B"),
    ]}))
    .await;
    let count = async |query: &str| {
        let body = client.get(&format!("{CONFIGURATIONS}?{query}")).await;
        body["value"].as_array().expect("a list").len()
    };
    assert_eq!(count("$filter=displayName eq 'Bob''s'").await, 1);
    assert_eq!(
        count("$filter=displayName eq 'B' and isof('microsoft.graph.iosUpdateConfiguration')")
            .await,
        1
    );
    assert_eq!(
        count("$filter=not(isof('microsoft.graph.iosUpdateConfiguration'))").await,
        2
    );
    let page = client
        .get(&format!("{CONFIGURATIONS}?$top=2&$select=id"))
        .await;
    assert_eq!(
        page["value"][0]
            .as_object()
            .map(|object| object.keys().collect::<Vec<_>>()),
        Some(vec![&"@odata.type".to_owned(), &"id".to_owned()])
    );
    let next = page["@odata.nextLink"].as_str().expect("another page");
    assert!(
        next.starts_with("http://sandbox.test/beta/") && next.contains("skiptoken"),
        "{next}"
    );
    let last = client
        .get(
            next.strip_prefix("http://sandbox.test")
                .expect("the same host"),
        )
        .await;
    assert_eq!(last["value"].as_array().map(Vec::len), Some(1));
    assert!(last.get("@odata.nextLink").is_none());
    assert_eq!(
        client
            .call(
                "GET",
                &format!("{CONFIGURATIONS}?$filter=version%20eq%201"),
                None
            )
            .await
            .status,
        501
    );
    assert_eq!(
        client
            .call("GET", &format!("{CONFIGURATIONS}?$select=nothing"), None)
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_deleted_object_is_gone_with_its_secrets() {
    let client = Client::of(json!({"deviceConfigurations": [
        with(typed("iosWiFiConfiguration"), json!({"preSharedKey": "correct horse"})),
    ]}))
    .await;
    let object = client.get(CONFIGURATIONS).await["value"][0].clone();
    assert_eq!(
        client.call("DELETE", &item(&object), None).await.status,
        200
    );
    let answer = client.call("GET", &item(&object), None).await;
    assert_eq!((answer.status, answer.code()), (404, "ResourceNotFound"));
    assert_eq!(
        client.call("DELETE", &item(&object), None).await.status,
        404
    );
    assert!(client.service.read(|state| state.withheld.is_empty()));
    let events = client.get("/beta/deviceManagement/auditEvents").await;
    assert_eq!(
        events["value"][0]["activityType"],
        "Delete DeviceConfiguration"
    );
    assert_eq!(events["value"][0]["actor"]["applicationId"], "me");
}

#[tokio::test]
async fn the_registration_policy_is_written_as_a_whole() {
    let client = Client::of(json!({})).await;
    let mut policy = client.get(POLICY).await;
    assert_eq!(
        (
            &policy["userDeviceQuota"],
            &policy["azureADRegistration"]["isAdminConfigurable"]
        ),
        (&json!(50), &json!(false))
    );
    policy["userDeviceQuota"] = json!(500);
    policy["azureADRegistration"]["allowedToRegister"] =
        json!({"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"});
    policy["azureADJoin"]["isAdminConfigurable"] = json!(false);
    policy["azureADJoin"]["allowedToJoin"] = json!({"@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership", "groups": [LAPTOPS]});
    let answer = client.call("PUT", POLICY, Some(&policy)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["userDeviceQuota"], 100);
    assert_eq!(answer.body["azureADJoin"]["isAdminConfigurable"], true);
    assert_eq!(
        answer.body["azureADJoin"]["allowedToJoin"]["users"],
        json!([])
    );
    let registration = &answer.body["azureADRegistration"]["allowedToRegister"]["@odata.type"];
    assert_eq!(
        registration, "#microsoft.graph.allDeviceRegistrationMembership",
        "locked while Intune is on"
    );

    let enumerated = |users: Value| json!({"@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership", "users": users});
    let all =
        json!({"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership", "users": []});
    for (property, member, value, code, says) in [
        (
            "userDeviceQuota",
            None,
            Value::Null,
            "invalid_request",
            "Tenant registration policy is missing a value for quota",
        ),
        (
            "localAdminPassword",
            None,
            Value::Null,
            "invalid_request",
            "is missing a value for",
        ),
        (
            "userDeviceQuota",
            None,
            json!(-1),
            "invalid_request",
            "negative",
        ),
        (
            "multiFactorAuthConfiguration",
            None,
            json!("0"),
            "BadRequest",
            "Requested value '0' was not found.",
        ),
        (
            "azureADJoin",
            Some("allowedToJoin"),
            enumerated(json!(["alice@contoso.com"])),
            "invalid_request",
            "alice@contoso.com",
        ),
        (
            "azureADJoin",
            Some("allowedToJoin"),
            all,
            "BadRequest",
            "'users' does not exist",
        ),
        (
            "azureADJoin",
            Some("allowedToJoin"),
            json!({}),
            "invalid_request",
            "abstract",
        ),
        (
            "azureADJoin",
            Some("appliesTo"),
            json!("1"),
            "BadRequest",
            "'appliesTo' does not exist",
        ),
    ] {
        let mut body = answer.body.clone();
        match member {
            Some(member) => body[property][member] = value,
            None => body[property] = value,
        }
        let refused = client.call("PUT", POLICY, Some(&body)).await;
        assert_eq!(
            (refused.status, refused.code()),
            (400, code),
            "{}",
            refused.body
        );
        assert!(refused.message().contains(says), "{}", refused.message());
    }
    let answer = client.call("PATCH", POLICY, Some(&json!({}))).await;
    assert_eq!((answer.status, answer.code()), (405, "Request_BadRequest"));
    let audits = client.get("/beta/auditLogs/directoryAudits").await;
    assert_eq!(
        audits["value"][0]["activityDisplayName"],
        "Set device registration policies"
    );
}

#[tokio::test]
async fn the_directory_can_be_looked_up() {
    let client = Client::of(json!({
        "groups": [{"id": LAPTOPS, "displayName": "Bob's laptops"}, {"displayName": "Twin"}, {"displayName": "Twin"}],
        "users": [{"displayName": "Alice", "userPrincipalName": "alice@contoso.com"}],
    }))
    .await;
    let found = client
        .get("/v1.0/groups?$filter=displayName eq 'Bob''s laptops'&$select=id,displayName")
        .await;
    assert_eq!(
        found["value"],
        json!([{"id": LAPTOPS, "displayName": "Bob's laptops"}])
    );
    let twins = client
        .get("/beta/groups?$filter=displayName eq 'Twin'")
        .await;
    assert_ne!(twins["value"][0]["id"], twins["value"][1]["id"]);
    let alice = client.get("/beta/users/Alice@contoso.com").await;
    let ids = json!({"ids": [alice["id"], LAPTOPS, "gone"], "types": ["user", "group"]});
    let answer = client
        .call("POST", "/beta/directoryObjects/getByIds", Some(&ids))
        .await;
    assert_eq!(answer.body["value"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        answer.body["value"][0]["@odata.type"],
        "#microsoft.graph.group"
    );
    let gone = client
        .call("GET", "/beta/users/carol@contoso.com", None)
        .await;
    assert_eq!(
        (gone.status, gone.code()),
        (404, "Request_ResourceNotFound")
    );
    let tags = client.get("/beta/deviceManagement/roleScopeTags").await;
    assert_eq!(
        (&tags["value"][0]["id"], &tags["value"][0]["isBuiltIn"]),
        (&json!("0"), &json!(true))
    );
    assert_eq!(
        client.get("/beta/organization").await["value"][0]["displayName"],
        "Contoso"
    );
}

#[tokio::test]
async fn a_batch_answers_each_of_its_members() {
    let client = Client::of(json!({})).await;
    let batch = json!({"requests": [
        {"id": "1", "method": "GET", "url": "/policies/deviceRegistrationPolicy"},
        {"id": "2", "method": "GET", "url": "groups/gone"},
        {"id": "3", "method": "POST", "url": "/deviceManagement/deviceConfigurations",
         "headers": {"Content-Type": "application/json"}, "body": typed("iosCustomConfiguration")},
        {"id": "4", "method": "GET", "url": "/organization", "dependsOn": ["2"]},
    ]});
    let answer = client.call("POST", "/beta/$batch", Some(&batch)).await;
    let statuses: Vec<_> = answer.body["responses"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["status"].clone())
        .collect();
    assert_eq!(statuses, [200, 404, 201, 424]);
    assert_eq!(answer.body["responses"][0]["body"]["userDeviceQuota"], 50);
    let one = |id: &str| json!({"id": id, "method": "GET", "url": "/organization"});
    for malformed in [
        json!([one("a"), one("A")]),
        (0..21).map(|n| one(&n.to_string())).collect(),
        json!([{"id": "1", "method": "POST", "url": "/$batch", "headers": {"Content-Type": "application/json"}, "body": {}}]),
        json!([{"id": "1", "method": "POST", "url": "/x", "body": {}}]),
        json!({}),
    ] {
        let answer = client
            .call(
                "POST",
                "/v1.0/$batch",
                Some(&json!({"requests": malformed})),
            )
            .await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
}

#[tokio::test]
async fn only_who_signed_in_gets_an_answer() {
    let mut client = Client::of(json!({"apps": [{"clientId": "known", "secret": "right"}]})).await;
    let form = |id: &str, secret: &str| {
        format!(
            "grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=x%2F.default"
        )
    };
    let tenant = "contoso.onmicrosoft.com";
    for (tenant, form, status, error, number) in [
        (
            tenant,
            form("other", "right"),
            400,
            "unauthorized_client",
            700_016,
        ),
        (
            tenant,
            form("known", "wrong"),
            401,
            "invalid_client",
            7_000_215,
        ),
        (
            "nowhere.onmicrosoft.com",
            form("known", "right"),
            400,
            "invalid_request",
            90002,
        ),
        (tenant, String::new(), 400, "invalid_request", 900_144),
    ] {
        let answer = client.sign_in(tenant, &form).await;
        assert_eq!(
            (answer.status, &answer.body["error"]),
            (status, &json!(error))
        );
        assert_eq!(answer.body["error_codes"], json!([number]));
    }
    for (token, says) in [
        ("", "Access token is empty."),
        ("nonsense", "CompactToken parsing failed"),
        ("a.b.c", "CompactToken"),
    ] {
        client.token = token.to_owned();
        let answer = client.call("GET", POLICY, None).await;
        assert_eq!(
            (answer.status, answer.code()),
            (401, "InvalidAuthenticationToken")
        );
        assert!(answer.message().contains(says));
    }
    assert_eq!(
        client
            .call("POST", "/beta/$batch", Some(&json!({})))
            .await
            .status,
        401
    );
    let request = Request::get("/beta/$metadata")
        .body(Body::empty())
        .expect("a request");
    assert_eq!(client.send(request).await.status, 200);
    client.token = client.sign_in(tenant, &form("known", "right")).await.body["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    client.get(POLICY).await;
}

#[tokio::test]
async fn a_wrong_path_or_verb_is_named() {
    let client = Client::of(json!({})).await;
    let answer = client
        .call("GET", "/beta/deviceManagement/nothing", None)
        .await;
    assert_eq!(
        (answer.status, answer.message().as_str()),
        (400, "Resource not found for the segment 'nothing'.")
    );
    let answer = client
        .call("GET", "/deviceManagement/deviceConfigurations", None)
        .await;
    assert_eq!(
        (answer.status, answer.message().as_str()),
        (400, "Invalid version: devicemanagement")
    );
    let answer = client
        .call(
            "PUT",
            &format!("{CONFIGURATIONS}/x/assignments"),
            Some(&json!({})),
        )
        .await;
    assert_eq!(
        (answer.status, answer.code()),
        (400, "No method match route template")
    );
    assert!(
        answer
            .message()
            .contains("~/singleton/navigation/key/navigation with http verb PUT"),
        "{}",
        answer.message()
    );
}

#[test]
fn one_seed_gives_one_state_and_a_saved_state_loads_as_itself() {
    let seed = json!({
        "kind": "sandbox-state", "formatVersion": "1.0",
        "groups": [{"displayName": "A"}],
        "deviceConfigurations": [
            typed("iosCustomConfiguration"),
            typed("iosCustomConfiguration"),
            with(typed("iosWiFiConfiguration"), json!({"preSharedKey": "correct horse",
                "assignments": [{"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}]})),
            with(typed("windows10CustomConfiguration"), json!({"omaSettings": [
                {"@odata.type": "#microsoft.graph.omaSettingStringXml", "omaUri": "./a", "displayName": "a", "value": "PHgvPg=="}]})),
        ],
        "deviceRegistrationPolicy": {"userDeviceQuota": 20, "azureADJoin": {"localAdmins": {"enableGlobalAdmins": false}}},
    });
    let state = State::from_json(&seed.to_string()).expect("a seed");
    assert_eq!(State::from_json(&seed.to_string()).expect("a seed"), state);
    assert_ne!(
        state.device_configurations[0]["id"],
        state.device_configurations[1]["id"]
    );
    assert_eq!(
        state.device_registration_policy["azureADJoin"]["allowedToJoin"]["@odata.type"],
        "#microsoft.graph.allDeviceRegistrationMembership"
    );
    let text = state.to_json().expect("a document");
    assert!(!text.contains("correct horse"));
    assert_eq!(State::from_json(&text).expect("a state"), state);
}

#[test]
fn a_seed_that_no_tenant_could_hold_is_refused_where_it_is_wrong() {
    let load = |section: &str, objects: Value| {
        let seed = json!({"kind": "sandbox-state", "formatVersion": "1.0", section: objects});
        State::from_json(&seed.to_string())
            .expect_err("a refusal")
            .to_string()
    };
    let twice = with(typed("iosCustomConfiguration"), json!({"id": "x"}));
    for (section, objects, path, says) in [
        (
            "deviceConfigurations",
            json!([typed("nothing")]),
            "deviceConfigurations[0]",
            "could not be resolved",
        ),
        (
            "deviceConfigurations",
            json!([typed("deviceConfiguration")]),
            "deviceConfigurations[0]",
            "abstract",
        ),
        (
            "deviceConfigurations",
            json!([twice, twice]),
            "deviceConfigurations[1].id",
            "in use",
        ),
        (
            "deviceConfigurations",
            json!([with(
                typed("windows10CustomConfiguration"),
                json!({"omaSettings": [
                {"@odata.type": "#microsoft.graph.omaSettingInteger", "omaUri": "./a", "displayName": "a", "value": "1"}]})
            )]),
            "deviceConfigurations[0].omaSettings[0].value",
            "Cannot convert the literal '1'",
        ),
        (
            "roleScopeTags",
            json!([{"name": "x"}]),
            "roleScopeTags[1].name",
            "does not exist",
        ),
        (
            "deviceRegistrationPolicy",
            json!({"azureADJoin": {"appliesTo": "1"}}),
            "deviceRegistrationPolicy.azureADJoin.appliesTo",
            "does not exist",
        ),
        (
            "groups",
            json!([{"id": "x", "displayName": "a"}, {"id": "x", "displayName": "b"}]),
            "groups[1].id",
            "in use",
        ),
    ] {
        let error = load(section, objects);
        assert!(
            error.contains(&format!("`{path}`")) && error.contains(says),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_file_holds_every_change_before_the_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let service = Arc::new(Service::new(State::default(), Some(file.clone())));
    let sandbox = Client {
        router: routes::router(service.clone()),
        service,
        token: String::new(),
    };
    let form = "grant_type=client_credentials&client_id=me&client_secret=it&scope=x%2F.default";
    let token = sandbox.sign_in("contoso.onmicrosoft.com", form).await.body["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let sandbox = Client { token, ..sandbox };
    sandbox.create(typed("iosCustomConfiguration")).await;
    assert_eq!(
        State::load(&file).expect("a state"),
        sandbox.service.read(State::clone)
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        1,
        "nothing is left beside it"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(&file)
                .expect("a file")
                .permissions()
                .mode()
                & 0o777,
            0o600
        );
    }
    drop(folder);
    let answer = sandbox
        .call(
            "POST",
            CONFIGURATIONS,
            Some(&typed("iosCustomConfiguration")),
        )
        .await;
    assert_eq!(
        (
            answer.status,
            sandbox
                .service
                .read(|state| state.device_configurations.len())
        ),
        (500, 1)
    );
}

#[tokio::test]
async fn it_serves_on_loopback_alone() {
    let everywhere = "0.0.0.0:0".parse().expect("an address");
    assert!(matches!(
        Sandbox::start(State::default(), None, everywhere).await,
        Err(SandboxError::NotLoopback(_))
    ));
    let running = Sandbox::start(
        State::default(),
        None,
        "127.0.0.1:0".parse().expect("an address"),
    )
    .await
    .expect("a sandbox");
    assert_ne!(running.addr().port(), 0);
    assert_eq!(running.shutdown().await, State::default());
}

/// A mistake in what the client knows must not be repeated here, so none of that may be used.
#[test]
fn only_the_types_are_shared_with_the_client() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sandbox");
    let mut files = 0;
    for folder in [root.clone(), root.join("routes")] {
        for entry in std::fs::read_dir(folder)
            .expect("the sources")
            .flatten()
            .filter(|entry| entry.path().is_file())
        {
            files += 1;
            let source = std::fs::read_to_string(entry.path()).expect("a source");
            let own = concat!("crate", "::");
            for used in source.split(own).skip(1) {
                let allowed = ["sandbox", "schema::types"]
                    .iter()
                    .any(|path| used.starts_with(path));
                assert!(
                    allowed,
                    "{}: {}",
                    entry.path().display(),
                    &used[..used.len().min(30)]
                );
            }
        }
    }
    assert!(files > 25);
}
