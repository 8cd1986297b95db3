//! The device registration policy.

use super::*;

#[tokio::test]
async fn policy_is_replaced_as_a_whole() {
    let client = Client::of(json!({})).await;
    let mut policy = client.get(POLICY).await;
    assert_eq!(
        (&policy["userDeviceQuota"], &policy["azureADRegistration"]["isAdminConfigurable"]),
        (&json!(50), &json!(false))
    );
    policy["userDeviceQuota"] = json!(2_147_483_647);
    let unlimited = client.call("PUT", POLICY, Some(&policy)).await;
    assert_eq!(unlimited.body["userDeviceQuota"], 2_147_483_647);
    policy["userDeviceQuota"] = json!(500);
    policy["azureADRegistration"]["allowedToRegister"] =
        json!({"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"});
    policy["azureADJoin"]["isAdminConfigurable"] = json!(false);
    policy["azureADJoin"]["allowedToJoin"] = json!({"@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership", "groups": [LAPTOPS]});
    let answer = client.call("PUT", POLICY, Some(&policy)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["userDeviceQuota"], 100);
    assert_eq!(answer.body["azureADJoin"]["isAdminConfigurable"], true);
    assert_eq!(answer.body["azureADJoin"]["allowedToJoin"]["users"], json!([]));
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
        ("localAdminPassword", None, Value::Null, "invalid_request", "is missing a value for"),
        ("userDeviceQuota", None, json!(-1), "invalid_request", "negative"),
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
        ("azureADJoin", Some("allowedToJoin"), all, "BadRequest", "'users' does not exist"),
        ("azureADJoin", Some("allowedToJoin"), json!({}), "invalid_request", "abstract"),
        ("azureADJoin", Some("appliesTo"), json!("1"), "BadRequest", "'appliesTo' does not exist"),
    ] {
        let mut body = answer.body.clone();
        match member {
            Some(member) => body[property][member] = value,
            None => body[property] = value,
        }
        let refused = client.call("PUT", POLICY, Some(&body)).await;
        assert_eq!((refused.status, refused.code()), (400, code), "{}", refused.body);
        assert!(refused.message().contains(says), "{}", refused.message());
    }
    let answer = client.call("PATCH", POLICY, Some(&json!({}))).await;
    assert_eq!((answer.status, answer.code()), (405, "Request_BadRequest"));
    let audits = client.get("/beta/auditLogs/directoryAudits").await;
    assert_eq!(audits["value"][0]["activityDisplayName"], "Set device registration policies");
}
