//! The organization that exists on a fresh database, so that the first call has somewhere to go.
//!
//! Its sentences are the ones that the recorded demonstration voices say.

use serde_json::json;

use crate::ports::store::OrgRow;

/// "Riverside Clinic", id `demo`. Its numbers are fictional.
pub fn demo_org() -> OrgRow {
    OrgRow {
        id: "demo".into(),
        name: "Riverside Clinic".into(),
        business_hours: json!("Monday to Friday from 8:00 to 18:00, Saturday from 9:00 to 12:00, closed on Sunday.")
            .to_string(),
        after_hours_policy: "Outside business hours, take the caller's name and number and say that the clinic calls \
                             back on the next working day. In an emergency, callers should dial 911."
            .into(),
        services_offered: json!([
            "General consultations",
            "Vaccinations",
            "Blood tests",
            "Health checks for children and adults"
        ])
        .to_string(),
        escalation_phone: "+12025550142".into(),
        config: json!({
            "greeting": "Riverside Clinic, this is the assistant. How can I help you?",
            "disclosure": "This call is answered by an automated assistant.",
            "language": "en",
            "intake_fields": [
                { "name": "caller_name", "type": "text", "required": true, "question": "May I have your name, please?" },
                { "name": "caller_phone", "type": "phone", "required": true,
                  "question": "What number can we reach you at?" },
                { "name": "service_requested", "type": "text", "required": true,
                  "question": "What would you like to come in for?" },
                { "name": "preferred_date", "type": "date", "required": false, "question": "Which day suits you?" },
                { "name": "preferred_time", "type": "time", "required": false,
                  "question": "And at what time of the day?" },
                { "name": "special_requirements", "type": "text", "required": false,
                  "question": "Is there anything that we should prepare for you?" },
                { "name": "notes", "type": "text", "required": false }
            ],
            "time_zone": "America/New_York",
            "hours": { "mon-fri": "08:00-18:00", "sat": "09:00-12:00" },
            "escalation": {
                "targets": [
                    { "id": "doctor", "name": "Doctor Patel's line", "number": "+15550100021", "hours": "always" },
                    { "id": "front-desk", "name": "the front desk", "number": "+15550100022", "hours": "always" }
                ],
                "fallback": "callback",
                "after_hours": "callback"
            },
            "outbound": { "enabled": false }
        })
        .to_string(),
    }
}
