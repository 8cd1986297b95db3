//! Settings catalog policies, and the definitions and templates of their settings (FACTS 15).

use super::*;

const POLICIES: &str = "/beta/deviceManagement/configurationPolicies";
const ANTIVIRUS: &str = "804339ad-1553-4478-a742-138fb5807418";
const CLOUD: &str = "device_vendor_msft_policy_config_defender_cloudblocklevel";
const FIREWALL: &str = "vendor_msft_firewall_mdmstore_domainprofile_enablefirewall";
const LOG_SIZE: &str = "vendor_msft_firewall_mdmstore_domainprofile_logmaxfilesize";
const LOGIN: &str = "com.apple.loginwindow_com.apple.loginwindow";
const LOGIN_PASSWORD: &str = "com.apple.loginwindow_autologinpassword";

fn graph(name: &str) -> String {
    format!("#microsoft.graph.deviceManagementConfiguration{name}")
}

fn choice(id: &str, option: &str, children: Value) -> Value {
    json!({
        "@odata.type": graph("ChoiceSettingInstance"),
        "settingDefinitionId": id,
        "choiceSettingValue": { "value": format!("{id}_{option}"), "children": children },
    })
}

fn simple(id: &str, ty: &str, value: Value) -> Value {
    json!({
        "@odata.type": graph("SimpleSettingInstance"),
        "settingDefinitionId": id,
        "simpleSettingValue": { "@odata.type": graph(&format!("{ty}SettingValue")), "value": value },
    })
}

fn secret(state: &str, value: &str) -> Value {
    let mut secret = simple(LOGIN_PASSWORD, "Secret", json!(value));
    secret["simpleSettingValue"]["valueState"] = json!(state);
    json!({
        "@odata.type": graph("GroupSettingCollectionInstance"),
        "settingDefinitionId": LOGIN,
        "groupSettingCollectionValue": [{ "children": [secret] }],
    })
}

fn policy(instances: &[Value]) -> Value {
    let settings: Vec<Value> =
        instances.iter().map(|instance| json!({ "settingInstance": instance })).collect();
    json!({ "name": "A", "platforms": "windows10", "technologies": "mdm", "settings": settings })
}

fn mac(instances: &[Value]) -> Value {
    with(
        policy(instances),
        json!({ "platforms": "macOS", "technologies": "mdm,appleRemoteManagement" }),
    )
}

async fn create(client: &Client, body: &Value) -> (Value, String) {
    let answer = client.call("POST", POLICIES, Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let path = format!("{POLICIES}/{}", answer.body["id"].as_str().expect("an id"));
    (answer.body, path)
}

async fn refusal(client: &Client, method: &str, path: &str, body: &Value) -> String {
    let answer = client.call(method, path, Some(body)).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    answer.message()
}

#[tokio::test]
async fn policy_is_created_replaced_and_deleted() {
    let client =
        Client::of(json!({ "groups": [{ "id": LAPTOPS, "displayName": "Laptops" }] })).await;
    let size = simple(LOG_SIZE, "Integer", json!(2048));
    let first = policy(&[choice(FIREWALL, "true", json!([size])), choice(CLOUD, "2", json!([]))]);
    let (created, path) = create(&client, &first).await;
    assert!(created.get("@odata.type").is_none() && created.get("version").is_none());
    assert!(created.get("settings").is_none() && created.get("assignments").is_none());
    assert_eq!((&created["settingCount"], &created["isAssigned"]), (&json!(2), &json!(false)));
    assert_eq!(
        (&created["creationSource"], &created["roleScopeTagIds"]),
        (&Value::Null, &json!(["0"]))
    );
    let no_template = json!({
        "templateId": "", "templateFamily": "none", "templateDisplayName": null, "templateDisplayVersion": null,
    });
    assert_eq!(created["templateReference"], no_template);

    let whole = client.get(&format!("{path}?$expand=settings")).await;
    let settings = whole["settings"].as_array().expect("settings");
    assert_eq!((&settings[0]["id"], &settings[1]["id"]), (&json!("0"), &json!("1")));
    let instance = &settings[0]["settingInstance"];
    assert_eq!(instance["@odata.type"], graph("ChoiceSettingInstance").as_str());
    assert_eq!(instance["settingInstanceTemplateReference"], Value::Null);
    assert_eq!(instance.get("auditRuleInformation"), Some(&Value::Null), "FACTS 15.3");
    let chosen = &instance["choiceSettingValue"];
    assert!(chosen.get("@odata.type").is_none() && chosen.get("auditRuleInformation").is_none());
    assert_eq!(chosen["children"][0]["simpleSettingValue"]["value"], 2048);
    assert_eq!(
        client.get(&format!("{path}/settings/1")).await["settingInstance"],
        settings[1]["settingInstance"]
    );

    let defined = client.get(&format!("{path}/settings?$expand=settingDefinitions")).await;
    let ids = |setting: &Value| {
        let definitions = setting["settingDefinitions"].as_array().expect("definitions").clone();
        Vec::from_iter(definitions.iter().map(|own| own["id"].as_str().expect("an id").to_owned()))
    };
    assert_eq!(ids(&defined["value"][1]), [CLOUD]);
    let of_firewall = ids(&defined["value"][0]);
    assert!(of_firewall.len() > 2 && of_firewall.contains(&LOG_SIZE.to_owned()));
    let refused = client.call("GET", &format!("{path}/settings?$expand=other"), None).await;
    assert_eq!(refused.status, 501);
    let group = json!({ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": LAPTOPS } });
    let assigned = client
        .call("POST", &format!("{path}/assign"), Some(&json!({ "assignments": [group] })))
        .await;
    assert_eq!(assigned.status, 200, "{}", assigned.body);
    let second = with(policy(&[choice(CLOUD, "4", json!([]))]), json!({ "name": "B" }));
    assert_eq!(client.call("PUT", &path, Some(&second)).await.status, 204);
    let listed = client.get(&format!("{POLICIES}?$expand=settings,assignments")).await;
    let seen = &listed["value"][0];
    assert_eq!((&seen["name"], &seen["settingCount"]), (&json!("B"), &json!(1)));
    assert_eq!(
        (&seen["isAssigned"], &seen["createdDateTime"]),
        (&json!(true), &created["createdDateTime"])
    );
    assert_ne!(seen["lastModifiedDateTime"], created["lastModifiedDateTime"]);
    assert_eq!(seen["settings"].as_array().map(Vec::len), Some(1));
    assert_eq!(seen["assignments"].as_array().map(Vec::len), Some(1));

    assert_eq!(client.call("DELETE", &path, None).await.status, 200);
    assert_eq!(client.call("GET", &path, None).await.status, 404);
    let events = client.get("/beta/deviceManagement/auditEvents").await;
    let activity = &events["value"][0]["activityType"];
    assert_eq!(activity, "Delete DeviceManagementConfigurationPolicy");
    let narrow = client.call("GET", &POLICIES.replace("beta", "v1.0"), None).await;
    assert_eq!(narrow.status, 400, "beta alone has them (FACTS 15)");
}

#[tokio::test]
async fn patch_takes_metadata_alone_and_settings_have_no_other_verb() {
    let client = Client::of(json!({})).await;
    let body = policy(&[choice(CLOUD, "2", json!([]))]);
    let (_, path) = create(&client, &body).await;
    let patch = json!({ "name": "B", "description": "new" });
    assert_eq!(client.call("PATCH", &path, Some(&patch)).await.status, 204);
    let whole = client.get(&format!("{path}?$expand=settings")).await;
    assert_eq!((&whole["name"], &whole["description"]), (&json!("B"), &json!("new")));
    assert_eq!((&whole["platforms"], &whole["settingCount"]), (&json!("windows10"), &json!(1)));

    // FACTS 15.1.
    let words = refusal(&client, "PATCH", &path, &json!({ "settings": body["settings"] })).await;
    assert!(
        words.starts_with("Cannot apply PATCH to navigation property 'settings' on entity type"),
        "{words}"
    );
    for method in ["PATCH", "PUT", "DELETE", "POST"] {
        let answer = client.call(method, &format!("{path}/settings/0"), Some(&json!({}))).await;
        assert_eq!((answer.status, answer.code()), (400, "No method match route template"));
        let words = answer.message();
        let template = "~/singleton/navigation/key/navigation/key with http verb";
        assert!(words.contains(template) && words.contains("DCV2GraphService"), "{words}");
    }
    let reorder =
        client.call("POST", &format!("{path}/reorder"), Some(&json!({ "priority": 1 }))).await;
    assert_eq!(reorder.status, 501);
}

#[tokio::test]
async fn what_is_fixed_at_creation_cannot_be_replaced() {
    let client = Client::of(json!({})).await;
    let body = with(
        policy(&[choice(CLOUD, "2", json!([]))]),
        json!({ "templateReference": { "templateId": format!("{ANTIVIRUS}_1") } }),
    );
    let (created, path) = create(&client, &body).await;
    assert_eq!(created["templateReference"]["templateFamily"], "endpointSecurityAntivirus");
    let mut left_out = body.clone();
    left_out.as_object_mut().expect("an object").remove("platforms");
    left_out["settings"] = json!([]);
    let version = json!({ "templateReference": { "templateId": format!("{ANTIVIRUS}_2") } });
    let other = with(body.clone(), version);
    let technologies = with(body.clone(), json!({ "technologies": "mdm,microsoftSense" }));
    for changed in [left_out, other, technologies] {
        // FACTS 15.2.
        let words = refusal(&client, "PUT", &path, &changed).await;
        let expected = "Platform, PolicyType, and CreationSource cannot be changed once created.";
        assert!(words.starts_with(expected), "{words}");
    }
    assert_eq!(client.call("PUT", &path, Some(&body)).await.status, 204);
    assert_eq!(client.get(&path).await["templateReference"], created["templateReference"]);
}

#[tokio::test]
async fn lists_and_settings_are_paged() {
    let settings = (0..60).map(|number| {
        let id = format!("device_vendor_msft_policy_config_example_{number}");
        json!({ "settingInstance": choice(&id, "1", json!([])) })
    });
    let large = with(policy(&[]), json!({ "settings": settings.collect::<Vec<_>>() }));
    let mut policies = vec![large];
    policies.extend((0..29).map(|_| policy(&[])));
    let client = Client::of(json!({ "configurationPolicies": policies })).await;
    let listed = client.get(POLICIES).await;
    assert_eq!(listed["value"].as_array().map(Vec::len), Some(25), "FACTS 15.1");
    assert!(listed["@odata.nextLink"].is_string());
    assert_eq!(listed["value"][0]["settingCount"], 60);

    let path = format!("{POLICIES}/{}", listed["value"][0]["id"].as_str().expect("an id"));
    let below = |link: &Value| {
        let link = link.as_str().expect("a link");
        link.strip_prefix("http://sandbox.test").expect("the host of the call").to_owned()
    };
    let whole = client.get(&format!("{path}?$expand=settings")).await;
    let mut found = whole["settings"].as_array().expect("settings").clone();
    assert_eq!(found.len(), 25, "an expansion is cut (FACTS 15.1, not verified)");
    let mut next = whole["settings@odata.nextLink"].clone();
    assert!(below(&next).contains("configurationPolicies('"), "{next}");
    while next.is_string() {
        let page = client.get(&below(&next)).await;
        found.extend(page["value"].as_array().expect("a page").clone());
        next = page["@odata.nextLink"].clone();
    }
    let ids: Vec<String> = (0..60).map(|number| number.to_string()).collect();
    let seen: Vec<&str> = found.iter().map(|one| one["id"].as_str().expect("an id")).collect();
    assert_eq!(seen, ids);
    let page = client.get(&format!("{path}/settings?$top=10")).await;
    assert_eq!(page["value"].as_array().map(Vec::len), Some(10));
}

#[tokio::test]
async fn settings_can_be_lost_without_a_word() {
    let settings = [choice(FIREWALL, "true", json!([])), choice(CLOUD, "2", json!([]))];
    let seed = json!({ "configurationPolicies": [policy(&settings)] });
    let client = Client::under(json!({ "shownSettings": 1 }), seed).await;
    let listed = client.get(&format!("{POLICIES}?$expand=settings")).await;
    let seen = &listed["value"][0];
    assert_eq!(
        (&seen["settingCount"], seen["settings"].as_array().map(Vec::len)),
        (&json!(2), Some(1))
    );
    assert!(seen.get("settings@odata.nextLink").is_none());
    let path = format!("{POLICIES}/{}/settings", seen["id"].as_str().expect("an id"));
    let page = client.get(&path).await;
    assert_eq!(
        (page["value"].as_array().map(Vec::len), page.get("@odata.nextLink")),
        (Some(1), None)
    );
}

#[tokio::test]
async fn policy_of_a_template_that_the_sandbox_lacks_keeps_it() {
    let reference = json!({
        "templateId": "66df8dce-0166-4b82-92f7-1f74e3ca17a3_4", "templateFamily": "baseline", "templateDisplayName": "Baseline",
    });
    let body = with(policy(&[]), json!({ "templateReference": reference }));
    let client = Client::of(json!({ "configurationPolicies": [body] })).await;
    let seen = client.get(POLICIES).await["value"][0].clone();
    let path = format!("{POLICIES}/{}", seen["id"].as_str().expect("an id"));
    assert_eq!(seen["templateReference"]["templateFamily"], "baseline");
    assert_eq!(
        client.call("PUT", &path, Some(&with(body.clone(), json!({ "name": "B" })))).await.status,
        204
    );
    let after = client.get(&path).await;
    assert_eq!(
        (&after["name"], &after["templateReference"]),
        (&json!("B"), &seen["templateReference"])
    );
    refusal(&client, "POST", POLICIES, &body).await;
}

#[tokio::test]
async fn secret_is_read_as_another_token_each_time_and_is_not_taken_as_one() {
    let client = Client::of(json!({})).await;
    let clear = mac(&[secret("notEncrypted", "canary-login")]);
    let (_, path) = create(&client, &clear).await;
    let value = async || {
        let whole = client.get(&format!("{path}?$expand=settings")).await;
        let group = &whole["settings"][0]["settingInstance"]["groupSettingCollectionValue"][0];
        group["children"][0]["simpleSettingValue"].clone()
    };
    let first = value().await;
    assert_eq!(first["valueState"], "encryptedValueToken");
    let kept = |client: &Client| {
        client.service.read(|state| Vec::from_iter(state.secrets.values().cloned()))
    };
    assert_eq!(kept(&client), ["canary-login"]);
    assert_eq!(client.call("PATCH", &path, Some(&json!({ "name": "B" }))).await.status, 204);
    assert_eq!((value().await, kept(&client).len()), (first.clone(), 1), "a PATCH leaves it alone");

    assert_eq!(client.call("PUT", &path, Some(&clear)).await.status, 204);
    let second = value().await;
    assert_ne!((&second["value"], kept(&client).len()), (&first["value"], 2));
    // FACTS 15.3, not verified.
    let echo = mac(&[secret("encryptedValueToken", second["value"].as_str().expect("a token"))]);
    let words = refusal(&client, "PUT", &path, &echo).await;
    assert!(words.contains("must have the valueState notEncrypted"), "{words}");
    assert_eq!(value().await, second);

    let log = client.get("/beta/deviceManagement/auditEvents").await.to_string();
    assert!(!log.contains("canary"), "{log}");
    let state = client.service.read(|state| state.to_json()).expect("a document");
    let loaded = State::from_json(&state).expect("a state");
    assert_eq!(loaded.to_json().expect("a document"), state, "a saved state loads as itself");
    assert_eq!(client.call("DELETE", &path, None).await.status, 200);
    assert!(kept(&client).is_empty());
}

#[tokio::test]
async fn settings_are_checked_against_their_definitions() {
    let client = Client::of(json!({})).await;
    let size =
        "device_vendor_msft_passportforwork_{tenantid}_policies_pincomplexity_minimumpinlength";
    let mut untyped = choice(CLOUD, "2", json!([]));
    untyped.as_object_mut().expect("an object").remove("@odata.type");
    let long = "x".repeat(256);
    for (instance, words) in [
        (choice(CLOUD, "3", json!([])), "is not an option of the setting"),
        (simple(size, "Integer", json!(3)), "must be between 4 and 127"),
        (simple(size, "String", json!("8")), "cannot have a value of type"),
        (simple(CLOUD, "Integer", json!(2)), "cannot have a value of type"),
        (
            choice("device_vendor_msft_passportforwork_{tenantid}_policies_no", "1", json!([])),
            "There is no setting definition",
        ),
        (
            choice("com.apple.applicationaccess_allowcamera", "true", json!([])),
            "is one of the platform 'macOS'",
        ),
        (
            choice(FIREWALL, "true", json!([simple(LOG_SIZE, "Integer", json!(-1))])),
            "must be between 0 and 4294967295",
        ),
        (
            simple(
                "device_vendor_msft_windowsadvancedthreatprotection_onboarding",
                "String",
                json!("x"),
            ),
            "cannot have a value of type",
        ),
        (
            simple(
                "vendor_msft_firewall_mdmstore_firewallrules_{firewallrulename}_name",
                "String",
                json!(long),
            ),
            "between 1 and 255 characters",
        ),
        (simple("a", "Reference", json!("no")), "which is no reusable setting"),
        (untyped, "does not exist on type"),
    ] {
        let found = refusal(&client, "POST", POLICIES, &policy(&[instance])).await;
        assert!(found.contains(words), "{found}");
    }
    // An area that the catalog does not have is not checked.
    create(
        &client,
        &policy(&[choice("device_vendor_msft_policy_config_example_a", "1", json!([]))]),
    )
    .await;
}

#[tokio::test]
async fn references_must_be_those_of_the_template() {
    let client = Client::of(json!({})).await;
    let templates = "/beta/deviceManagement/configurationPolicyTemplates";
    let found = client
        .get(&format!("{templates}?$filter=templateFamily eq 'endpointSecurityAntivirus'"))
        .await;
    assert_eq!(found["value"].as_array().map(Vec::len), Some(2));
    assert!(found["value"][0].get("settingTemplates").is_none());
    let of = async |version: &str| {
        let list = client.get(&format!("{templates}/{ANTIVIRUS}_{version}/settingTemplates")).await;
        let list = list["value"].as_array().expect("setting templates").clone();
        let mut template = list.iter().map(|own| &own["settingInstanceTemplate"]);
        let template =
            template.find(|own| own["settingDefinitionId"] == CLOUD).expect("a template").clone();
        let mut instance = choice(CLOUD, "2", json!([]));
        instance["settingInstanceTemplateReference"] =
            json!({ "settingInstanceTemplateId": template["settingInstanceTemplateId"] });
        instance["choiceSettingValue"]["settingValueTemplateReference"] = json!({
            "settingValueTemplateId": template["choiceSettingValueTemplate"]["settingValueTemplateId"],
            "useTemplateDefault": false,
        });
        instance
    };
    let (one, two) = (of("1").await, of("2").await);
    let made = |instance: &Value, id: &str| {
        with(
            policy(std::slice::from_ref(instance)),
            json!({ "technologies": "mdm,microsoftSense", "templateReference": { "templateId": id } }),
        )
    };
    let first = format!("{ANTIVIRUS}_1");
    create(&client, &made(&one, &first)).await;
    let words = refusal(&client, "POST", POLICIES, &made(&two, &first)).await;
    // FACTS 15.4.
    let expected =
        format!("Info\nInvalid Reference id found in Policy  created from Template {first}\n");
    assert!(words.starts_with(&expected), "{words}");
    let id = two["settingInstanceTemplateReference"]["settingInstanceTemplateId"]
        .as_str()
        .expect("an id");
    assert!(words.contains(&format!("InvalidReferenceId\n{id}")), "{words}");
    create(&client, &policy(&[two])).await;

    let unknown = refusal(&client, "POST", POLICIES, &made(&one, "x_1")).await;
    assert!(unknown.contains("There is no template 'x_1'"), "{unknown}");
    let enrollment = made(&choice("a", "1", json!([])), "80d33118-b7b4-40d8-b15f-81be745e053f_1");
    let words = refusal(&client, "POST", POLICIES, &enrollment).await;
    assert!(words.contains("template family 'enrollmentConfiguration'"), "{words}");
    let seeded = Client::of(json!({ "configurationPolicies": [enrollment] })).await;
    let listed = seeded
        .get(&format!(
            "{POLICIES}?$filter=templateReference/templateFamily eq 'enrollmentConfiguration'"
        ))
        .await;
    assert_eq!(listed["value"].as_array().map(Vec::len), Some(1), "a seed may have one");
}

#[tokio::test]
async fn definitions_and_categories_are_read() {
    let client = Client::of(json!({})).await;
    let settings = "/beta/deviceManagement/configurationSettings";
    let page = client.get(&format!("{settings}?$top=50")).await;
    assert_eq!(page["value"].as_array().map(Vec::len), Some(50));
    let next = page["@odata.nextLink"].as_str().expect("a link").replace("http://sandbox.test", "");
    let rest = client.get(&next).await;
    assert!(
        rest["value"].as_array().is_some_and(|rest| rest.len() > 10)
            && rest["@odata.nextLink"].is_null()
    );
    let shown = client.get(&format!("{settings}/{LOG_SIZE}")).await;
    assert_eq!(shown["@odata.type"], graph("SimpleSettingDefinition").as_str());
    assert_eq!(client.get(&format!("{settings}('{LOG_SIZE}')")).await["id"], shown["id"]);
    let hello = "device_vendor_msft_passportforwork_%7Btenantid%7D";
    let group = client.get(&format!("{settings}/{hello}")).await;
    assert_eq!(group["@odata.type"], graph("SettingGroupCollectionDefinition").as_str());
    assert!(group["childIds"].as_array().is_some_and(|ids| ids.len() > 10));
    let categories = client.get("/beta/deviceManagement/configurationCategories").await;
    let mut all = categories["value"].as_array().expect("categories").iter();
    assert!(all.any(|category| category["id"] == group["categoryId"]));
    assert_eq!(client.call("GET", &format!("{settings}/none"), None).await.status, 404);
}

#[tokio::test]
async fn reusable_setting_is_created_and_referred_to() {
    let client = Client::of(json!({})).await;
    let reusable = "/beta/deviceManagement/reusablePolicySettings";
    let body = json!({
        "displayName": "Offices",
        "settingDefinitionId": "vendor_msft_firewall_mdmstore_dynamickeywords_addresses_{id}",
        "settingInstance": simple("a", "String", json!("10.0.0.0/8")),
    });
    let made = client.call("POST", reusable, Some(&body)).await;
    assert_eq!((made.status, &made.body["version"]), (201, &json!(1)), "{}", made.body);
    let id = made.body["id"].as_str().expect("an id");
    let keywords = "vendor_msft_firewall_mdmstore_firewallrules_{firewallrulename}_remoteaddressdynamickeywords";
    let reference = json!({
        "@odata.type": graph("SimpleSettingCollectionInstance"),
        "settingDefinitionId": keywords,
        "simpleSettingCollectionValue": [{ "@odata.type": graph("ReferenceSettingValue"), "value": id, "note": "x" }],
    });
    create(&client, &policy(&[reference])).await;
    assert_eq!(client.get(reusable).await["value"][0]["displayName"], "Offices");
    assert_eq!(client.call("DELETE", &format!("{reusable}/{id}"), None).await.status, 200);
}

#[test]
fn one_nested_setting_is_edited_by_its_definition() {
    let size = simple(LOG_SIZE, "Integer", json!(2048));
    let seed = json!({
        "kind": "sandbox-state", "formatVersion": "1.0",
        "configurationPolicies": [
            with(policy(&[choice(FIREWALL, "true", json!([size]))]), json!({ "name": "Firewall" })),
            with(mac(&[secret("notEncrypted", "canary-login")]), json!({ "name": "Login" })),
        ],
    });
    let mut state = State::from_json(&seed.to_string()).expect("a seed");
    let mut apply = |name: &str, setting: &str| {
        let target = format!("deviceManagementConfigurationPolicy/{name}");
        let edit = edit::Edit::parse(&target, &[setting.to_owned()], None).expect("an edit");
        edit.apply(&mut state).map_err(|error| error.to_string())?;
        let policies = &state.collections["configurationPolicies"];
        let policy = policies.iter().find(|policy| policy["name"] == name).expect("the policy");
        Ok::<_, String>((policy.clone(), state.secrets.clone()))
    };
    let (firewall, _) = apply("Firewall", &format!("settings.{LOG_SIZE}=4096")).expect("an edit");
    let chosen = &firewall["settings"][0]["settingInstance"]["choiceSettingValue"];
    assert_eq!(chosen["children"][0]["simpleSettingValue"]["value"], 4096);
    let (firewall, _) = apply("Firewall", &format!("settings.{FIREWALL}=false")).expect("an edit");
    let chosen = &firewall["settings"][0]["settingInstance"]["choiceSettingValue"];
    assert_eq!(chosen["value"], format!("{FIREWALL}_false").as_str());
    let (firewall, _) = apply("Firewall", &format!("settings.{CLOUD}=2")).expect("an edit");
    assert_eq!(
        (firewall["settings"][1]["id"].as_str(), &firewall["settingCount"]),
        (Some("1"), &json!(2))
    );
    let (firewall, _) = apply("Firewall", &format!("settings.{CLOUD}=null")).expect("an edit");
    assert_eq!(firewall["settingCount"], 1);
    let excluded = "device_vendor_msft_policy_config_defender_excludedextensions";
    let (firewall, _) =
        apply("Firewall", &format!("settings.{excluded}=[\".a\",\".b\"]")).expect("an edit");
    let values = &firewall["settings"][1]["settingInstance"]["simpleSettingCollectionValue"];
    assert_eq!((&values[0]["value"], &values[1]["value"]), (&json!(".a"), &json!(".b")));
    let full_name = "com.apple.loginwindow_showfullname";
    let (login, _) = apply("Login", &format!("settings.{full_name}=true")).expect("an edit");
    let group = &login["settings"][0]["settingInstance"]["groupSettingCollectionValue"][0];
    let added = &group["children"][1]["choiceSettingValue"]["value"];
    assert_eq!(added, format!("{full_name}_true").as_str(), "it stands in its group");
    let (_, secrets) = apply("Login", "description=kept").expect("an edit");
    assert_eq!(secrets.values().collect::<Vec<_>>(), ["canary-login"], "the portal sends no token");
    for (setting, words) in [
        (format!("settings.{LOG_SIZE}=-1"), "must be between"),
        (format!("settings.{CLOUD}=9"), "is not an option"),
        ("settings.none=1".to_owned(), "Neither the policy nor the catalog"),
        ("settings.none=null".to_owned(), "has no setting"),
        (format!("settings.{excluded}=x"), "takes a list"),
    ] {
        let error = apply("Firewall", &setting).expect_err(&setting);
        assert!(error.contains(words), "{error}");
    }
}
