//! Pairs of properties that say the same: writing one writes the other (FACTS 12).

use serde_json::Value;

use super::Object;
use super::quirks::MIRRORS;

/// Makes both halves of every pair in `object` agree with the half that was written. Where both were, the
/// newer one wins.
pub(crate) fn reflect(ty: &str, written: &Object, object: &mut Object) {
    for pair in MIRRORS.iter().filter(|pair| pair.ty == ty) {
        if let Some(Value::String(member)) = written.get(pair.enablement) {
            object.insert(pair.boolean.to_owned(), (member == pair.when_true).into());
        } else if let Some(Value::Bool(value)) = written.get(pair.boolean) {
            let says = object.get(pair.enablement).and_then(Value::as_str) == Some(pair.when_true);
            // `notConfigured` and the opposite member both mean false: what agrees already stays.
            if says != *value {
                let member = if *value { pair.when_true } else { "notConfigured" };
                object.insert(pair.enablement.to_owned(), member.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_half_that_was_written_decides() {
        let object = |value: Value| value.as_object().cloned().expect("an object");
        let mut pc =
            object(json!({"disableEduPolicies": false, "setEduPolicies": "notConfigured"}));
        reflect("sharedPCConfiguration", &object(json!({"disableEduPolicies": true})), &mut pc);
        assert_eq!(pc["setEduPolicies"], "disabled");
        pc["setEduPolicies"] = json!("enabled");
        reflect("sharedPCConfiguration", &object(json!({"setEduPolicies": "enabled"})), &mut pc);
        assert_eq!(pc["disableEduPolicies"], false);
        reflect("sharedPCConfiguration", &object(json!({"disableEduPolicies": false})), &mut pc);
        assert_eq!(pc["setEduPolicies"], "enabled");
    }
}
