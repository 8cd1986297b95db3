//! Pairs of properties with the same meaning: writing one writes the other (FACTS 12).

use serde_json::Value;

use super::Object;
use super::rows::Mirror;

/// Sets the other property of every pair in `object` from the one that was written. Where both were written, the newer
/// property decides.
pub(crate) fn reflect(pairs: &[Mirror], ty: &str, written: &Object, object: &mut Object) {
    for pair in pairs.iter().filter(|pair| pair.ty == ty) {
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
    use crate::sandbox::rows::Rows;

    #[test]
    fn written_property_decides_the_mirrored_one() {
        let object = |value: Value| value.as_object().cloned().expect("an object");
        let row = Rows::default().of_type("sharedPCConfiguration").expect("a row");
        let reflect = |written: Value, pc: &mut Object| {
            reflect(row.mirrors, "sharedPCConfiguration", &object(written), pc);
        };
        let mut pc =
            object(json!({"disableEduPolicies": false, "setEduPolicies": "notConfigured"}));
        reflect(json!({"disableEduPolicies": true}), &mut pc);
        assert_eq!(pc["setEduPolicies"], "disabled");
        pc["setEduPolicies"] = json!("enabled");
        reflect(json!({"setEduPolicies": "enabled"}), &mut pc);
        assert_eq!(pc["disableEduPolicies"], false);
        reflect(json!({"disableEduPolicies": false}), &mut pc);
        assert_eq!(pc["setEduPolicies"], "enabled");
    }
}
